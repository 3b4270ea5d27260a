"""Pretraining from texts to the artifact `<name>-pretrained`, which is made once for the same texts and settings.

saved_models/mine-pretrained/
    artifact.json      task "pretraining", where the texts came from
    config.json        sizes, cell, words learned from
    preprocessor.json  vocabulary
    model.keras        ids, lengths -> outputs of the recurrent layer; what other trainings take weights of
    metrics.json       perplexity of texts held out, beside those of unigrams and bigrams
    logs/log.csv       a row for each part of the training
"""

import dataclasses
import datetime
import itertools
import logging
import math
import time

import keras
import numpy as np

from pipelines.shared import progress
from pipelines.shared.artifacts import layout, succession, versions
from pipelines.shared.batches import bucketing
from pipelines.shared.data import provenance, stored
from pipelines.shared.pretraining import config as settings_of
from pipelines.shared.pretraining import counts, network, texts
from pipelines.shared.storage import baseline_files, disk, plain_json
from pipelines.shared.text import tokenization
from pipelines.shared.training import fitting

log = logging.getLogger("unroll")

HELD_OUT = 12_000  # words of the texts held out, at the most, and a twentieth of all
BATCH = 64  # windows of full length a step; more of shorter ones
LITTLE = 0.85  # of the perplexity of bigrams: with 0.96 of it IMDB gained nothing, with about 0.67 two points
MOSTLY = 0.5  # of the words are new ones: they are no words
PART = (50, 2_500_000)  # steps of a part at the least, and words at the most
EXACT = 4  # windows a step of validation, each with a score for every word of the vocabulary


def pretrained(path, labelled, source, config, asked, time=None):
    """The name of the pretrained artifact for a training at `path`; it is made if it is not there.

    Args:
        labelled: {split: examples} of the training. source: the texts without labels.
        config: settings of the training. asked: the names of those that the user set.
        time: seconds that the pretraining has, or None for the rule of `config`.
    """
    target = layout.folder_of(path.parent, f"{path.name}-pretrained")
    _check_place(target)
    with progress.stage("reading texts without labels"):
        kept, left_out = texts.apart(texts.texts_of(source, config), labelled)
    if left_out:
        log.warning("unlabelled: %d texts stand in validation or test too and are left out", left_out)
    chosen = settings_of.of(config, asked, time)
    everything = stored.Texts.of(itertools.chain(labelled["train"]["text"], kept))
    record = {"examples": provenance.fingerprint({"texts": {"text": everything}}), **dataclasses.asdict(chosen)}
    if _is_there(target, record):
        progress.line(f"{target.name} was pretrained on these texts already and is used as it is")
        return target.name
    with layout.alone(target, "train"):
        folder = layout.open_training(target, record, _can_go_on(target, record))
        with layout.stoppable(target, f"What was learned is in {folder}; the same call goes on with it"):
            facts = {"source": {"unlabelled": provenance.described(source)}, "pretrained_on": record}
            _train(target, folder, everything, chosen, facts)
    return target.name


def _check_place(target):
    """Refuses a folder that is another thing's, such as a classifier of that name."""
    succession.check_place(target)
    task = versions.facts_of(versions.located(target)).get("task", layout.PRETRAINED)
    if task != layout.PRETRAINED:
        raise ValueError(
            f"unlabelled: {target} is an artifact of the task {task}, and what the texts teach would take its place; "
            "give another name"
        )


def _is_there(target, record):
    facts = versions.facts_of(versions.located(target))
    return facts.get("pretrained_on") == record and not versions.damage(versions.located(target), layout.PRETRAINED)


def _can_go_on(target, record):
    """Whether a training that was cut off there had the same texts and settings."""
    folder = layout.beside(target, "training")
    try:
        return layout.begun(folder) and plain_json.read(folder / "settings.json") == record
    except (OSError, ValueError):
        return False


def _train(target, folder, everything, config, facts):
    started = time.perf_counter() - fitting.seconds(folder)
    with progress.stage("vocabulary of all texts"):
        config, preprocessor, windows = _read(everything, config)
    learned, held_out = _apart(windows)
    config = settings_of.sized(config, int(learned.lengths.sum()))
    size = len(preprocessor.vocabulary)
    prepared = _Prepared(preprocessor)
    with fitting.conditions(config):
        model = network.build(prepared, config, counts.shares(learned, size))
    config, parts = _parts(learned, config)
    _announce(learned, everything, size, config, parts)
    valid = _batches(held_out, EXACT)
    history = fitting.fit(model, parts, valid, config, folder, [Perplexity()], loss=network.mean_loss)
    metrics = _measured(history, counts.perplexities(learned, held_out, size))
    facts |= {
        "task": layout.PRETRAINED, "examples": {"train": len(everything)}, "words": int(learned.lengths.sum()),
        "training_seconds": round(time.perf_counter() - started, 1),
    }  # fmt: skip
    _save(target, folder, config, preprocessor, network.reader(model), metrics, facts)


def _read(everything, config):
    """(the config with its tokens, a `TextPreprocessor` of all texts, their windows)."""
    if config.tokens is None:
        pieces = texts.new_words(everything, config.lowercase) > MOSTLY
        config = dataclasses.replace(config, tokens="wordpiece" if pieces else "word")
    preprocessor = tokenization.adapt(
        everything, config.tokens, config.vocabulary_size, config.minimum_count, lowercase=config.lowercase
    )
    windows = texts.in_windows(preprocessor, everything)
    if len(windows) < 2:
        raise ValueError(f"unlabelled: expected texts of two words and more, received {len(everything)} of fewer")
    return config, preprocessor, windows


def _measured(history, baselines):
    """The perplexity of the best part beside those of counts, said in a line."""
    metrics = {"perplexity": math.exp(min(history["val_loss"]))}
    metrics |= {f"baseline_{name}_perplexity": value for name, value in baselines.items()}
    progress.line("; ".join(f"{name.replace('_', ' ')} {value:,.1f}" for name, value in metrics.items()))
    if metrics["perplexity"] > LITTLE * baselines["bigram"]:
        log.warning(
            "unlabelled: words are told hardly better than by counts of pairs of them (perplexity %.0f, %.0f), which "
            "helps the classes little; more texts or a longer pretraining_time would", metrics["perplexity"],
            baselines["bigram"],
        )  # fmt: skip
    return metrics


@dataclasses.dataclass
class _Prepared:
    """What `network` looks at, as in the preprocessors of tasks."""

    text: tokenization.TextPreprocessor


def _apart(windows):
    """(windows to learn from, windows held out): evenly drawn, up to `HELD_OUT` words and a twentieth of all."""
    count = max(1, min(int(HELD_OUT / max(1.0, windows.lengths.mean())), len(windows) // 20))
    rows = np.unique(np.linspace(0, len(windows) - 1, count).astype(int))
    return windows.picked(np.setdiff1d(np.arange(len(windows)), rows)), windows.picked(rows)


def _batches(windows, size, seed=None):
    return bucketing.bucketed(windows, np.zeros(len(windows), np.float32), size, 4, seed)


def _parts(windows, config):
    """(the config with as many epochs as the training has parts, their batches)."""
    words, longest = int(windows.lengths.sum()), int(windows.lengths.max())
    passes = settings_of.words_learned(config, words) / words
    size = max(8, int(BATCH * texts.WINDOW / max(windows.lengths.mean(), longest / 2)))
    batches = _batches(windows, min(size, max(1, len(windows) // 8)), config.seed)
    steps = math.ceil(passes * int(batches.cardinality()))
    most = int(PART[1] / words * int(batches.cardinality()))
    in_part = max(1, min(steps, max(PART[0], min(most, -(-steps // config.epochs)))))
    epochs = -(-steps // in_part)
    part = batches.repeat().take(in_part)
    part.resumed = lambda done: batches.repeat().skip(done)
    return dataclasses.replace(config, epochs=epochs), part


def _announce(windows, everything, size, config, parts):
    seen = config.epochs * int(parts.cardinality())
    progress.line(
        f"pretraining: {len(everything):,} texts of {int(windows.lengths.sum()):,} words, {size:,} of them distinct; "
        f"{config.cell} {config.units}, {seen:,} steps in {config.epochs} parts"
    )


class Perplexity(keras.callbacks.Callback):
    """Adds val_perplexity to the logs of an epoch."""

    def on_epoch_end(self, epoch, logs=None):
        logs["val_perplexity"] = math.exp(min(50.0, logs["val_loss"]))


def _save(target, folder, config, preprocessor, reader, metrics, facts):
    with succession.replacing(target) as staged:
        number = versions.following(target)
        trained = datetime.datetime.now().astimezone().isoformat(" ", "seconds")
        facts |= {"version": number, "last_version": number, "trained": trained, "parameters": reader.count_params()}
        layout.write_json(staged / "config.json", dataclasses.asdict(config))
        layout.write_json(staged / "preprocessor.json", {"text": preprocessor.state()})
        layout.write_json(staged / "metrics.json", metrics)
        baseline_files.save(staged, {name: np.float64(value) for name, value in metrics.items()})
        reader.save(staged / "model.keras")
        (staged / "logs").mkdir()
        (staged / "logs" / "log.csv").write_bytes((folder / "log.csv").read_bytes())
        layout.seal(staged, facts)
    disk.discard(folder)
