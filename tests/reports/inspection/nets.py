"""A small model with all that a page shows."""

import keras

import keras_residual as kr

HOSTILE = "<img src=x onerror=alert(1)>"


def small(name: str = "small", last: str = "last") -> keras.Model:
    """One unit that widens, two alike, and one whose branch a rule finds fault with."""
    inputs = keras.Input((8, 8, 3), name="picture")
    x = kr.Residual(kr.conv(6, 3), activation="relu")(inputs, name="open")
    for block in ("first", "second"):
        x = kr.Residual([kr.conv(6, 3), "relu", kr.conv(6, 3)])(x, name=block)
    y = keras.layers.Conv2D(6, 3, padding="same", activation="relu", name=last)(x)
    x = keras.layers.Add(name=f"{last} add")([x, y])
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    model = keras.Model(inputs, keras.layers.Dense(3, name="head")(x), name=name)
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model
