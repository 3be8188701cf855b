"""keras-hub's backbones of several kinds of data, and of speech."""

from typing import Any

import numpy as np
from hub.case import (
    BATCH,
    LAYERS,
    SIDE,
    STEPS,
    VOCABULARY,
    Case,
    numbers,
    padding,
    picture,
    text,
    tokens,
)
from hub.language import GROUPED, SMALL, WORDS
from hub.pictures import SHAPE, hgnet

_SIDES = {"num_layers": LAYERS, "num_heads": 2}


def _blip(cls: Any) -> Any:
    from keras_hub.src.models.blip2.blip2_custom_opt import BLIP2CustomOPT
    from keras_hub.src.models.blip2.blip2_qformer import BLIP2QFormer
    from keras_hub.src.models.blip2.blip2_vision_encoder import BLIP2VisionEncoder

    vision = BLIP2VisionEncoder(
        image_size=SIDE,
        patch_size=16,
        hidden_dim=8,
        intermediate_dim=16,
        use_patch_bias=True,
        use_class_token=True,
        use_mha_bias=True,
        use_mlp_bias=True,
        dropout_rate=0.0,
        layer_norm_epsilon=1e-6,
        initializer_range=0.02,
        **_SIDES,
    )
    former = BLIP2QFormer(
        num_query_tokens=2,
        hidden_dim=8,
        intermediate_dim=16,
        vision_dim=8,
        cross_attention_frequency=2,
        dropout=0.0,
        layer_norm_epsilon=1e-6,
        **_SIDES,
    )
    language = BLIP2CustomOPT(
        num_query_tokens=2,
        qformer_hidden_dim=8,
        max_sequence_length=10,
        dropout=0.0,
        language_projection=None,
        num_heads=2,
        **WORDS,
        **SMALL,
    )
    return cls(vision_encoder=vision, qformer=former, language_model=language)


def _clip_towers(vision: Any, words: Any) -> dict[str, Any]:
    sides = {**_SIDES, "hidden_dim": 8, "intermediate_dim": 16}
    return {
        "vision_encoder": vision(patch_size=16, image_shape=SHAPE, **sides),
        "text_encoder": words(
            embedding_dim=8, max_sequence_length=STEPS, **WORDS, **sides
        ),
    }


def _clip(cls: Any) -> Any:
    from keras_hub.src.models.clip.clip_text_encoder import CLIPTextEncoder
    from keras_hub.src.models.clip.clip_vision_encoder import CLIPVisionEncoder

    towers = _clip_towers(CLIPVisionEncoder, CLIPTextEncoder)
    return cls(projection_dim=8, **towers)


def _metaclip(cls: Any) -> Any:
    from keras_hub.src.models.metaclip_2 import (
        metaclip_2_text_encoder,
        metaclip_2_vision_encoder,
    )

    towers = _clip_towers(
        metaclip_2_vision_encoder.MetaCLIP2VisionEncoder,
        metaclip_2_text_encoder.MetaCLIP2TextEncoder,
    )
    return cls(projection_dim=8, **towers)


def _siglip(cls: Any) -> Any:
    from keras_hub.src.models.siglip.siglip_text_encoder import SigLIPTextEncoder
    from keras_hub.src.models.siglip.siglip_vision_encoder import SigLIPVisionEncoder

    return cls(**_clip_towers(SigLIPVisionEncoder, SigLIPTextEncoder))


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


def _gemma(cls: Any) -> Any:
    return cls(
        image_size=SIDE,
        head_dim=4,
        use_sliding_window_attention=True,
        sliding_window_size=4,
        **WORDS,
        **GROUPED,
        **SMALL,
    )


def _gemma_words(cls: Any) -> Any:
    return cls(
        text_vocab_size=VOCABULARY,
        text_hidden_size=8,
        num_hidden_layers=LAYERS,
        pad_token_id=0,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=4,
        intermediate_size=[16] * LAYERS,
        hidden_activation="gelu_approximate",
        layer_types=["sliding_attention", "full_attention"],
        sliding_window=4,
        rope_theta=10000.0,
        max_position_embeddings=16,
        vocab_size_per_layer_input=VOCABULARY,
        hidden_size_per_layer_input=4,
        altup_num_inputs=2,
        laurel_rank=1,
    )


def _moonshine(cls: Any) -> Any:
    return cls(
        filter_dim=16,
        encoder_num_layers=LAYERS,
        decoder_num_layers=LAYERS,
        hidden_dim=16,
        intermediate_dim=24,
        encoder_num_heads=2,
        decoder_num_heads=2,
        **WORDS,
    )


def _moonshine_inputs() -> Any:
    steps = 2048
    return {
        "encoder_input_values": numbers(steps, 1),
        "encoder_padding_mask": np.ones((BATCH, steps), "bool"),
        "decoder_token_ids": tokens(),
        "decoder_padding_mask": np.ones((BATCH, STEPS), "bool"),
    }


def _pali(cls: Any) -> Any:
    return cls(
        image_size=SIDE,
        head_dim=4,
        vit_patch_size=16,
        vit_num_layers=LAYERS,
        vit_num_heads=2,
        vit_hidden_dim=8,
        vit_intermediate_dim=16,
        **WORDS,
        **GROUPED,
        **SMALL,
    )


def _parseq(cls: Any) -> Any:
    import keras_hub

    encoder = keras_hub.models.ViTBackbone(
        image_shape=SHAPE,
        patch_size=(16, 16),
        hidden_dim=16,
        mlp_dim=16,
        use_class_token=False,
        **_SIDES,
    )
    return cls(
        image_encoder=encoder,
        max_label_length=STEPS,
        decoder_hidden_dim=16,
        num_decoder_layers=LAYERS,
        num_decoder_heads=2,
        decoder_mlp_dim=16,
        **WORDS,
    )


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


def _positions() -> Any:
    return text(position_ids=np.tile(np.arange(STEPS, dtype="int32"), (BATCH, 1)))


def _seen() -> Any:
    return {"images": picture(), "token_ids": tokens()}


MIXED = [
    Case(
        "BLIP2Backbone",
        _blip,
        lambda: {"images": picture(), **text()},
        2 * LAYERS + (3 + 2) + 2 * LAYERS,
        "blip2: vision encoder; query former, whose every second layer reads the "
        "picture; language model",
    ),
    Case(
        "CLIPBackbone",
        _clip,
        _seen,
        2 * 2 * LAYERS,
        "clip/clip_layers.py: in two towers",
    ),
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
    Case("Gemma3Backbone", _gemma, text, 2 * LAYERS, "gemma3/gemma3_decoder_block.py"),
    Case(
        "Gemma3nBackbone",
        _gemma_words,
        text,
        None,
        "gemma3n/gemma3n_text_decoder.py: attention and feed-forward, for certain; "
        "open are the sums of AltUp, which predicts and corrects several streams",
    ),
    Case(
        "Gemma4Backbone",
        _gemma,
        _positions,
        2 * LAYERS,
        "gemma4/gemma4_decoder_block.py",
    ),
    Case(
        "MetaCLIP2Backbone",
        _metaclip,
        _seen,
        2 * 2 * LAYERS,
        "metaclip_2/metaclip_2_layers.py: in two towers",
    ),
    Case(
        "MoonshineBackbone",
        _moonshine,
        _moonshine_inputs,
        (2 + 3) * LAYERS,
        "moonshine/moonshine_encoder.py: 2; moonshine_decoder.py: 3",
    ),
    Case(
        "PARSeqBackbone",
        _parseq,
        lambda: {"images": picture(), **text()},
        2 * LAYERS + 3 * (2 * LAYERS - 1) - 1,
        "vit/vit_layers.py: 2; parseq/parseq_decoder.py: 3 for each of two streams, "
        "of which the last layer has one; the first sum of the queries is none, "
        "because they start as learned places, the same for all texts",
    ),
    Case(
        "PaliGemmaBackbone",
        _pali,
        lambda: {"images": picture(), **text(response_mask=padding() * 0)},
        2 * 2 * LAYERS,
        "pali_gemma/pali_gemma_vit.py, pali_gemma_decoder_block.py",
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
        "SigLIPBackbone",
        _siglip,
        _seen,
        2 * 2 * LAYERS + 1,
        "siglip/siglip_layers.py: in two towers, and in the pool of the pictures",
    ),
    Case(
        "StableDiffusion3Backbone",
        _diffusion,
        _diffusion_inputs,
        None,
        "its text encoders read two texts each; open are the guidance and Euler's step",
    ),
    Case(
        "WhisperBackbone",
        lambda cls: cls(
            num_heads=2,
            num_mels=8,
            max_encoder_sequence_length=2 * STEPS,
            max_decoder_sequence_length=STEPS,
            **WORDS,
            **SMALL,
        ),
        lambda: {
            "encoder_features": numbers(2 * STEPS, 8),
            "decoder_token_ids": tokens(),
            "decoder_padding_mask": padding(),
        },
        (2 + 3) * LAYERS,
        "layers/modeling/transformer_encoder.py: 2; transformer_decoder.py: 3",
    ),
]
