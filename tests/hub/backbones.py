"""Every backbone class of keras-hub at a tiny size, and those that the tests take.

keras-hub has other names for some: ESM2Backbone, Qwen2Backbone and SmolLMBackbone.
`Backbone` and `FeaturePyramidBackbone` are what the others are derived from.
"""

from hub.convolutions import CONVOLUTIONS
from hub.drawn import DRAWN
from hub.language import DECODERS, ENCODERS, PAIRS
from hub.mixed import MIXED
from hub.patches import PATCHES

TEXT = [*ENCODERS, *DECODERS, *PAIRS]
BACKBONES = {
    case.name: case for case in [*TEXT, *CONVOLUTIONS, *PATCHES, *MIXED, *DRAWN]
}
BASES = {"Backbone", "FeaturePyramidBackbone"}
CHOSEN = {
    "LlamaBackbone": "a decoder of norms before, with grouped heads and a gate",
    "GPT2Backbone": "a decoder of keras-hub's own layer, with learned positions",
    "GPTNeoXBackbone": "attention and feed-forward in one sum",
    "GemmaBackbone": "a scaled embedding, and norms of its own",
    "Phi3Backbone": "rotary positions that stretch",
    "MixtralBackbone": "experts",
    "BertBackbone": "an encoder of norms after, with segments",
    "AlbertBackbone": "one layer that is called again and again",
    "DebertaV3Backbone": "attention with scores of relative positions",
    "BartBackbone": "an encoder and a decoder",
    "T5Backbone": "a bias that one layer makes and all read",
    "WhisperBackbone": "speech, by convolutions",
    "ViTBackbone": "pictures in patches",
    "MiTBackbone": "stages, and depth that is dropped at random",
    "EfficientNetBackbone": "convolutions, some in a graph and some in layers",
    "CLIPBackbone": "two towers",
}
"""What stands for all kinds, and for which."""
