"""Recurrent layers for Keras 3, usable alone in any Keras model.

    import keras, layers
    model = keras.Sequential([layers.Embedding(1000, 64), layers.LSTM(64), keras.layers.Dense(2)])

Importing this package is free: each name is loaded, and Keras with it, at its first use.
"""

import importlib

_NAMES = {
    "attention": "BahdanauAttention LuongAttention",
    "attention_decoder": "AttentionDecoder",
    "beside_steps": "BesideSteps",
    "bidirectional": "Bidirectional",
    "bleu": "BLEU",
    "calendar_features": "CalendarFeatures",
    "carry_forward": "CarryForward",
    "cells": "GRUCell LSTMCell RNNCell RecurrentCell SimpleRNNCell",
    "chords": "ChordDecoder ChordsBefore IndependentKeys",
    "clipping": "ClippedAdam GlobalNormClipping clip_by_global_norm",
    "conv_lstm": "ConvLSTM1D ConvLSTM2D ConvLSTM3D",
    "crf": "CRF crf_log_likelihood crf_marginals crf_viterbi",
    "crossentropy": "SmoothedCrossentropy",
    "decoding.beams": "beam_search repeat_rows",
    "decoding.forcing": "teacher_forcing",
    "decoding.rollout": "greedy gumbel_noise sample",
    "decoding.stepping": "Decoded",
    "deep": "Deep",
    "drop_in": "convert",
    "embedding": "Embedding OneHot TokenDropout",
    "feedback_decoder": "FeedbackDecoder",
    "gate_values": "Gates gates remembered",
    "gradient_flow": "GradientFlow gradient_norms plot_gradient_flow",
    "instance_scaling": "InstanceScaling",
    "layer_norm_cell": "LayerNormLSTMCell",
    "loops": "portable",
    "letters": "AffixEmbedding LetterEncoder",
    "masking": "SequenceMask sequence_mask",
    "older_activations": "hard_sigmoid",
    "ordered_quantiles": "OrderedQuantiles",
    "pooling": "SequencePooling",
    "recurrent": "GRU LSTM RNN SimpleRNN",
    "segment_forecaster": "SegmentForecaster",
    "standardize": "Standardize",
    "tied_embedding": "TiedEmbedding",
    "time_distributed": "TimeDistributed",
}  # by module; `__init__.pyi` has them for type checkers
_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_MODULES)


def __getattr__(name):
    if name not in _MODULES:
        raise AttributeError(f"module 'layers' has no attribute {name!r}; it has: {', '.join(__all__)}")
    return getattr(importlib.import_module(f"layers.{_MODULES[name]}"), name)


def register():
    """Loads every module, so that `keras.models.load_model` knows the layers of a saved model."""
    for module in _NAMES:
        importlib.import_module(f"layers.{module}")


def __dir__():
    return __all__
