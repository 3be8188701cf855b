"""The commands of README and docs run as they are written, in their order."""

import re
import shlex
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from small_data import make_arrays, make_pictures

ROOT = Path(__file__).parents[2]
PAGES = [
    page
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    if re.search(r"^\s*keras-residual \w", page.read_text(encoding="utf-8"), re.M)
]
# By how a line begins: why it is not run.
NOT_RUN = {
    "train --backend jax": "devices and processes; test_hosts.py has them",
    "compare --depths": "six networks; test_commands.py compares at one depth",
    "rewire model.keras --grow": "the layer is the reader's; test_rewire.py grows one",
}
QUICK = {"train": ["--epochs", "1", "--batch-size", "32"]}
FINDINGS = 1  # how `check` ends where it found something


def written(page: Path) -> list[list[str]]:
    """Returns the commands of a page that stand in lines of their own."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = re.findall(r"^\s*keras-residual (.*)$", text, re.M)
    return [
        shlex.split(line, comments=True)
        for line in lines
        if not any(line.startswith(start) for start in NOT_RUN) and "`" not in line
    ]


def network(shape: tuple[int, ...], name: str) -> keras.Model:
    """Has what each command looks for: a skip, a plain stack, a norm to fold."""
    x = inputs = keras.Input(shape)
    x = keras.layers.Conv2D(4, 3, strides=4, padding="same", use_bias=False)(x)
    x = keras.layers.BatchNormalization()(x)
    y = keras.layers.Conv2D(4, 3, padding="same", name="branch")(x)
    x = keras.layers.Add(name="sum")([x, y])
    for _ in range(2):
        x = keras.layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    outputs = keras.layers.Dense(10, activation="softmax")(x)
    model = keras.Model(inputs, outputs, name=name)
    model.compile(loss="sparse_categorical_crossentropy")  # what prune asks for
    return model


@pytest.fixture(scope="module")
def belongings(tmp_path_factory):
    """What the pages take for granted: a folder with a reader's models and data."""
    place = tmp_path_factory.mktemp("belongings")
    network((8, 8, 1), "small").save(place / "model.keras")
    (place / "runs/demo").mkdir(parents=True)
    network((28, 28, 1), "demo").save(place / "runs/demo/model.keras")
    make_pictures(place / "my_pictures", count=32)
    Image.new("RGB", (8, 8), "red").save(place / "photo.png")
    make_arrays(place / "signals.npz", (16, 2), 40)
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (80, 8, 8, 1), dtype=np.uint8)
    np.savez(place / "pictures.npz", x=pictures, y=np.arange(80) % 10)
    rows = [(size, size * 900 + 10 * k) for k, size in enumerate(range(40, 90))]
    table = "".join(f"{size},{price}\n" for size, price in rows)
    (place / "prices.csv").write_text("size,price\n" + table)
    (place / "new.csv").write_text("size\n55\n61\n")
    return place


@pytest.fixture
def folder(belongings, tmp_path, monkeypatch):
    """A copy of them that is the folder one stands in."""
    for path in sorted(belongings.rglob("*")):
        copy = tmp_path / path.relative_to(belongings)
        if path.is_dir():
            copy.mkdir()
        else:
            copy.write_bytes(path.read_bytes())
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
@pytest.mark.usefixtures("folder")
def test_its_commands_run_in_their_order(page, command):
    for words in written(page):
        code, output, errors = command(*words, *QUICK.get(words[0], ()))
        fine = (0, FINDINGS) if words[0] == "check" else (0,)
        assert code in fine, f"{shlex.join(words)}\n{output}\n{errors}"


def test_what_is_not_run_is_still_written_somewhere():
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    for start in NOT_RUN:
        assert any(f"keras-residual {start}" in text for text in texts), start
