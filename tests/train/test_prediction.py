import shutil

import keras
import numpy as np
import pytest
from PIL import Image
from small_data import make_arrays

from keras_residual.train import InputError, Recipe, fit, predict


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
