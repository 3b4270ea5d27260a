"""What a page in the browser needs to translate there, greedily; its JavaScript is `site/model.js`."""

from pipelines.shared.browser import contents
from pipelines.shared.text import subwords
from pipelines.translation import answers, decoding

LEAST = 16  # subwords of the shortest sources, the end among them


def browser(artifact):
    """The `Contents`: `encode` and `step` for each size of the source, the vocabularies, answers to compare with."""
    preprocessor, config = artifact.preprocessor, artifact.config
    texts = artifact.task.signatures.probes(artifact)
    sizes = contents.sizes(config.max_length + 1, LEAST)
    files = {}
    for side in ("source", "target"):
        vocabulary = getattr(preprocessor, side)
        files |= {f"{side}_vocabulary.txt": vocabulary.pieces, f"{side}.rules": vocabulary.rules}
    return contents.Contents(
        module="translation/model.js",
        calls=_calls(artifact, texts, sizes),
        verbs={"predict": ["attention"], "words": ["text"]},
        card={"beams": 1},
        golden=[*_golden(artifact, texts)],
        settings={"sizes": sizes, **decoding.limits(config)},
        files=files,
    )


def _calls(artifact, texts, sizes):
    source = {"source": lambda steps: [1, steps], "source_lengths": lambda steps: [1]}
    tensors = artifact.task.signatures.further(artifact, texts[:1])["step"][0]

    def stepped(steps):
        return {name: [1, steps, *tensor.shape[2:]] if tensor.ndim > 2 else [1, *tensor.shape[1:]]
                for name, tensor in tensors.items()}  # fmt: skip

    encoded = contents.in_sizes("encode", lambda steps: {name: shape(steps) for name, shape in source.items()}, sizes)
    return encoded | contents.in_sizes("step", stepped, sizes)


def _golden(artifact, texts):
    """The ids of texts, and their greedy translations."""
    vocabulary, sources = artifact.preprocessor.source, artifact.preprocessor.sources(texts)
    translations = answers.answer(artifact, texts, method="greedy", attention="words")
    for text, ids, answer in zip(texts, sources, translations, strict=True):
        if len(ids) > artifact.config.max_length + 1:
            continue
        yield "ids", {"text": text}, [int(one) for one in ids]
        source, target, weights = answer.pop("attention")
        attention = {"source": source, "target": target, "weights": weights.tolist()}
        yield "predict", {"input": text, "attention": "words"}, {**answer, "attention": attention}
        yield "tokens", {"text": text}, vocabulary.tokens([text])[0]
    yield "text", {"ids": [5, subwords.UNKNOWN, 6, subwords.END, 7]}, _spelt(artifact, [5, subwords.UNKNOWN, 6])


def _spelt(artifact, ids):
    return artifact.preprocessor.target.detokenize([ids]).numpy()[0].decode()
