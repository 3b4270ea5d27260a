"""Recurrent layers for Keras 3, usable alone in any Keras model.

    import keras, layers
    model = keras.Sequential([layers.Embedding(1000, 64), layers.LSTM(64), keras.layers.Dense(2)])

Importing this package is free: each name is loaded, and Keras with it, at its first use.
"""

import importlib

_MODULES = {
    "GradientFlow": "gradient_flow",
    "gradient_norms": "gradient_flow",
    "plot_gradient_flow": "gradient_flow",
    "Decoded": "decoding.stepping",
    "beam_search": "decoding.beams",
    "greedy": "decoding.rollout",
    "gumbel_noise": "decoding.rollout",
    "repeat_rows": "decoding.beams",
    "sample": "decoding.rollout",
    "teacher_forcing": "decoding.forcing",
    "AttentionDecoder": "attention_decoder",
    "BahdanauAttention": "attention",
    "LuongAttention": "attention",
    "BLEU": "bleu",
    "Bidirectional": "bidirectional",
    "GRUCell": "cells",
    "LSTMCell": "cells",
    "RNNCell": "cells",
    "RecurrentCell": "cells",
    "ChordDecoder": "chords",
    "ChordsBefore": "chords",
    "IndependentKeys": "chords",
    "SmoothedCrossentropy": "crossentropy",
    "Deep": "deep",
    "Embedding": "embedding",
    "OneHot": "embedding",
    "TiedEmbedding": "tied_embedding",
    "TokenDropout": "embedding",
    "portable": "loops",
    "SequenceMask": "masking",
    "sequence_mask": "masking",
    "SequencePooling": "pooling",
    "GRU": "recurrent",
    "LSTM": "recurrent",
    "RNN": "recurrent",
    "clip_by_global_norm": "clipping",
    "GlobalNormClipping": "clipping",
    "ClippedAdam": "clipping",
}

__all__ = sorted(_MODULES)


def __getattr__(name):
    if name not in _MODULES:
        raise AttributeError(f"module 'layers' has no attribute {name!r}; it has: {', '.join(__all__)}")
    return getattr(importlib.import_module(f"layers.{_MODULES[name]}"), name)


def register():
    """Loads every module, so that `keras.models.load_model` knows the layers of a saved model."""
    for module in set(_MODULES.values()):
        importlib.import_module(f"layers.{module}")


def __dir__():
    return __all__
