"""The signatures of an exported tagger: a SavedModel takes text, words or ids, a .tflite takes ids.

serving_default   of the SavedModel: text -> words, tags and probabilities, padded with "" and 0
tokens            words, padded with "" -> tags and probabilities
ids               words and letters as numbers -> probabilities and numbers of tags; serving_default of the .tflite
"""

import numpy as np
import tensorflow as tf

from pipelines.shared import defaults
from pipelines.tagging import answers

alike, browser = defaults.alike, defaults.browser
PADDED = {
    "serving_default": dict.fromkeys(("tokens", "tags", "probabilities"), ("tokens",)),
    "tokens": {}, "ids": {},
}  # fmt: skip
MEANINGS = {
    "words": "the line of each word in words.txt, from 0 on; 0 is padding",
    "letters": "the line of each letter of a word in letters.txt, from 0 on; 0 is padding",
    "lengths": "how many words a sentence has",
    "probabilities": "a probability for each line of tags.txt, of each word; 0 past a sentence's end",
    "tags": "the line of each word's tag in tags.txt, from 0 on; 0 past a sentence's end",
}


def serving(artifact):
    """The SavedModel's signatures."""
    preprocessor, infer = artifact.preprocessor, artifact.task.network.infer(artifact)
    names = tf.constant(preprocessor.tags)

    def tagged(words):
        """{"tags", "probabilities"} of words, strings (batch, time), "" behind a sentence."""
        real = tf.not_equal(words, "")
        ids, letters = preprocessor.forms(tf.reshape(words, [-1]))
        shape = tf.shape(words)
        letters = tf.reshape(letters, [shape[0], shape[1], preprocessor.forms.max_letters])
        lengths = tf.reduce_sum(tf.cast(real, tf.int32), axis=1)
        outputs = infer(tf.reshape(ids, shape), letters, lengths)
        best = tf.gather(outputs["probabilities"], outputs["tags"], batch_dims=2)
        return {"tags": tf.where(real, tf.gather(names, outputs["tags"]), ""), "probabilities": best}

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string, "text")])
    def text(text):
        words = preprocessor.splitter(text)  # ragged (batch, None)
        words = words.to_tensor(shape=[None, None])
        words = tf.concat([words, tf.zeros_like(words[:, :1])], 1) if words.shape[1] == 0 else words
        return {"tokens": words, **tagged(words)}

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None, None], tf.string, "tokens")])
    def tokens(tokens):
        return tagged(tokens)

    return {"serving_default": text, "tokens": tokens, "ids": infer}


def mobile(artifact):
    """The .tflite's signatures and the text files beside it."""
    preprocessor = artifact.preprocessor
    files = {
        "words.txt": preprocessor.forms.vocabulary,
        "letters.txt": preprocessor.forms.letters,
        "tags.txt": preprocessor.tags,
    }
    return {"serving_default": artifact.task.network.infer(artifact)}, files


def probes(artifact, count=8, seed=0):
    """Raw inputs on which exports are compared with the model: an empty text, one word, words known and not."""
    words = np.array([*artifact.preprocessor.forms.vocabulary[2:], "Qxzvly", "don't", "1,000.50", "(almost)"], object)
    words = words[[" " not in word for word in words]]
    draw = np.random.default_rng(seed)
    texts = [" ".join(draw.choice(words, draw.integers(2, 31))) for _ in range(count - 2)]
    return ["", str(words[0]), *texts]


def encode(artifact, inputs):
    """The tensors of `ids`, padded, and the model's answers; the numbers of tags for a CRF alone, whose they are."""
    tensors = artifact.preprocessor.tensors(answers.words_of(artifact, inputs))
    outputs = {name: np.asarray(value) for name, value in artifact.infer(*tensors.values()).items()}
    return tensors, outputs if artifact.config.crf else {"probabilities": outputs["probabilities"]}


def _padded(lists, empty):
    longest = max(1, *map(len, lists), 1)
    return np.array([[*one, *[empty] * (longest - len(one))] for one in lists], object if empty == "" else None)


def _tagged(artifact, inputs):
    """Words and what is answered to them, padded."""
    said = answers.answer(artifact, inputs)
    words, tags = (_padded([one[name] for one in said], "") for name in ("tokens", "tags"))
    return words, {"tags": tags, "probabilities": _padded([one["probabilities"] for one in said], 0.0)}


def serve(artifact, inputs):
    """The tensors of `serving_default` and the model's answers."""
    words, expected = _tagged(artifact, inputs)
    return {"text": np.array(inputs, object)}, {"tokens": words, **expected}


def further(artifact, inputs):
    """The tensors of `tokens` and the model's answers."""
    words, expected = _tagged(artifact, inputs)
    return {"tokens": ({"tokens": words}, expected)}


def golden(artifact, inputs, answers):
    """The words of each input and their tags by name."""
    said = artifact.predict(list(inputs))
    return {"sentences": [{"tokens": one["tokens"], "tags": one["tags"]} for one in said]}


def preparation(artifact):
    """How an app turns words into ids, in sentences."""
    forms, splitter = artifact.preprocessor.forms, artifact.preprocessor.splitter
    begin, end = (forms.max_letters + 1) // 2, forms.max_letters // 2
    cut = {
        "blanks": "Split a text into words at blanks.",
        "treebank": "Split a text into words as the SavedModel does: punctuation, brackets and quotes off a word, "
        "don't into do and n't; golden.json has examples.",
    }
    return [
        cut[splitter.style],
        "words: put each word into small letters; its id is its line in words.txt, from 0 on, of an unknown one 1.",
        f"letters: a letter's id, of the word as it is written, is its line in letters.txt, counted from 0, of an "
        f"unknown one 1. Of a word of more than {forms.max_letters} letters take the first {begin} and the last {end}; "
        "fill up with 0.",
        "Fill up words and letters of shorter sentences with 0, and put how many words each has into lengths.",
        "The answer to a word is the line of tags.txt whose number is in tags"
        + (", the best sequence of all; probabilities are those of a tag by itself." if artifact.config.crf else "."),
    ]
