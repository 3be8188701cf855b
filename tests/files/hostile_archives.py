"""Archives that hide something, or are damaged; each makes itself in a folder."""

import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

from .artifacts import CONFIG, METADATA, PICKLE, WEIGHTS, Case, Members, write, zipped


def _archive(name: str, change: Callable[[zipfile.ZipFile, Members], object]) -> Case:
    def make(folder: Path, members: Members) -> Path:
        path = folder / f"{name}.keras"
        with zipfile.ZipFile(path, "w") as archive:
            for member, data in members.items():
                archive.writestr(member, data)
            change(archive, members)
        return path

    return make


def _more(name: str) -> Case:
    def add(archive: zipfile.ZipFile, _: Members) -> None:
        with warnings.catch_warnings(action="ignore"):  # of a name that is there
            archive.writestr(name, PICKLE)

    return _archive("more", add)


def _without(name: str) -> Case:
    def make(folder: Path, members: Members) -> Path:
        left = {key: data for key, data in members.items() if key != name}
        return write(folder / "without.keras", left)

    return make


def _instead(name: str, data: bytes, method: int = zipfile.ZIP_STORED) -> Case:
    def make(folder: Path, members: Members) -> Path:
        return write(folder / "instead.keras", {**members, name: data}, method)

    return make


def _link(z: zipfile.ZipFile, members: Members) -> None:
    info = next(info for info in z.infolist() if info.filename == WEIGHTS)
    info.external_attr = 0o120777 << 16


def _encrypted(z: zipfile.ZipFile, members: Members) -> None:
    z.infolist()[0].flag_bits |= 1


def _patched(where: int, data: bytes) -> Case:
    """Overwrites bytes of a good file, counted from its start or its end."""

    def make(folder: Path, members: Members) -> Path:
        path = write(folder / "patched.keras", members)
        whole = bytearray(path.read_bytes())
        at = where if where >= 0 else len(whole) + where
        whole[at : at + len(data)] = data
        path.write_bytes(whole)
        return path

    return make


def _cut(size: int) -> Case:
    def make(folder: Path, members: Members) -> Path:
        path = write(folder / "cut.keras", members)
        path.write_bytes(path.read_bytes()[:size])
        return path

    return make


OLD = b'{"keras_version": "2.15.0"}'
NEWER = b'{"keras_version": "4.0.0"}'

# What it is, how it is made, and what the answer must name.
CASES: dict[str, tuple[Case, str]] = {
    "zip slip": (_more("../escaped.txt"), "members"),
    "zip slip in assets": (_more("assets/../../escaped.txt"), "members"),
    "absolute member": (_more("/tmp/escaped.txt"), "members"),  # noqa: S108
    "backslash member": (_more("..\\escaped.txt"), "members"),
    "assets that are no text": (_more("assets/layers/x/vocabulary.txt"), "damaged"),
    "a pickle beside": (_more("model.pkl"), "members"),
    "weights twice": (_more(WEIGHTS), "members"),
    "a description twice": (_more(CONFIG), "members"),
    "no description": (_without(CONFIG), "members"),
    "no weights": (_without(WEIGHTS), "members"),
    "no metadata": (_without(METADATA), "members"),
    "weights are a link": (_archive("link", _link), "link"),
    "encrypted": (_archive("encrypted", _encrypted), "encrypted"),
    "bzip2": (_instead("x", b"", zipfile.ZIP_BZIP2), "members"),
    "bzip2 members": (_instead(METADATA, OLD, zipfile.ZIP_BZIP2), "compression"),
    "lzma members": (_instead(METADATA, OLD, zipfile.ZIP_LZMA), "compression"),
    "a list": (_instead(CONFIG, b"[1]"), "holds a list"),
    "no JSON": (_instead(CONFIG, b"{'a': 1}"), "damaged"),
    "no text": (_instead(CONFIG, b"\xff\xfe\x00"), "damaged"),
    "an empty description": (_instead(CONFIG, b"{}"), "names what"),
    "Keras 2": (_instead(METADATA, OLD), "2.15.0"),
    "Keras 4": (_instead(METADATA, NEWER), "4.0.0"),
    "no version": (_instead(METADATA, b"{}"), "None"),
    "an odd version": (_instead(METADATA, b'{"keras_version": [3]}'), "[3]"),
    "weights are a pickle": (_instead(WEIGHTS, PICKLE), "weights are damaged"),
    "weights are a zip": (_instead(WEIGHTS, zipped("a.npy")), "weights are damaged"),
    "weights are empty": (_instead(WEIGHTS, b""), "weights are damaged"),
    "another local name": (_patched(30, b"X"), "damaged"),
    "a flipped byte": (_patched(60, b"\xff"), "damaged"),
    "a wrong directory": (_patched(-6, b"\xff\xff\xff\x7f"), "damaged"),
    "cut in the middle": (_cut(3000), "damaged"),
    "cut at the start": (_cut(10), "damaged"),
    "the last byte is missing": (_cut(-1), "damaged"),
}
