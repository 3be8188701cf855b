import io
import re
import shutil
from unittest.mock import Mock

import keras
import numpy as np
import pytest
from PIL import Image
from rich.console import Console
from small_data import make_arrays

from keras_residual.compose import layout
from keras_residual.train import InputError, Recipe, fit, predict, resume


def picture(path, shade=(200, 10, 10), size=(8, 8)):
    Image.new("RGB", size, shade).save(path)
    return path


def test_a_picture_gets_the_probabilities_of_the_saved_network(finished, tmp_path):
    file = picture(tmp_path / "a.png")
    (found,) = predict(finished.folder, [file], top=2)
    model = keras.saving.load_model(finished.folder / "model.keras")
    logits = np.asarray(model.predict_on_batch(np.asarray(Image.open(file))[None]))[0]
    power = np.exp(logits.astype("float64") - logits.max())
    expected = dict(zip(("blue", "red"), power / power.sum(), strict=True))
    assert dict(found.classes) == pytest.approx(expected, rel=1e-5)
    assert found.classes[0][1] >= found.classes[1][1]
    assert found.source == str(file)


def test_a_picture_of_another_size_is_resized(finished, tmp_path):
    files = [picture(tmp_path / f"{n}.png", size=(n, 2 * n)) for n in (5, 40)]
    assert len(list(predict(finished.folder, files))) == 2


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    place = tmp_path_factory.mktemp("table")
    lines = [f"{n % 2 + n / 99},{n % 3},{'ab'[n % 2]}" for n in range(40)]
    (place / "a.csv").write_text("\n".join(["u,v,kind", *lines]) + "\n")
    return fit(Recipe(data=str(place / "a.csv"), epochs=1), place / "run")


def test_rows_are_read_with_and_without_their_label(table, tmp_path):
    (tmp_path / "with.csv").write_text("u,v,kind\n1,2,a\n0,1,b\n")
    (tmp_path / "without.csv").write_text("u,v\n1,2\n0,1\n")
    files = [tmp_path / "with.csv", tmp_path / "without.csv"]
    found = list(predict(table.folder, files))
    assert [one.source.rsplit(":")[-1] for one in found] == ["1", "2", "1", "2"]
    assert found[0].classes == found[2].classes
    assert {name for name, _ in found[0].classes} == {"a", "b"}


def test_arrays_are_read_from_an_npz(table, tmp_path):
    np.savez(tmp_path / "new.npz", x=np.zeros((300, 2)))
    assert len(list(predict(table.folder, [tmp_path / "new.npz"]))) == 300


def test_what_does_not_fit_is_refused_with_its_path(table, finished, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no")
    np.savez(tmp_path / "wide.npz", x=np.zeros((3, 9)))
    np.savez(tmp_path / "other.npz", values=np.zeros((3, 2)))
    for run, name, said in [
        (finished, "broken.png", "cannot be read"),
        (finished, "missing.png", "no such file"),
        (table, "broken.png", "not trained on pictures"),
        (table, "wide.npz", r"shape \(9,\)"),
        (table, "other.npz", "arrays values"),
    ]:
        with pytest.raises(InputError, match=f"(?s){name}.*{said}"):
            list(predict(run.folder, [tmp_path / name]))


def test_a_folder_without_a_run_is_refused(tmp_path):
    file = make_arrays(tmp_path / "a.npz")
    with pytest.raises(InputError, match="there is no run here"):
        list(predict(tmp_path, [file]))


def test_a_network_that_was_cut_off_is_named(finished, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(finished.folder, run)
    (run / "model.keras").write_bytes((run / "model.keras").read_bytes()[:5000])
    file = make_arrays(tmp_path / "a.npz")
    with pytest.raises(InputError, match=r"(?s)cannot be loaded.*the file is damaged"):
        list(predict(run, [file]))


def test_a_network_that_cannot_be_run_here_is_refused(finished, tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "convolves", lambda *_: False)
    run = shutil.copytree(finished.folder, tmp_path / "run")
    first = keras.layers.Conv2D(2, 3, data_format="channels_first")
    ending = [keras.layers.Flatten(), keras.layers.Dense(2)]
    keras.Sequential([keras.Input((8, 8, 3)), first, *ending]).save(run / "model.keras")
    with pytest.raises(InputError, match=r"(?s)cannot be run here.*KERAS_BACKEND="):
        list(predict(run, [picture(tmp_path / "a.png")]))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """A run on a table of numbers, words and dates, with an index and a constant."""
    place = tmp_path_factory.mktemp("mixed")
    lines = [
        f"{n},{n % 2 + n / 99},{'mf'[n % 3 > 0]},7,2024-01-{n % 28 + 1:02},"
        f"{'ab'[n % 2]}"
        for n in range(40)
    ]
    (place / "a.csv").write_text("\n".join([",u,sex,c,day,kind", *lines]) + "\n")
    return fit(Recipe(data=str(place / "a.csv"), epochs=1), place / "run")


def shares(run, folder, text, name="new.csv"):
    """Returns the probabilities of each row, and what was said."""
    (folder / name).write_text(text)
    console = Console(file=io.StringIO(), width=500)
    found = list(predict(run.folder, [folder / name], console=console))
    return [dict(one.classes) for one in found], console.file.getvalue()


def test_columns_are_matched_by_name(mixed, tmp_path):
    one, quiet = shares(mixed, tmp_path, "u,sex,day\n1,m,2024-01-03\n0,f,2024-02-01\n")
    two, said = shares(
        mixed,
        tmp_path,
        "day;more;sex;u;kind\n2024-01-03;9;m;1,0;a\n2024-02-01;9;f;0,0;b\n",
    )
    assert one == two
    assert not quiet
    assert "ignored, as not in training: 'more'" in said


def test_a_run_does_not_go_on_with_columns_in_another_order(mixed, tmp_path):
    rows = (mixed.folder.parent / "a.csv").read_text().splitlines()
    cells = [row.split(",") for row in rows]
    moved = [",".join([first, *middle[::-1], last]) for first, *middle, last in cells]
    (tmp_path / "a.csv").write_text("\n".join(moved) + "\n")
    with pytest.raises(
        InputError, match="its columns stand in another order"
    ) as caught:
        resume(mixed.folder, data=tmp_path / "a.csv")
    assert "order of before: column 1, u, sex, c, day, kind;" in caught.value.write


def test_missing_columns_and_cells_are_named(mixed, tmp_path):
    for text, said in [
        ("u,day\n1,2024-01-03\n", "'sex' is not there"),
        ("u,sex,day\n1,,2024-01-03\n", "column 'sex' at line 2"),
        ("u,sex,day\ntall,m,2024-01-03\n", "'tall' in line 2, column 'u'"),
        ("u,sex,day\n1,m,03.01.2024\n", "'03.01.2024' in line 2, column 'day'"),
        ("1,m\n", "2 columns without names"),
        ("u,sex,day\n", "no row below them"),
        ("u,sex,day\n1,m\n", "2 cells in line 2"),
        ("u,sex,day,u\n1,m,2024-01-03,2\n", "'u', twice or more"),
        ("", "0 rows"),
    ]:
        with pytest.raises(InputError, match=said) as caught:
            shares(mixed, tmp_path, text)
        # What only who trains can say is no advice for who asks.
        assert not re.search("--|label=|header=|separator=", caught.value.option)


@pytest.mark.parametrize(
    ("old", "new"), [("ISO8601", "%Q"), ('"2024-01-01"', '"0001-01-01"')]
)
def test_dates_that_nobody_of_ours_wrote_are_refused(mixed, tmp_path, old, new):
    shutil.copytree(mixed.folder, tmp_path / "run")
    recipe = tmp_path / "run" / "recipe.json"
    assert old in recipe.read_text()
    recipe.write_text(recipe.read_text().replace(old, new))
    (tmp_path / "new.csv").write_text("u,sex,day\n1,m,2024-01-03\n")
    with pytest.raises(InputError, match="dates in column 'day'"):
        list(predict(tmp_path / "run", [tmp_path / "new.csv"]))


def test_words_that_look_like_numbers_or_flags_are_words(mixed, tmp_path):
    shutil.copytree(mixed.folder, tmp_path / "run")
    recipe = tmp_path / "run" / "recipe.json"
    words = recipe.read_text()
    for old, new in (('"f"', '"007"'), ('"m"', '"TRUE"')):
        words = words.replace(f"{old}", new)
    recipe.write_text(words)
    run = Mock(folder=tmp_path / "run")
    for row in ("1,f,2024-01-03", "0,m,2024-02-01"):
        new = row.replace("f", "007").replace("m", "TRUE")
        expected, _ = shares(mixed, tmp_path, f"u,sex,day\n{row}\n")
        for header in ("u,sex,day\n", ""):
            found, told = shares(run, tmp_path, f"{header}{new}\n")
            assert found == expected
            assert "not in training" not in told


def test_an_unknown_word_is_said(mixed, tmp_path):
    _, said = shares(mixed, tmp_path, "u,sex,day\n1,x,2024-01-03\n")
    assert "'sex' has words that were not in training, 'x', in 1 row" in said


@pytest.mark.parametrize(
    "row", ["1,m,2024-01-03", "0,1,m,7,2024-01-03", "0,1,m,7,2024-01-03,a"]
)
def test_without_names_columns_are_taken_by_place_and_it_is_said(mixed, tmp_path, row):
    one, _ = shares(mixed, tmp_path, "u,sex,day\n1,m,2024-01-03\n")
    two, said = shares(mixed, tmp_path, f"{row}\n")
    assert one == two
    assert "taken by their place" in said


def test_by_place_a_label_is_one_of_the_training_and_no_feature_counts(
    mixed, table, tmp_path
):
    """A counter in front moves every column, and the last feature to the label."""
    for run, row in [(mixed, "7,0,1,m,7,2024-01-03"), (table, "{},0.5,0.5")]:
        text = "".join(f"{row.format(at)}\n" for at in range(12))
        with pytest.raises(InputError, match="Which column is which cannot be told"):
            shares(run, tmp_path, text)


def test_a_npy_file_is_read(table, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((3, 2)))
    assert len(list(predict(table.folder, [tmp_path / "x.npy"]))) == 3


@pytest.mark.parametrize(("values", "times"), [(0.5, "0.00"), (1e5, "")])
def test_pictures_in_another_unit_are_said(finished, tmp_path, values, times):
    np.savez(tmp_path / "x.npz", x=np.full((2, 8, 8, 3), values))
    console = Console(file=io.StringIO(), width=500)
    list(predict(finished.folder, [tmp_path / "x.npz"], console=console))
    assert "npz:1: values go " + times in console.file.getvalue().replace("\n", "")
    with pytest.warns(UserWarning, match="times as far from 0 as in training"):
        list(predict(finished.folder, [tmp_path / "x.npz"]))


def test_a_column_in_another_unit_is_said(table, tmp_path):
    _, said = shares(table, tmp_path, "u,v\n0.1,2000\n0.2,1000\n")
    assert "feature or channel 2 of 2 goes" in said


def test_pictures_are_converted_as_in_training(finished, tmp_path):
    shutil.copytree(finished.folder, tmp_path / "run")
    recipe = tmp_path / "run" / "recipe.json"
    assert '"background": "white"' in recipe.read_text()
    recipe.write_text(recipe.read_text().replace('"white"', '"#00ff00"'))
    clear = Image.new("RGBA", (8, 8))
    clear.paste("red", (2, 2, 5, 8))
    clear.save(tmp_path / "clear.png")
    laid = Image.new("RGBA", (8, 8), "#00ff00")
    laid.alpha_composite(clear)
    laid.convert("RGB").save(tmp_path / "laid.png")
    files = [tmp_path / "clear.png", tmp_path / "laid.png"]
    one, two = predict(tmp_path / "run", files)
    assert dict(one.classes) == pytest.approx(dict(two.classes), rel=1e-4)
    (white,) = predict(finished.folder, files[:1])
    assert white.classes != one.classes
