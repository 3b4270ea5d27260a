"""Translation: a sentence in, a sentence out (many-to-many of different lengths), with attention.

    unroll translation train                                  the built-in sample, English to Spanish
    unroll translation train --data pairs.tsv --source es     any pairs: two columns, two files, tfds:<name>

    text -> subwords (batch, time) -> vectors -> recurrent layers, both directions -> memory
    START and the words so far -> vectors -> recurrent layer -> attention to the memory -> recurrent layer -> next word

Attention reads the decoder's state of the same step, so that in training no part but the recurrent layers waits for
the step before; `input_feeding` gives each step the output of the one before (Luong et al. 2015), in a slower loop.

Reference: Bahdanau et al. 2014, arXiv:1409.0473; Luong et al. 2015, arXiv:1508.04025; subwords: Sennrich et al. 2016,
arXiv:1508.07909; tied vectors: Press & Wolf 2017, arXiv:1608.05859.
TensorFlow is loaded by the functions that need it, so that `--help` is quick.
"""

import dataclasses
import logging

import pipelines
from pipelines import settings
from pipelines.settings import option
from pipelines.task import Task
from pipelines.translation import command as translation_command
from pipelines.translation import data as sentence_pairs

log = logging.getLogger("unroll")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Text(settings.Settings):
    """Text"""

    vocabulary_size: int | None = option(
        None, "subwords learned from the training split (none: one for every 200 of its words, from 300 to 8000)",
        at_least=10,
    )  # fmt: skip
    shared_vocabulary: bool = option(True, "one vocabulary and one table of vectors for both languages")
    lowercase: bool = option(False, "drop letter case")
    max_length: int = option(120, "subwords of a side at the most; longer training pairs are left out", at_least=1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decoding(settings.Settings):
    """Decoding"""

    beams: int = option(5, "hypotheses followed by beam search; 1 is greedy", at_least=1)
    length_penalty: float = option(1.0, "of beam search: 0 none, higher favours longer (Wu et al. 2016)", at_least=0)
    length_ratio: float = option(2.0, "subwords of a translation at the most: this times its source's, and 20", above=0)
    validation_sentences: int = option(2000, "sources translated after each epoch for val_bleu", at_least=1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(settings.Training, Text, Decoding, sentence_pairs.Data):
    """Network"""

    epochs: int = option(15, "passes over the training split at the most", at_least=1)
    batch_size: int = option(64, "pairs a step on average; each step has about the same number of subwords", at_least=1)
    learning_rate: float = option(4e-3, "of Adam, at its highest", above=0, at_most=10, search=(1e-3, 1e-2))
    schedule: str = option("cosine", "of the learning rate", choices=("constant", "cosine"))
    patience: int = option(8, "epochs without improvement before training stops", at_least=1)
    monitor: str = option("val_bleu", "what decides on the best epoch", choices=("val_bleu", "val_loss"))
    label_smoothing: float = option(0.1, "part of a target spread over all subwords", at_least=0, below=1)
    subword_dropout: float = option(
        0.1, "part of the joins of subwords left out in training, so that a text falls apart in ever other ways "
        "(Provilkov et al. 2020)", at_least=0, below=1,
    )  # fmt: skip
    embedding_size: int = option(128, "length of a subword's vector", at_least=1, search=[128, 256])
    cell: str = option("gru", "recurrent cell", choices=("rnn", "lstm", "gru"), search=["lstm", "gru"])
    units: int = option(128, "size of the recurrent state, in each direction", at_least=1, search=[128, 256, 512])
    depth: int = option(1, "recurrent layers of the encoder, and of the decoder above attention", at_least=1)
    bidirectional: bool = option(True, "read the source backwards too")
    tied: bool = option(True, "one table for the target's vectors and for the scores of the next subword")
    input_feeding: bool = option(False, "give each step of the decoder the output of the one before; slower")
    word_dropout: float = option(0.0, "part of the subwords lost in training, of both sides", at_least=0, below=1)
    embedding_dropout: float = option(0.1, "part of the vectors' numbers dropped in training", at_least=0, below=1)
    dropout: float = option(
        0.2, "part of the layers' outputs dropped in training", at_least=0, below=1, search=(0.0, 0.5)
    )
    recurrent_dropout: float = option(0.0, "part of the recurrent state dropped in training", at_least=0, below=1)


class Preprocessor:
    """Texts of both languages to ids; source and target may share one vocabulary."""

    def __init__(self, source, target):
        self.source, self.target = source, target

    @property
    def shared(self):
        return self.source is self.target

    @property
    def module(self):
        """The tf.Module whose tables a SavedModel has to hold."""
        import tensorflow as tf

        module = tf.Module()
        module.source, module.target = self.source, self.target
        return module

    def state(self):
        return {"source": self.source.state(), "target": None if self.shared else self.target.state()}

    def sources(self, texts, dropout=0.0, seed=0):
        """A list of ids, an array int32 (time,) a text, each with END."""
        import numpy as np

        return [np.append(ids, np.int32(pipelines.subwords.END)) for ids in self.source.sequences(texts, dropout, seed)]

    def targets(self, texts, dropout=0.0, seed=0):
        """A list of ids, an array int32 (time,) a text, without START and END."""
        return self.target.sequences(texts, dropout, seed)


def prepare(examples, config):
    """The vocabularies, of the training split alone."""

    def learn(texts):
        return pipelines.subwords.adapt(texts, config.vocabulary_size, config.lowercase)

    if config.shared_vocabulary:
        return Preprocessor(*[learn([*examples["source"], *examples["target"]])] * 2)
    return Preprocessor(learn(examples["source"]), learn(examples["target"]))


def load_preprocessor(state):
    source = pipelines.subwords.Subwords(**state["source"])
    return Preprocessor(source, pipelines.subwords.Subwords(**state["target"]) if state["target"] else source)


def batches(preprocessor, examples, config, training):
    """A `tf.data.Dataset` of batches; see `paired_batches.dataset`."""
    sources, targets = preprocessor.sources(examples["source"]), preprocessor.targets(examples["target"])
    if training:
        kept = [row for row, pair in enumerate(zip(sources, targets, strict=True)) if _fits(pair, config)]
        if len(kept) < len(sources):
            log.warning(
                "%d of %d training pairs have more than %d subwords on a side and are left out; max_length says so",
                len(sources) - len(kept), len(sources), config.max_length,
            )  # fmt: skip
        if not kept:
            raise ValueError(
                f"max_length: no training pair has at most {config.max_length} subwords a side; give a higher one"
            )
        sources, targets = ([side[row] for row in kept] for side in (sources, targets))
        texts = [[examples[side][row] for row in kept] for side in sentence_pairs.SIDES]

    def read(epoch):
        if not training or not config.subword_dropout or not epoch:
            return sources, targets
        chance = (config.subword_dropout, config.seed + epoch)
        return preprocessor.sources(texts[0], *chance), preprocessor.targets(texts[1], *chance)

    return pipelines.paired_batches.dataset(read, config.batch_size, config.seed if training else None)


def _fits(pair, config):
    return max(map(len, pair)) <= config.max_length


def build(preprocessor, config):
    """The network: {"source", "source_lengths", "target"} -> logits of the next subwords (batch, time, vocabulary)."""
    import keras

    import layers

    source = keras.Input((None,), dtype="int32", name="source")  # (batch, source time)
    lengths = keras.Input((), dtype="int32", name="source_lengths")  # (batch,)
    target = keras.Input((None,), dtype="int32", name="target")  # (batch, target time), from START on
    source_vectors, target_vectors = _vectors(preprocessor, config)

    def dropped(ids, vectors):
        ids = layers.TokenDropout(config.word_dropout)(ids)
        return keras.layers.Dropout(config.embedding_dropout)(vectors(ids))  # (batch, time, embedding)

    memory = _encoder(config)(dropped(source, source_vectors), lengths=lengths)  # (batch, source time, features)
    memory = keras.layers.Dropout(config.dropout)(memory)
    x, _ = _decoder(config)(dropped(target, target_vectors), memory, lengths=lengths)  # (batch, target time, embedding)
    x = keras.layers.Dropout(config.dropout)(x)
    if config.tied:
        y = target_vectors(x, reverse=True)  # (batch, target time, vocabulary)
    else:
        y = keras.layers.Dense(len(preprocessor.target), dtype="float32", name="logits")(x)
    return keras.Model({"source": source, "source_lengths": lengths, "target": target}, y, name="translation")


def _vectors(preprocessor, config):
    """The tables of the source's and of the target's vectors; one and the same with a shared vocabulary."""
    import layers

    table = layers.TiedEmbedding if config.tied else layers.Embedding
    if preprocessor.shared:
        return [table(len(preprocessor.target), config.embedding_size, name="vectors")] * 2
    source = layers.Embedding(len(preprocessor.source), config.embedding_size, name="source_vectors")
    return source, table(len(preprocessor.target), config.embedding_size, name="target_vectors")


def _encoder(config):
    import layers

    stack = [_recurrent(config) for _ in range(config.depth)]
    if config.bidirectional:
        stack = [layers.Bidirectional(layer) for layer in stack]
    return layers.Deep(stack, dropout=config.dropout, name="encoder")


def _decoder(config):
    import layers

    return layers.AttentionDecoder(
        _recurrent(config),
        layers.BahdanauAttention(config.units),
        [_recurrent(config) for _ in range(config.depth)],
        output_size=config.embedding_size,
        dropout=config.dropout,
        input_feeding=config.input_feeding,
        name="decoder",
    )


def _recurrent(config):
    import layers

    options = {"recurrent_dropout": config.recurrent_dropout}
    if config.cell == "rnn":
        return layers.RNN(layers.RNNCell(config.units, **options), return_sequences=True)
    return {"lstm": layers.LSTM, "gru": layers.GRU}[config.cell](config.units, return_sequences=True, **options)


def compiled(config):
    import layers

    return {"loss": layers.SmoothedCrossentropy(config.label_smoothing)}


def watch(model, preprocessor, examples, config):
    """After each epoch the BLEU of greedy translations of the validation split, as val_bleu."""
    return [pipelines.translation_scores.ValidationBLEU(model, preprocessor, examples, config)]


def fit_baseline(preprocessor, examples):
    return pipelines.dictionary.learn(examples["source"], examples["target"])


def load_baseline(folder):
    return pipelines.dictionary.load(folder)


def infer(artifact):
    return pipelines.translator.Translator(artifact.model)


def score(artifact, examples):
    """BLEU by our metric and by sacreBLEU, chrF, and those of the baselines; each source once, with its references."""
    texts, references = sentence_pairs.grouped(examples)
    judged = pipelines.translation_scores.scores
    numbers = judged(pipelines.translation_answers.translated(artifact, texts), references)
    by_word = judged([artifact.baseline.translate(text) for text in texts], references)
    numbers |= {f"baseline_dictionary_{name}": by_word[name] for name in ("sacrebleu", "chrf")}
    copied = judged(texts, references)
    return numbers | {f"baseline_copy_{name}": copied[name] for name in ("sacrebleu", "chrf")}


def answer(artifact, texts, **how):
    """A list of {"translation", "score"}, one a text; see `translation_answers.Asked` for the options."""
    return pipelines.translation_answers.answer(artifact, texts, **how)


def sections(artifact, examples):
    return pipelines.translation_report.sections(artifact, examples)


def serving(artifact):
    return pipelines.translation_exports.serving(artifact)


def mobile(artifact):
    return pipelines.translation_exports.mobile(artifact)


def probes(artifact):
    return pipelines.translation_exports.probes(artifact)


def encode(artifact, texts):
    return pipelines.translation_exports.encode(artifact, texts)


def serve(artifact, texts):
    return pipelines.translation_exports.serve(artifact, texts)


def further(artifact, texts):
    return pipelines.translation_exports.further(artifact, texts)


def golden(artifact, texts, answers):
    return pipelines.translation_exports.golden(artifact, texts, answers)


def preparation(artifact):
    return pipelines.translation_exports.preparation(artifact)


task = Task(
    name="translation",
    Config=Config,
    load_splits=sentence_pairs.load_splits,
    load_examples=sentence_pairs.load_examples,
    prepare=prepare,
    load_preprocessor=load_preprocessor,
    build=build,
    batches=batches,
    compiled=compiled,
    fit_baseline=fit_baseline,
    load_baseline=load_baseline,
    infer=infer,
    score=score,
    read_inputs=sentence_pairs.read_inputs,
    answer=answer,
    sections=sections,
    serving=serving,
    mobile=mobile,
    probes=probes,
    encode=encode,
    serve=serve,
    further=further,
    golden=golden,
    preparation=preparation,
    score_tflite=lambda *given: pipelines.tflite_translator.score_tflite(*given),
    watch=watch,
    commands={"predict": (*translation_command.PREDICT, translation_command.predict)},
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
