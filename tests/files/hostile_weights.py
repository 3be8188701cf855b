"""Weights that lead out of their file, or are no numbers."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from .artifacts import Case, Members, with_weights, write

KERNEL = "layers/dense/vars/0"


def _weights(change: Callable[[h5py.File], object]) -> Case:
    def make(folder: Path, members: Members) -> Path:
        with h5py.File(folder / "secret.h5", "w") as secret:
            secret.create_dataset(KERNEL, data=np.ones((4, 4), "float32"))
        (folder / "secret.txt").write_bytes(bytes(64))
        return write(folder / "weights.keras", with_weights(members, change))

    return make


def _put(name: str, value: object) -> Callable[[h5py.File], None]:
    """Puts a link or an array where the file had something else."""

    def change(file: h5py.File) -> None:
        del file[name]
        file[name] = value

    return change


def _external(file: h5py.File) -> None:
    del file[KERNEL]
    where = [("secret.txt", 0, 64)]
    file.create_dataset(KERNEL, (4, 4), "float32", external=where)


def _virtual(file: h5py.File) -> None:
    del file[KERNEL]
    layout = h5py.VirtualLayout((4, 4), "float32")
    layout[:] = h5py.VirtualSource("secret.h5", KERNEL, (4, 4))
    file.create_virtual_dataset(KERNEL, layout)


def _compressed(file: h5py.File) -> None:
    del file[KERNEL]
    zeros = np.zeros((4, 4), "float32")
    file.create_dataset(KERNEL, data=zeros, compression="gzip")


def _same_storage(file: h5py.File) -> None:
    file["layers/again"] = file["layers/dense"]


def _circle(file: h5py.File) -> None:
    file["layers/dense/up"] = file["layers"]


def _list_attribute(file: h5py.File) -> None:
    file[KERNEL].attrs["dtype"] = ["bfloat16"] * 3


# What it is, how it is made, and what the answer must name.
CASES: dict[str, tuple[Case, str]] = {
    "external link, leaf": (
        _weights(_put(KERNEL, h5py.ExternalLink("secret.h5", KERNEL))),
        "ExternalLink",
    ),
    "external link, group": (
        _weights(_put("layers/dense", h5py.ExternalLink("secret.h5", "layers/dense"))),
        "ExternalLink",
    ),
    "external link, in between": (
        _weights(_put("layers", h5py.ExternalLink("secret.h5", "layers"))),
        "ExternalLink",
    ),
    "soft link": (_weights(_put(KERNEL, h5py.SoftLink("/vars"))), "SoftLink"),
    "CVE-2026-1669 external storage": (_weights(_external), "outside the file"),
    "virtual array": (_weights(_virtual), "outside the file"),
    "compressed array": (_weights(_compressed), "compressed"),
    "one group twice": (_weights(_same_storage), "two names"),
    "a circle of groups": (_weights(_circle), "two names"),
    "an array of attributes": (_weights(_list_attribute), "attribute"),
    "texts": (_weights(_put(KERNEL, ["a"] * 4)), "values of type"),
    "records": (
        _weights(_put(KERNEL, np.zeros(4, [("a", "f4"), ("b", "f4")]))),
        "values of type",
    ),
    "a named type": (_weights(_put(KERNEL, np.dtype("f4"))), "Datatype"),
}
