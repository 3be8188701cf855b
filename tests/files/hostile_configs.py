"""Descriptions that try to run code, each beside what our answer must name."""

import base64
import marshal
from typing import Any

CANARY = "canary_module"


def _code() -> str:
    program = compile(f"__import__({CANARY!r}).touch()", "canary", "eval")
    return base64.b64encode(marshal.dumps(program)).decode()


def _object(module: Any, name: Any, config: Any = None, registered: Any = None) -> dict:
    return {
        "module": module,
        "class_name": name,
        "config": {} if config is None else config,
        "registered_name": registered,
    }


def _function(module: str, name: str, registered: str | None = None) -> dict:
    return _object(module, "function", name, registered or name)


_LAMBDA = {"class_name": "__lambda__", "config": {"value": [_code(), None, None]}}
_FETCH = _function("keras.utils", "get_file")
_WORDS = {"name": "x", "vocabulary": "secret.txt"}

# Stand-ins for the CVEs that concern descriptions, and their neighbours. They are put
# in the place of a layer, of an activation and of a setting, one after the other.
OBJECTS = {
    "CVE-2024-3660 Lambda": _object("keras.layers", "Lambda", {"function": _LAMBDA}),
    "CVE-2024-3660 bare lambda": _LAMBDA,
    "CVE-2025-1550 os.system": _object("os", "system", {"command": "touch canary"}),
    "CVE-2025-1550 a module": _object(CANARY, "Run"),
    "CVE-2025-1550 a function": _function(CANARY, "touch"),
    "CVE-2025-8747 get_file": _object("keras.layers", "Lambda", {"function": _FETCH}),
    "CVE-2025-8747 bare get_file": _FETCH,
    "CVE-2025-9906 unsafe switch": _function(
        "keras.config", "enable_unsafe_deserialization"
    ),
    "CVE-2025-49655 TorchModuleWrapper": _object(
        "keras.layers", "TorchModuleWrapper", {"module": "gASVAAAAAAAAAA=="}
    ),
    "CVE-2025-12058 StringLookup": _object("keras.layers", "StringLookup", _WORDS),
    "CVE-2025-12058 IntegerLookup": _object("keras.layers", "IntegerLookup", _WORDS),
    "CVE-2025-12058 words": _object("keras.layers", "TextVectorization", _WORDS),
    "CVE-2026-1462 TFSMLayer": _object(
        "keras.layers", "TFSMLayer", {"filepath": "saved_model"}
    ),
    "GHSA get_file at load": _function("keras.models", "load_model"),
    "JaxLayer": _object("keras.layers", "JaxLayer", {"call_fn": _LAMBDA}),
    "FlaxLayer": _object("keras.layers", "FlaxLayer"),
    "Pipeline": _object("keras.layers", "Pipeline", {"layers": [_LAMBDA]}),
    "FeatureSpace": _object("keras.utils", "FeatureSpace"),
    "file editor": _object("keras.saving", "KerasFileEditor", {"filepath": "x.keras"}),
    "disk store": _object("keras.src.saving.saving_lib", "DiskIOStore"),
    "scan": _object("keras.src.ops.core", "Scan", {"f": _LAMBDA}),
    "while loop": _object("keras.src.ops.core", "WhileLoop", {"cond": _LAMBDA}),
    "another package": _object("keras_hub.models", "Backbone"),
    "a submodule": _object(f"keras.{CANARY}", "Run"),
    "a base class": _object("keras", "Model"),
    "a type": {
        "class_name": "__typespec__",
        "spec_name": "touch",
        "module": CANARY,
        "config": [],
        "registered_name": None,
    },
    "an array of objects": {
        "class_name": "__numpy__",
        "config": {"value": [1], "dtype": "object"},
    },
    "an array of long texts": {
        "class_name": "__tensor__",
        "config": {"value": ["a"], "dtype": "U999999999"},
    },
    "a registered name in disguise": _object(
        "keras.layers", "Dense", {"units": 4}, "keras_residual>DropPath"
    ),
    "a registered name of strangers": _object(CANARY, "Run", {}, "Strange>Run"),
    "ours under another name": _object(CANARY, "Run", {}, "keras_residual>DropPath"),
    "Keras's name in another module": _object("os", "Dense", {"units": 4}),
    "builtins eval": _function("builtins", "eval"),
    "builtins deserialize": _function("builtins", "deserialize"),
    "activations.get": _function("keras.activations", "get"),
    "an activation in disguise": _function("keras.activations", "relu", "Strange>f"),
    "no module": {"class_name": "Lambda", "config": {"function": _LAMBDA}},
    "no name": _object("keras.layers", None),
    "a list for a name": _object("keras.layers", ["Dense"]),
    "an object for a name": _object("keras.layers", {"class_name": "Dense"}),
    "a list for a registered name": _object("keras.layers", "Dense", {}, ["Dense"]),
    "a space in the name": _object("keras.layers", "Lambda "),
    "a look-alike": _object("keras.layers", "Lаmbda"),  # noqa: RUF001  the point
    "control characters": _object("keras.layers", "\x1b[2J\n\x07Lambda"),
}


def as_layer(item: dict, config: Any) -> None:
    config["config"]["layers"].append({**item, "name": "x", "inbound_nodes": []})


def as_activation(item: dict, config: Any) -> None:
    config["config"]["layers"][1]["config"]["activation"] = item


def as_input(item: dict, config: Any) -> None:
    node = config["config"]["layers"][1]["inbound_nodes"][0]
    node["kwargs"] = {"mask": [{"deep": item}]}


def as_build_config(item: dict, config: Any) -> None:
    config["config"]["layers"][1]["build_config"] = {"input_shape": item}


def as_model(item: dict, config: Any) -> None:
    config.clear()
    config.update(item)


PLACES = [as_layer, as_activation, as_input, as_build_config, as_model]
