"""The loss of each example of a batch, as `compile` and `fit` take it."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras

from keras_residual._keras import loss_weights
from keras_residual.common.errors import ResidualError
from keras_residual.common.wording import closest
from keras_residual.compose.graph import mask as mask_of
from keras_residual.graph.analysis import Analysis
from keras_residual.graph.functional import function_of


class Losses(NamedTuple):
    """The loss of each example of a batch.

    Args:
        values: A number an example: the mean over the positions that count.
        shares: What each example weighs in the mean: 1, or with a mask the share of its
            positions that count.
    """

    values: Any
    shares: Any


class Loss:
    """A loss, or one for each output, with the weights that they are added up with.

    Keras matches losses, labels and outputs, and adds the losses up: a model of the
    same output names is compiled with losses that do not average over examples.

    Args:
        loss: As `compile` takes it.
        weights: The `loss_weights` of `compile`.
        outputs: The names of the outputs.
        name: Of the model.
    """

    def __init__(self, loss: Any, weights: Any, outputs: list[str], name: str) -> None:
        self._name, self._shares = name, list[Any]()
        leaves = keras.tree.map_structure(
            lambda one: None if one is None else _ByExample(one, self._shares), loss
        )
        x = keras.Input((1,))
        self._matching = keras.Model(x, keras.layers.Identity()(x))
        self._matching.output_names = outputs
        self._matching.compile(loss=leaves, loss_weights=weights)

    def of(self, labels: Any, outputs: Any, weights: Any = None) -> Losses:
        """Returns the loss of each example.

        Args:
            labels: As they came with the data.
            outputs: Of the model, in its structure.
            weights: Of the examples, as they came with the data.

        Raises:
            ResidualError: The loss does not fit, or has no value for each example.
        """
        self._shares.clear()
        scope = keras.StatelessScope()  # Keras counts the losses of several outputs
        try:
            with scope:
                values: Any = self._matching.compute_loss(
                    y=labels, y_pred=outputs, sample_weight=weights
                )
        except Exception as error:  # whatever Keras or a loss of one's own raises
            raise ResidualError(
                f'Measure "{self._name}": the loss cannot be computed.',
                given=f"{type(error).__name__}: {error!s:.300}",
                needed="Labels are matched with outputs as fit does it.",
                write=_fitting(len(keras.tree.flatten(outputs))),
            ) from error
        if any(share is None for share in self._shares):
            raise ResidualError(
                "Measure: the loss gives no value for each example.",
                given=f"{len(keras.tree.flatten(outputs)[0])} examples, a loss of "
                f"shape {tuple(values.shape)}",
                needed="The loss of an example is what is averaged, so it must not be "
                "averaged before.",
                write="a loss whose result has the batch as its first axis",
            )
        return Losses(values, sum(self._shares) / len(self._shares))


def _fitting(outputs: int) -> str:
    if outputs == 1:
        return "labels for which model.evaluate(x, y) works"
    labels = ", ".join(f"y{k}" for k in range(outputs))
    return f"(x, [{labels}]), labels for each output"


_HELPERS = {"get", "serialize", "deserialize"}
_SHORT = {"mae", "mape", "mse", "msle"}


def _demand_known(loss: str, name: str) -> None:
    """Refuses a name that Keras has for no loss."""
    try:
        keras.losses.get(loss)
    except ValueError:
        known = {one for one in dir(keras.losses) if one == one.lower()}
        known = {one for one in known if one[0] != "_"} - _HELPERS | _SHORT
        raise ResidualError(
            f'Measure "{name}": there is no such loss.',
            given=f"loss={loss!r}",
            needed="It is a name of Keras's, a function or a keras.losses.Loss.",
            write=f"loss={closest(loss, sorted(known))!r}",
        ) from None


def loss_of(model: keras.Model | Analysis, loss: Any) -> Loss:
    """Returns the loss that was asked for, or else the one the model is compiled with.

    Args:
        model: What is measured, or an `Analysis` of it.
        loss: As `compile` takes it: a name, a function, a `keras.losses.Loss`, or a
            list or dict of these; None for the model's own, with its `loss_weights`;
            or a `Loss`, which is returned.

    Raises:
        ResidualError: None was given and the model has none.
    """
    if isinstance(loss, Loss):
        return loss
    function: Any = model
    if isinstance(model, Analysis):
        model, function = model.model, model.unfolded.model
    function, weights = function_of(function), None
    if loss is None:
        loss = getattr(model, "loss", None)
        weights = loss_weights(model)
    if isinstance(loss, str):
        _demand_known(loss, model.name)
    if loss is None:
        example = "keras.losses.SparseCategoricalCrossentropy(from_logits=True)"
        raise ResidualError(
            f'Measure "{model.name}": the loss is not known.',
            given="none, and the model is not compiled",
            needed="Gradients and lesions are those of a loss. A name such as "
            '"sparse_categorical_crossentropy" takes probabilities.',
            write=f"loss={example}",
            option=f"model.compile(loss={example}), and save it again",
        )
    return Loss(loss, weights, list(function.output_names), model.name)


class _ByExample(keras.losses.Loss):
    """The loss of one output, averaged over positions and not over examples."""

    def __init__(self, loss: Any, shares: list[Any]) -> None:
        super().__init__(reduction="none")
        self._loss, self._shares = loss, shares

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        loss, mask = _resolved(self._loss, y_true, y_pred), mask_of(y_pred)
        labels = keras.ops.convert_to_tensor(y_true, dtype=loss.dtype)
        predicted: Any = keras.ops.convert_to_tensor(y_pred, dtype=loss.dtype)
        values: Any = loss.call(labels, predicted)
        if tuple(values.shape)[:1] != (predicted.shape[0],):
            self._shares.append(None)
            return values
        weight, counted = _weight(sample_weight, values), _weight(mask, values)
        if loss.reduction == "mean_with_sample_weight":
            counted = counted * weight
            weight = keras.ops.ones_like(weight)
        whole = keras.ops.sum if loss.reduction == "sum" else keras.ops.mean
        added = whole(_rows(values * weight * counted), axis=1)
        if loss.reduction == "sum":
            self._shares.append(keras.ops.ones_like(added))
            return added
        share = keras.ops.mean(_rows(counted * keras.ops.ones_like(values)), axis=1)
        self._shares.append(share)
        return keras.ops.divide_no_nan(added, share)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        raise NotImplementedError  # Keras asks for it; `__call__` is all


def _resolved(loss: Any, labels: Any, predicted: Any) -> Any:
    """Returns a loss as an object, as `compile` makes it."""
    if isinstance(loss, str) and loss.lower() in ("crossentropy", "ce"):
        sparse = len(labels.shape) < len(predicted.shape) or labels.shape[-1] == 1
        kind = "sparse_categorical" if sparse else "categorical"
        loss = f"{'binary' if predicted.shape[-1] == 1 else kind}_crossentropy"
    found: Any = keras.losses.get(loss)
    if isinstance(found, keras.losses.Loss):
        return found
    wrapped = keras.losses.MeanSquaredError()  # wraps its function as Keras wraps all
    wrapped.fn = found
    return wrapped


def _weight(weight: Any, values: Any) -> Any:
    """Returns weights in the rank of the values; ones where there are none."""
    if weight is None:
        return keras.ops.ones_like(values)
    weight = keras.ops.cast(keras.ops.convert_to_tensor(weight), values.dtype)
    while len(weight.shape) > len(values.shape) and weight.shape[-1] == 1:
        weight = keras.ops.squeeze(weight, -1)
    missing = len(values.shape) - len(weight.shape)
    return keras.ops.reshape(weight, (*weight.shape, *[1] * missing))


def _rows(values: Any) -> Any:
    return keras.ops.reshape(values, (values.shape[0], -1))
