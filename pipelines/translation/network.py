"""The network: an encoder that reads in both directions, and a decoder that attends to it."""

import keras

import layers
from pipelines.shared import defaults
from pipelines.shared.networks import recurrent
from pipelines.translation import choosing, decoding, validation

settings_for = choosing.settings_for
calibrate = defaults.calibrate
completed = defaults.completed
LOOKS_BACK = defaults.LOOKS_BACK


def build(preprocessor, config):
    """The network: {"source", "source_lengths", "target"} -> logits of the next subwords (batch, time, vocabulary)."""
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
    """The tables of source and target vectors; the same table twice with a shared vocabulary."""
    table = layers.TiedEmbedding if config.tied else layers.Embedding
    if preprocessor.shared:
        return [table(len(preprocessor.target), config.embedding_size, name="vectors")] * 2
    source = layers.Embedding(len(preprocessor.source), config.embedding_size, name="source_vectors")
    return source, table(len(preprocessor.target), config.embedding_size, name="target_vectors")


def _encoder(config):
    return recurrent.stack(config, bidirectional=config.bidirectional, name="encoder")


def _decoder(config):
    return layers.AttentionDecoder(
        recurrent.layer(config),
        layers.BahdanauAttention(config.units),
        [recurrent.layer(config) for _ in range(config.depth)],
        output_size=config.embedding_size,
        dropout=config.dropout,
        input_feeding=config.input_feeding,
        name="decoder",
    )


def axis_names(preprocessor):
    """Subwords along the first axis of their tables, and along the last one of logits."""
    target = [(preprocessor.target.pieces, (0,))]
    return {
        "vectors": target, "target_vectors": target, "source_vectors": [(preprocessor.source.pieces, (0,))],
        "logits": [(preprocessor.target.pieces, (-1,))],
    }  # fmt: skip


def compiled(config):
    return {"loss": layers.SmoothedCrossentropy(config.label_smoothing)}


def watch(model, preprocessor, examples, config):
    """A callback that logs, after each epoch, the BLEU of greedy translations of the validation split as val_bleu."""
    return [validation.ValidationBLEU(model, preprocessor, examples, config)]


def infer(artifact):
    """The parts of the network, put together for decoding."""
    return decoding.Translator(artifact.model)
