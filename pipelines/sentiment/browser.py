"""What a page in the browser needs to run a text classifier there; its JavaScript is `site/model.js`."""

from pipelines.sentiment import kinds, thresholds
from pipelines.shared.browser import contents
from pipelines.shared.text import tokenization


def browser(artifact):
    """The `Contents`: a signature for each size of `ids`, the vocabulary, and answers to compare with."""
    preprocessor, config = artifact.preprocessor, artifact.config
    sizes, kind = contents.sizes(config.max_length), kinds.of(preprocessor)
    threshold = thresholds.of(artifact)
    settings = {
        "sizes": sizes,
        "text": tokenization.settings(preprocessor.text),
        "kind": preprocessor.target,
        "labels": preprocessor.labels,
        "threshold": getattr(kind, "THRESHOLD", None) if threshold is None else threshold,
    }
    texts = artifact.task.signatures.probes(artifact)
    return contents.Contents(
        module="sentiment/model.js",
        calls=contents.in_sizes("serving_default", lambda steps: {"ids": [1, steps], "lengths": [1]}, sizes),
        verbs={"predict": []},
        card={},
        golden=_golden(artifact, texts),
        settings=settings,
        files={"vocabulary.txt": preprocessor.text.vocabulary},
    )


def _golden(artifact, texts):
    """The ids of texts, and the answers to them."""
    sequences = artifact.preprocessor.sequences(texts)
    answers = artifact.predict(texts)
    return [
        *(("ids", {"text": text}, ids.tolist()) for text, ids in zip(texts, sequences, strict=True)),
        *(("predict", {"input": text}, answer) for text, answer in zip(texts, answers, strict=True)),
    ]
