"""The numbers of the sentiment pipeline, one command each; each prints a line for README's table.

    python benchmarks/sentiment.py sample                       the main job
    python benchmarks/sentiment.py imdb --data FOLDER           FOLDER/imdb/train.csv: text, label
    python benchmarks/sentiment.py unlabelled --data FOLDER     IMDB, after its unlabelled reviews: imdb/unlabelled.txt
    python benchmarks/sentiment.py sst2 --data FOLDER           FOLDER/sst2/train.tsv and dev.tsv
    python benchmarks/sentiment.py subj --data FOLDER           FOLDER/subj.csv, and so cr and mpqa
    python benchmarks/sentiment.py mpqa --data FOLDER --folds 10    as published: each tenth is the test of the others
    python benchmarks/sentiment.py paired --outcomes KEPT       all sets that were trained with --outcomes KEPT, as one
    python benchmarks/sentiment.py padding --data FOLDER        share of all tokens that is padding
    python benchmarks/sentiment.py throughput --data FOLDER     beside the same network of stock Keras layers
    python benchmarks/sentiment.py import                       seconds of `import pipelines`

Trainings have no settings: the data choose them. The test is a tenth, cut off by content, which neither settings nor
stopping see; of SST-2 it is dev, and with --test FILE another one. `--seeds 0 1 2` trains thrice and prints the mean;
`--outcomes KEPT` keeps which texts of the test are told right. `paired` tests the network against the better of the two
linear models of each set: of every text the mean over the seeds of right answers, less the linear model's; then their
mean and standard error over the texts of a set, and over the sets, of which each counts as much.
Each says its data, seeds, time and machine. Trainings take minutes; throughput is measured interleaved in one run.
`unlabelled` takes an hour and a half on two cores (`--pretraining-time` sets how long it learns to tell words), says
what the network reaches without n-grams too, and keeps its artifacts in `--directory`; after a kill it goes on.
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
from pipelines.shared.metrics import outcomes

SETS = {"imdb": "imdb/train.csv", "sst2": "sst2/train.tsv", "subj": "subj.csv", "cr": "cr.csv", "mpqa": "mpqa.csv"}
BASELINES = {"NB-SVM": "baseline_nbsvm_accuracy", "tf-idf": "baseline_linear_accuracy",
             "majority": "baseline_majority_accuracy"}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], allow_abbrev=False)
    parser.add_argument("what", choices=sorted(BENCHMARKS))
    parser.add_argument("--data", type=pathlib.Path, metavar="FOLDER", help="holds imdb/, sst2/ and the others")
    parser.add_argument("--test", metavar="FILE", help="a test of its own, such as IMDB's official one")
    parser.add_argument("--directory", type=pathlib.Path, help="where `unlabelled` keeps artifacts, and goes on")
    parser.add_argument("--pretraining-time", help="such as 1h")
    parser.add_argument("--outcomes", type=pathlib.Path, metavar="KEPT", help="folder for a set's and seed's answers")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--folds", type=int, help="drawn by chance, each the test of a training on the others")
    parser.add_argument("--rounds", type=int, default=20, help="of throughput")
    arguments = parser.parse_args()
    if arguments.what == "paired":
        if arguments.outcomes is None:
            parser.error("paired: expected --outcomes KEPT, the folder of earlier trainings with --outcomes")
    elif arguments.data is None and arguments.what not in ("sample", "import"):
        parser.error(f"{arguments.what}: expected --data FOLDER with imdb/, sst2/ and the others in it")
    others = arguments.test or arguments.outcomes or len(arguments.seeds) > 1
    if arguments.folds is not None and (arguments.what not in SETS or others or arguments.folds < 2):
        parser.error(
            f"--folds: expected 2 and more, of {', '.join(SETS)}, with one seed, without --test and --outcomes"
        )
    BENCHMARKS[arguments.what](arguments)


def train(arguments, data=None, test=None):
    """Trains in a temporary folder, without a setting, and prints a row of README's table."""
    runs = []
    for seed in arguments.seeds:
        with tempfile.TemporaryDirectory() as directory:
            started = time.perf_counter()
            artifact = pipelines.sentiment.train(data, test=test, directory=directory, seed=seed, quiet=True)
            runs.append((artifact.metrics, time.perf_counter() - started))
            if arguments.outcomes:
                kept = arguments.outcomes / arguments.what / str(seed)
                kept.mkdir(parents=True, exist_ok=True)
                artifact.outcomes().save(kept)
        print(f"seed {seed}: accuracy {artifact.metrics['accuracy']:.4f}; {artifact.verdict}", flush=True)
    metrics, _ = runs[0]
    accuracy = statistics.fmean(metrics["accuracy"] for metrics, _ in runs)
    others = "  ".join(f"{name} {metrics[key]:.4f}" for name, key in BASELINES.items())
    print(
        f"{arguments.what}: accuracy {accuracy:.4f}, mean of seeds {arguments.seeds}  {others}  on "
        f"{metrics['examples']:.0f} examples, {statistics.fmean(seconds for _, seconds in runs):.0f} s a training with "
        f"everything, {machine()}"
    )


def sample(arguments):
    train(arguments)


def labelled(arguments):
    if arguments.folds:
        return folds(arguments)
    dev = str(arguments.data / "sst2" / "dev.tsv") if arguments.what == "sst2" else None
    train(arguments, str(arguments.data / SETS[arguments.what]), arguments.test or dev)


def folds(arguments):
    """Every text is told once, by a training on the folds that lack it; means of the folds, which are of equal size."""
    import pandas

    path, (seed,) = arguments.data / SETS[arguments.what], arguments.seeds
    texts = pandas.read_csv(path, sep="\t" if path.suffix == ".tsv" else ",", quoting=3 if path.suffix == ".tsv" else 0)
    fold = np.random.default_rng(0).permutation(len(texts)) % arguments.folds
    names, parts = {"ours": "accuracy", **BASELINES}, []
    started = time.perf_counter()
    for number in range(arguments.folds):
        train, test = texts[fold != number], texts[fold == number]
        with tempfile.TemporaryDirectory() as directory:
            artifact = pipelines.sentiment.train(train, test=test, directory=directory, seed=seed, quiet=True)
        parts.append([artifact.metrics[key] for key in names.values()])
        said = "  ".join(f"{name} {value:.4f}" for name, value in zip(names, parts[-1], strict=True))
        print(f"fold {number + 1}: {said}", flush=True)
    means = "  ".join(f"{name} {value:.4f}" for name, value in zip(names, np.mean(parts, axis=0), strict=True))
    ours, nbsvm = np.array(parts)[:, :2].T
    error = np.std(ours - nbsvm, ddof=1) / arguments.folds**0.5
    print(
        f"{arguments.what}, {arguments.folds} folds of {len(texts):,} texts: {means}  ours less NB-SVM "
        f"{np.mean(ours - nbsvm):+.4f} +- {error:.4f}, seed {seed}, {time.perf_counter() - started:.0f} s, {machine()}"
    )


def unlabelled(arguments):
    """IMDB after its unlabelled reviews, with one seed."""
    from pipelines.shared.artifacts import layout

    (seed,) = arguments.seeds
    data, directory = arguments.data / "imdb", arguments.directory or pathlib.Path(tempfile.mkdtemp())
    started = time.perf_counter()
    artifact = pipelines.sentiment.train(
        str(data / "train.csv"), test=arguments.test, unlabelled=str(data / "unlabelled.txt"), name="imdb", seed=seed,
        pretraining_time=arguments.pretraining_time, directory=directory,
        resume=layout.begun(directory / "imdb.training"),
    )  # fmt: skip
    metrics, network = artifact.metrics, alone(artifact, artifact.splits["test"])
    others = "  ".join(f"{name} {metrics[key]:.4f}" for name, key in BASELINES.items())
    print(
        f"imdb after its unlabelled reviews: accuracy {metrics['accuracy']:.4f}, the network without n-grams "
        f"{network:.4f}  {others}  on {metrics['examples']:.0f} examples, seed {seed}, "
        f"{time.perf_counter() - started:.0f} s with everything, {machine()}\n{artifact.verdict}"
    )


def alone(artifact, examples):
    """The accuracy of the network's own scores, without those of n-grams."""
    import keras

    from pipelines.shared.batches import bucketing

    scores = keras.Model(artifact.model.input, artifact.model.get_layer("scores").output)
    sequences = artifact.preprocessor.sequences(examples["text"])
    right, classes = 0, artifact.preprocessor.classes(examples["label"])
    for positions, ids, lengths in bucketing.in_length_order(sequences, 128):
        answers = np.argmax(scores({"ids": ids, "lengths": lengths}, training=False), axis=-1)
        right += int(np.sum(answers == classes[positions]))
    return right / len(classes)


def paired(arguments):
    means, errors = [], []
    for folder in sorted(path for path in arguments.outcomes.iterdir() if path.is_dir()):
        seeds = [outcomes.load(seed) for seed in sorted(folder.iterdir())]
        right = {name: np.mean([one.sums[name][:, 0] for one in seeds], axis=0) for name in seeds[0].sums}
        better = max(("linear", "nbsvm"), key=lambda name: right[name].mean())
        means.append(_said(folder.name, right[""] - right[better], f"{len(seeds)} seeds, {seeds[0].names[better]}"))
        errors.append(np.std(right[""] - right[better], ddof=1) / len(right[""]) ** 0.5)
    mean, error = np.mean(means), np.sqrt(np.square(errors).sum()) / len(errors)
    p = 2 * statistics.NormalDist().cdf(-abs(mean / error))
    print(f"all {len(means)} sets: {mean:+.4f} +- {error:.4f}, p = {p:.2g}")


def _said(name, differences, words):
    """Prints a set's mean difference, and returns it."""
    error = np.std(differences, ddof=1) / len(differences) ** 0.5
    print(f"{name}: {differences.mean():+.4f} +- {error:.4f} on {len(differences):,} texts, {words}")
    return differences.mean()


def _imdb_batches(arguments, **options):
    from pipelines import sentiment, settings
    from pipelines.shared.training import choosing

    task = sentiment.task
    config = settings.create(sentiment.Config, options)
    splits = task.load_splits(str(arguments.data / SETS["imdb"]), None, None, config, False)
    config, _ = choosing.settled(task, splits["train"], config)
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
    **dict.fromkeys(SETS, labelled),
    "unlabelled": unlabelled,
    "paired": paired,
    "padding": padding,
    "throughput": throughput,
    "import": import_time,
}

if __name__ == "__main__":
    main()
