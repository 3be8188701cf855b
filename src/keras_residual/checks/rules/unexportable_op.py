"""An operation that Keras's ONNX export cannot say.

## What it does
Finds Fourier transforms, and decompositions and solutions of linear systems, as
operations of the graph. Inside of custom layers they are not seen.

## Why is this bad?
With Keras 3.15.1 `export` to ONNX stops at each of them on PyTorch 2.13 and on JAX
(jax2onnx 0.17, batches), or writes a file that ONNX Runtime 1.32 does not open, as on
TensorFlow (tf2onnx 1.17). That is seen last, when the model is trained.

## Example
```python
inputs = keras.Input((8, 8))
real, _ = keras.ops.fft2((inputs, keras.ops.zeros_like(inputs)))
model = keras.Model(inputs, keras.layers.Add()([inputs, real]))
```

## Use instead
```python
inputs = keras.Input((8, 8))
mixed = keras.layers.Dense(8)(keras.layers.Permute((2, 1))(inputs))
mixed = keras.layers.Permute((2, 1))(mixed)
model = keras.Model(inputs, keras.layers.Add()([inputs, mixed]))
```

A Fourier transform of fixed size is a product with a constant matrix. Where the
operation has to stay, TensorFlow's SavedModel holds all of them.

## References
`keras.Model.export`. Lee-Thorp et al., FNet, 2022, https://arxiv.org/abs/2105.03824,
gives the transform as a product with a matrix too.
"""

from collections.abc import Iterator

from keras_residual.checks.rule import Found, rule
from keras_residual.checks.subject import Subject

LINEAR = ("Cholesky", "Eig", "Eigh", "Inv", "Lstsq", "Pinv", "Qr", "SVD", "Solve")
FOURIER = ("FFT", "FFT2", "IFFT2", "IRFFT", "RFFT", "STFT")


@rule("KR503", "note")
def unexportable_op(subject: Subject) -> Iterator[Found]:
    """Looks for operations of the classes that were refused."""
    for op in subject.graph.ops:
        name = type(op.layer).__name__
        if name in LINEAR + FOURIER and op.kind != "slice":
            yield Found(
                op.path,
                f"{name} has no counterpart in ONNX as Keras exports it",
                "compute it before the model, replace it, or export a SavedModel",
            )
