"""Damages a good file a thousand times and opens it; run, never imported.

python mutate.py FOLDER COUNT   reads FOLDER/good.keras, prints what happened, as JSON

Half of the damage is done to the file: its checksums show it. Half is done inside and
packed anew, as by somebody who knows how.
"""

import faulthandler
import io
import json
import random
import sys
import warnings
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from damage import damaged

SECONDS = 300  # then a file hangs


def repacked(whole: bytes, chance: random.Random) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(file, "w") as new:
        victim = chance.choice(old.namelist())
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, damaged(data, chance) if name == victim else data)
    return file.getvalue()


def main(folder: Path, count: int) -> None:
    import numpy as np

    from keras_residual.files import open_model

    warnings.simplefilter("ignore")
    good = (folder / "good.keras").read_bytes()
    right = [np.array(weight) for weight in open_model(folder / "good.keras").weights]
    chance, path = random.Random(0), folder / "damaged.keras"  # noqa: S311  repeatable
    found = {"refused": 0, "opened": 0, "wrong": []}
    for at in range(count):
        packed = at % 2 == 0
        path.write_bytes((repacked if packed else damaged)(good, chance))
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        try:
            model = open_model(path)
        except ValueError as error:
            found["refused"] += 1
            if not str(error).startswith(f"Model file {path}: "):
                found["wrong"].append(f"{at}: {error}")
            continue
        except Exception as error:  # whatever it is, it is told
            found["wrong"].append(f"{at}: {type(error).__name__}: {error}")
            continue
        found["opened"] += 1
        weights = [np.array(weight) for weight in model.weights]
        # Damage that was packed anew has a right checksum: other numbers may be there.
        if not packed and not all(map(np.array_equal, weights, right)):
            found["wrong"].append(f"{at}: other weights")
    faulthandler.cancel_dump_traceback_later()
    print("\n" + json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
