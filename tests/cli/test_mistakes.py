"""Every mistake ends in a message of four parts and exit code 2, not in a traceback."""

import keras
import numpy as np
import pytest
from PIL import Image

from keras_residual.train import devices


def missing_folder(place):
    return ["train", "--data", place / "nowhere" / "pictures"], "no such file or folder"


def empty_folder(place):
    (place / "empty").mkdir()
    return ["train", "--data", place / "empty"], "0 sub-folders"


def one_class(place):
    (place / "data" / "cat").mkdir(parents=True)
    for number in range(4):
        Image.new("L", (8, 8)).save(place / "data" / "cat" / f"{number}.png")
    return ["train", "--data", place / "data"], "4 examples of 1 class"


def unreadable_picture(place):
    one_class(place)
    (place / "data" / "dog").mkdir()
    for number in range(4):
        Image.new("L", (8, 8)).save(place / "data" / "dog" / f"{number}.png")
    broken = place / "data" / "dog" / "broken.png"
    broken.write_bytes(b"no")
    return ["train", "--data", place / "data"], str(broken)


def unknown_model(place):
    return ["train", "--model", "resnet9"], "resnet8"


def unknown_data(place):
    return ["train", "--data", "fashion"], "--data fashion-mnist"


def wrong_rank(place):
    np.savez(place / "a.npz", x=np.zeros(9), y=np.zeros(9, int))
    return ["train", "--data", place / "a.npz"], "values of shape (9,)"


def wrong_length(place):
    np.savez(place / "a.npz", x=np.zeros((9, 2)), y=np.arange(8) % 2)
    return ["train", "--data", place / "a.npz"], "9 examples, 8 labels"


def words_for_values(place):
    np.savez(place / "a.npz", x=np.full((8, 2), "a"), y=np.arange(8) % 2)
    return ["train", "--data", place / "a.npz"], "dtype <U1"


def objects(place):
    np.savez(place / "a.npz", x=np.full((8, 2), None), y=np.arange(8) % 2)
    return ["train", "--data", place / "a.npz"], "never unpickled"


def not_finite(place):
    np.savez(place / "a.npz", x=np.full((8, 2), np.nan), y=np.arange(8) % 2)
    return ["train", "--data", place / "a.npz"], "8 of 8 examples"


def loss_not_finite(place):
    values = np.random.default_rng(0).normal(size=(40, 4))
    np.savez(place / "a.npz", x=values, y=np.arange(40) % 2)
    words = ["train", "--data", place / "a.npz", "--learning-rate", "1e30"]
    return [*words, "--batch-size", "4", "--out", place / "run"], "of the run)"


def out_exists(place):
    (place / "run").mkdir()
    (place / "run" / "thesis.txt").write_text("mine")
    return ["train", "--data", "digits", "--out", place / "run"], "it exists"


def nothing_to_resume(place):
    return ["train", "--resume", "--out", place / "run"], "there is no run here"


def resume_of_a_comparison(place):
    (place / "plan.json").write_text("{}")
    words = ["train", "--resume", "--out", place]
    return words, f"compare --resume --out {place}"


def comparison_of_a_run(place):
    (place / "recipe.json").write_text("{}")
    words = ["compare", "--resume", "--out", place]
    return words, f"train --resume --out {place}"


def resume_without_out(place):
    return ["train", "--resume"], "--resume without --out"


def unknown_backend(place):
    return ["train", "--backend", "theano"], "tensorflow, jax or torch"


def number_out_of_range(place):
    return ["train", "--epochs", "0"], "epochs=0"


def depth_without_a_model(place):
    return ["compare", "--depths", "8,9", "--out", place / "out"], "--depths 8"


def depths_that_are_no_numbers(place):
    return ["compare", "--depths", "8,deep"], "depths='8,deep'"


def predict_without_a_run(place):
    (place / "a.png").write_bytes(b"")
    return ["predict", place, place / "a.png"], "there is no run here"


def predict_with_a_model(place):
    (place / "model.keras").write_bytes(b"")
    return ["predict", place / "model.keras", place / "a.png"], "kr.open_model("


def data_for_a_model(place):
    np.savez(place / "a.npz", x=np.zeros((9, 2)), y=np.zeros(9, int))
    return ["check", place / "a.npz"], "this one behind --data"


def page_in_no_folder(place):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    model.save(place / "a.keras")
    words = ["inspect", place / "a.keras", "--out", place / "no" / "page.html"]
    return words, "\nWrite:   --out page.html"


def pictures_for_a_table(place):
    np.savez(place / "a.npz", x=np.eye(20, 4), y=np.arange(20) % 2)
    words = ["train", "--data", place / "a.npz", "--model", "resnet8"]
    return words, "(batch, depth, height, width, channels).\nA model is built"


MISTAKES = [
    value
    for value in list(globals().values())
    if callable(value)
    and getattr(value, "__code__", None)
    and value.__code__.co_varnames[:1] == ("place",)
]


@pytest.mark.parametrize("make", MISTAKES, ids=lambda make: make.__name__)
def test_a_mistake_is_answered(make, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words, said = make(tmp_path)
    code, _, errors = command(*words)
    assert code == 2
    assert said in errors
    assert "Traceback" not in errors
    assert "\n  given  " in errors
    assert "\nWrite:   " in errors
    assert not (tmp_path / "runs").exists()


def test_there_is_a_mistake_for_each_line_of_the_table():
    assert len(MISTAKES) == 26


def test_no_backend_is_answered_with_the_line_that_installs_one(command, monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND")
    monkeypatch.setattr(devices, "find_spec", lambda name: None)
    code, _, errors = command("train", "--data", "digits")
    assert code == 2
    assert 'pip install "keras-residual[tensorflow]"' in errors


def test_a_bug_keeps_its_traceback(monkeypatch):
    from keras_residual.cli.main import main
    from keras_residual.train import training

    monkeypatch.setattr(training, "load", lambda *words: 1 / 0)
    monkeypatch.setattr("sys.argv", ["keras-residual", "train", "--data", "digits"])
    with pytest.raises(ZeroDivisionError):
        main()


@pytest.mark.parametrize(
    ("words", "write"),
    [
        ("trian", "keras-residual train"),
        ("pictures", "keras-residual inspect pictures"),
        ("--versoin", "--version"),
        ("predict", "keras-residual predict runs/digits-1 photo.png"),
        ("train pictures", "keras-residual train --data pictures"),
        ("measure model.keras digits", "keras-residual measure model.keras --data"),
        ("draw model.keras a.png", "keras-residual draw model.keras --out a.png"),
        ("explain KR1", "keras-residual explain KR101\n"),
        ("forms resnte", "keras-residual forms resnext\n"),
        ("train --learning-rate fast", "--learning-rate 0.1"),
        ("rules KR101", "keras-residual explain KR101"),
        ("train --dataset digits", "--data or --task"),
        ("train --lr 0.1", "--learning-rate"),
        ("export model.keras -o a.onnx", "--out"),
        ("check --model model.keras", "keras-residual check model.keras"),
        ("compare --model resnet20", "keras-residual compare --help"),
        ("train --epochs=x", "--epochs 12"),
        ("train --data", "--data fashion-mnist"),
    ],
)
def test_a_misspelt_command_line_is_a_mistake_too(
    command, tmp_path, monkeypatch, words, write
):
    (tmp_path / "pictures").mkdir()
    monkeypatch.chdir(tmp_path)
    code, _, errors = command(*words.split())
    assert code == 2
    assert f"\nWrite:   {write}" in errors
