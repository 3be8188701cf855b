"""The commands at the end of a report do what it says, as they are written there."""

import re
import shlex
from html import unescape
from importlib.util import find_spec

import pytest
from small_data import make_arrays, make_pictures


def make_table(path):
    rows = [f"{k * 0.37 % 1:.3f};{k * 0.71 % 1:.3f};{'ab'[k % 2]}" for k in range(40)]
    path.write_text("\n".join(["size;width;kind", *rows]))


MAKE = {
    "my pictures": make_pictures,
    "pictures.npz": make_arrays,
    "it's.csv": make_table,
}
SWITCHES = {"it's.csv": ["--label", "kind", "--separator", ";", "--header"]}


@pytest.mark.parametrize("name", MAKE)
def test_each_command_works_as_it_stands(command, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    MAKE[name](tmp_path / name)
    words = ["--data", name, "--out", "a run", "--validation", "0.25"]
    given = [*words, *SWITCHES.get(name, []), "--epochs", "1"]
    assert command("train", *given)[0] == 0
    page = (tmp_path / "a run" / "report.html").read_text(encoding="utf-8")
    blocks = re.findall(r'<pre class="card"><code>(.*?)</code>', page)
    told = [shlex.split(unescape(block)) for block in blocks]
    assert [words[:2] for words in told] == [
        ["keras-residual", verb] for verb in ("predict", "inspect", "export")
    ]
    exports = name == "pictures.npz" and find_spec("tf2onnx")  # of the extra
    for words in told[: 3 if exports else 2]:
        code, output, errors = command(*words[1:])
        assert code == 0, errors
        assert output
    assert set(SWITCHES.get(name, [])) <= set(told[1])
