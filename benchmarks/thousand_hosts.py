"""Reckons what a training on many hosts asks of disks and network; it measures nothing.

    python benchmarks/thousand_hosts.py               # the record, for 1,000 hosts
    python benchmarks/thousand_hosts.py --hosts 64

Every number that is assumed stands at the top of what is printed.
"""

from __future__ import annotations

import math
from argparse import ArgumentParser
from dataclasses import dataclass

HOUR, YEAR = 3600, 365 * 24 * 3600


@dataclass(frozen=True)
class Cluster:
    """What is assumed of the machines."""

    hosts: int
    devices: int = 8  # on each host
    network: float = 50e9  # bytes a second in and out of a host: 400 Gbit/s
    disk: float = 2e9  # bytes a second that one process writes to shared storage
    storage: float = 100e9  # bytes a second that shared storage gives to all readers
    between_faults: float = 5 * YEAR  # seconds between two faults of one host

    @property
    def total(self) -> int:
        return self.hosts * self.devices


@dataclass(frozen=True)
class Work:
    """What is assumed of a network and its data."""

    name: str
    parameters: float
    slots: int  # numbers that the optimizer keeps for each parameter
    examples: int  # a device, a step
    seconds: float  # a device computes on them
    bytes: float  # read for one example
    epoch: float  # examples in the data


# 6 operations a parameter and token, at 400 TFLOP/s: 4 sequences of 2,048 tokens.
TOKENS, SPEED, SEQUENCES = 2048, 400e12, 4
WORKS = (
    Work("ResNet-50, pictures", 25_557_032, 1, 32, 32 / 2500, 110e3, 1_281_167),
    Work(
        "stream model, 1B",
        1e9,
        2,
        SEQUENCES,
        6 * 1e9 * SEQUENCES * TOKENS / SPEED,
        4 * TOKENS,
        20e9 / TOKENS,
    ),
)


def assumed(cluster: Cluster) -> list[str]:
    """Returns the assumptions in words."""
    return [
        f"- {cluster.hosts:,} hosts of {cluster.devices} devices; "
        f"{cluster.network / 1e9:.0f} GB/s in and out of a host, and much more inside",
        f"- one process writes {cluster.disk / 1e9:.0f} GB/s; shared storage gives "
        f"{cluster.storage / 1e9:.0f} GB/s to all readers together",
        f"- a host fails every {cluster.between_faults / YEAR:.0f} years",
        "- parameters, gradients and the optimizer's numbers are float32",
        "- ResNet-50: 25,557,032 parameters, momentum; 32 pictures a device and step, "
        "2,500 a second; 110 kB a picture; 1,281,167 pictures",
        f"- stream model: 10⁹ parameters, Adam; {SEQUENCES} sequences of {TOKENS:,} "
        f"tokens a device and step, 6 operations a parameter and token at "
        f"{SPEED / 1e12:.0f} TFLOP/s; 4 bytes a token; 20·10⁹ tokens",
    ]


def reckoned(cluster: Cluster, work: Work) -> list[tuple[str, str, str]]:
    """Returns what follows: what, its arithmetic, its value."""
    gradients = 4 * work.parameters
    crossing = 2 * (cluster.hosts - 1) / cluster.hosts * gradients
    reducing = crossing / cluster.network
    kept = gradients * (1 + work.slots)
    saving = kept / cluster.disk
    faults = cluster.between_faults / cluster.hosts
    apart = math.sqrt(2 * saving * faults)
    batch = work.examples * cluster.total
    reading = cluster.devices * work.examples * work.bytes / work.seconds
    step = work.seconds + reducing
    return [
        ("batch of all devices", "examples × devices", f"{batch:,}"),
        ("steps an epoch", "data / batch", f"{work.epoch / batch:,.1f}"),
        ("computing a step", "as assumed", _time(work.seconds)),
        ("read by a host", "devices × examples × bytes / step", _rate(reading)),
        ("read by all", "× hosts", _rate(reading * cluster.hosts)),
        ("gradients", "4 × parameters", _size(gradients)),
        ("through a host a step", "2 (h - 1)/h × gradients", _size(crossing)),
        ("all-reduce, not hidden", "that / network", _time(reducing)),
        ("efficiency, none hidden", "computing / both", f"{work.seconds / step:.0%}"),
        ("on each device", "gradients + checkpoint", _size(gradients + kept)),
        ("checkpoint", "4 × parameters × (1 + slots)", _size(kept)),
        ("written by one process", "that / disk", _time(saving)),
        ("a fault somewhere every", "years / hosts", _time(faults)),
        ("best time between two", "√(2 × writing × faults)", _time(apart)),
        (
            "lost to both",
            "writing / apart + apart / 2 faults",
            f"{saving / apart + apart / 2 / faults:.2%}",
        ),
        (
            "read as all resume",
            "checkpoint × hosts / storage",
            _time(kept * cluster.hosts / cluster.storage),
        ),
    ]


def _scaled(value: float, units: dict[str, float]) -> str:
    unit = next(
        u for u, size in units.items() if value >= size or size == min(units.values())
    )
    return f"{value / units[unit]:.3g} {unit}"


def _time(seconds: float) -> str:
    return _scaled(seconds, {"h": HOUR, "min": 60, "s": 1, "ms": 1e-3})


def _size(count: float) -> str:
    return _scaled(count, {"TB": 1e12, "GB": 1e9, "MB": 1e6, "kB": 1e3})


def _rate(count: float) -> str:
    return f"{_size(count)}/s"


def page(cluster: Cluster) -> str:
    """Returns all of it as Markdown."""
    columns = [reckoned(cluster, work) for work in WORKS]
    head = ["", "arithmetic", *(work.name for work in WORKS)]
    rows = [
        [*first[:2], *(column[k][2] for column in columns)]
        for k, first in enumerate(columns[0])
    ]
    lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
    told = "\n".join(assumed(cluster))
    title = f"# What a training on {cluster.hosts:,} hosts asks for"
    return f"{title}\n\nAssumed, not measured:\n\n{told}\n\n" + "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, default=1000)
    print(page(Cluster(parser.parse_args(arguments).hosts)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
