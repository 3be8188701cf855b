"""Everything that is not a `.keras` file; each makes itself in a folder."""

import io
import os
import pickle
import socket
import struct
import tarfile
from pathlib import Path

import h5py

from .artifacts import (
    CONFIG,
    METADATA,
    PICKLE,
    WEIGHTS,
    Case,
    Members,
    Run,
    write,
    zipped,
)


def _file(name: str, data: bytes) -> Case:
    def make(folder: Path, members: Members) -> Path:
        path = folder / name
        path.write_bytes(data)
        return path

    return make


def _folder(*names: str) -> Case:
    def make(folder: Path, members: Members) -> Path:
        path = folder / "folder.keras"
        for name in names:
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(members.get(name, PICKLE))
        return path

    return make


def _pipe(folder: Path, members: Members) -> Path:
    os.mkfifo(folder / "pipe.keras")
    return folder / "pipe.keras"


def _socket(folder: Path, members: Members) -> Path:
    path = folder / "s.keras"
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(os.path.relpath(path))  # its name may not be long
    return path


def _dangling(folder: Path, members: Members) -> Path:
    (folder / "link.keras").symlink_to("nowhere.keras")
    return folder / "link.keras"


def _loop(folder: Path, members: Members) -> Path:
    (folder / "loop.keras").symlink_to("loop.keras")
    return folder / "loop.keras"


def _unreadable(folder: Path, members: Members) -> Path:
    path = write(folder / "unreadable.keras", members)
    path.chmod(0)
    return path


def _tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("../escaped"))
    return file.getvalue()


def _hdf5(**attributes: str) -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w") as h5:
        h5.attrs.update(attributes)
        h5.create_group("layers")
    return file.getvalue()


LAMBDA = '{"class_name": "Lambda", "config": {"function": ["AAAA", null, null]}}'
HEADER = struct.pack("<Q", 2)

# What it is, how it is made, and what the answer must name.
CASES: dict[str, tuple[Case, str]] = {
    "CVE-2025-9905 legacy .h5": (
        _file("legacy.h5", _hdf5(model_config=LAMBDA)),
        "Python code",
    ),
    "legacy .h5 named .keras": (
        _file("legacy.keras", _hdf5(model_config=LAMBDA)),
        "Python code",
    ),
    "weights alone": (_file("small.weights.h5", _hdf5()), "HDF5"),
    "a pickle": (_file("pickle.keras", PICKLE), "pickle"),
    "an old pickle": (_file("old.keras", pickle.dumps(Run(), protocol=0)), "text"),
    "a PyTorch checkpoint": (_file("x.pth", zipped("archive/data.pkl")), "PyTorch"),
    "NumPy arrays": (_file("x.npz", zipped("a.npy")), "NumPy"),
    "a NumPy array": (_file("x.npy", b"\x93NUMPY\x01\x00"), "NumPy"),
    "safetensors": (_file("x.safetensors", HEADER + b"{}"), "begins with"),
    "more safetensors": (
        _file("y.safetensors", struct.pack("<Q", 99) + b'{"a":{}}'),
        "safetensors",
    ),
    "ONNX": (_file("x.onnx", b"\x08\x08\x12\x07pytorch"), "ONNX"),
    "LiteRT": (_file("x.tflite", b"\x1c\x00\x00\x00TFL3"), "LiteRT"),
    "tar": (_file("x.keras", _tar()), "tar"),
    "gzip": (_file("x.keras", b"\x1f\x8b\x08"), "gzip"),
    "a web page": (_file("x.keras", b"<!DOCTYPE html>"), "web page"),
    "JSON": (_file("x.keras", b'{"a": 1}'), "JSON"),
    "text": (_file("x.keras", b"hello"), "text"),
    "a Git LFS pointer": (
        _file("x.keras", b"version https://git-lfs.github.com/spec/v1\n"),
        "LFS",
    ),
    "an empty file": (_file("x.keras", b""), "empty"),
    "one byte": (_file("x.keras", b"\x00"), "begins with"),
    "a SavedModel": (_folder("saved_model.pb"), "SavedModel"),
    "an unpacked model": (_folder(CONFIG, METADATA, WEIGHTS), "folder"),
    "an Orbax checkpoint": (_folder("0/_CHECKPOINT_METADATA"), "folder"),
    "a run": (_folder("model.keras"), "model.keras"),
    "a pipe": (_pipe, "pipe"),
    "a socket": (_socket, "socket"),
    "a device": (lambda *_: Path("/dev/zero"), "device"),
    "a dangling link": (_dangling, "no such file"),
    "a link to itself": (_loop, "no such file"),
    "nothing": (lambda folder, _: folder / "nothing.keras", "no such file"),
    "a file on the way": (
        lambda folder, _: folder / "good.keras" / "x.keras",
        "no such file",
    ),
    "a zero byte": (lambda folder, _: folder / "a\0b.keras", "no such file"),
    "a long name": (lambda folder, _: folder / ("x" * 999), "no such file"),
    "another machine": (lambda *_: Path("hf://keras/resnet"), "no such file"),
}
if os.geteuid():  # root may read everything
    CASES["not ours to read"] = _unreadable, "may not be read"
