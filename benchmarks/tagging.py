"""The numbers of the tagging pipeline, one command each; each prints lines for README's table.

    python benchmarks/tagging.py sample                         the built-in sample
    python benchmarks/tagging.py ewt --folder FOLDER            universal parts of speech of English EWT
    python benchmarks/tagging.py ewt --folder FOLDER --tag-column xpos
    python benchmarks/tagging.py baselines --folder FOLDER      both baselines, no training
    python benchmarks/tagging.py splitting --folder FOLDER      words out of text, learned and by the rules alone

FOLDER holds en_ewt-ud-train.conllu and en_ewt-ud-dev.conllu of Universal Dependencies (2.16). Validation is cut off
from the training sentences; dev is only the test. Defaults alone but for the seed and what is named.
"""

import argparse
import pathlib
import sys
import tempfile
import time

# Before this folder, in which another module is called layers.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import pipelines
from benchmarks.machine import machine


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], allow_abbrev=False)
    parser.add_argument("what", choices=sorted(BENCHMARKS))
    parser.add_argument("--folder", type=pathlib.Path, help="holds en_ewt-ud-train.conllu and en_ewt-ud-dev.conllu")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tag-column", default=None)
    parser.add_argument("--crf", action=argparse.BooleanOptionalAction, default=None)
    arguments = parser.parse_args()
    if arguments.folder is None and arguments.what != "sample":
        parser.error(f"{arguments.what}: expected --folder with en_ewt-ud-train.conllu and en_ewt-ud-dev.conllu in it")
    BENCHMARKS[arguments.what](arguments)


def paths(arguments):
    """The training and the development part."""
    return [str(arguments.folder / f"en_ewt-ud-{part}.conllu") for part in ("train", "dev")]


def trained(arguments, *sources, **options):
    """Trains in a temporary folder and prints the numbers."""
    with tempfile.TemporaryDirectory() as directory:
        started, spent = time.perf_counter(), time.process_time()
        artifact = pipelines.tagging.train(*sources, directory=directory, seed=arguments.seed, **options)
        seconds, spent = time.perf_counter() - started, time.process_time() - spent
    names = ("accuracy", "accuracy_unknown", "sentence_accuracy", "macro_f1", "split_f1")
    shown = "  ".join(f"{name} {artifact.metrics[name]:.4f}" for name in names if name in artifact.metrics)
    others = [f"{name} {artifact.metrics[f'baseline_{name}_accuracy']:.4f}" for name in ("linear", "frequent")]
    print(
        f"{arguments.what}: {shown}  {'  '.join(others)}  on {artifact.metrics['examples']:,.0f} words, "
        f"{len(artifact.history['loss'])} epochs, training {artifact.facts['training_seconds']:.0f} s, all "
        f"{seconds:.0f} s ({spent:.0f} of processors), seed {arguments.seed}, {machine()}"
    )


def sample(arguments):
    trained(arguments)


def ewt(arguments):
    train, dev = paths(arguments)
    trained(arguments, train, test=dev, tag_column=arguments.tag_column, crf=arguments.crf)


def _examples(arguments):
    from pipelines.tagging import data

    config = pipelines.tagging.Config(tag_column=arguments.tag_column)
    return [data.load_examples(path, config) for path in paths(arguments)]


def baselines(arguments):
    from pipelines.tagging import baselines, scores

    train, dev = _examples(arguments)
    started = time.perf_counter()
    fitted = baselines.learn(train["tokens"], train["tags"])
    seconds = time.perf_counter() - started
    for name, said in fitted.answers(dev["tokens"]).items():
        print(f"{name}: accuracy {scores.of_tags(list(dev['tags']), said)['accuracy']:.4f}")
    print(f"both fitted in {seconds:.0f} s, {machine()}")


def splitting(arguments):
    from pipelines.tagging import preprocessor, scores
    from pipelines.tagging.words import forms, splitting

    train, dev = _examples(arguments)
    learned = splitting.learn(train)
    kinds = {
        "learned": learned, "rules and marks alone": splitting.Splitter("treebank", learned.inner),
        "blanks": splitting.Splitter("blanks"),
    }  # fmt: skip
    for name, splitter in kinds.items():
        prepared = preprocessor.Preprocessor(forms.adapt({"a": 1}, 3, 1, 2), ["X"], splitter)
        print(f"{name}: F1 of words {scores.split(prepared, dev)['split_f1']:.4f}")


BENCHMARKS = {"sample": sample, "ewt": ewt, "baselines": baselines, "splitting": splitting}

if __name__ == "__main__":
    main()
