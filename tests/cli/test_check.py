"""`check`, `rules` and `explain`, as a user calls them, and a project's settings."""

import json
import os

import keras
import pytest

from keras_residual.checks.catalogue import RULES
from keras_residual.cli.check import LARGEST, check_settings
from keras_residual.train.mistake import InputError


@pytest.fixture
def flagged(tmp_path):
    """A file with one finding of KR101, at "stage_add"."""
    inputs = keras.Input((4,), name="x")
    y = keras.layers.Dense(4, activation="relu", name="dense")(inputs)
    outputs = keras.layers.Add(name="stage_add")([inputs, y])
    file = tmp_path / "flagged.keras"
    keras.Model(inputs, outputs).save(file)
    return file


ONE = ("--select", "KR101")


def test_findings_end_in_exit_code_1(command, flagged):
    code, output, errors = command("check", flagged, *ONE)
    assert (code, errors) == (1, "")
    assert f"warning  KR101 non-negative-branch  {flagged}: stage_add" in output
    assert output.rstrip().endswith("1 warning")


def test_nothing_found_ends_in_exit_code_0(command, flagged):
    code, output, _ = command("check", flagged, *ONE, "--intended", "KR101=stage_*")
    assert (code, output) == (0, "nothing found\n")


def test_several_files(command, flagged):
    missing = flagged.parent / "no.keras"
    assert command("check", flagged, missing, *ONE)[0] == 2
    assert command("check", flagged, flagged, *ONE)[0] == 1


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_files_for_tools_hold_nothing_else(command, flagged, form):
    code, output, _ = command("check", flagged, *ONE, "--format", form)
    assert code == 1
    assert "stage_add" in json.dumps(json.loads(output))


def test_github_annotations(command, flagged):
    _, output, _ = command("check", flagged, *ONE, "--format", "github")
    assert output.startswith("::warning file=")


def test_settings_stand_in_the_nearest_pyproject(
    command, flagged, tmp_path, monkeypatch
):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.keras-residual.check]\nselect = ["KR101"]\n'
        'intended = { KR101 = ["stage_*"] }\n'
    )
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert command("check", flagged)[0] == 0
    assert command("check", flagged, "--intended", "KR101=other_*")[0] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.keras-residual.check]\nselct = []\n", "select"),
        ("[tool.keras-residual.check]\nselect = 3\n", "are lists of rules"),
        ("[tool", "cannot be read"),
    ],
)
def test_wrong_settings_are_refused(
    command, flagged, tmp_path, monkeypatch, text, said
):
    (tmp_path / "pyproject.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    code, _, errors = command("check", flagged)
    assert code == 2
    assert said in errors


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--select", "KR9999"), "keras-residual rules"),
        (("--intended", "KR101"), '--intended "KR101=*"'),
    ],
)
def test_wrong_options_are_refused(command, flagged, words, said):
    code, _, errors = command("check", flagged, *words)
    assert code == 2
    assert said in errors


@pytest.mark.parametrize("name", ["missing.keras", "text.keras"])
def test_what_is_no_model_is_refused_by_name(command, tmp_path, name):
    file = tmp_path / name
    if name != "missing.keras":
        file.write_text("this is no model")
    code, output, errors = command("check", file)
    assert (code, output) == (2, "")
    assert name in errors


def test_fix_writes_a_new_file(command, tmp_path):
    inputs = keras.Input((4,), name="x")
    y = keras.layers.Dense(4, name="dense")(inputs)
    y = keras.layers.BatchNormalization(name="norm")(y)
    file = tmp_path / "plus.keras"
    keras.Model(inputs, inputs + y).save(file)
    rules = ("--select", "KR303", "--select", "KR504")
    before = file.read_bytes()
    code, output, errors = command("check", file, *rules, "--fix")
    assert code == 0
    assert output.count("(--fix can do it)") == 2
    assert "2 changes" in errors
    assert file.read_bytes() == before
    mended = tmp_path / "plus-mended.keras"
    assert command("check", mended, *rules)[1] == "nothing found\n"
    code, _, errors = command("check", file, *rules, "--fix")
    assert code == 0
    again = tmp_path / "plus-mended-2.keras"
    assert f"model    {again}\n" in errors
    assert again.exists()


def test_data_lets_rules_look_at_numbers(command, tmp_path):
    inputs = keras.Input((8, 8, 1), name="x")
    y = keras.layers.Conv2D(1, 1, name="dead")(inputs)
    x = keras.layers.Add(name="add")([inputs, y])
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    x = keras.layers.Dense(10, activation="softmax", name="head")(x)
    file = tmp_path / "dead.keras"
    model = keras.Model(inputs, x)
    model.get_layer("dead").kernel.assign([[[[1e-6]]]])
    model.save(file)
    assert command("check", file, "--select", "KR401")[1] == "nothing found\n"
    _, output, _ = command("check", file, "--select", "KR401", "--data", "digits")
    assert "KR401" in output


def test_rules_lists_them_all(command):
    code, output, _ = command("rules")
    assert code == 0
    for rule in RULES:
        assert rule.code in output
        assert rule.name in output


@pytest.mark.parametrize("word", ["KR101", "non-negative-branch"])
def test_explain(command, word):
    code, output, _ = command("explain", word)
    assert code == 0
    assert output.startswith("KR101 non-negative-branch")
    assert "Why is this bad?" in output


def test_explain_offers_a_near_name(command):
    code, _, errors = command("explain", "KR1O1")
    assert code == 2
    assert "keras-residual explain KR1" in errors


def pipe(path):
    os.mkfifo(path)


def test_a_setting_is_read_from_above(tmp_path):
    text = '[tool.keras-residual.check]\nignore = ["KR1"]\n'
    (tmp_path / "pyproject.toml").write_text(text)
    assert check_settings(tmp_path / "a" / "b") == {"ignore": ["KR1"]}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (pipe, "a pipe"),
        (lambda path: path.mkdir(), "a folder"),
        (lambda path: path.write_bytes(b"#" * (LARGEST + 1)), "bytes"),
        (lambda path: path.write_bytes(b"\xff"), "utf-8"),
        (lambda path: path.write_text("a = " + "[" * 5000), "recursion"),
        (lambda path: path.write_text("tool = 1"), "tool = 1 is no table"),
        (lambda path: path.write_text("[tool]\nkeras-residual = []"), "no table"),
        (lambda path: path.write_text("[tool.keras-residual]\ncheck = 1"), "no table"),
    ],
    ids=["pipe", "folder", "large", "bytes", "deep", "tool", "ours", "check"],
)
def test_what_holds_no_settings_is_named(make, said, tmp_path):
    make(tmp_path / "pyproject.toml")
    with pytest.raises(InputError, match=said):
        check_settings(tmp_path)
