"""Whole Keras models as its examples have them, before and after `layers.convert`: an epoch's time, and the numbers.

    python benchmarks/layers_models.py                        # about 10 minutes on two processors
    python benchmarks/layers_models.py --models crnn --epochs 2 --examples 64

Data is made up, in the shapes of the examples: reviews of 200 words for two bidirectional LSTMs (IMDB), sequences of
characters for an encoder and a decoder, pictures of words for convolutions and two bidirectional LSTMs, moving pictures
and windows of sensors for convolutional LSTMs. Both models start from the same weights and see the same batches by
`fit`, in turn, epoch by epoch; the first epoch of each, which traces and compiles, is told apart. The numbers: the
greatest difference of two predictions before training, and losses.
"""

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def reviews(examples, draw):
    """Bidirectional LSTM on IMDB -> (model, inputs, labels)."""
    import keras

    words = keras.Input([None], dtype="int32")
    x = keras.layers.Embedding(20000, 128)(words)
    x = keras.layers.Bidirectional(keras.layers.LSTM(64, return_sequences=True))(x)
    x = keras.layers.Bidirectional(keras.layers.LSTM(64))(x)
    model = keras.Model(words, keras.layers.Dense(1, activation="sigmoid")(x))
    return model, draw.integers(1, 20000, (examples, 200)), draw.integers(0, 2, (examples, 1)), "binary_crossentropy"


def seq2seq(examples, draw):
    """Characters to characters: the encoder's states start the decoder."""
    import keras

    source, target = keras.Input([None, 72]), keras.Input([None, 93])
    _, *states = keras.layers.LSTM(256, return_state=True)(source)
    x = keras.layers.LSTM(256, return_sequences=True)(target, initial_state=states)
    model = keras.Model([source, target], keras.layers.Dense(93, activation="softmax")(x))
    shapes = (examples, 40, 72), (examples, 50, 93)
    inputs = [draw.integers(0, 2, shape).astype("float32") for shape in shapes]
    return model, inputs, draw.integers(0, 93, (examples, 50)), "sparse_categorical_crossentropy"


def crnn(examples, draw):
    """Words in pictures: convolutions, then two bidirectional LSTMs over the width."""
    import keras

    pictures, x = (keras.Input([200, 50, 1]),) * 2
    for filters in (32, 64):
        x = keras.layers.Conv2D(filters, 3, activation="relu", padding="same")(x)
        x = keras.layers.MaxPooling2D(2)(x)
    x = keras.layers.Dense(64, activation="relu")(keras.layers.Reshape([50, 12 * 64])(x))
    for units in (128, 64):
        x = keras.layers.Bidirectional(keras.layers.LSTM(units, return_sequences=True, dropout=0.25))(x)
    model = keras.Model(pictures, keras.layers.Dense(21, activation="softmax")(x))
    inputs = draw.random((examples, 200, 50, 1), "float32")
    return model, inputs, draw.integers(0, 21, (examples, 50)), "sparse_categorical_crossentropy"


def frames(examples, draw):
    """The next of ten pictures: convolutional LSTMs; an example is as much work as 16 of the others."""
    import keras

    pictures, x = (keras.Input([None, 32, 32, 1]),) * 2
    for size in (5, 3, 1):
        x = keras.layers.ConvLSTM2D(32, size, padding="same", return_sequences=True, activation="relu")(x)
        x = keras.layers.BatchNormalization()(x)
    model = keras.Model(pictures, keras.layers.Conv3D(1, 3, activation="sigmoid", padding="same")(x))
    inputs = draw.random((max(examples // 16, 1), 10, 32, 32, 1), "float32")
    return model, inputs, draw.integers(0, 2, inputs.shape), "binary_crossentropy"


def sensors(examples, draw):
    """Movements by nine sensors, in windows of 32 numbers: a convolutional LSTM of rows."""
    import keras

    windows = keras.Input([None, 32, 9])
    x = keras.layers.Flatten()(keras.layers.ConvLSTM1D(64, 3, activation="relu")(windows))
    model = keras.Model(windows, keras.layers.Dense(6, activation="softmax")(x))
    inputs = draw.random((examples, 4, 32, 9), "float32")
    return model, inputs, draw.integers(0, 6, examples), "sparse_categorical_crossentropy"


MODELS = {"reviews": reviews, "seq2seq": seq2seq, "crnn": crnn, "frames": frames, "sensors": sensors}


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--examples", type=int, default=1024, help="examples an epoch (default 1024)")
    parser.add_argument("--epochs", type=int, default=5, help="epochs of each, the first told apart (default 5)")
    parser.add_argument("--batch-size", type=int, default=32)
    return parser.parse_args(arguments)


def compared(make, options):
    """-> {name: [seconds of each epoch, the last loss]}, the greatest difference of predictions before training."""
    import numpy as np

    import layers

    stock, inputs, labels, loss = make(options.examples, np.random.default_rng(0))
    models = {"Keras": stock, "converted": layers.convert(stock)}
    few = [x[:32] for x in inputs] if isinstance(inputs, list) else inputs[:32]
    answers = [model.predict(few, verbose=0) for model in models.values()]
    taken = {name: [[], None] for name in models}
    for model in models.values():
        model.compile("adam", loss)
    for _ in range(options.epochs):
        for name, model in models.items():
            start = time.perf_counter()
            history = model.fit(inputs, labels, batch_size=options.batch_size, shuffle=False, verbose=0)
            taken[name][0].append(time.perf_counter() - start)
            taken[name][1] = history.history["loss"][-1]
    return taken, np.abs(answers[0] - answers[1]).max()


def main():
    options = parse()
    print(
        f"{options.examples} examples, batches of {options.batch_size}, {options.epochs} epochs; load {os.getloadavg()}"
    )
    print("| model | | first epoch, s | an epoch, s | x Keras | loss | predictions before training differ by |")
    print("|---|---|---|---|---|---|---|")
    for name in options.models:
        taken, difference = compared(MODELS[name], options)
        stock = statistics.median(taken["Keras"][0][1:] or taken["Keras"][0])
        for kind, ((first, *rest), loss) in taken.items():
            epoch = statistics.median(rest or [first])
            times = f"{first:.1f} | {epoch:.2f} | {stock / epoch:.2f}"
            print(f"| {name} | {kind} | {times} | {loss:.4f} | {difference:.1e} |", flush=True)


if __name__ == "__main__":
    main()
