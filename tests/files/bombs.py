"""Small files that stand for a lot of work or memory; each makes itself in a folder."""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py

from .artifacts import (
    CONFIG,
    METADATA,
    WEIGHTS,
    Case,
    Members,
    dense,
    layer,
    with_config,
    with_weights,
    write,
)
from .hostile_weights import KERNEL

MIB, GIB = 2**20, 2**30
DICTS = [{f"k{at}": f"v{at}".ljust(130)} for at in range(99_000)]


def _config(change: Callable[[Any], Any]) -> Case:
    return lambda folder, members: write(
        folder / "bomb.keras", with_config(members, change)
    )


def _text(text: bytes, method: int = zipfile.ZIP_STORED) -> Case:
    def make(folder: Path, members: Members) -> Path:
        return write(folder / "bomb.keras", {**members, CONFIG: text}, method)

    return make


def _spaces(name: str, size: int) -> Case:
    """A member of spaces: one deflated block, repeated; its checksum is wrong."""
    block = zlib.compressobj(wbits=-15)
    packed = block.compress(b" " * MIB) + block.flush(zlib.Z_FULL_FLUSH)
    packed = packed * (size // MIB) + block.flush()

    def make(folder: Path, members: Members) -> Path:
        path = write(folder / "bomb.keras", {**members, name: b"stored"})
        data = path.read_bytes()
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo(name)
        at = info.header_offset + 30 + len(name)
        data = data[:at] + packed + data[at + len(b"stored") :]
        sizes = struct.pack("<LL", len(packed), size)
        moved = data.index(b"PK\x01\x02")
        data = bytearray(data)
        for record, method, where in [(info.header_offset, 8, 18), (0, 10, 20)]:
            start = record or data.index(name.encode(), moved) - 46
            data[start + method : start + method + 2] = struct.pack("<H", 8)
            data[start + where : start + where + 8] = sizes
        path.write_bytes(_repaired(bytes(data), moved, len(packed) - len(b"stored")))
        return path

    return make


def _repaired(data: bytes, directory: int, moved: int) -> bytes:
    """Gives the end of an archive the new place of its directory and of its members."""
    data, at, first = bytearray(data), directory, True
    while data[at : at + 4] == b"PK\x01\x02":
        length = 46 + sum(struct.unpack("<HHH", data[at + 28 : at + 34]))
        (offset,) = struct.unpack("<L", data[at + 42 : at + 46])
        if not first and data[offset : offset + 4] != b"PK\x03\x04":
            data[at + 42 : at + 46] = struct.pack("<L", offset + moved)
        first = False
        at += length
    data[at + 16 : at + 20] = struct.pack("<L", directory)
    return bytes(data)


def _many_members(folder: Path, members: Members) -> Path:
    """An archive whose directory lists one member half a million times."""
    path = write(folder / "bomb.keras", {"a": b""})
    data = path.read_bytes()
    at = data.index(b"PK\x01\x02")
    entry, end = data[at : data.index(b"PK\x05\x06")], bytearray(data[-22:])
    count = 500_000
    end[12:16] = struct.pack("<L", count * len(entry))
    path.write_bytes(data[:at] + entry * count + bytes(end))
    return path


def _nested(depth: int, shared: bool = False) -> Case:
    """Each model calls the one inside it ten times."""

    def change(config: Any) -> Any:
        for level in range(depth):
            inner = {**config, "name": "inner"}
            if shared:
                inner["shared_object_id"] = level
            first = layer(config, "inputs")
            shape = {"shape": [None, 4], "dtype": "float32"}
            sources = ["inputs", *["inner"] * 9]
            inner["inbound_nodes"] = [
                {
                    "args": [
                        {
                            "class_name": "__keras_tensor__",
                            "config": {
                                **shape,
                                "keras_history": [name, max(0, at - 1), 0],
                            },
                        }
                    ],
                    "kwargs": {},
                }
                for at, name in enumerate(sources)
            ]
            outer = {"name": f"level{level}", "layers": [first, inner]}
            outer["input_layers"] = ["inputs", 0, 0]
            outer["output_layers"] = ["inner", 9, 0]
            config = {**config, "config": outer}
        return config

    return _config(change)


def _disordered(config: Any) -> None:
    """Three thousand layers, each before the one that it needs."""
    template = json.dumps(layer(config, "merge"))
    layers = []
    for at in range(3000, 0, -1):
        text = template.replace('"norm"', f'"x{at - 1}"' if at > 1 else '"inputs"')
        item = json.loads(text)
        item["name"] = item["config"]["name"] = f"x{at}"
        layers.append(item)
    config["config"]["layers"] = [config["config"]["layers"][0], *layers]


def _disordered_lists(config: Any) -> None:
    """The same, as Keras 2 wrote it."""
    _disordered(config)
    for item in config["config"]["layers"][1:]:
        before = f"x{int(item['name'][1:]) - 1}"
        item["inbound_nodes"] = [[[before, 0, 0], ["inputs", 0, 0]]]


def _wide(config: Any) -> None:
    """Thirty thousand layers beside each other."""
    item = {
        "module": "keras.layers",
        "class_name": "Identity",
        "config": {},
        "registered_name": None,
        "inbound_nodes": [],
    }
    config["config"]["layers"] += [{**item, "name": f"x{at}"} for at in range(30_000)]


def _operation(name: str, **settings: Any) -> Callable[[Any], None]:
    def change(config: Any) -> None:
        item = layer(config, "merge")
        item.update(module="keras.src.ops.numpy", class_name=name, registered_name=name)
        item["config"] = {"name": "merge", **settings}

    return change


def _unstack(config: Any) -> None:
    """As many outputs as an axis is long."""
    layer(config, "inputs")["config"]["batch_shape"] = [None, 10**6]
    item = layer(config, "branch")
    item.update(module="keras.src.ops.core", class_name="Unstack")
    item["config"], item["registered_name"] = {"num": None, "axis": 1}, None
    item.pop("build_config")
    item["inbound_nodes"][0]["args"][0]["config"]["shape"] = [None, 10**6]


def _rescaling(config: Any) -> None:
    item = layer(config, "norm")
    item["class_name"], item["build_config"] = "Rescaling", None
    item["config"] = {"name": "norm", "scale": [0.1] * 700_000}


def _joined(config: Any) -> None:
    """One tensor, joined with itself eighteen thousand times."""
    tensors = layer(config, "merge")["inbound_nodes"][0]["args"][0]
    tensors += tensors[:1] * 18_000


def _loss_in_losses(config: Any) -> None:
    loss: Any = "mse"
    for _ in range(700):
        loss = [loss]
    config["compile_config"] = {"loss": loss}


def _long_version(folder: Path, members: Members) -> Path:
    text = json.dumps({"keras_version": f"3.{'9' * 5000}"})
    return write(folder / "bomb.keras", {**members, METADATA: text.encode()})


def _half_a_letter(config: Any) -> None:
    layer(config, "branch")["name"] = "\ud800"


def _normalization(config: Any) -> None:
    item = layer(config, "norm")
    item["class_name"] = "Normalization"
    item["config"] = {"name": "norm", "axis": -1, "mean": 0.0, "variance": 1.0}
    item["build_config"] = {"input_shape": [None, 2**31]}


def _weights(change: Callable[[h5py.File], object]) -> Case:
    return lambda folder, members: write(
        folder / "bomb.keras", with_weights(members, change)
    )


def _declared(size: int, **options: Any) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[KERNEL]
        file.create_dataset(KERNEL, (size // 4,), "float32", **options)

    return change


def _groups(count: int) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        for at in range(count):
            h5py.h5g.create(file.id, b"g%d" % at)

    return change


as_many_groups_as_may_be = _weights(_groups(29_900))


def _long(size: int) -> bytes:
    return b'{"class_name": "' + b"a" * size + b'"}'


def _zip_of_zeros(folder: Path, members: Members) -> Path:
    with h5py.File(weights := io.BytesIO(), "w") as file:
        file.create_dataset(KERNEL, data=bytearray(64 * MIB), dtype="uint8")
    whole = {**members, WEIGHTS: weights.getvalue()}
    return write(folder / "bomb.keras", whole, zipfile.ZIP_DEFLATED)


# What it is, how it is made, and what the answer must name.
CASES: dict[str, tuple[Case, str]] = {
    "2 GiB of spaces for a description": (_spaces(CONFIG, 2 * GIB), "bytes"),
    "2 GiB of spaces for metadata": (_spaces(METADATA, 2 * GIB), "bytes"),
    "2 GiB of spaces for weights": (_spaces(WEIGHTS, 2 * GIB), "bytes"),
    "a long description": (_text(_long(17 * MIB)), "bytes"),
    "a long name": (_text(_long(15 * MIB)), "names what"),
    "brackets in brackets": (_text(b"[" * 15 * MIB), "values"),
    "fewer brackets in brackets": (_text(b"[" * (MIB // 16)), "nested"),
    "many small values": (_text(b"[" + b"[]," * 5 * MIB + b"1]"), "values"),
    "lists of one number": (_config(dense(4, a=[[0.5]] * 100_000)), "dicts"),
    "as many dicts as may be": (_config(dense(4, a=DICTS)), "Model file"),
    "a number of many digits": (_text(b'{"a": ' + b"9" * 15 * MIB + b"}"), "damaged"),
    "many members": (_many_members, "directory"),
    "zeros, deflated": (_zip_of_zeros, "bytes"),
    "a wide layer": (_config(dense(2**26)), "Keras cannot"),
    "a wider layer": (_config(dense(2**40)), "Keras cannot"),
    "a layer beyond numbers": (_config(dense(10**300)), "Keras cannot"),
    "a wide adapter": (_config(dense(4, lora_rank=2**26)), "Dense"),
    "a wide normalization": (_config(_normalization), "Normalization"),
    "a split into many": (
        _config(_operation("Split", indices_or_sections=2**31)),
        "Split",
    ),
    "a tensor in a million pieces": (_config(_unstack), "more work"),
    "a long list": (_config(_rescaling), "more work"),
    "a tensor joined with itself": (_config(_joined), "more work"),
    "losses in losses": (_config(_loss_in_losses), "levels deep"),
    "a long version": (_long_version, "another Keras"),
    "half a letter": (_config(_half_a_letter), "damaged"),
    "models in models": (_nested(9), "calls"),
    "one model in models": (_nested(9, shared=True), "calls"),
    "layers before their inputs": (_config(_disordered), "need"),
    "lists before their inputs": (_config(_disordered_lists), "need"),
    "many layers": (_config(_wide), "calls"),
    "256 GiB, compressed": (
        _weights(_declared(256 * GIB, chunks=(MIB,), compression="gzip")),
        "compressed",
    ),
    "256 GiB, not written": (_weights(_declared(256 * GIB)), "are there"),
    "2 GiB, not written": (_weights(_declared(2 * GIB)), "are there"),
    "many groups": (_weights(_groups(60_000)), "objects"),
    "groups in groups": (
        _weights(lambda file: file.create_group("/".join("g" * 3000))),
        "levels",
    ),
}
