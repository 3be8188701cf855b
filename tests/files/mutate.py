"""Damages a good file a thousand times and opens it; run, never imported.

python mutate.py FOLDER NAME COUNT   reads FOLDER/NAME, prints what happened, as JSON

Half of the damage to a .keras file is done to the file: its checksums show it. Half is
done inside and packed anew, as by somebody who knows how. HDF5 has no checksums: what
is damaged there is refused, or is other numbers.
"""

import faulthandler
import io
import json
import random
import sys
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]
from artifacts import small_model  # noqa: E402  found since
from damage import damaged  # noqa: E402

SECONDS = 300  # then a file hangs
SAID: list[str] = []  # what the file at hand says of its model and of its arrays


def remember() -> None:
    """Lets a model be tried for show once: for files that say the same, it is the same.

    Most damage is to numbers, and of those the trial sees none.
    """
    from keras_residual.files import opening

    tried, dry_run = {}, opening.dry_run

    def noting(function: Callable) -> Callable:
        def noted(*given: object) -> object:
            found = function(*given)
            SAID.append(repr((given, found)))
            return found

        return noted

    def once(make: Callable, version: str, **limits: int) -> object:
        key = (*SAID, version, str(limits))
        if key not in tried:
            tried[key] = dry_run(make, version, **limits)
        return tried[key]

    for name in ("check_wiring", "translate"):
        setattr(opening, name, noting(getattr(opening, name)))
    check_weights = opening.check_weights

    def checked(weights: io.BytesIO) -> object:
        held = check_weights(weights)
        SAID.append(repr(held))
        return held

    opening.check_weights, opening.dry_run = checked, once


def repacked(whole: bytes, chance: random.Random) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(file, "w") as new:
        victim = chance.choice(old.namelist())
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, damaged(data, chance) if name == victim else data)
    return file.getvalue()


def opener(path: Path) -> Callable[[Path], keras.Model]:
    """Returns what opens files of a kind."""
    from keras_residual.files import load_model, load_weights, open_model

    if path.name.startswith("compiled"):
        return load_model
    if not path.name.endswith(".weights.h5"):
        return open_model
    model, own = small_model(), path.read_bytes()
    # Where its names and places are looked up: they stay as they are.
    model.save_weights = lambda path: Path(path).write_bytes(own)

    def into_the_model(path: Path) -> keras.Model:
        load_weights(model, path)
        return model

    return into_the_model


def main(good: Path, count: int) -> None:  # noqa: PLR0915  one loop
    warnings.simplefilter("ignore")
    whole, checked = good.read_bytes(), good.suffix == ".keras"
    remember()
    start = opener(good)
    right = [np.array(weight) for weight in start(good).weights]
    chance = random.Random(0)  # noqa: S311  repeatable
    path = good.with_name(f"damaged{''.join(good.suffixes)}")
    found = {"refused": 0, "opened": 0, "wrong": [], "slowest": 0.0}
    for at in range(count):
        packed = checked and at % 2 == 0
        path.write_bytes((repacked if packed else damaged)(whole, chance))
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        began = time.perf_counter()
        SAID.clear()
        try:
            model = start(path)
        except ValueError as error:
            found["refused"] += 1
            if not str(error).startswith(
                (f"Model file {path}", f"Weights file {path}")
            ):
                found["wrong"].append(f"{at}: {error}")
            continue
        except Exception as error:  # whatever it is, it is told
            found["wrong"].append(f"{at}: {type(error).__name__}: {error}")
            continue
        finally:
            found["slowest"] = max(found["slowest"], time.perf_counter() - began)
        found["opened"] += 1
        weights = [np.array(weight) for weight in model.weights]
        # Damage that was packed anew has a right checksum: other numbers may be there.
        if checked and not packed and not all(map(np.array_equal, weights, right)):
            found["wrong"].append(f"{at}: other weights")
    faulthandler.cancel_dump_traceback_later()
    print("\n" + json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1], sys.argv[2]), int(sys.argv[3]))
