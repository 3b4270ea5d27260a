"""The network: words and their letters -> vectors -> recurrent layers -> scores of tags, by themselves or in a chain.

    words    (batch, time)           -> a vector each
    letters  (batch, time, letters)  -> a GRU over them both ways; vectors of how the word begins and ends
    all of it, (batch, time, features) -> recurrent layers -> scores (batch, time, tags)

With `crf` a CRF makes of these scores those of a tag behind another, (batch, time, tags, tags): Viterbi's best sequence
is the answer, and probabilities are those of each tag over all sequences.
"""

import keras
import numpy as np
import tensorflow as tf

import layers
from pipelines.shared import defaults
from pipelines.shared.messages import listed
from pipelines.shared.metrics import entities
from pipelines.shared.metrics.step_accuracy import StepAccuracy
from pipelines.shared.networks import recurrent
from pipelines.shared.text import tokenization
from pipelines.tagging import data
from pipelines.tagging import preprocessor as tensors_of

calibrate = defaults.calibrate
completed = defaults.completed
LOOKS_BACK = {"bidirectional": [False], "crf": [False]}
EPOCHS, STEPS = (16, 40), 6_000  # of a training, as far as the first allow the second
MOST_TAGS = 300  # of a CRF, whose scores are their square for each word

ops = keras.ops


def settings_for(examples, config):
    """A CRF, and F1 to decide on the best epoch, where tags are those of entities; more epochs of few sentences."""
    tags = data.counts(examples)
    has_entities = entities.are_entities(tags)
    epochs = config.epochs or _epochs(-(-len(examples["tags"]) // config.batch_size))
    chosen = {
        "epochs": epochs,
        "patience": max(8, epochs // 3),
        "crf": has_entities,
        "monitor": "val_f1" if has_entities else "val_accuracy",
    }
    if config.monitor == "val_f1" and not has_entities:
        seen = listed(sorted(tags), 5, str)
        raise ValueError(f"monitor='val_f1': expected tags of entities, such as B-PER and O, received {seen}")
    return {name: value for name, value in chosen.items() if getattr(config, name) is None}


def _epochs(steps):
    """How often all batches are gone through, by their number.

    >>> _epochs(400), _epochs(200), _epochs(20)
    (16, 30, 40)
    """
    return int(min(EPOCHS[1], max(EPOCHS[0], STEPS // steps)))


def build(preprocessor, config):
    """The network: {"words", "letters", "lengths"} -> scores (batch, time, tags); of a CRF (..., tags, tags)."""
    forms, count = preprocessor.forms, len(preprocessor.tags)
    if config.crf and count > MOST_TAGS:
        raise ValueError(f"crf: expected up to {MOST_TAGS} tags, received {count}; train without, crf=False (--no-crf)")
    words = keras.Input((None,), dtype="int32", name="words")  # (batch, time)
    letters = keras.Input((None, forms.max_letters), dtype="int32", name="letters")  # (batch, time, letters)
    lengths = keras.Input((), dtype="int32", name="lengths")  # (batch,)
    parts = [_vectors(forms, config)(layers.TokenDropout(config.word_dropout)(words))]  # (batch, time, embedding)
    if config.letter_units:
        reader = layers.LetterEncoder(len(forms.letters), config.letter_size, config.letter_units)
        parts.append(reader(letters))  # (batch, time, 2 letter_units)
    if config.affix_size:
        parts.append(layers.AffixEmbedding(forms.folded(), config.affixes, config.affix_size)(letters))
    x = parts[0] if len(parts) == 1 else keras.layers.Concatenate()(parts)
    x = keras.layers.Dropout(config.input_dropout)(x)
    read = recurrent.stack(config, bidirectional=config.bidirectional, name="recurrent")
    x = read(x, lengths=lengths)  # (batch, time, units)
    x = keras.layers.Dropout(config.dropout)(x)
    x = keras.layers.Dense(count, dtype="float32", name="scores")(x)  # (batch, time, tags)
    if config.crf:
        x = layers.CRF(count, name="crf")(x, lengths=lengths)  # (batch, time, tags, tags)
    inputs = {"words": words, "letters": letters, "lengths": lengths}
    return keras.Model(inputs, x, name="tagging")


def _vectors(forms, config):
    vocabulary = forms.vocabulary
    if config.vectors:
        vectors, known = tokenization.read_vectors(config.vectors, vocabulary, config.seed)
        print(f"{config.vectors}: vectors for {known:,} of {len(vocabulary):,} words", flush=True)
        learned = config.train_vectors
        return layers.Embedding(*vectors.shape, vectors=vectors, trainable=learned, name="vectors")
    vectors = np.random.default_rng(config.seed).normal(0, 0.1, (len(vocabulary), config.embedding_size))
    return layers.Embedding(*vectors.shape, vectors=vectors, name="vectors")


@keras.saving.register_keras_serializable(package="unroll")
def tag_loss(targets, scores):
    """-ln p(tag) a word, of targets (batch, time) with -1 where there is none; of a CRF -ln p(all tags) a word."""
    targets = ops.cast(targets, "int32")
    real = ops.cast(targets >= 0, "float32")
    words = ops.maximum(ops.sum(real), 1.0)
    if len(scores.shape) == 4:
        return -ops.sum(layers.crf_log_likelihood(scores, ops.maximum(targets, 0), _lengths(targets))) / words
    losses = ops.sparse_categorical_crossentropy(ops.maximum(targets, 0), scores, from_logits=True)
    return ops.sum(losses * real) / words


def _lengths(targets):
    """Up to the last word with a target, (batch,)."""
    places = ops.expand_dims(ops.arange(1, ops.shape(targets)[1] + 1, dtype="int32"), 0)
    return ops.max(ops.where(targets >= 0, places, 0), axis=1)


def axis_names(preprocessor):
    """Words and letters along the first axis of their tables, tags along the last one of scores and of the CRF."""
    forms, tags = preprocessor.forms, preprocessor.tags
    return {
        "vectors": [(forms.vocabulary, (0,))],
        "letter_encoder/embeddings": [(forms.letters, (0,))],
        "affix_embedding": [(forms.letters, ())],  # hashes of letters' numbers
        "scores": [(tags, (-1,))],
        "crf": [(tags, (0, 1))],
    }


def compiled(config):
    return {"loss": tag_loss, "metrics": [] if config.crf else [StepAccuracy()]}


def watch(model, preprocessor, examples, config):
    """Accuracy of the best sequences of a CRF, and F1 of entities, on the validation split."""
    has_entities = entities.are_entities(preprocessor.tags)
    return [Watch(preprocessor, examples, has_entities)] if config.crf or has_entities else []


class Watch(keras.callbacks.Callback):
    """Adds val_accuracy, and where tags are those of entities val_f1, to the logs of an epoch."""

    def __init__(self, preprocessor, examples, has_entities):
        super().__init__()
        self.preprocessor, self.examples, self.has_entities = preprocessor, examples, has_entities
        self._function = None

    def on_epoch_end(self, epoch, logs=None):
        if self._function is None:
            self._function = answering(self.model)
        names, tokens = self.preprocessor.tags, list(self.examples["tokens"])
        said = [None] * len(tokens)
        for rows, tensors in tensors_of.in_batches(self.preprocessor, tokens):
            tags = self._function(**tensors)["tags"].numpy()
            for row, chosen in zip(rows, tags, strict=True):
                said[row] = [names[number] for number in chosen[: len(tokens[row])]]
        truth = list(self.examples["tags"])
        pairs = [pair for both in zip(truth, said, strict=True) for pair in zip(*both, strict=True)]
        logs["val_accuracy"] = sum(real == own for real, own in pairs) / max(1, len(pairs))
        if self.has_entities:
            logs["val_f1"] = entities.scores(truth, said)["f1"]


def answering(model):
    """A function words, letters, lengths -> {"probabilities" (batch, time, tags), "tags" (batch, time)}, traced once.

    Past a sentence's end all are 0.
    """
    letters = model.input["letters"].shape[2]
    specification = [
        tf.TensorSpec([None, None], tf.int32, "words"),
        tf.TensorSpec([None, None, letters], tf.int32, "letters"),
        tf.TensorSpec([None], tf.int32, "lengths"),
    ]

    @tf.function(autograph=False, input_signature=specification)
    def from_ids(words, letters, lengths):
        scores = model({"words": words, "letters": letters, "lengths": lengths}, training=False)
        real = layers.sequence_mask(lengths, tf.shape(words)[1])
        if len(scores.shape) == 4:
            return {
                "probabilities": layers.crf_marginals(scores, lengths),
                "tags": layers.crf_viterbi(scores, lengths)[0],
            }
        probabilities = tf.where(tf.expand_dims(real, -1), tf.nn.softmax(scores), 0.0)
        tags = tf.where(real, tf.argmax(scores, axis=-1, output_type=tf.int32), 0)
        return {"probabilities": probabilities, "tags": tags}

    return from_ids


def infer(artifact):
    """The function of `answering`."""
    return answering(artifact.model)
