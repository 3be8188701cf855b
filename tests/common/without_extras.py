"""What a process does that has none of the extras; run by test_extras.py.

python without_extras.py FOLDER     prints what each thing that needs an extra said
"""

import json
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path

BROUGHT = {
    *("PIL", "grain", "jax2onnx", "matplotlib", "onnx"),
    *("onnxruntime", "openvino", "pandas", "plotly", "pyarrow", "sklearn"),
    *("tensorboard", "tf2onnx"),
}


class Without(MetaPathFinder):
    """Finds all but these, whoever asks."""

    def __init__(self, finders):
        self.finders = finders

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BROUGHT:
            return None
        found = (finder.find_spec(name, path, target) for finder in self.finders)
        return next(filter(None, found), None)


def what_four_packages_do():
    import keras
    import numpy as np

    import keras_residual as kr

    x = inputs = keras.Input((4, 4, 3))
    for _ in range(2):
        x = kr.Residual([kr.conv(3, 3), kr.norm()])(x)
    model = keras.Model(inputs, kr.dense(2)(kr.pool("global_average")(x)))
    data = np.random.default_rng(0).normal(size=(8, 4, 4, 3)).astype("float32")
    assert len(kr.find_residuals(model)) == 2
    assert isinstance(kr.check(model), list)
    assert len(kr.measure(model, data).rows) == 2
    assert kr.fuse(model).changes
    assert kr.rewire.drop_units(model, kr.find_residuals(model)[:1]).model
    assert kr.models.build("resnet8").count_params()
    return model, data


def refusals(model, data, folder):
    """Returns the first extra that each asks for."""
    import keras_residual as kr
    from keras_residual.common.errors import PackageError
    from keras_residual.train import Recipe, fit
    from keras_residual.train.data import load

    (folder / "table.csv").write_text("a,b\n1,x\n2,y\n" * 9, encoding="utf-8")
    (folder / "table.parquet").write_bytes(b"PAR1")
    for kind in "ab":
        (folder / "pictures" / kind).mkdir(parents=True)
        for name in ("1.png", "2.png"):
            (folder / "pictures" / kind / name).write_bytes(b"PNG")
    things = {
        "draw": lambda: kr.draw(model),
        "inspect": lambda: kr.inspect(model, folder / "page.html"),
        "fit": lambda: fit(model, (data, data.mean((1, 2))[:, :2])),
        "run": lambda: fit(Recipe(), folder / "run"),
        "table": lambda: load(Recipe(data=str(folder / "table.csv"))),
        "parquet": lambda: load(Recipe(data=str(folder / "table.parquet"))),
        "pictures": lambda: load(Recipe(data=str(folder / "pictures"))),
        "digits": lambda: load(Recipe(data="digits")),
        "monitor": lambda: kr.ResidualMonitor(data, tensorboard=folder),
        "export": lambda: kr.export(model, folder / "model.onnx"),
    }
    said = {}
    for name, do in things.items():
        try:
            do()
        except PackageError as error:
            said[name] = str(error)
    return said


if __name__ == "__main__":
    sys.meta_path[:] = [Without(list(sys.meta_path))]
    import keras_residual.cli.main  # noqa: F401  the command's own imports

    found = refusals(*what_four_packages_do(), Path(sys.argv[1]))
    print("\n" + json.dumps(found))
