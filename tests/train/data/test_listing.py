"""Folders named train and test are parts of a split, not classes."""

import shutil

import pytest
from PIL import Image
from readings import glyphs, read, refusal, said, save

from keras_residual.train import InputError


@pytest.mark.parametrize(
    "names", [("train", "test"), ("Training", "val"), ("train", "dev")]
)
def test_the_parts_of_a_split_are_read_as_such(pictures, tmp_path, names):
    for part, classes in zip(names, (("red", "blue"), ("red", "blue")), strict=True):
        for name in classes:
            place = tmp_path / "split" / part / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(pictures / name, place)
    shutil.copytree(pictures / "red", tmp_path / "split" / "notes")
    (tmp_path / "split" / names[1] / "red" / "001.jpg").unlink()
    dataset = read(tmp_path / "split")
    assert dataset.classes == ("blue", "red")
    assert (len(dataset.train.labels), len(dataset.test.labels)) == (64, 63)
    assert f"{names[0].lower()} to learn from, {names[1]} held out" in said(dataset)
    assert "the folder notes" in said(dataset)


def test_of_three_parts_the_test_part_is_held_out(pictures, tmp_path):
    for part in ("train", "val", "test"):
        shutil.copytree(pictures, tmp_path / "split" / part)
    dataset = read(tmp_path / "split")
    assert "train to learn from, test held out" in said(dataset)
    assert "the folder val" in said(dataset)


def test_a_test_part_without_classes_is_left_out(pictures, tmp_path):
    shutil.copytree(pictures, tmp_path / "split" / "train")
    shutil.copytree(pictures / "red", tmp_path / "split" / "test")
    dataset = read(tmp_path / "split")
    assert (len(dataset.train.labels), len(dataset.test.labels)) == (58, 6)
    assert "the folder test" in said(dataset)


@pytest.mark.parametrize(
    "names", [("train", "val", "test"), ("train", "valid"), ("test", "dev")]
)
def test_parts_without_classes_are_refused(pictures, tmp_path, names):
    for part in names:
        shutil.copytree(pictures / "red", tmp_path / "split" / part)
    with pytest.raises(InputError, match="parts of a split, not classes"):
        read(tmp_path / "split")


def test_what_is_not_held_out_and_what_links_lead_to_is_said(pictures, tmp_path):
    shutil.copytree(pictures, tmp_path / "split" / "train")
    shutil.copytree(pictures / "red", tmp_path / "split" / "test" / "red")
    (tmp_path / "split" / "train" / "red" / "more").symlink_to(pictures)
    told = said(read(tmp_path / "split"))
    assert "no example of 'blue' is held out, so the score says nothing of it" in told
    assert "left out: 1 folder behind links" in told
    assert "left out as no png" not in told


def test_a_folder_around_a_file_is_answered_with_the_file(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n")
    assert f"--data {tmp_path / 'a.csv'}" in refusal(tmp_path)


def test_parts_of_different_classes_are_refused(pictures, tmp_path):
    shutil.copytree(pictures, tmp_path / "split" / "train")
    shutil.copytree(pictures, tmp_path / "split" / "test")
    (tmp_path / "split" / "test" / "red").rename(tmp_path / "split" / "test" / "rot")
    with pytest.raises(InputError, match="only in test: rot"):
        read(tmp_path / "split")


def test_a_train_is_a_class_among_others(tmp_path):
    for number, glyph in glyphs():
        ink = Image.fromarray((glyph * 200).astype("uint8"))
        save(tmp_path / ("train", "ship")[number % 2] / f"{number}.png", ink)
    assert read(tmp_path).classes == ("ship", "train")
