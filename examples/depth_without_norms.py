"""How deep networks without norms train: plain, residual, ReZero and Fixup, 56 layers.

Zhang et al., Fixup Initialization, 2019, train residual networks without norms nearly
as well as with them, by how they start: 110 layers reach 7.24 % of errors on CIFAR-10.
Bachlechner et al., ReZero is All You Need, 2020, start every branch at zero, by one
learned number. Without either the variance of a stream doubles in every block, and a
plain network loses on the way what it reads. Here the pictures are small and the
networks narrow.

    python examples/depth_without_norms.py          # some ten minutes on two cores
    FAST=1 python examples/depth_without_norms.py   # a look, in seconds
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from effects.clothes import EPOCHS, accuracy, clothes, network
from effects.paired import FAST, Effect

import keras_residual as kr

BLOCKS, FILTERS = (1, 2) if FAST else (9, 4)  # a stage; two convolutions a block
SHAPE = (14, 14, 1)


def block(*, norm=None, tail=(), shortcut="zero_pad"):
    """Returns a maker of blocks that differ in what is around two convolutions."""

    def made(filters, stride):
        def conv(stride):
            return kr.conv(filters, 3, stride=stride, kernel_initializer="he_normal")

        branch = [conv(stride), kr.norm(norm), "relu", conv(1), kr.norm(norm), *tail]
        return kr.Residual(branch, shortcut, activation="relu")

    return made


# Its blocks; how the whole network starts, if not layer by layer.
NETWORKS = {
    "residual, batch norm": (block(norm="batch"), None),
    "plain": (block(shortcut="none"), None),
    "residual": (block(), None),
    "ReZero": (block(tail=[kr.scale(0.0)]), None),
    "Fixup": (block(tail=[kr.scale(1.0)]), "fixup"),
}
EFFECT = Effect(
    "depth_without_norms",
    "How deep networks without norms train",
    f"Networks of {6 * BLOCKS + 2} layers, {FILTERS} to {4 * FILTERS} filters, on "
    f"6,000 pictures of clothes of half their size, {EPOCHS} epochs of SGD at one rate "
    "for all, gradients clipped. All but the first have no norm. A bias is of a "
    "filter, where Fixup's paper has one of a layer. A run whose loss is no number "
    "counts as a guess, 0.1. Published of 110 layers on CIFAR-10, errors in %: Fixup "
    "7.24 (Zhang et al. 2019), batch norm 6.61 (He et al. 2016).",
    "accuracy on 1,000 pictures held out",
    control="residual, batch norm",
)


def halved(pictures):
    """Returns pictures of half the size, each place the mean of four."""
    return pictures.reshape(-1, 14, 2, 14, 2, 1).mean((2, 4))


def main():
    """Trains every network from every seed."""
    data = [(halved(pictures), labels) for pictures, labels in clothes()]

    def trainer(made, how):
        def run(seed):
            model = network(made, BLOCKS, FILTERS, ["relu"], shape=SHAPE)
            if how is not None:
                kr.initialize(model, how, seed=seed)
            return accuracy(model, data, seed)

        return run

    EFFECT.run({name: trainer(*parts) for name, parts in NETWORKS.items()}, seeds=3)


if __name__ == "__main__":
    main()
