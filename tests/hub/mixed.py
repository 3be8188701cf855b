"""keras-hub's backbones of text with pictures, and of speech."""

from typing import Any

import numpy as np
from hub.case import (
    BATCH,
    LAYERS,
    SHAPE,
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
        "SigLIPBackbone",
        _siglip,
        _seen,
        2 * 2 * LAYERS + 1,
        "siglip/siglip_layers.py: in two towers, and in the pool of the pictures",
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
