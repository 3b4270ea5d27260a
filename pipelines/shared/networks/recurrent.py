"""Recurrent layers by a task's settings: a single one, or a stack."""

import keras

import layers

SEQUENCE_LAYERS = {"lstm": layers.LSTM, "gru": layers.GRU}


def layer(config, return_sequences=True, return_state=False, **options):
    """One recurrent layer: (batch, time, features) -> (batch, time, config.units), or the last step alone.

    Args:
        config: settings that include `settings.Recurrent`.
        return_sequences, return_state: as in `layers.RNN`.
        **options: of the cell, such as kernel_initializer.
    """
    returned = {"return_sequences": return_sequences, "return_state": return_state}
    options = {"recurrent_dropout": config.recurrent_dropout, **options}
    if config.cell == "rnn":
        return layers.RNN(layers.RNNCell(config.units, **options), **returned)
    return SEQUENCE_LAYERS[config.cell](config.units, **returned, **options)


def stack(config, bidirectional=False, return_sequences=True, name=None, **options) -> keras.layers.Layer:
    """A stack of `config.depth` layers: (batch, time, features) -> (batch, time, units).

    Args:
        config: settings that include `settings.Recurrent`; its `dropout` is applied between the layers.
        bidirectional: each layer reads backwards too, and returns twice the units.
        return_sequences: of the last layer; if False, it returns (batch, units) of the last real step.
        **options: as in `layer`.
    """
    last = config.depth - 1
    levels = [layer(config, return_sequences or level < last, **options) for level in range(config.depth)]
    if bidirectional:
        levels = [layers.Bidirectional(level) for level in levels]
    return layers.Deep(levels, dropout=config.dropout, name=name)
