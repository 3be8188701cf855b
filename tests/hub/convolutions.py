"""keras-hub's convolutional backbones."""

from typing import Any

from hub.case import SHAPE, Case, picture

_BLOCKS = (2, 1, 1, 1)


def resnet(cls: Any = None, blocks: tuple[int, ...] = _BLOCKS, **settings: Any) -> Any:
    """Builds a ResNet of basic blocks, for itself or as an encoder.

    keras-hub asks for 64 filters in its first stage.
    """
    import keras_hub

    return (cls or keras_hub.models.ResNetBackbone)(
        input_conv_filters=[64],
        input_conv_kernel_sizes=[7],
        stackwise_num_filters=[64, 8, 8, 8][: len(blocks)],
        stackwise_num_blocks=list(blocks),
        stackwise_num_strides=[1, 2, 2, 2][: len(blocks)],
        block_type="basic_block",
        **settings,
    )


def hgnet(cls: Any = None, **settings: Any) -> Any:
    """Builds an HGNetV2 of two stages, for itself or as an encoder."""
    import keras_hub

    return (cls or keras_hub.models.HGNetV2Backbone)(
        depths=[2, 1],
        embedding_size=8,
        hidden_sizes=[16, 32],
        stem_channels=[3, 8, 8],
        hidden_act="relu",
        use_learnable_affine_block=True,
        # In, middle, out, blocks, layers of a block, size of the kernel.
        stackwise_stage_filters=[[8, 8, 16, 2, 1, 3], [16, 8, 32, 1, 1, 3]],
        apply_downsample=[False, True],
        use_lightweight_conv_block=[False, False],
        image_shape=SHAPE,
        out_features=["stage1", "stage2"],
        **settings,
    )


def _cspnet(cls: Any) -> Any:
    return cls(
        stem_filters=8,
        stem_kernel_size=3,
        stem_strides=1,
        stackwise_depth=[1, 2],
        stackwise_strides=2,
        stackwise_num_filters=[8, 16],
        bottle_ratio=(0.5, 1.0),
        block_ratio=(1.0, 0.5),
        expand_ratio=(2.0, 1.0),
        down_growth=True,
        block_type="dark_block",
        stage_type="csp",
        stem_padding="same",
        image_shape=SHAPE,
    )


def _efficientnet(cls: Any) -> Any:
    return cls(
        stackwise_kernel_sizes=[3, 3, 3],
        stackwise_num_repeats=[2, 2, 2],
        stackwise_input_filters=[8, 8, 16],
        stackwise_output_filters=[8, 16, 16],
        stackwise_expansion_ratios=[1, 2, 2],
        stackwise_squeeze_and_excite_ratios=[0.25, 0.0, 0.25],
        stackwise_strides=[1, 2, 2],
        stackwise_block_types=["v1", "fused", "unfused"],
        stackwise_force_input_filters=[0] * 3,
        stackwise_nores_option=[False] * 3,
        stackwise_width_coefficients=[1.0] * 3,
        stackwise_depth_coefficients=[1.0] * 3,
        num_features=16,
        input_shape=SHAPE,
    )


def _mobilenet(cls: Any) -> Any:
    return cls(
        stackwise_expansion=[[16, 24], [24, 24]],
        stackwise_num_blocks=[2, 2],
        stackwise_num_filters=[[8, 8], [16, 16]],
        stackwise_kernel_size=[[3, 3], [5, 5]],
        stackwise_num_strides=[[2, 1], [2, 1]],
        stackwise_se_ratio=[[None, None], [0.25, 0.25]],
        stackwise_activation=[["relu"] * 2, ["hard_swish"] * 2],
        stackwise_padding=[[1, 1], [2, 2]],
        output_num_filters=16,
        input_num_filters=8,
        input_activation="hard_swish",
        output_activation="hard_swish",
        image_shape=SHAPE,
        depthwise_filters=8,
        depthwise_stride=1,
        depthwise_residual=True,
        squeeze_and_excite=0.5,
        last_layer_filter=16,
    )


def _mobilenet5(cls: Any) -> Any:
    none = [[0], [0, 0]]
    return cls(
        stackwise_block_types=[["er"], ["uir", "uir"]],
        stackwise_num_blocks=[1, 2],
        stackwise_num_filters=[[8], [16, 16]],
        stackwise_strides=[[2], [2, 1]],
        stackwise_act_layers=[["relu"], ["relu", "relu"]],
        stackwise_exp_ratios=[[2.0], [2.0, 2.0]],
        stackwise_se_ratios=[[0.0], [0.0, 0.0]],
        stackwise_dw_kernel_sizes=[[0], [5, 5]],
        stackwise_dw_start_kernel_sizes=none,
        stackwise_dw_end_kernel_sizes=none,
        stackwise_exp_kernel_sizes=[[3], [0, 0]],
        stackwise_pw_kernel_sizes=[[1], [0, 0]],
        stackwise_num_heads=none,
        stackwise_key_dims=none,
        stackwise_value_dims=none,
        stackwise_kv_strides=none,
        stackwise_use_cpe=[[False], [False, False]],
        image_shape=SHAPE,
        stem_size=8,
        num_features=8,
        use_msfa=False,
    )


def _retina(cls: Any) -> Any:
    return cls(
        image_encoder=resnet(), min_level=3, max_level=6, use_p5=True, image_shape=SHAPE
    )


def _deeplab(cls: Any) -> Any:
    return cls(
        image_encoder=resnet(blocks=(1, 1, 1)),
        low_level_feature_key="P2",
        spatial_pyramid_pooling_key="P4",
        dilation_rates=[2, 3, 4],
        upsampling_size=4,
        projection_filters=8,
        image_shape=SHAPE,
    )


def _basnet(cls: Any) -> Any:
    return cls(image_encoder=resnet(), num_classes=1, image_shape=(64, 64, 3))


CONVOLUTIONS = [
    Case(
        "BASNetBackbone",
        _basnet,
        lambda: picture(64),
        sum(_BLOCKS) + 2 * 3 + 6 + 4 + 1,
        "resnet/resnet_backbone.py; basnet/basnet_backbone.py: blocks of two stages "
        "more; concatenations of 6 stages, and of 4 of the refinement; and its sum",
    ),
    Case(
        "CSPNetBackbone",
        _cspnet,
        picture,
        (1 + 2) + 2,
        "cspnet/cspnet_backbone.py: a sum a block; a stage concatenates with what its "
        "blocks made of one half the other half, which nothing was done to",
    ),
    Case(
        "DeepLabV3Backbone",
        _deeplab,
        picture,
        3,
        "resnet/resnet_backbone.py; what it concatenates went through convolutions",
    ),
    Case(
        "DenseNetBackbone",
        lambda cls: cls([2, 1], image_shape=SHAPE, growth_rate=4),
        picture,
        2 + 1,
        "densenet/densenet_backbone.py: a concatenation with the input",
    ),
    Case(
        "EfficientNetBackbone",
        _efficientnet,
        picture,
        2 + 1 + 1,
        "efficientnet: blocks that keep size and width",
    ),
    Case(
        "HGNetV2Backbone",
        hgnet,
        picture,
        (2 + 1) + 1,
        "hgnetv2/hgnetv2_layers.py: each block concatenates its input with what it "
        "made of it; all but the first of a stage add it as well",
    ),
    Case(
        "MobileNetBackbone",
        _mobilenet,
        picture,
        1 + 1 + 1,
        "mobilenet/mobilenet_backbone.py: the depthwise block, and inverted ones that "
        "keep size and width",
    ),
    Case(
        "MobileNetV5Backbone",
        _mobilenet5,
        picture,
        1,
        "mobilenetv5/mobilenetv5_blocks.py: the block that keeps size and width",
    ),
    Case(
        "ResNetBackbone",
        lambda cls: resnet(cls, image_shape=SHAPE),
        picture,
        sum(_BLOCKS),
        "resnet/resnet_backbone.py: a sum a block",
    ),
    Case(
        "RetinaNetBackbone",
        _retina,
        picture,
        sum(_BLOCKS) + 2,
        "resnet/resnet_backbone.py; retinanet/feature_pyramid.py: 2 stages are added "
        "to what was made of them",
    ),
    Case(
        "VGGBackbone",
        lambda cls: cls([1, 1], [8, 8], image_shape=SHAPE),
        picture,
        0,
        "it has none",
    ),
    Case(
        "XceptionBackbone",
        lambda cls: cls(
            [[4, 8], [16, 16], [16, 16], [24]],
            [False, True, False, False],
            image_shape=SHAPE,
        ),
        picture,
        2,
        "xception/xception_backbone.py: all blocks but the first and the last",
    ),
]
