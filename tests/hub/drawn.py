"""keras-hub's backbones that draw pictures, or masks and boxes on them."""

from typing import Any

import numpy as np
from hub.case import (
    BATCH,
    LAYERS,
    SHAPE,
    SIDE,
    STEPS,
    Case,
    numbers,
    picture,
    tokens,
)
from hub.convolutions import hgnet
from hub.language import WORDS

_SIDES = {"num_layers": LAYERS, "num_heads": 2}


def _dfine(cls: Any) -> Any:
    return cls(
        backbone=hgnet(),
        decoder_in_channels=[16, 16],
        encoder_hidden_dim=16,
        num_denoising=10,
        num_labels=4,
        hidden_dim=16,
        learn_initial_query=False,
        num_queries=10,
        anchor_image_size=(SIDE, SIDE),
        feat_strides=[4, 8],
        num_feature_levels=2,
        encoder_in_channels=[16, 32],
        encode_proj_layers=[1],
        num_attention_heads=2,
        encoder_ffn_dim=16,
        num_encoder_layers=1,
        hidden_expansion=0.5,
        depth_multiplier=0.5,
        eval_idx=-1,
        num_decoder_layers=LAYERS,
        decoder_attention_heads=2,
        decoder_ffn_dim=16,
        decoder_n_points=[2, 2],
        lqe_hidden_dim=8,
        num_lqe_layers=2,
        out_features=["stage1", "stage2"],
        image_shape=SHAPE,
        seed=0,
    )


def _flux(cls: Any) -> Any:
    return cls(
        input_channels=8,
        hidden_size=32,
        mlp_ratio=2.0,
        num_heads=2,
        depth=LAYERS,
        depth_single_blocks=LAYERS,
        axes_dim=[4, 6, 6],
        theta=10_000,
        use_bias=True,
        guidance_embed=True,
        image_shape=(STEPS, 8),
        text_shape=(STEPS, 8),
        image_ids_shape=(STEPS, 3),
        text_ids_shape=(STEPS, 3),
        y_shape=(8,),
    )


def _flux_inputs() -> Any:
    return {
        "image": numbers(STEPS, 8),
        "image_ids": numbers(STEPS, 3),
        "text": numbers(STEPS, 8),
        "text_ids": numbers(STEPS, 3),
        "y": numbers(8),
        "timesteps": np.full(BATCH, 0.5, "float32"),
        "guidance": np.full(BATCH, 3.0, "float32"),
    }


def _sam(cls: Any) -> Any:
    import keras_hub
    from keras_hub.src.models.sam.sam_mask_decoder import SAMMaskDecoder
    from keras_hub.src.models.sam.sam_prompt_encoder import SAMPromptEncoder

    encoder = keras_hub.models.ViTDetBackbone(
        hidden_size=16,
        intermediate_dim=16,
        global_attention_layer_indices=[1],
        patch_size=16,
        num_output_channels=8,
        window_size=2,
        image_shape=(16, 16, 3),
        **_SIDES,
    )
    prompts = SAMPromptEncoder(
        hidden_size=8,
        image_embedding_size=(8, 8),
        input_image_size=(16, 16),
        mask_in_channels=16,
    )
    decoder = SAMMaskDecoder(
        hidden_size=16,
        intermediate_dim=16,
        embedding_dim=8,
        num_multimask_outputs=3,
        iou_head_depth=3,
        iou_head_hidden_dim=8,
        **_SIDES,
    )
    return cls(image_encoder=encoder, prompt_encoder=prompts, mask_decoder=decoder)


def _sam_inputs() -> Any:
    return {
        "images": picture(16),
        "points": np.ones((BATCH, 1, 2), "float32"),
        "labels": np.ones((BATCH, 1), "float32"),
        "boxes": np.ones((BATCH, 1, 2, 2), "float32"),
        "masks": np.zeros((BATCH, 0, 16, 16, 1), "float32"),
    }


def _sam3(cls: Any) -> Any:
    from keras_hub.src.models.sam3 import (
        sam3_detr_decoder,
        sam3_detr_encoder,
        sam3_geometry_encoder,
        sam3_mask_decoder,
        sam3_text_encoder,
        sam3_vision_encoder,
    )

    sides = {**_SIDES, "hidden_dim": 8, "intermediate_dim": 16}
    film = {"image_shape": (28, 28, 3), "patch_size": 14}
    return cls(
        vision_encoder=sam3_vision_encoder.SAM3VisionEncoder(
            fpn_hidden_dim=8,
            fpn_scale_factors=[4.0, 2.0, 1.0, 0.5],
            pretrain_image_shape=(42, 42, 3),
            window_size=2,
            global_attn_indexes=[1],
            **film,
            **sides,
        ),
        text_encoder=sam3_text_encoder.SAM3TextEncoder(
            embedding_dim=8, **WORDS, **sides
        ),
        geometry_encoder=sam3_geometry_encoder.SAM3GeometryEncoder(roi_size=7, **sides),
        detr_encoder=sam3_detr_encoder.SAM3DetrEncoder(**sides),
        detr_decoder=sam3_detr_decoder.SAM3DetrDecoder(num_queries=4, **film, **sides),
        mask_decoder=sam3_mask_decoder.SAM3MaskDecoder(
            num_upsampling_stages=3, hidden_dim=8, num_heads=2
        ),
    )


def _sam3_inputs() -> Any:
    return {
        "pixel_values": picture(28),
        "token_ids": tokens(32),
        "padding_mask": np.ones((BATCH, 32), "bool"),
        "boxes": np.full((BATCH, 1, 5), 0.5, "float32"),
        "box_labels": np.ones((BATCH, 1), "int32"),
    }


def _diffusion(cls: Any) -> Any:
    from keras_hub.src.models.clip.clip_text_encoder import CLIPTextEncoder
    from keras_hub.src.models.vae.vae_backbone import VAEBackbone

    filters, blocks = [32] * 4, [1] * 4
    small = {"intermediate_dim": 16, "intermediate_output_index": -2}
    model = cls(
        mmdit_patch_size=2,
        mmdit_hidden_dim=32,
        mmdit_num_layers=LAYERS,
        mmdit_num_heads=2,
        mmdit_position_size=16,
        mmdit_qk_norm=None,
        mmdit_dual_attention_indices=None,
        vae=VAEBackbone(filters, blocks, filters, blocks, sampler_method="mode"),
        clip_l=CLIPTextEncoder(
            embedding_dim=8, hidden_dim=8, name="clip_l", **WORDS, **_SIDES, **small
        ),
        clip_g=CLIPTextEncoder(
            embedding_dim=16, hidden_dim=16, name="clip_g", **WORDS, **_SIDES, **small
        ),
        image_shape=SHAPE,
    )
    # Otherwise it keeps what its first call computes, be that while it is traced.
    model.configure_scheduler(4)
    return model


def _diffusion_inputs() -> Any:
    names = ("clip_l", "clip_l_negative", "clip_g", "clip_g_negative")
    return {
        "images": picture(),
        "latents": numbers(SIDE // 8, SIDE // 8, 16),
        **{f"{name}_token_ids": tokens(seed=k) for k, name in enumerate(names)},
        "num_steps": np.ones(BATCH, "int32"),
        "guidance_scale": np.ones(BATCH, "float32"),
    }


DRAWN = [
    Case(
        "DFineBackbone",
        _dfine,
        picture,
        None,
        "the backbone's, 2 of the encoder's layer and 3 of each of the decoder's, one "
        "of them gated, for certain; open are the pyramid's concatenations and the "
        "boxes that each layer of the decoder refines",
    ),
    Case(
        "FluxBackbone",
        _flux,
        _flux_inputs,
        4 * LAYERS + LAYERS,
        "flux/flux_layers.py: 2 for each stream of a double block, 1 for a single one",
    ),
    Case(
        "SAM3PromptableConceptBackbone",
        _sam3,
        _sam3_inputs,
        None,
        "sam3: those of its five transformers, for certain; open are the masks' "
        "pyramid, and the boxes that each layer of the decoder refines",
        broken=(("torch", "it looks at boxes with torchvision"),),
    ),
    Case(
        "SAMBackbone",
        _sam,
        _sam_inputs,
        None,
        "vit_det/vit_layers.py: 2; sam/sam_layers.py: 4 a layer, the first with 3; "
        "sam/sam_transformer.py: 1; open are the tokens that are added to every query",
    ),
    Case(
        "StableDiffusion3Backbone",
        _diffusion,
        _diffusion_inputs,
        None,
        "its text encoders read two texts each; open are the guidance and Euler's step",
    ),
]
