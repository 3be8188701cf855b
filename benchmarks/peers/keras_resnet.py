"""The CIFAR ResNet as one writes it in Keras without a library."""

from __future__ import annotations

import keras
from keras import layers


def norm(x):
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)


def conv3x3(x, filters, stride=1):
    padding = "same"
    if stride > 1:
        x = layers.ZeroPadding2D(1)(x)
        padding = "valid"
    return layers.Conv2D(
        filters,
        3,
        strides=stride,
        padding=padding,
        use_bias=False,
        kernel_initializer="he_normal",
    )(x)


def block(x, filters, stride):
    shortcut = x
    y = conv3x3(x, filters, stride)
    y = norm(y)
    y = layers.Activation("relu")(y)
    y = conv3x3(y, filters)
    y = norm(y)
    if stride > 1:
        shortcut = layers.MaxPooling2D(1, stride)(shortcut)
        missing = filters - shortcut.shape[-1]
        shortcut = keras.ops.pad(shortcut, [[0, 0], [0, 0], [0, 0], [0, missing]])
    y = layers.Add()([shortcut, y])
    return layers.Activation("relu")(y)


def resnet(depth):
    """Builds the network of He et al. 2015, section 4.2, with option A shortcuts."""
    inputs = keras.Input((32, 32, 3))
    x = conv3x3(inputs, 16)
    x = norm(x)
    x = layers.Activation("relu")(x)
    for filters in (16, 32, 64):
        for index in range((depth - 2) // 6):
            x = block(x, filters, 2 if filters > 16 and index == 0 else 1)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(10)(x))
