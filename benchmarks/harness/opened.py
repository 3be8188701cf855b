"""What came of opening each backbone, as a record that grows row after row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harness.page import grid, page

BAR = 1e-6
VERDICTS = ("read", "in part", "closed", "broken", "WRONG")
HEAD = (
    *("backbone", "opened", "units", "expected", "difference", "lost", "seconds", ""),
    *("on", "left closed, and why"),
)


@dataclass(frozen=True)
class Row:
    """What came of one backbone.

    Attributes:
        name: Its class.
        opened: How many layers were opened.
        units: How many residual units were found.
        expected: How many there are; None where the source leaves it open.
        difference: Between the answers, as a part of the largest.
        lost: How many weights the opened model does not hold.
        seconds: Of `unfold`.
        closed: Why layers were left closed, by their path.
        refused: Why nothing came of it.
        broken: Why keras-hub itself cannot run it.
        date: The day on which it was tried.
    """

    name: str
    opened: int = 0
    units: int = 0
    expected: int | None = None
    difference: float = 0.0
    lost: int = 0
    seconds: float = 0.0
    closed: dict[str, str] = field(default_factory=dict)
    refused: str = ""
    broken: str = ""
    date: str = ""

    @property
    def verdict(self) -> str:
        """Whether it was read, and whether that is true."""
        if self.broken:
            return "broken"
        if self.refused:
            return "closed"
        more = self.expected is not None and self.units > self.expected
        fewer = self.expected is not None and self.units < self.expected
        if self.lost or self.difference > BAR or more or (fewer and not self.closed):
            return "WRONG"
        return "in part" if self.closed else "read"

    @property
    def reasons(self) -> str:
        """Why something was not read, each reason once, with one of its places."""
        places: dict[str, list[str]] = {}
        for path, reason in self.closed.items():
            places.setdefault(reason, []).append(path)
        told = [
            f"`{paths[0]}`{f' and {len(paths) - 1} more' if paths[1:] else ''}: {why}"
            for why, paths in places.items()
        ]
        return "; ".join([*told, *filter(None, (self.refused, self.broken))])

    @property
    def cells(self) -> list[str]:
        """The row as text, in the order of `HEAD`."""
        expected = "?" if self.expected is None else str(self.expected)
        counts = ["", "", expected, "", "", ""]
        if not self.refused and not self.broken:
            numbers = (f"{self.difference:.1g}", str(self.lost), f"{self.seconds:.1f}")
            counts = [str(self.opened), str(self.units), expected, *numbers]
        said = self.reasons.replace("|", "\\|")
        return [self.name, *counts, self.verdict, self.date, said]


class Record:
    """All rows that are known, by backend, in two files: one of data, one to read.

    Args:
        path: The page; the data lies beside it. None where nothing is kept.
        names: All classes, in their order.
    """

    def __init__(self, path: Path | None, names: Sequence[str]) -> None:
        self._path, self._names = path, names
        self._about: dict[str, dict[str, str]] = {}
        self._rows: dict[str, dict[str, Row]] = {}
        data = path and path.with_suffix(".json")
        if data and data.exists():
            for backend, kept in json.loads(data.read_text("utf-8")).items():
                self._about[backend] = kept["about"]
                rows = [Row(**row) for row in kept["rows"]]
                self._rows[backend] = {row.name: row for row in rows}

    def row(self, backend: str, name: str) -> Row | None:
        """Returns what is known of a class; None where nothing is."""
        return self._rows.get(backend, {}).get(name)

    def add(self, backend: str, row: Row, about: dict[str, str]) -> None:
        """Puts a row in the place of the one that was known of its class.

        Args:
            backend: What computed.
            row: The row.
            about: What `machine` says.
        """
        self._rows.setdefault(backend, {})[row.name] = row
        self._about[backend] = about

    def table(self, backends: Sequence[str]) -> str:
        """Sets what is known of these backends, each under its sums."""
        return "\n\n".join(
            table(backend, self._in_order(backend))
            for backend in backends
            if backend in self._rows
        )

    def write(self, title: str, note: str) -> None:
        """Writes both files.

        Args:
            title: The heading of the page.
            note: What was measured.
        """
        if self._path is None:
            return
        backends = sorted(self._rows)
        told = {
            backend: "; ".join(f"{k} {v}" for k, v in self._about[backend].items())
            for backend in backends
        }
        text = page(title, note, self.table(backends), told)
        self._path.write_text(text, encoding="utf-8")
        data = {
            backend: {
                "about": self._about[backend],
                "rows": [asdict(row) for row in self._in_order(backend)],
            }
            for backend in backends
        }
        text = json.dumps(data, indent=1, ensure_ascii=False)
        self._path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")

    def _in_order(self, backend: str) -> list[Row]:
        rows = self._rows[backend]
        return [rows[name] for name in self._names if name in rows]


def table(backend: str, rows: Sequence[Row]) -> str:
    """Sets the rows of one backend under their sums.

    Args:
        backend: What computed.
        rows: One for each backbone.
    """
    rule = ["---", *["--:"] * 6, "---", "---", "---"]
    sums = {word: sum(row.verdict == word for row in rows) for word in VERDICTS}
    told = ", ".join(f"{count} {word}" for word, count in sums.items())
    units = sum(row.units for row in rows)
    said = f"Of {len(rows)}: {told}. {units} units were found."
    lines: list[Any] = [HEAD, rule, *(row.cells for row in rows)]
    return f"## {backend}\n\n{said}\n\n{grid(lines)}"
