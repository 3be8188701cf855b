import numpy as np
import pytest

from keras_residual.train.augment import augment


@pytest.fixture
def batch():
    return np.random.default_rng(0).integers(0, 256, (32, 28, 20, 3), dtype=np.uint8)


def windows(picture):
    """Returns every shift of a picture by one pixel or less, edges repeated."""
    padded = np.pad(picture, ((1, 1), (1, 1), (0, 0)), mode="edge")
    height, width, _ = picture.shape
    return [
        padded[down : down + height, right : right + width]
        for down in range(3)
        for right in range(3)
    ]


def test_a_picture_becomes_a_shift_of_itself_or_of_its_mirror_image(batch):
    changed = augment(batch, "flip-crop", np.random.default_rng(1))
    for before, after in zip(batch, changed, strict=True):
        possible = windows(before) + windows(before[:, ::-1])
        assert any(np.array_equal(after, one) for one in possible)


def test_crops_alone_never_mirror(batch):
    changed = augment(batch, "crop", np.random.default_rng(1))
    for before, after in zip(batch, changed, strict=True):
        assert any(np.array_equal(after, one) for one in windows(before))


def test_pictures_of_a_batch_are_changed_each_in_its_own_way():
    batch = np.tile(np.arange(28, dtype=np.uint8)[None, :, None, None], (64, 1, 28, 1))
    changed = augment(batch, "crop", np.random.default_rng(1))
    assert len({picture.tobytes() for picture in changed}) > 2


def test_type_and_shape_stay_and_the_batch_itself_is_not_written_to(batch):
    before = batch.copy()
    changed = augment(batch, "flip-crop", np.random.default_rng(1))
    assert (changed.dtype, changed.shape) == (batch.dtype, batch.shape)
    assert np.array_equal(batch, before)


def test_none_gives_the_batch_back(batch):
    assert augment(batch, "none", np.random.default_rng(1)) is batch
