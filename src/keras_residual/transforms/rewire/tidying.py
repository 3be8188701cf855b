"""What a surgery leaves in nested models: those that do nothing, and unread inputs."""

from __future__ import annotations

import keras

from keras_residual.graph.functional import function_of, in_order
from keras_residual.graph.handing import named_arguments
from keras_residual.transforms.call import Call, Value, values_in
from keras_residual.transforms.draft import Draft


def tidy(draft: Draft) -> None:
    """Takes out of a draft what nested models do no more.

    A model that returns what it is given is called by nobody, and none is handed what
    it does not read: Keras makes no model with an input that reaches no output.

    Args:
        draft: The outermost draft.
    """
    for inner in reversed(list(draft.family.values())):
        if inner is not draft:
            _read_less(draft, inner)
            _pass_by(draft, inner)
    _forget(draft)


def given_to(inner: Draft, call: Call) -> list[Value]:
    """Returns what a call hands to each input of a nested model.

    Args:
        inner: The draft of the nested model.
        call: A call of it.
    """
    given = named_arguments(inner.model, call.args, call.kwargs)["inputs"]
    if len(inner.inputs) == len(function_of(inner.model).inputs):
        return in_order(function_of(inner.model), given)
    return keras.tree.flatten(given)  # it reads less by now


def calls_around(draft: Draft, inner: Draft) -> list[tuple[Draft, Call]]:
    """Returns the calls of a nested model, and the drafts that they stand in.

    Args:
        draft: The outermost draft.
        inner: The draft of the nested model.
    """
    return [
        (outer, call)
        for outer in draft.family.values()
        for call in outer.calls
        if call.operation is inner.model
    ]


def _pass_by(draft: Draft, inner: Draft) -> None:
    """Lets what reads a nested model read its input, where it returns just that."""
    returned = values_in(inner.outputs)
    if not all(value in inner.inputs for value in returned):
        return
    for outer, call in calls_around(draft, inner):
        given = given_to(inner, call)
        for value, output in zip(returned, call.outputs, strict=True):
            outer.replace(output, given[inner.inputs.index(value)])


def _read_less(draft: Draft, inner: Draft) -> None:
    """Takes away the inputs that nothing reads."""
    read = {value for call in inner.in_order() for value in call.reads}
    read.update(values_in(inner.outputs))
    kept = [k for k, value in enumerate(inner.inputs) if value in read]
    if len(kept) == len(inner.inputs):
        return
    for outer, call in calls_around(draft, inner):
        given = given_to(inner, call)
        more = named_arguments(inner.model, call.args, call.kwargs)
        masks = more.get("mask")
        told = {"training": more.get("training")}
        if isinstance(masks, list | tuple) and len(masks) == len(given):
            told["mask"] = [masks[k] for k in kept]
        outer.rewire(call, ([given[k] for k in kept],), **told)
    inner.inputs = [inner.inputs[k] for k in kept]
    inner.entries = [inner.entries[k] for k in kept]
    inner.input_structure = [None] * len(kept)


def _forget(draft: Draft) -> None:
    """Takes the calls of nested models out that nothing reads, and those models."""
    for outer in list(draft.family.values()):
        live = set(outer.in_order())
        for call in outer.calls:
            if id(call.operation) in draft.family and call not in live:
                outer.remove(call)
    called, todo = {id(draft.model)}, [draft]
    for outer in todo:
        new = {id(call.operation) for call in outer.calls} & {*draft.family} - called
        called |= new
        todo += [draft.family[key] for key in new]
    for key in {*draft.family} - called:
        del draft.family[key]
