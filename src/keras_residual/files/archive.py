"""The zip archive around a model: known members, and nothing that can hide."""

from __future__ import annotations

import io
import json
import re
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_residual.common.errors import ForeignError
from keras_residual.common.files import open_handle
from keras_residual.files.errors import DAMAGED, RefusedError, shown

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
MEMBERS = {CONFIG, METADATA, WEIGHTS}
# The words of layers that look words up; where they are says to which layer.
WORDS = re.compile(r"assets(/\w{1,100}){1,50}/vocabulary\.txt", re.ASCII)
MOST_WORDS = 10**6
MIB = 2**20
LARGEST_TEXT = 16 * MIB
# Nothing is expected to shrink; Keras stores its members as they are.
LARGEST_RATIO = 20
# Brackets, colons and commas in config.json: each may cost a Python object, and the
# brackets a list or a dict, which is three times as large.
LARGEST_COUNT = 900_000
MOST_BRACKETS = 100_000
# Each model in a model takes four levels, and each level of reading one of Python's.
DEEPEST = 200
HALVES = re.compile(rb"\\u[dD][89a-fA-F]")
VERSION = re.compile(r"3\.\d{1,4}(\.\d{1,4})?[.\w+-]{0,32}", re.ASCII)
DATA = "the path of a model file: this one holds arrays"
RESAVE = 'model.save("model.keras") with Keras 3, and leave the file as it is'


@dataclass(frozen=True)
class Archive:
    """What a `.keras` file holds.

    Args:
        config: The model, as Keras describes it.
        version: The Keras that wrote it.
        weights: The HDF5 file, whole.
        words: Texts with a word in each line, by the names of their members.
    """

    config: dict[str, Any]
    version: str
    weights: io.BytesIO
    words: dict[str, bytes]


class _Careful(io.FileIO):
    """Reads a file in small pieces only, whatever size its headers name."""

    def read(self, size: int | None = -1, /) -> bytes:
        rest = self.seek(0, io.SEEK_CUR)
        if size is None or size < 0:
            size = self.seek(0, io.SEEK_END) - rest
            self.seek(rest)
        if size > MIB:
            raise ForeignError(f"its directory takes {size} bytes")
        return super().read(size) or b""


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Opens a zip archive that may lie about its sizes.

    Args:
        path: A regular file.

    Raises:
        OSError: It is none, or may not be read.
        zipfile.BadZipFile: It is no archive.
        ForeignError: Its directory is too large to be meant.
    """
    with _Careful(open_handle(path)) as file, zipfile.ZipFile(file) as archive:
        yield archive


def read_archive(path: Path) -> Archive:
    """Reads the members of a `.keras` file; every checksum is checked.

    Args:
        path: A regular file.

    Raises:
        RefusedError: It is damaged, or no archive that Keras wrote.
    """
    try:
        with open_zip(path) as archive:
            _check_members(archive.infolist())
            config = _read_json(archive, CONFIG)
            version = str(_read_json(archive, METADATA).get("keras_version"))
            _check_version(version)
            words = _read_words(archive)
            return Archive(config, version, _read(archive, WEIGHTS), words)
    except RefusedError:
        raise
    except Exception as error:  # zipfile raises eight kinds of a damaged file
        raise RefusedError(
            "the file is damaged.",
            given=f"{path.stat().st_size} bytes: {shown(error)}",
            needed="A .keras file is a zip archive, whole to the last byte.",
            write=DAMAGED,
        ) from error


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    names = sorted(member.filename for member in members)
    is_data = all(name.endswith(".npy") for name in names)
    if sorted(name for name in names if not WORDS.fullmatch(name)) != sorted(MEMBERS):
        raise RefusedError(
            "the archive is none that we open.",
            given=f"{_guess(names)}members {shown(names[:6])}",
            needed=f"It holds {', '.join(sorted(MEMBERS))}, and nothing else but the "
            "vocabularies of layers.",
            write=DATA if is_data else RESAVE,
            option="a model file first, and this one behind --data" if is_data else "",
        )
    for member in members:
        if wrong := _hidden(member):
            raise RefusedError(
                f"its member {member.filename} is none that Keras wrote.",
                given=wrong,
                needed="Members are stored or deflated, and not much larger than they "
                "are in the file.",
                write=RESAVE,
            )


def _guess(names: list[str]) -> str:
    for end, kind in [
        ("data.pkl", "a PyTorch checkpoint, "),
        (".npy", "a NumPy .npz file, "),
        ("saved_model.pb", "a zipped TensorFlow SavedModel, "),
    ]:
        if any(name.endswith(end) for name in names):
            return kind
    return ""


def _hidden(member: zipfile.ZipInfo) -> str | None:
    if reason := unread(member):
        return reason
    size, packed = member.file_size, member.compress_size
    if size > MIB and size > LARGEST_RATIO * packed:
        return f"{size} bytes out of {packed}"
    if member.filename != WEIGHTS and size > LARGEST_TEXT:
        return f"{size} bytes, more than {LARGEST_TEXT}"
    return None


def unread(member: zipfile.ZipInfo) -> str | None:
    """Says why a member of an archive is not read, whatever it holds.

    Args:
        member: What the archive's directory says of it.
    """
    if member.flag_bits & 1:
        return "it is encrypted"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "it is a link"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"compression method {member.compress_type}"
    return None


def _read(archive: zipfile.ZipFile, name: str) -> io.BytesIO:
    whole = io.BytesIO()
    with archive.open(name) as member:
        while piece := member.read(MIB // 4):
            whole.write(piece)
    whole.seek(0)
    return whole


def _read_words(archive: zipfile.ZipFile) -> dict[str, bytes]:
    names = [name for name in archive.namelist() if name not in MEMBERS]
    sizes = sum(archive.getinfo(name).file_size for name in names)
    if len(set(names)) < len(names) or sizes > LARGEST_TEXT:
        raise ForeignError(f"vocabularies of {sizes} bytes, or two of one name")
    words = {name: _read(archive, name).getvalue() for name in names}
    if sum(text.count(b"\n") for text in words.values()) > MOST_WORDS:
        raise ForeignError(f"more than {MOST_WORDS} words")
    for text in words.values():
        text.decode()
    return words


def _read_json(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    return parse_json(_read(archive, name).getvalue(), name)


def parse_json(data: bytes, name: str) -> dict[str, Any]:
    """Parses a description of bounded size and depth.

    Args:
        data: The JSON.
        name: What to call it.

    Raises:
        ForeignError: It is no dict in JSON, or there is too much of it.
    """
    if len(data) > LARGEST_TEXT:
        raise ForeignError(f"{name} takes {len(data)} bytes")
    brackets = data.count(b"[") + data.count(b"{")
    count = brackets + data.count(b",") + data.count(b":")
    if brackets > MOST_BRACKETS or count > LARGEST_COUNT:
        raise ForeignError(f"{name} holds {count} values in {brackets} lists and dicts")
    try:
        value = json.loads(data)
    except RecursionError:
        raise ForeignError(f"{name} is nested too deep") from None
    if not isinstance(value, dict):
        raise ForeignError(f"{name} holds a {type(value).__name__}")
    if depth(value) > DEEPEST:
        raise ForeignError(f"{name} is nested more than {DEEPEST} levels deep")
    if HALVES.search(data):
        json.dumps(value, ensure_ascii=False).encode()  # half a character has no bytes
    return value


def depth(value: object) -> int:
    """Counts how many lists and dicts of parsed JSON stand in each other.

    Args:
        value: What was parsed.
    """
    levels, here = 0, [value]
    while here := [
        inside
        for outer in here
        if isinstance(outer, list | dict)
        for inside in (outer.values() if isinstance(outer, dict) else outer)
    ]:
        levels += 1
    return levels


def _check_version(version: str) -> None:
    if not VERSION.fullmatch(version):
        raise RefusedError(
            "another Keras wrote it.",
            given=f"keras_version {shown(version)}",
            needed="We open what Keras 3 wrote.",
            write='model.save("model.h5") with the Keras that wrote it, and that file',
        )
