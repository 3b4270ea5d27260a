"""The rooms of a task: what each of its modules must hold.

    pipelines/music/network.py holds `build`, `compiled`, ... as `Network` describes them, as does every task's network

A room is a module of the task's package, or anything with these functions; see `pipelines.Task`. A function that your
room lacks comes from `shared.defaults`, if it is there. Words used here:

    examples    a mapping of columns, {name: list}, all lists of the same length
    splits      {"train": examples, "valid": examples}, and "test" if there is one
    artifact    a `pipelines.artifact.Artifact`: .model, .config, .preprocessor, .baseline, .infer
    tensors     {name: array}, the inputs of a signature, padded to one length
    answers     {name: array}, the outputs of a signature
"""

import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from pipelines.shared.browser import contents

Examples = Mapping[str, Sequence]
Splits = Mapping[str, Examples]
Tensors = Mapping[str, Any]
Inputs = list  # raw inputs, as `Data.read_inputs` gives them


class Data(Protocol):
    """data.py: turns any source into examples, and checks them as they come in."""

    SPLIT_RULE: int
    """The version of the rule by which `load_splits` cuts. Artifacts record it. Add one whenever a change moves
    examples to another split, so that no older artifact is scored on its own training rows."""

    FORMER_RULES: Mapping[int, Callable[..., Splits]]
    """{version: `load_splits` as it was then}, by which artifacts of these versions get their splits again."""

    def load_splits(self, data, valid, test, config, download: bool = False) -> Splits:
        """The splits of sources such as `Task.train` takes; a split that is None is cut off from `data`, and `data` is
        None for the built-in sample.

        Raises:
            ValueError, TypeError, FileNotFoundError: in one line that names the source, its line and what is expected.
        """
        ...

    def load_examples(self, data, config, download: bool = False) -> Examples:
        """All examples of one source, such as `evaluate` takes; None is the built-in sample."""
        ...

    def read_inputs(self, inputs, config) -> Inputs:
        """Raw inputs for `predict`: one, a list of them, or those in a file."""
        ...


class Sample(Protocol):
    """sample.py: the built-in sample."""

    VERSION: int
    """The version of the sample. Artifacts record it. Add one whenever `generate` gives something else for a seed."""

    def generate(self, seed: int = 0) -> Any:
        """The data that `Data.load_examples` makes examples of; the same seed gives the same data."""
        ...


class Preprocessor(Protocol):
    """preprocessor.py: raw examples to tensors and back."""

    def prepare(self, examples: Examples, config) -> Any:
        """A preprocessor, made from the training split alone.

        It has `state()`, which is plain JSON, and `module`, a tf.Module whose tables a SavedModel has to hold, or None.
        A `prepare` that takes `earlier` gets the preprocessor of what the training starts from, and keeps its words.
        """
        ...

    def restore(self, state: Mapping) -> Any:
        """The preprocessor that `state` came from."""
        ...

    def batches(self, preprocessor, examples: Examples, config, training: bool) -> Any:
        """A `tf.data.Dataset` of (inputs of the network, targets) or (inputs, targets, weights of the targets).

        The batch is the first axis of each, and the number of batches is known. In training the order changes with
        every epoch, in the same way for the same seed.
        """
        ...


class Network(Protocol):
    """network.py: what is trained."""

    LOOKS_BACK: Mapping[str, Sequence[Any]] | None
    """{setting: values} with which the network depends on past inputs only, so that an export can add the signature
    `step`; empty if there are no such settings, or if the task has a `step` of its own; None if every call takes a
    whole window, so that there is no `step`."""

    def settings_for(self, examples: Examples, config) -> Mapping[str, Any] | tuple[Mapping[str, Any], str]:
        """{setting: value} for settings that are None, by a rule that looks at the training split alone.

        It is asked before anything else is made of the splits; values that the user set are kept. With it may come
        what was looked at, such as "25,000 texts of 230 words", which is said before the values.
        """
        ...

    def build(self, preprocessor, config) -> Any:
        """A `keras.Model` with named inputs, which takes what `Preprocessor.batches` gives."""
        ...

    def axis_names(self, preprocessor) -> Mapping[str, list]:
        """{layer, or "layer/weight": [(names, axes), ...]}: what stands along axes of its weights, such as words along
        the first of a table, so that a training can start from one with other words or labels.

        Without axes, names that have to be the same for the layer to be taken at all.
        """
        ...

    def compiled(self, config) -> Mapping[str, Any]:
        """{"loss", "metrics"}, as `keras.Model.compile` takes them."""
        ...

    def watch(self, model, preprocessor, examples: Examples, config) -> list:
        """Keras callbacks that add numbers measured on the validation examples to an epoch's logs."""
        ...

    def calibrate(self, model, preprocessor, baseline, examples: Examples, config) -> Any:
        """The model that the artifact keeps, made of the trained one by the validation examples.

        baseline: what the room `baselines` fitted. `tune` does without.
        """
        ...

    def completed(self, model, preprocessor, examples: Examples) -> Any:
        """The calibrated model, after it has learned from the validation examples too.

        It is asked where a test split is left to score the model; the baselines of a task that has a function of its
        own here are then fitted to both splits as well.
        """
        ...

    def infer(self, artifact) -> Callable:
        """The network as a function of tensors, traced once for any batch and any time."""
        ...


class Answers(Protocol):
    """answers.py: turns raw inputs into what a user wants to know."""

    VERBS: Mapping[str, Callable]
    """{name: function of an artifact}: verbs that only this task has."""

    def answer(self, artifact, inputs: Inputs, **options) -> list:
        """One answer for each input, in their order, as plain values. **options are the task's own."""
        ...

    def columns(self, inputs: Inputs, answers: list) -> dict[str, list]:
        """Answers as columns, for a table in memory or in a file, or {} for answers that are none of a table."""
        ...


class Scores(Protocol):
    """scores.py: how good a model is. `answered` runs the model on the examples, once for all scores."""

    WORTH_A_WARNING: Mapping[str, float]
    """{metric: how much of it rounded weights may lose before an export warns}."""

    def answered(self, artifact, examples: Examples) -> Any:
        """The artifact's answers to the examples, as `score` and the report need them."""
        ...

    def score(self, artifact, examples: Examples, answered) -> dict[str, float]:
        """The metrics, with those of the baselines as `baseline_...`."""
        ...

    def outcomes_of(self, artifact, examples: Examples, answered) -> Any:
        """A `metrics.outcomes.Outcomes` of the metric that decides: what the model and each baseline make of each
        example, which the verdict and `compare` are tested on; None for none.
        """
        ...

    def retrained(self, task, splits: Splits, config, folder: pathlib.Path) -> dict[str, float]:
        """Metrics of further trainings that the settings ask for, such as those of a backtest, or {} for none.

        splits: those that were cut off from one source. folder: keeps these trainings, which go on there after a kill.
        """
        ...

    def score_tflite(self, artifact, interpreter, examples: Examples) -> dict[str, float]:
        """The metrics that depend on a `.tflite`, measured with LiteRT's `Interpreter` of that file."""
        ...


class Baselines(Protocol):
    """baselines.py: how well a trivial and a linear model do."""

    def fit(self, preprocessor, examples: Examples) -> Any:
        """Baselines fitted to the training split, an object with `.save(folder)`."""
        ...

    def load(self, folder: pathlib.Path) -> Any:
        """The baselines that were saved in the folder."""
        ...


class Signatures(Protocol):
    """signatures.py: what is exported."""

    MEANINGS: Mapping[str, str]
    """{tensor, or "signature.tensor": what it holds, for whoever writes an app}."""

    PADDED: Mapping[str, Mapping[str, Sequence[str]]]
    """{signature of the SavedModel whose outputs have open axes: {output: for each of these an output of texts, ""
    behind the end, that is as long as it}}, so that requests can be answered together and each gets its own part; an
    output that is as long as the inputs is not named. Requests of other such signatures are answered one by one."""

    def alike(self, artifact, tensors: Tensors) -> Any:
        """What the tensors of two requests have to have in common, besides their sizes, for their answers to be the
        same together as one by one."""
        ...

    def serving(self, artifact) -> Mapping[str, Callable]:
        """{signature: tf.function} of the SavedModel: "serving_default" takes raw inputs, "ids" needs core operations
        alone.

        Every axis of batch and time is open.
        """
        ...

    def mobile(self, artifact) -> tuple[Mapping[str, Callable], Mapping[str, Any]]:
        """({signature: tf.function} of the .tflite, {file: lines or bytes} to stand beside it).

        The first signature takes what "ids" takes; all use only operations that are built into LiteRT.
        """
        ...

    def probes(self, artifact) -> Inputs:
        """Raw inputs on which exports are compared with the model: always the same ones, including an empty one."""
        ...

    def encode(self, artifact, inputs: Inputs) -> tuple[Tensors, Tensors]:
        """(tensors, the model's answers) of "ids": tensors (batch, time, ...), in the order of the inputs."""
        ...

    def serve(self, artifact, inputs: Inputs) -> tuple[Tensors, Tensors]:
        """(tensors, the model's answers) of "serving_default"."""
        ...

    def further(self, artifact, inputs: Inputs) -> Mapping[str, tuple[Tensors, Tensors]]:
        """{signature: (tensors, the model's answers)} of any other signatures to compare."""
        ...

    def golden(self, artifact, inputs: Inputs, answers: Tensors) -> Mapping[str, Any]:
        """What golden.json holds besides tensors and answers, as plain values."""
        ...

    def browser(self, artifact) -> contents.Contents | None:
        """What a page in the browser needs to run the model there; None where a task has no such page."""
        ...

    def preparation(self, artifact) -> list[str]:
        """How an app turns raw input into tensors, and how it reads the answers: sentences, in order."""
        ...


class Report(Protocol):
    """report.py: the pictures and tables of the page `report/index.html`."""

    def sections(self, artifact, examples: Examples, answered) -> list:
        """The `report.pages.Section`s on the test split; answered: what `Scores.answered` returned."""
        ...

    def illustrate(self, artifact, examples: Examples, answered, folder: pathlib.Path) -> None:
        """Writes the task's own files into a new artifact's folder."""
        ...


class Command(Protocol):
    """command.py: verbs on the command line. It loads neither NumPy nor Keras, so that `--help` is quick."""

    COMMANDS: Mapping[str, tuple]
    """{verb: (help, [(flag, options of argparse), ...], function of (task, values of the flags))}; "predict" is one."""

    EXAMPLE: Mapping[str, Any]
    """How an artifact is asked for an answer: {"words": those behind `unroll TASK`, "call": a method's call that
    does the same, such as "predict([{input}])"}. "{input}" stands for an example of its data, "{file}" for a file.
    """

    HELP: Mapping[str, str]
    """{"--data": what `train` and `tune` take as data, as `--help` says it}."""


class Page(Protocol):
    """page.py: what strangers may ask a served artifact for, as JSON; see `shared.serving`. A task may be without it.

    Nothing here may take a string for the name of a file, since whoever can reach the server sends it.
    """

    OPTIONS: Mapping[str, Callable]
    """{option of `Answers.answer`: check of its value}, as of `shared.serving.arguments`: those that may be set."""

    ACTIONS: Mapping[str, tuple]
    """{verb: ({argument: check}, [arguments that are needed], function of (artifact, arguments))}: what may be asked
    for besides answers. It returns plain values, or a `shared.serving.arguments.File`."""

    FILES: Mapping[str, tuple]
    """{ending of a name: ({argument: check}, function of (artifact, path, arguments))}: files that may be sent. It
    returns plain values."""

    BOUNDS: Mapping[str, tuple]
    """{input of a signature: (least, most)}: numbers that decide how long an answer takes; of texts, their bytes."""

    def from_json(self, artifact, values: list) -> Inputs:
        """Inputs of `Answers.answer`, made from JSON.

        Raises:
            ValueError: in one line: which value, what is expected.
        """
        ...

    def to_json(self, artifact, answers: list) -> list:
        """The answers as plain values."""
        ...

    def examples(self, artifact) -> list:
        """A few inputs as JSON, with which a page is filled at first, and with which the artifact is tried once it is
        loaded."""
        ...

    def quicken(self, artifact) -> None:
        """Prepares a loaded artifact for many calls of a few inputs."""
        ...

    def listed(self, config: Mapping, facts: Mapping) -> dict:
        """What a list of artifacts says of one that is not loaded, such as its languages: from the contents of
        config.json and artifact.json."""
        ...

    def card(self, artifact) -> dict:
        """What the page of one artifact says of it, such as its labels or its columns."""
        ...


ROOMS = {
    "data": Data, "sample": Sample, "preprocessor": Preprocessor, "network": Network, "answers": Answers,
    "scores": Scores, "baselines": Baselines, "signatures": Signatures, "report": Report, "command": Command,
    "page": Page,
}  # fmt: skip
OPTIONAL = ("page",)  # rooms whose names all have defaults
