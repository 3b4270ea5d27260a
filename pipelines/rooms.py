"""The rooms of a task: what each of its modules must hold.

    pipelines/music/network.py holds `build`, `compiled`, ... as `Network` says them, and so does every task's

A room is a module of the task's package, or anything with these functions; see `pipelines.Task`. What a room of yours
lacks is as in `shared.defaults`, where that has it. Words used here:

    examples    a mapping of columns, {name: list}, all lists of the same length
    splits      {"train": examples, "valid": examples}, and "test" if there is one
    artifact    a `pipelines.artifact.Artifact`: .model, .config, .preprocessor, .baseline, .infer
    tensors     {name: array}, the inputs of a signature, padded to one length
    answers     {name: array}, the outputs of a signature
"""

import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

Examples = Mapping[str, Sequence]
Splits = Mapping[str, Examples]
Tensors = Mapping[str, Any]
Inputs = list  # raw inputs, as `Data.read_inputs` gives them


class Data(Protocol):
    """data.py: any source to examples, checked at the door."""

    SPLIT_RULE: int
    """The version of the rule by which `load_splits` cuts, which artifacts keep: one more with each change of what
    falls in which split, so that an artifact of before is not scored on its training rows."""

    def load_splits(self, data, valid, test, config, download: bool = False) -> Splits:
        """The splits of sources as of `Task.train`; what is None is cut off from `data`, which is None for the sample.

        Raises:
            ValueError, TypeError, FileNotFoundError: one line, which names the source, its line and what was expected.
        """
        ...

    def load_examples(self, data, config, download: bool = False) -> Examples:
        """All of one source, as `evaluate` takes it; None is the sample."""
        ...

    def read_inputs(self, inputs, config) -> Inputs:
        """Raw inputs for `predict`: one, a list of them, or those in a file."""
        ...


class Sample(Protocol):
    """sample.py: the built-in sample."""

    VERSION: int
    """Of what `generate` gives for a seed, which artifacts keep: one more with each change of it."""

    def generate(self, seed: int = 0) -> Any:
        """What `Data.load_examples` makes examples of; the same seed gives the same."""
        ...


class Preprocessor(Protocol):
    """preprocessor.py: raw examples to tensors and back."""

    def prepare(self, examples: Examples, config) -> Any:
        """A preprocessor, of the training split alone.

        It has `state()`, which is plain JSON, and `module`, a tf.Module whose tables a SavedModel has to hold, or None.
        """
        ...

    def restore(self, state: Mapping) -> Any:
        """The preprocessor of a `state()`."""
        ...

    def batches(self, preprocessor, examples: Examples, config, training: bool) -> Any:
        """A `tf.data.Dataset` of (inputs of the network, targets) or (inputs, targets, weights of the targets).

        The batch is the first axis of each, and the number of batches is known. In training the order is another in
        each epoch, and the same for the same seed.
        """
        ...


class Network(Protocol):
    """network.py: what is trained."""

    LOOKS_BACK: Mapping[str, Any]
    """{setting: value} with which the network looks back alone, so that an export can add the signature `step`; empty
    where it never does, or has a `step` of its own."""

    def build(self, preprocessor, config) -> Any:
        """A `keras.Model` of what `Preprocessor.batches` gives, with named inputs."""
        ...

    def compiled(self, config) -> Mapping[str, Any]:
        """{"loss", "metrics"}, as of `keras.Model.compile`."""
        ...

    def watch(self, model, preprocessor, examples: Examples, config) -> list:
        """Callbacks of Keras that add numbers of the validation examples to an epoch's logs."""
        ...

    def infer(self, artifact) -> Callable:
        """The network as a function of tensors, traced once for any batch and any time."""
        ...


class Answers(Protocol):
    """answers.py: raw inputs to what a user wants to know."""

    VERBS: Mapping[str, Callable]
    """{name: function of an artifact}: verbs of this task alone."""

    def answer(self, artifact, inputs: Inputs, **options) -> list:
        """An answer an input, in their order; plain values. **options are the task's own."""
        ...


class Scores(Protocol):
    """scores.py: how good a model is. What it says of the examples is found once, by `answered`."""

    WORTH_A_WARNING: Mapping[str, float]
    """{metric: the loss of it by rounded weights that an export warns of}."""

    def answered(self, artifact, examples: Examples) -> Any:
        """What `score` and the report need of the artifact's answers to the examples."""
        ...

    def score(self, artifact, examples: Examples, answered) -> dict[str, float]:
        """The metrics, those of the baselines among them as `baseline_...`."""
        ...

    def score_tflite(self, artifact, interpreter, examples: Examples) -> dict[str, float]:
        """Those metrics that a `.tflite` has a part in, by LiteRT's `Interpreter` of one."""
        ...


class Baselines(Protocol):
    """baselines.py: what a trivial and a linear model reach."""

    def fit(self, preprocessor, examples: Examples) -> Any:
        """Baselines of the training split, an object with `.save(folder)`."""
        ...

    def load(self, folder: pathlib.Path) -> Any:
        """What was saved there."""
        ...


class Signatures(Protocol):
    """signatures.py: what is exported."""

    MEANINGS: Mapping[str, str]
    """{tensor, or "signature.tensor": what it holds, for whoever writes an app}."""

    def serving(self, artifact) -> Mapping[str, Callable]:
        """{signature: tf.function} of the SavedModel: "serving_default" of raw inputs, "ids" of core operations alone.

        Every axis of batch and time is open.
        """
        ...

    def mobile(self, artifact) -> tuple[Mapping[str, Callable], Mapping[str, Any]]:
        """({signature: tf.function} of the .tflite, {file: lines or bytes} to stand beside it).

        The first signature takes what "ids" takes; all are of operations that LiteRT has built in.
        """
        ...

    def probes(self, artifact) -> Inputs:
        """Raw inputs on which exports are compared with the model; the same each time, an empty one among them."""
        ...

    def encode(self, artifact, inputs: Inputs) -> tuple[Tensors, Tensors]:
        """(tensors, the model's answers) of "ids": tensors (batch, time, ...), in the order of the inputs."""
        ...

    def serve(self, artifact, inputs: Inputs) -> tuple[Tensors, Tensors]:
        """(tensors, the model's answers) of "serving_default"."""
        ...

    def further(self, artifact, inputs: Inputs) -> Mapping[str, tuple[Tensors, Tensors]]:
        """{signature: (tensors, the model's answers)} of any others that are to be compared."""
        ...

    def golden(self, artifact, inputs: Inputs, answers: Tensors) -> Mapping[str, Any]:
        """What golden.json holds beside tensors and answers, as plain values."""
        ...

    def preparation(self, artifact) -> list[str]:
        """How an app makes tensors of raw input, and sense of answers: sentences, in order."""
        ...


class Report(Protocol):
    """report.py: the pictures and tables of the page `report/index.html`."""

    def sections(self, artifact, examples: Examples, answered) -> list:
        """`report.pages.Section`s on the test split; answered: of `Scores.answered`."""
        ...

    def illustrate(self, artifact, examples: Examples, answered, folder: pathlib.Path) -> None:
        """Writes files of the task's own into a new artifact's folder."""
        ...


class Command(Protocol):
    """command.py: verbs on the command line. It loads neither NumPy nor Keras, so that `--help` is quick."""

    COMMANDS: Mapping[str, tuple]
    """{verb: (help, [(flag, options of argparse), ...], function of (task, values of the flags))}; "predict" is one."""

    HELP: Mapping[str, str]
    """{"--data": what `train` and `tune` take as data, in the words of `--help`}."""


ROOMS = {
    "data": Data, "sample": Sample, "preprocessor": Preprocessor, "network": Network, "answers": Answers,
    "scores": Scores, "baselines": Baselines, "signatures": Signatures, "report": Report, "command": Command,
}  # fmt: skip
