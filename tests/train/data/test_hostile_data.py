"""Data that lies, and data that something happened to."""

import gzip
import io
import os
import random
import zipfile
from functools import partial
from itertools import islice

import numpy as np
import pytest
from damage import damaged
from numpy.lib import format as npy
from PIL import Image

from keras_residual.common.errors import PackageError
from keras_residual.train import InputError, Recipe
from keras_residual.train.data import load
from keras_residual.train.data.frame import read_table
from keras_residual.train.data.npy import read_array
from keras_residual.train.data.npz import read_arrays
from keras_residual.train.data.pictures import decode, look_at
from keras_residual.train.data.survey import survey

X, Y = np.arange(80, dtype=np.float32).reshape(20, 4), np.arange(20) % 2
GIB = 2**30


def read(path):
    return load(Recipe(data=str(path)))


def header(shape, dtype="<f4") -> bytes:
    file = io.BytesIO()
    values = {"descr": dtype, "fortran_order": False, "shape": shape}
    npy.write_array_header_1_0(file, values)
    return file.getvalue()


def packed(array) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def archive(path, x, y=None, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", method) as file:
        file.writestr("x.npy", x)
        file.writestr("y.npy", packed(Y) if y is None else y)
    return path


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (header((GIB, 2**10)), "bytes are declared"),
        (header((2**80,)), "bytes are declared"),
        (header((-1, 4)), "shape"),
        (header((20, 4), "|V0"), "shape"),
        (header((20,), "|O"), "cannot be loaded"),
        (header((20, 4)) + bytes(400), "bytes are declared"),
        (b"\x93NUMPY\x03\x00" + header((20, 4))[8:] + bytes(320), "version"),
        (b"raw bytes", "magic"),
        (header((20,), "<U1") + b"\xff" * 80, "Unicode"),
    ],
)
def test_a_header_that_lies_is_refused(tmp_path, x, said):
    with pytest.raises(InputError, match=said):
        read(archive(tmp_path / "a.npz", x))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(tmp_path, method):
    with pytest.raises(InputError, match="compression method"):
        read(archive(tmp_path / "a.npz", packed(X), method=method))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_arrays_of_one_name_are_refused(tmp_path):
    with zipfile.ZipFile(archive(tmp_path / "a.npz", packed(X)), "a") as file:
        file.writestr("x.npy", packed(X))
    with pytest.raises(InputError, match="2 arrays are named x"):
        read(tmp_path / "a.npz")


def test_much_out_of_little_is_refused_and_how_to_write_it_is_said(tmp_path):
    zeros = header((2**23, 4), "|u1") + bytes(2**25)
    path = archive(tmp_path / "a.npz", zeros, method=zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match="write it uncompressed"):
        read(path)
    assert read_arrays(archive(path, zeros), ["x"])["x"].nbytes == 2**25


def test_arrays_that_nobody_needs_are_not_read(tmp_path):
    with zipfile.ZipFile(archive(tmp_path / "a.npz", packed(X)), "a") as file:
        file.writestr("unneeded.npy", b"no array")
    assert read(tmp_path / "a.npz").train.shape == (4,)


@pytest.mark.parametrize("values", [np.asfortranarray(X), X.astype(">f8"), X[::-1]])
def test_every_order_of_bytes_and_axes_is_read(tmp_path, values):
    np.savez(tmp_path / "a.npz", x=values, y=Y)
    np.testing.assert_array_equal(read_arrays(tmp_path / "a.npz", "x")["x"], values)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (b"\xff,1,a", "byte 0xff"),
        (b"1\x00,1,a", "a zero byte"),
        (b"1,a", "2 cells"),
        (b'1,"2,a', "opened"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_by_its_line(tmp_path, broken, said):
    rows = [b"%d,%d,%c" % (at, at * 7 % 5, b"ab"[at % 2]) for at in range(3000)]
    rows[2000] = broken
    (tmp_path / "a.csv").write_bytes(b"\n".join([b"x,y,kind", *rows]))
    with pytest.raises(InputError, match=f"{said}.*line 2002"):
        read(tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["a.npz", "a.csv"])
def test_a_pipe_is_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(InputError, match="a pipe"):
        read(tmp_path / name)


@pytest.mark.parametrize("name", ["a.npy", "a.parquet"])
def test_no_reader_waits_for_a_pipe(tmp_path, name):
    """Whoever calls it, and whatever the caller has looked at before."""
    os.mkfifo(tmp_path / name)
    reader = (
        read_array
        if name == "a.npy"
        else partial(read_table, header=None, separator=None)
    )
    with pytest.raises((InputError, PackageError), match=r"a pipe|pyarrow"):
        reader(tmp_path / name)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (header((2**40, 4)) + bytes(320), "bytes are declared"),
        (header((20, 4)) + bytes(321), "bytes are declared"),
        (header((20,), "|O") + bytes(160), "cannot be loaded"),
        (header((1,), "<U1") + b"\xff" * 4, "Unicode"),
        (b"PK\x03\x04", "magic"),
    ],
)
def test_an_array_file_that_lies_is_refused(tmp_path, data, said):
    (tmp_path / "x.npy").write_bytes(data)
    with pytest.raises(InputError, match=said):
        read_array(tmp_path / "x.npy")


def test_an_array_file_stays_on_the_disk(tmp_path):
    np.save(tmp_path / "x.npy", np.asfortranarray(X))
    array = read_array(tmp_path / "x.npy")
    assert isinstance(array, np.memmap)
    np.testing.assert_array_equal(array, X)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"a,b\n" + b"\n" * 2000 + b"1,2\n", "1002 empty lines"),
        (b"a,b,k\n1,1," + b"x" * 10**5 + b"\n" + b"2,3,u\n" * 1000, "letters"),
    ],
)
def test_little_text_does_not_stand_for_much(tmp_path, text, said):
    (tmp_path / "a.csv").write_bytes(text)
    with pytest.raises(InputError, match=said):
        read(tmp_path / "a.csv")


def test_thousands_of_columns_are_a_table(tmp_path):
    names = ",".join(f"feature{at}" for at in range(20_000))
    rows = "".join("1,2," * 9_999 + "1,2" + f",{'ab'[at % 2]}\n" for at in range(3))
    (tmp_path / "a.csv").write_text(f"{names},kind\n{rows}")
    assert survey(tmp_path / "a.csv", None).separator == ","


@pytest.mark.parametrize("word", ["x" * 5000, "a\0b.npz"])
def test_a_name_that_no_file_can_have_is_unknown(word):
    with pytest.raises(InputError, match=r"unknown|no such file"):
        load(Recipe(data=word))


def test_a_pipe_among_pictures_is_named(pictures):
    os.mkfifo(pictures / "red" / "x.png")
    with pytest.raises(InputError, match=r"x\.png.*a pipe"):
        read(pictures)


def test_pictures_whose_names_are_no_text_are_read(pictures):
    (pictures / "red" / os.fsdecode(b"caf\xe9.png")).write_bytes(b"")
    found = load(Recipe(data=str(pictures), skip_bad=True))
    assert "caf\\udce9.png" in found.left_out[0]


def test_a_class_whose_name_is_no_text_is_refused(pictures):
    (pictures / "red").rename(pictures / os.fsdecode(b"caf\xe9"))
    with pytest.raises(InputError, match=r"caf\\xe9"):
        read(pictures)


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(
    tmp_path, monkeypatch
):
    path = tmp_path / "a.webp"
    Image.new("RGB", (8200, 8200)).save(path, lossless=True, method=0)
    monkeypatch.setattr("PIL.WebPImagePlugin.WebPImageFile.load", pytest.fail)
    with pytest.raises(ValueError, match="8200 x 8200 pixels, more than 64 million"):
        look_at(path)


def mutations(goods, chance):
    for at in range(1000):
        yield damaged(goods[at % len(goods)], chance)


def outcomes(path, files, reader, errors) -> tuple[int, int]:
    """Counts the files that were read, and those that were refused as they should."""
    counts = [0, 0]
    for data in files:
        path.write_bytes(data)
        try:
            reader(path)
        except errors as error:
            counts[1] += bool(str(error))  # it says why
        else:
            counts[0] += 1
    return counts[0], counts[1]


def test_a_thousand_damaged_archives(tmp_path):
    goods = []
    for save in (np.savez, np.savez_compressed):
        file = io.BytesIO()
        save(file, x=X, y=np.array(["a", "b"] * 10))
        goods.append(file.getvalue())
    files = mutations(goods, random.Random(0))  # noqa: S311 - repeatable
    read_, refused = outcomes(tmp_path / "a.npz", files, read, InputError)
    assert read_ + refused == 1000
    assert refused > 500


@pytest.mark.filterwarnings("ignore")  # NumPy's and ours, of strange numbers
def test_a_thousand_arrays_damaged_inside_whole_archives(tmp_path):
    """Their checksums are right: what comes of them is data, or refused."""

    def files():
        chance = random.Random(1)  # noqa: S311 - repeatable
        x, y = packed(X), packed(np.array(["a", "b"] * 10))
        for at in range(1000):
            one = [damaged(x, chance), y] if at % 2 else [x, damaged(y, chance)]
            yield archive(tmp_path / "b.npz", *one).read_bytes()

    assert sum(outcomes(tmp_path / "a.npz", files(), read, InputError)) == 1000


@pytest.mark.filterwarnings("ignore")
def test_damaged_compressed_tables(tmp_path):
    packed_table = gzip.compress(b"a,kind\n" + b"1.5,a\n2.5,b\n" * 20)
    files = mutations([packed_table], random.Random(0))  # noqa: S311 - repeatable
    counts = outcomes(tmp_path / "a.csv.gz", islice(files, 200), read, InputError)
    assert sum(counts) == 200


@pytest.mark.filterwarnings("ignore")
def test_a_thousand_damaged_tables(tmp_path):
    whole = "length,width,kind\n" + "".join(
        f"{at}.5,{at * 7 % 5},{'ab'[at % 2]}\n" for at in range(40)
    )
    files = mutations([whole.encode()], random.Random(0))  # noqa: S311 - repeatable
    assert sum(outcomes(tmp_path / "a.csv", files, read, InputError)) == 1000


@pytest.mark.filterwarnings("ignore")
def test_a_thousand_damaged_pictures(tmp_path):
    goods, colours = [], np.random.default_rng(0).integers(0, 255, (9, 8, 3), "uint8")
    for form in ("PNG", "JPEG", "WEBP", "BMP"):
        for mode in ("RGB", "L"):
            file = io.BytesIO()
            Image.fromarray(colours).convert(mode).save(file, form)
            goods.append(file.getvalue())

    def both(path):
        look_at(path)
        decode(path, size=(8, 8), channels=3)

    files = mutations(goods, random.Random(0))  # noqa: S311 - repeatable
    counts = outcomes(tmp_path / "a.png", files, both, (OSError, ValueError))
    assert sum(counts) == 1000
    assert min(counts) > 100
