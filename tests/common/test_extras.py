import json
import os
import re
import subprocess
import sys
from pathlib import Path

import keras
import pytest
from test_dependencies import BACKENDS, extras, needed

from keras_residual.common.errors import PackageError
from keras_residual.common.extras import extra, require

from .without_extras import BROUGHT

# The extra that each thing asks for first, and a package of it.
ASKED = {
    "draw": "report",
    "inspect": "report",
    "fit": "train",
    "run": "train",
    "table": "train",
    "parquet": "train",
    "pictures": "train",
    "digits": "digits",
    "monitor": "tensorboard",
    "export": "export",
}


def test_four_packages_do_what_they_should_and_the_rest_is_asked_for(tmp_path):
    script = Path(__file__).with_name("without_extras.py")
    done = subprocess.run(
        [sys.executable, script, tmp_path],
        env={
            **os.environ,
            "KERAS_BACKEND": keras.backend.backend(),
            "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.splitlines()[-1])
    written = re.compile(r'^Write:   pip install "keras-residual\[(\w+)\]"$', re.M)
    assert {name: written.search(text)[1] for name, text in said.items()} == ASKED


def test_nothing_that_an_extra_brings_is_forgotten():
    assert set().union(*extras().values()) - needed() - BACKENDS == BROUGHT


def test_what_is_broken_keeps_its_own_words(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "broken_package.py").write_text("from json import nothing_such")
    with pytest.raises(ImportError, match="nothing_such") as raised:
        require("train", "Testing", "broken_package")
    assert not isinstance(raised.value, PackageError)


def test_what_a_package_lacks_in_its_turn_is_named(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "leaning_package.py").write_text("import no_such_package.inside")
    with pytest.raises(PackageError, match="not installed: no_such_package\n"):
        require("train", "Testing", "leaning_package")


def test_other_errors_pass():
    with pytest.raises(KeyError), extra("train", "Testing"):
        raise KeyError
