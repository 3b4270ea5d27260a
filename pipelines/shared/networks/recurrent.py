"""Recurrent layers as a task's settings say: one of them, or several one on another."""

import keras

import layers

SEQUENCE_LAYERS = {"lstm": layers.LSTM, "gru": layers.GRU}


def layer(config, return_sequences=True, return_state=False, **options):
    """One recurrent layer: (batch, time, features) -> (batch, time, config.units), or the last step alone.

    Args:
        config: with `settings.Recurrent`.
        return_sequences, return_state: as of `layers.RNN`.
        **options: of the cell, such as kernel_initializer.
    """
    returned = {"return_sequences": return_sequences, "return_state": return_state}
    options = {"recurrent_dropout": config.recurrent_dropout, **options}
    if config.cell == "rnn":
        return layers.RNN(layers.RNNCell(config.units, **options), **returned)
    return SEQUENCE_LAYERS[config.cell](config.units, **returned, **options)


def stack(config, bidirectional=False, return_sequences=True, name=None, **options) -> keras.layers.Layer:
    """`config.depth` layers one on another: (batch, time, features) -> (batch, time, units).

    Args:
        config: with `settings.Recurrent`; its `dropout` is between the layers.
        bidirectional: each layer reads backwards too, and gives twice the units.
        return_sequences: of the last layer; if not, it gives (batch, units) of the last real step.
        **options: as of `layer`.
    """
    last = config.depth - 1
    levels = [layer(config, return_sequences or level < last, **options) for level in range(config.depth)]
    if bidirectional:
        levels = [layers.Bidirectional(level) for level in levels]
    return layers.Deep(levels, dropout=config.dropout, name=name)
