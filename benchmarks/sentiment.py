"""The numbers of the sentiment pipeline, one command each; each prints a line for README's table.

    python benchmarks/sentiment.py sample                       the main job
    python benchmarks/sentiment.py imdb --data FOLDER           FOLDER/imdb/train.csv: text, label
    python benchmarks/sentiment.py sst2 --data FOLDER           FOLDER/sst2/train.tsv and dev.tsv
    python benchmarks/sentiment.py padding --data FOLDER        share of all tokens that is padding
    python benchmarks/sentiment.py throughput --data FOLDER     beside the same network of stock Keras layers
    python benchmarks/sentiment.py import                       seconds of `import pipelines`

Each says its data, seed, time and machine. Trainings take minutes; throughput is measured interleaved in one run.
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

# Before this folder, in which another module is called layers.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import pipelines
from benchmarks.machine import machine

IMDB = {
    "cell": "gru", "embedding_size": 128, "word_dropout": 0.65, "embedding_dropout": 0.3, "pooling": "max_mean",
    "dropout": 0.5, "schedule": "cosine", "epochs": 5, "patience": 5, "max_length": 512,
}  # fmt: skip
SST2 = {
    "cell": "gru", "units": 32, "embedding_initializer": "class_ratios", "word_dropout": 0.6, "embedding_dropout": 0.3,
    "pooling": "attention", "dropout": 0.5, "schedule": "cosine", "learning_rate": 1e-3, "epochs": 8, "patience": 8,
    "batch_size": 32, "buckets": 4, "valid_fraction": 0.05, "monitor": "val_loss",
}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], allow_abbrev=False)
    parser.add_argument("what", choices=sorted(BENCHMARKS))
    parser.add_argument("--data", type=pathlib.Path, metavar="FOLDER", help="holds imdb/ and sst2/")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=20, help="of throughput")
    arguments = parser.parse_args()
    if arguments.data is None and arguments.what not in ("sample", "import"):
        parser.error(f"{arguments.what}: expected --data FOLDER with imdb/ and sst2/ in it")
    BENCHMARKS[arguments.what](arguments)


def train(arguments, data=None, **options):
    """Trains in a temporary folder and prints a row of README's table."""
    with tempfile.TemporaryDirectory() as directory:
        started = time.perf_counter()
        artifact = pipelines.sentiment.train(data, directory=directory, seed=arguments.seed, **options)
        seconds = time.perf_counter() - started
    metrics = artifact.metrics
    print(
        f"{arguments.what}: accuracy {metrics['accuracy']:.4f}  linear {metrics['baseline_linear_accuracy']:.4f}  "
        f"majority {metrics['baseline_majority_accuracy']:.4f}  on {metrics['examples']:.0f} examples, "
        f"{len(artifact.history['loss'])} epochs, training {artifact.facts['training_seconds']:.0f} s, "
        f"all {seconds:.0f} s, seed {arguments.seed}, {machine()}"
    )


def sample(arguments):
    train(arguments)


def imdb(arguments):
    """Validation and test are the same 10 %, cut off by content: the official test set is not touched."""
    source = str(arguments.data / "imdb" / "train.csv")
    train(arguments, source, test_fraction=0.0, **IMDB)


def sst2(arguments):
    """Validation is cut off from the training sentences; dev is only the test."""
    folder = arguments.data / "sst2"
    train(arguments, str(folder / "train.tsv"), test=str(folder / "dev.tsv"), **SST2)


def _imdb_batches(arguments, **options):
    from pipelines import sentiment, settings

    task = sentiment.task
    config = settings.create(sentiment.Config, {**IMDB, **options})
    splits = task.load_splits(str(arguments.data / "imdb" / "train.csv"), None, None, config, False)
    preprocessor = task.preprocessor.prepare(splits["train"], config)
    return task, config, preprocessor, task.preprocessor.batches(preprocessor, splits["train"], config, True)


def padding(arguments):
    _, config, _, batches = _imdb_batches(arguments)
    real = padded = 0
    for inputs, _ in batches:
        real += int(np.sum(inputs["lengths"]))
        padded += int(np.prod(inputs["ids"].shape))
    print(f"padding: {1 - real / padded:.3f} of all tokens, IMDB, {config.buckets} buckets, {padded:,} tokens an epoch")


def throughput(arguments):
    """Times training steps on the same IMDB batches, ours and stock Keras in turn, for LSTM and GRU."""
    for cell in ("lstm", "gru"):
        _throughput(arguments, *_imdb_batches(arguments, cell=cell, word_dropout=0.0))


def _throughput(arguments, task, config, preprocessor, batches):
    import keras

    models = {"ours": task.network.build(preprocessor, config), "stock Keras": stock_model(preprocessor, config)}
    for model in models.values():
        model.compile(keras.optimizers.Adam(config.learning_rate), **task.network.compiled(config))
    chosen = [batch for batch, _ in zip(batches, range(arguments.rounds), strict=False)]
    seconds = {name: [] for name in models}
    for measured in (False, True):  # the first pass traces
        for inputs, targets in chosen:
            for name, model in models.items():
                started = time.perf_counter()
                model.train_on_batch(inputs, targets)
                if measured:
                    seconds[name].append(time.perf_counter() - started)
    tokens = sum(int(np.sum(inputs["lengths"])) for inputs, _ in chosen)
    ours, stock = (tokens / sum(seconds[name]) for name in models)
    ratios = [stock / own for own, stock in zip(*seconds.values(), strict=True)]
    print(
        f"throughput, {config.cell}: {ours:,.0f} tokens/s, stock Keras {stock:,.0f}, ratio {ours / stock:.2f} "
        f"(median of the steps {statistics.median(ratios):.2f}), {len(chosen)} batches, {machine()}"
    )


def stock_model(preprocessor, config):
    """The network of the pipeline, made of stock Keras layers."""
    import keras

    ids = keras.Input((None,), dtype="int32", name="ids")
    lengths = keras.Input((), dtype="int32", name="lengths")
    embedding = keras.layers.Embedding(len(preprocessor.text.vocabulary), config.embedding_size, mask_zero=True)
    x = keras.layers.Dropout(config.embedding_dropout)(embedding(ids))
    layer = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[config.cell]
    x = keras.layers.Bidirectional(layer(config.units, return_sequences=True))(x, mask=embedding.compute_mask(ids))
    pools = [keras.layers.GlobalMaxPooling1D()(x), keras.layers.GlobalAveragePooling1D()(x)]
    x = keras.layers.Dropout(config.dropout)(keras.layers.Concatenate()(pools))
    y = keras.layers.Dense(len(preprocessor.labels), "softmax")(x)
    return keras.Model({"ids": ids, "lengths": lengths}, y)


def import_time(arguments):
    code = "import time; t = time.perf_counter(); import pipelines; print(time.perf_counter() - t)"
    runs = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout) for _ in range(5)
    ]
    print(f"import: {statistics.median(runs):.3f} s, median of {len(runs)}")


BENCHMARKS = {
    "sample": sample,
    "imdb": imdb,
    "sst2": sst2,
    "padding": padding,
    "throughput": throughput,
    "import": import_time,
}

if __name__ == "__main__":
    main()
