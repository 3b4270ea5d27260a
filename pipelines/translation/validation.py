"""BLEU of the validation split while a network trains."""

import dataclasses

import keras

from pipelines.translation import bleu_tokenizers, data, decoding, scores


class ValidationBLEU(keras.callbacks.Callback):
    """Adds `val_bleu` to the logs of an epoch: BLEU of greedy translations against all references of each source.

    It counts words by the same tokenizer as the scores after the training; see `bleu_tokenizers`.
    """

    def __init__(self, model, preprocessor, examples, config):
        super().__init__()
        self.preprocessor, self.config = preprocessor, dataclasses.replace(config, beams=1)
        texts, self.references = data.grouped(examples, config.validation_sentences)
        self.sources = preprocessor.sources(texts)
        self.tokenize = bleu_tokenizers.usable(preprocessor.bleu_tokenize)
        self.network = decoding.Translator(model)

    def on_epoch_end(self, epoch, logs=None):
        texts = decoding.texts(self.network, self.preprocessor, self.sources, self.config)
        logs["val_bleu"] = scores.bleu(texts, self.references, self.tokenize)
