"""keras-hub's transformers of pictures, and of films with text."""

from typing import Any

from hub.case import LAYERS, SHAPE, SIDE, VOCABULARY, Case, numbers, picture, text

_HEADS = {"num_layers": LAYERS, "num_heads": 2}
_VIT = {**_HEADS, "hidden_dim": 8, "image_shape": SHAPE, "patch_size": 16}


def mit(cls: Any = None) -> Any:
    """Builds a mix transformer of two stages, for itself or as an encoder."""
    import keras_hub

    return (cls or keras_hub.models.MiTBackbone)(
        layerwise_depths=[LAYERS, LAYERS],
        image_shape=SHAPE,
        hidden_dims=[4, 8],
        num_layers=2,
        layerwise_num_heads=[1, 2],
        layerwise_sr_ratios=[8, 4],
        max_drop_path_rate=0.1,
        layerwise_patch_sizes=[7, 3],
        layerwise_strides=[4, 2],
    )


def dino(cls: Any, layers: int = LAYERS, **settings: Any) -> Any:
    """Builds a DINO, for itself or as an encoder."""
    settings = {"image_shape": SHAPE, "patch_size": 8, **settings}
    return cls(num_layers=layers, hidden_dim=8, num_heads=2, **settings)


def _depth(cls: Any) -> Any:
    import keras_hub

    encoder = dino(
        keras_hub.models.DINOV2Backbone,
        layers=4,
        intermediate_dim=16,
        patch_size=14,
        image_shape=(84, 84, 3),
        apply_layernorm=True,
    )
    return cls(
        image_encoder=encoder,
        reassemble_factors=[4, 2, 1, 0.5],
        neck_hidden_dims=[8, 8, 16, 16],
        fusion_hidden_dim=8,
        head_hidden_dim=8,
        head_in_index=-1,
        feature_keys=["stage1", "stage2", "stage3", "stage4"],
    )


def _film(cls: Any) -> Any:
    return cls(
        num_frames=4,
        patch_size=16,
        hidden_dim=8,
        intermediate_dim=16,
        num_heads=2,
        num_spatial_layers=LAYERS,
        num_temporal_layers=1,
        num_auxiliary_layers=1,
        vocabulary_size=VOCABULARY,
        num_text_layers=1,
        image_shape=SHAPE,
    )


PATCHES = [
    Case(
        "DINOV2Backbone",
        lambda cls: dino(cls, intermediate_dim=16),
        lambda: {"images": picture()},
        2 * LAYERS,
        "dinov2/dinov2_layers.py",
    ),
    Case(
        "DINOV3Backbone",
        lambda cls: dino(cls, intermediate_dim=16),
        lambda: {"pixel_values": picture()},
        2 * LAYERS,
        "dinov3/dinov3_layers.py",
    ),
    Case(
        "DeiTBackbone",
        lambda cls: cls(intermediate_dim=16, **_VIT),
        picture,
        2 * LAYERS,
        "deit/deit_layers.py",
    ),
    Case(
        "DepthAnythingBackbone",
        _depth,
        lambda: picture(84),
        2 * 4 + (4 + 3) + 3,
        "dinov2/dinov2_layers.py; depth_anything/depth_anything_layers.py: the blocks "
        "of 4 fusions, the first with one; 3 sums of a stage with all deeper ones",
    ),
    Case(
        "MiTBackbone", mit, picture, 2 * 2 * LAYERS, "mit/mit_layers.py: in two stages"
    ),
    Case(
        "SegFormerBackbone",
        lambda cls: cls(image_encoder=mit(), projection_filters=8),
        picture,
        2 * 2 * LAYERS,
        "mit/mit_layers.py; what it concatenates went through dense layers",
    ),
    Case(
        "SwinTransformerBackbone",
        lambda cls: cls(
            image_shape=SHAPE,
            embed_dim=8,
            depths=(LAYERS, LAYERS),
            num_heads=(2, 4),
            window_size=4,
        ),
        picture,
        2 * 2 * LAYERS,
        "swin_transformer/swin_transformer_layers.py: in two stages",
    ),
    Case(
        "ViTBackbone",
        lambda cls: cls(mlp_dim=16, **{**_VIT, "patch_size": (16, 16)}),
        picture,
        2 * LAYERS,
        "vit/vit_layers.py",
    ),
    Case(
        "ViTDetBackbone",
        lambda cls: cls(
            hidden_size=8,
            intermediate_dim=16,
            global_attention_layer_indices=[1],
            image_shape=SHAPE,
            patch_size=8,
            num_output_channels=4,
            window_size=2,
            **_HEADS,
        ),
        picture,
        2 * LAYERS,
        "vit_det/vit_layers.py; the sums of scores are none",
    ),
    Case(
        "VideoPrismBackbone",
        _film,
        lambda: {"pixel_values": numbers(4, SIDE, SIDE, 3), **text()},
        2 * (LAYERS + 1 + 1 + 1),
        "video_prism/video_prism_layers.py: layers over space, over time, after both, "
        "and over text",
    ),
]
