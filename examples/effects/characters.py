"""Documents of the standard library as characters: a text that every machine has."""

import ast
import os
from pathlib import Path

import keras
import numpy as np

LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
LENGTH = 64  # characters that a model reads at once
LINE = "\n\nReturn a list of all the names that are defined in the given module.\n"
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


class Text:
    """Documents of the standard library, as numbers of characters."""

    def __init__(self):
        documents = [text for text in found_documents() if text.isascii()]
        np.random.default_rng(0).shuffle(documents)
        whole = "\n\n".join(documents)
        self.characters = "".join(sorted({*whole, *LINE}))
        numbers = self.numbers(whole)
        self.train, self.held = np.split(numbers, [len(numbers) * 9 // 10])

    def numbers(self, text):
        return np.array([self.characters.index(one) for one in text], "int32")

    def batch(self, numbers, random, count):
        """Cuts pieces out; the labels are the same one place on."""
        starts = random.integers(0, len(numbers) - LENGTH - 1, count)
        pieces = numbers[starts[:, None] + np.arange(LENGTH + 1)]
        return pieces[:, :-1], pieces[:, 1:]


def found_documents():
    """Returns each docstring of the standard library's modules once; nothing is run."""
    found = {}
    for path in sorted(Path(os.__file__).parent.glob("*.py")):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        texts = (ast.get_docstring(one) for one in nodes if isinstance(one, DOCUMENTED))
        found |= dict.fromkeys(filter(None, texts))
    return [*found]


def trained(model, text, steps, rate, rows, seed):
    """Trains on pieces that a seed chooses, so that models can see the same ones."""
    random = np.random.default_rng(seed)
    pace = keras.optimizers.schedules.CosineDecay(
        rate / 10, steps, warmup_target=rate, warmup_steps=steps // 20
    )
    model.compile(keras.optimizers.AdamW(pace, global_clipnorm=1.0), LOSS)
    for _ in range(steps):
        model.train_on_batch(*text.batch(text.train, random, rows))
    return model
