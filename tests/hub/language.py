"""keras-hub's backbones of text alone."""

from collections.abc import Callable
from typing import Any

from hub.case import LAYERS, VOCABULARY, Case, Inputs, pair, text, tokens

SMALL = {"num_layers": LAYERS, "hidden_dim": 16, "intermediate_dim": 24}
WORDS = {"vocabulary_size": VOCABULARY}
GROUPED = {"num_query_heads": 4, "num_key_value_heads": 2}
EXPERTS = {"num_experts": 4, "top_k": 2}
LINEAR = {
    "layer_types": ["linear_attention", "full_attention"],
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "linear_key_head_dim": 4,
    "linear_value_head_dim": 4,
}


def _case(
    name: str,
    where: str,
    /,
    units: int | None = 2 * LAYERS,
    inputs: Callable[[], Inputs] = text,
    **settings: Any,
) -> Case:
    settings = {**SMALL, **settings}
    return Case(name, lambda cls: cls(**settings), inputs, units, where)


def _heads(name: str, where: str, /, **settings: Any) -> Case:
    return _case(name, where, **{**WORDS, "num_heads": 2, **settings})


def _grouped(name: str, where: str, /, **settings: Any) -> Case:
    return _case(name, where, **WORDS, **GROUPED, **settings)


def _segmented() -> Inputs:
    return text(segment_ids=tokens(seed=1) % 2)


def _segments_alone() -> Inputs:
    found = _segmented()
    del found["padding_mask"]
    return found


_ENCODER = "layers/modeling/transformer_encoder.py: attention, feed-forward"
_DECODER = "layers/modeling/transformer_decoder.py: attention, feed-forward"
_BOTH = f"{_ENCODER}; transformer_decoder.py: attention, cross-attention, feed-forward"

ENCODERS = [
    _heads(
        "AlbertBackbone",
        f"{_ENCODER}; one layer is called for all",
        inputs=_segmented,
        embedding_dim=8,
    ),
    _heads("BertBackbone", _ENCODER, inputs=_segmented),
    _heads(
        "DebertaV3Backbone",
        "deberta_v3/disentangled_attention_encoder.py; the sums of scores are none",
        bucket_size=4,
    ),
    _heads("DistilBertBackbone", _ENCODER),
    _case(
        "ElectraBackbone",
        _ENCODER,
        inputs=_segmented,
        vocab_size=VOCABULARY,
        embedding_dim=8,
        num_heads=2,
    ),
    _heads("ESMBackbone", "esm/esm_encoder.py", inputs=lambda: {"token_ids": tokens()}),
    _case(
        "FNetBackbone",
        "layers/modeling/f_net_encoder.py: mixing, feed-forward",
        inputs=_segments_alone,
        **WORDS,
    ),
    _heads("RobertaBackbone", _ENCODER),
    _heads(
        "RoformerV2Backbone",
        "roformer_v2/roformer_v2_encoder.py",
        inputs=_segments_alone,
        head_size=8,
    ),
    _heads("XLMRobertaBackbone", _ENCODER),
    _heads(
        "XLNetBackbone",
        "xlnet/xlnet_encoder.py, of the content; there is no query stream",
        inputs=_segmented,
    ),
]
DECODERS = [
    _heads("BloomBackbone", "bloom/bloom_decoder.py"),
    _case(
        "FalconBackbone",
        "falcon/falcon_transformer_decoder.py",
        num_attention_heads=2,
        **WORDS,
    ),
    _heads("GPT2Backbone", _DECODER),
    _heads(
        "GPTNeoXBackbone",
        "gpt_neo_x/gpt_neo_x_decoder.py: attention and feed-forward in one sum",
        units=LAYERS,
    ),
    _grouped("GemmaBackbone", "gemma/gemma_decoder_block.py", head_dim=4),
    _grouped(
        "GptOssBackbone",
        "gpt_oss/gpt_oss_decoder.py; the sum over experts is none",
        sliding_window=4,
        **EXPERTS,
    ),
    _grouped("LlamaBackbone", "llama/llama_decoder.py"),
    _grouped("Llama3Backbone", "llama/llama_decoder.py"),
    _grouped("MistralBackbone", "mistral/mistral_transformer_decoder.py"),
    _grouped(
        "MixtralBackbone",
        "mixtral/mixtral_decoder.py; the sum over experts is none",
        **EXPERTS,
    ),
    _heads("OPTBackbone", _DECODER),
    _grouped("Phi3Backbone", "phi3/phi3_decoder.py"),
    _grouped("QwenBackbone", "qwen/qwen_decoder.py"),
    _grouped("Qwen3Backbone", "qwen3/qwen3_decoder.py", head_dim=4),
    _grouped(
        "Qwen3MoeBackbone",
        "qwen3_moe/qwen3_moe_decoder.py",
        moe_intermediate_dim=16,
        **EXPERTS,
    ),
    _grouped(
        "QwenMoeBackbone",
        "qwen_moe/qwen_moe_decoder.py; shared and routed experts add up to one change",
        moe_intermediate_dim=16,
        shared_expert_intermediate_dim=16,
        **EXPERTS,
    ),
    _grouped(
        "Qwen3_5Backbone",
        "qwen3_5/qwen3_5_decoder.py; the steps of its delta rule are none",
        head_dim=8,
        **LINEAR,
    ),
    Case(
        "Qwen3_5MoeBackbone",
        lambda cls: cls(
            num_layers=LAYERS,
            hidden_dim=16,
            head_dim=8,
            moe_intermediate_dim=16,
            shared_expert_intermediate_size=16,
            **WORDS,
            **GROUPED,
            **EXPERTS,
            **LINEAR,
        ),
        text,
        2 * LAYERS,
        "qwen3_5_moe/qwen3_5_moe_decoder.py; shared and routed experts add up to one "
        "change",
    ),
    Case(
        "RWKV7Backbone",
        lambda cls: cls(
            hidden_size=16,
            head_size=4,
            num_layers=LAYERS,
            intermediate_dim=24,
            gate_lora=8,
            mv_lora=8,
            aaa_lora=8,
            decay_lora=8,
            **WORDS,
        ),
        # A number of steps that its chunks of 16 divide.
        lambda: {"token_ids": tokens(16), "padding_mask": tokens(16) * 0 + 1},
        None,
        "rwkv7/rwkv7_layer.py: 2 a layer for certain; open is whether each mix of a "
        "step with the one before it, x + mix * (before - x), is a unit: 7 a layer",
    ),
    _case(
        "SmolLM3Backbone",
        "smollm3/smollm3_layers.py",
        num_attention_heads=4,
        num_key_value_heads=2,
        attention_bias=False,
        attention_dropout=0.0,
        rope_layer_enabled_list=[True, False],
        layer_types=["attention", "attention"],
        mlp_bias=False,
        layer_norm_epsilon=1e-5,
        max_position_embeddings=16,
        rope_theta=10000.0,
        partial_rotary_factor=1.0,
        **WORDS,
    ),
]


def _gemma_sides() -> dict[str, Any]:
    one = {
        "hidden_dim": 16,
        "intermediate_dim": 24,
        "num_layers": LAYERS,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 4,
        "layer_types": ["sliding_attention", "full_attention"],
    }
    sides = ("encoder", "decoder")
    return {f"{side}_{key}": value for side in sides for key, value in one.items()}


def _gemma_pair(name: str, where: str, units: int) -> Case:
    def create(cls: Any) -> Any:
        return cls(
            **WORDS,
            **_gemma_sides(),
            sliding_window=4,
            cross_attention_hidden_size=16,
        )

    return Case(name, create, pair, units, where)


PAIRS = [
    _heads("BartBackbone", _BOTH, inputs=pair, units=(2 + 3) * LAYERS),
    Case(
        "EdRecBackbone",
        lambda cls: cls(
            vocab_size=VOCABULARY,
            num_layers_enc=LAYERS,
            num_layers_dec=LAYERS,
            hidden_dim=16,
            intermediate_dim=24,
            num_heads=2,
        ),
        pair,
        (2 + 3) * LAYERS,
        "edrec/edrec_layers.py: 2 in the encoder's layer, 3 in the decoder's",
    ),
    _heads(
        "T5Backbone",
        "t5/t5_transformer_layer.py: attention, cross-attention, feed-forward",
        inputs=pair,
        units=(2 + 3) * LAYERS,
    ),
    _gemma_pair(
        "T5GemmaBackbone",
        "t5gemma/t5gemma_encoder.py: 2; t5gemma_decoder.py: 3",
        (2 + 3) * LAYERS,
    ),
    _gemma_pair(
        "T5Gemma2Backbone",
        "t5gemma2/t5gemma2_encoder.py: 2; t5gemma2_decoder.py: 2, because one "
        "attention reads its own and the encoder's",
        (2 + 2) * LAYERS,
    ),
]
