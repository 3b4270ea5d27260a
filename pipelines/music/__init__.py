"""Music: a first note in, a tune out (one-to-many), from a density of polyphonic music.

    unroll music train                                       the built-in sample, four-part chorales
    unroll music train --data midi/                          MIDI, ABC, JSON chorales, piano rolls, tfds:<name>
    unroll music generate --first C4 --output tune.mid       also .png and .wav

    piano_roll    chords so far -> recurrent layers -> the next chord, its keys one after another (`--output joint`)
                  or each by itself (`independent`)
    events        tokens so far (pitch, duration, time) -> recurrent layers -> the next token

On the JSB chorales (229 training pieces) the joint piano roll reaches 4.67 nats a step, RNN-NADE 5.56.
Reference: Boulanger-Lewandowski et al. 2012, arXiv:1206.6392; Oore et al. 2018, arXiv:1808.03715 (events).
TensorFlow is loaded by the functions that need it, so that `--help` is quick.
"""

import dataclasses
import logging
import pathlib

import pipelines
from pipelines import settings
from pipelines.music import command as music_command
from pipelines.music import data as music_pieces
from pipelines.settings import option
from pipelines.task import Task

log = logging.getLogger("unroll")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(settings.Training, music_pieces.Data):
    """Network"""

    epochs: int = option(60, "passes over the training split at the most", at_least=1)
    batch_size: int = option(16, "pieces a step", at_least=1, search=[8, 16, 32])
    learning_rate: float = option(4e-3, "of Adam, at its highest", above=0, at_most=10, search=(1e-3, 1e-2))
    schedule: str = option("cosine", "of the learning rate", choices=("constant", "cosine"))
    patience: int = option(15, "epochs without improvement before training stops", at_least=1)
    monitor: str = option("val_nll", "what decides on the best epoch", choices=("val_nll", "val_loss"))
    precision: str = option("float32", "of the computation", choices=("float32",))
    model: str = option("piano_roll", "how music is written down", choices=("piano_roll", "events"))
    output: str = option("joint", "of a piano roll's keys: given those below, or each by itself",
                         choices=("joint", "independent"))  # fmt: skip
    cell: str = option("gru", "recurrent cell", choices=("rnn", "lstm", "gru"), search=["lstm", "gru"])
    units: int = option(256, "size of the recurrent state", at_least=1, search=[128, 256, 512])
    depth: int = option(1, "recurrent layers one on another", at_least=1, search=[1, 2])
    readout_units: int = option(400, "size of the layer between the state and the keys of a piano roll", at_least=1)
    decoder_units: int = option(128, "size of the state that goes through the keys of a chord", at_least=1)
    embedding_size: int = option(64, "length of an event's vector", at_least=1)
    input_dropout: float = option(0.2, "part of the keys that sounded dropped in training", at_least=0, below=1)
    dropout: float = option(
        0.3, "part of the layers' outputs dropped in training", at_least=0, below=1, search=(0.0, 0.6)
    )
    recurrent_dropout: float = option(0.0, "part of the recurrent state dropped in training", at_least=0, below=1)
    transpose: int = option(2, "half tones up or down that training moves pieces, at the most", at_least=0, at_most=24)
    window: int = option(512, "steps or events of a piece trained on at once; longer ones are cut", at_least=2)


def form(name):
    """The module of a model: how music is written down for it."""
    return getattr(pipelines, {"piano_roll": "piano_roll", "events": "music_events"}[name])


def steps(artifact):
    """What the artifact's network does with one token after another."""
    module = {"piano_roll": "piano_roll_steps", "events": "event_steps"}[artifact.config.model]
    return getattr(pipelines, module).Steps(artifact.model, artifact.preprocessor)


def prepare(examples, config):
    _say_without_effect(config)
    return form(config.model).prepare(examples, config)


def _say_without_effect(config):
    """A warning for settings of the other way to write music down, which change nothing."""
    others = {"piano_roll": ("embedding_size",), "events": ("output", "readout_units", "decoder_units")}[config.model]
    if config.model == "piano_roll" and config.output == "independent":
        others = (*others, "decoder_units")
    idle = [name for name in others if getattr(config, name) != getattr(Config(), name)]
    if idle:
        log.warning("%s: no effect with model=%s, output=%s", ", ".join(idle), config.model, config.output)


def load_preprocessor(state):
    return form(state["form"]).restore(state)


def build(preprocessor, config):
    return form(config.model).build(preprocessor, config)


def batches(preprocessor, examples, config, training):
    return form(config.model).batches(preprocessor, examples, config, training)


def compiled(config):
    return {"loss": pipelines.likelihood.loss, "metrics": [pipelines.likelihood.NegativeLogLikelihood()]}


def infer(artifact):
    """A function of the network's inputs -> {"likelihood": log p of each step (batch, steps)}, traced once."""
    import tensorflow as tf

    names = {tensor.name: tf.TensorSpec(tensor.shape, tensor.dtype, tensor.name) for tensor in artifact.model.inputs}

    @tf.function(autograph=False, input_signature=[names[name] for name in artifact.model.input])
    def likelihood(*tensors):
        return {"likelihood": artifact.model(dict(zip(artifact.model.input, tensors, strict=True)))}

    return likelihood


def fit_baseline(preprocessor, examples):
    return preprocessor.form.fit_baseline(preprocessor, examples)


def load_baseline(folder):
    return pipelines.music_baselines.load(folder)


def read_inputs(inputs, config):
    """The pitches that each tune begins with, from a list of notes and chords, one of them, or a .txt file."""
    if isinstance(inputs, (str, pathlib.PurePath)) and pathlib.Path(inputs).suffix.lower() == ".txt":
        inputs = [line for line in pipelines.files.read_lines(inputs) if line.strip()]
    inputs = [inputs] if isinstance(inputs, (str, int, pathlib.PurePath)) else [*inputs]
    return [pipelines.music_inputs.first(given, config.frames_per_quarter) for given in inputs]


def answer(artifact, inputs, **how):
    """A tune for each input, or n of them; options as of `generate`."""
    return [tune for pitches in inputs for tune in pipelines.music_tunes.generate(artifact, pitches, **how)]


def stack(config):
    """The recurrent layers, one on another: (batch, time, features) -> all outputs, and the last states."""
    import layers

    return layers.Deep([_recurrent(config) for _ in range(config.depth)], dropout=config.dropout, name="stack")


def _recurrent(config):
    import layers

    options = {"return_sequences": True, "return_state": True}
    if config.cell == "rnn":
        return layers.RNN(layers.RNNCell(config.units, recurrent_dropout=config.recurrent_dropout), **options)
    layer = {"lstm": layers.LSTM, "gru": layers.GRU}[config.cell]
    return layer(config.units, recurrent_dropout=config.recurrent_dropout, **options)


task = Task(
    name="music",
    Config=Config,
    load_splits=music_pieces.load_splits,
    load_examples=music_pieces.load_examples,
    prepare=prepare,
    load_preprocessor=load_preprocessor,
    build=build,
    batches=batches,
    compiled=compiled,
    fit_baseline=fit_baseline,
    load_baseline=load_baseline,
    infer=infer,
    score=lambda artifact, examples: pipelines.music_scores.score(artifact, examples),
    read_inputs=read_inputs,
    answer=answer,
    sections=lambda artifact, examples: pipelines.music_report.sections(artifact, examples),
    serving=lambda artifact: pipelines.music_exports.serving(artifact),
    mobile=lambda artifact: pipelines.music_exports.mobile(artifact),
    probes=lambda artifact: pipelines.music_exports.probes(artifact),
    encode=lambda artifact, inputs: pipelines.music_exports.encode(artifact, inputs),
    serve=lambda artifact, inputs: pipelines.music_exports.serve(artifact, inputs),
    further=lambda artifact, inputs: pipelines.music_exports.further(artifact, inputs),
    preparation=lambda artifact: pipelines.music_exports.preparation(artifact),
    score_tflite=lambda *given: pipelines.music_scores.score_tflite(*given),
    illustrate=lambda artifact, examples, folder: pipelines.music_report.illustrate(artifact, examples, folder),
    verbs={"generate": lambda artifact, *first, **how: pipelines.music_tunes.generate(artifact, *first, **how)},
    commands={
        "generate": (*music_command.GENERATE, music_command.generate),
        "predict": (*music_command.PREDICT, music_command.predict),
    },
)
train = task.train
evaluate = task.evaluate
predict = task.predict
tune = task.tune
export = task.export
load = task.load
list = task.list
restore = task.restore
remove = task.remove


def generate(first=60, *, name=None, version=None, directory="saved_models", **how):
    """Tunes of the artifact `name` that begin with a note or a chord, a list; see `music_tunes.generate`."""
    return load(name, version=version, directory=directory).generate(first, **how)
