"""PyTorch's own generator, from which Keras's Dropout draws there.

Other backends draw from states that are variables of the layers.
"""

from __future__ import annotations

import keras
import numpy as np

from keras_residual.common.errors import ForeignError
from keras_residual.files.tensors import Arrays

NAME = "chance/torch"


def reseed(seed: int, epoch: int, part: int) -> None:
    """Lets chance begin anew, as a pure function of the epoch.

    Whatever was drawn before, by a loader of data for example, plays no part.

    Args:
        seed: The seed of the run.
        epoch: The epoch, from 0.
        part: 0 for its training, 1 for its validation.
    """
    if keras.config.backend() == "torch":
        import torch

        words = np.random.SeedSequence((seed, epoch, part)).generate_state(1)
        torch.manual_seed(int(words[0]))


def chance_of() -> Arrays:
    """Returns the states of the generator, of each device; nothing elsewhere."""
    if keras.config.backend() != "torch":
        return {}
    import torch

    states = [torch.get_rng_state(), *torch.cuda.get_rng_state_all()]
    return {f"{NAME}/{place}": one.numpy() for place, one in enumerate(states)}


def give_chance(training: Arrays) -> None:
    """Gives the generator the states that it had.

    Args:
        training: What `chance_of` had returned, perhaps among others. A generator of
            which nothing is known stays as it is.

    Raises:
        ForeignError: A state is none.
    """
    if keras.config.backend() != "torch":
        return
    import torch

    try:
        for place in range(1 + torch.cuda.device_count()):
            if f"{NAME}/{place}" not in training:  # another backend or machine wrote it
                continue
            state = torch.from_numpy(training[f"{NAME}/{place}"].copy())
            if place:
                torch.cuda.set_rng_state(state, place - 1)
            else:
                torch.set_rng_state(state)
    except (TypeError, RuntimeError) as error:
        raise ForeignError(f"no state of PyTorch's generator: {error}") from error
