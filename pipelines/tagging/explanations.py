"""Which words decided on each tag: for `predict(..., explain=True)`.

    artifact.predict("I can fish.", explain=True)[0]["parts"][1]      of "can": what I, can, fish and . add to its tag

A part is by how much the log-odds of the tag fall when the other word is blotted out, its letters too; see
`shared.explanation.occlusion`. With a CRF the probabilities are those of each tag over all sequences of tags.
"""

import numpy as np

from pipelines.shared.explanation import occlusion

ROWS = 64  # answered together


def explained(artifact, answers):
    """The answers with "parts", a list for each word of what each word adds to its tag."""
    return [{**answer, "parts": parts(artifact, answer["tokens"], answer["tags"]).tolist()} for answer in answers]


def parts(artifact, words, tags):
    """float64 (words, words): row i has what each word adds to the tag of word i."""
    count = len(words)
    if not count:
        return np.zeros((0, 0))
    chosen = np.array([artifact.preprocessor.numbers[tag] for tag in tags])
    tensors = artifact.preprocessor.tensors([words])
    odds = np.concatenate([
        _odds(artifact, tensors, blotted, chosen)
        for blotted in np.array_split(np.arange(-1, count), -(-(count + 1) // ROWS))
    ])  # fmt: skip
    return (odds[0] - odds[1:]).T


def _odds(artifact, tensors, blotted, chosen):
    """Log-odds of the chosen tags (rows, words), in each row with another word blotted out, or none (-1)."""
    rows = {name: np.repeat(tensor, len(blotted), axis=0) for name, tensor in tensors.items()}
    for row, word in enumerate(blotted):
        if word >= 0:
            rows["words"][row, word] = occlusion.BLOT
            rows["letters"][row, word] = occlusion.BLOT
    outputs = artifact.infer(rows["words"], rows["letters"], rows["lengths"])
    probabilities = np.asarray(outputs["probabilities"])  # (rows, words, tags)
    odds = occlusion.log_odds(probabilities.reshape(-1, probabilities.shape[-1])).reshape(probabilities.shape)
    return odds[:, np.arange(len(chosen)), chosen]
