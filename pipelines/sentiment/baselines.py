"""What a text classifier has to beat: the majority class, and two linear models of words and pairs of words.

    baseline = fit(texts, targets, class_count=2)
    baseline.metrics(test_texts, truth)["baseline_linear_accuracy"]
    baseline.save("saved_models/mine/baselines")
    load("saved_models/mine/baselines").probabilities(["not bad"])

Linear: p = softmax(x W + b), x = tf-idf of words and pairs of words, (1 + ln count) idf scaled to length 1. Of texts
that are too many for memory, `linear_terms.LARGE`, terms are those of a part, and weights are learned by stochastic
gradients.
A run of letters and digits is a word ("I" and "5" too); scripts without spaces are cut at punctuation only. The other
one, often the better, is in `nbsvm`.
Cost on two cores: 22,500 reviews of IMDB fit in 10 s; 0.903 accuracy on the other 2,500.
"""

import dataclasses
import logging
from collections.abc import Sequence

import numpy as np
import scipy.special
import sklearn.linear_model
import sklearn.metrics

from pipelines.sentiment import label_baselines, linear_terms, number_baselines
from pipelines.sentiment import nbsvm as stronger
from pipelines.sentiment.nbsvm import NBSVM
from pipelines.shared.data import stored
from pipelines.shared.storage import baseline_files

log = logging.getLogger("unroll")

MOST = 2**29  # bytes of texts from which weights are learned; a larger part takes longer and is no better
PIECE = 10_000  # texts


@dataclasses.dataclass(frozen=True, eq=False)
class TextBaseline:
    """The baselines as plain arrays.

    linear: its biases are -inf for a class without training texts. If the training texts left no word (all punctuation,
    or no word twice among many) it answers every text with the training split's class shares.
    """

    linear: linear_terms.LinearTerms
    class_counts: np.ndarray  # (classes,) of the training split
    nbsvm: NBSVM | None = None  # those of 0.1 had none

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """The linear model's answer, (texts, classes)."""
        return scipy.special.softmax(self.linear.scores(texts), axis=1)

    def classes(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """{baseline: the class of each text, integers (texts,)}."""
        majority = np.full(len(texts), self.class_counts.argmax())
        classes = {"majority": majority, "linear": self.probabilities(texts).argmax(axis=1)}
        return classes if self.nbsvm is None else {**classes, "nbsvm": self.nbsvm.scores(texts).argmax(axis=1)}

    def metrics(self, texts: Sequence[str], truth) -> dict[str, float]:
        """{`baseline_{majority,linear,nbsvm}_{accuracy,macro_f1}`: value}; truth: integers (texts,)."""
        truth = _checked(texts, truth, len(self.class_counts))
        numbers = [_scores(name, truth, classes) for name, classes in self.classes(texts).items()]
        return {key: value for own in numbers for key, value in own.items()}

    def save(self, folder) -> None:
        """Writes one file of arrays into the folder; see `baseline_files`."""
        model = {} if self.nbsvm is None else {f"nbsvm_{name}": values for name, values in vars(self.nbsvm).items()}
        baseline_files.save(folder, {**self.linear.arrays(), "class_counts": self.class_counts, **model})


def fit(preprocessor, examples) -> TextBaseline | label_baselines.LabelBaseline | number_baselines.NumberBaseline:
    """The baselines of the training split."""
    targets = preprocessor.targets(examples["label"])
    if preprocessor.target == "several":
        return label_baselines.learn(examples["text"], targets, preprocessor.balance)
    if preprocessor.target == "number":
        return number_baselines.learn(examples["text"], targets)
    balance, classes = preprocessor.balance, len(preprocessor.labels)
    baseline = learn(examples["text"], targets, classes, balance)
    return dataclasses.replace(baseline, nbsvm=stronger.learn(examples["text"], targets, classes, balance))


def learn(texts: Sequence[str], targets, class_count: int, balance=None) -> TextBaseline:
    """The majority class and the linear model of a training split; targets: integers (texts,) below `class_count`.

    balance: what an example of each class counts in the linear model (classes,), or None for 1.

    >>> baseline = learn(["good", "very good", "bad", "very bad"], [1, 1, 0, 0], class_count=2)
    >>> baseline.probabilities(["not good"]).argmax(axis=1).tolist()
    [1]
    """
    targets = _checked(texts, targets, class_count)
    class_counts = np.bincount(targets, minlength=class_count)
    if np.count_nonzero(class_counts) < 2:
        raise ValueError(
            f"Expected texts of two or more classes, received {len(texts)}, all of class {targets[0]}. "
            "Check the label column, and whether the file is sorted by label."
        )
    texts = stored.Texts.of(texts)
    if texts.sizes.sum() > linear_terms.LARGE:
        return _learn_by_pieces(texts, targets, class_counts, balance)

    def fitted(features, targets):
        return _fit_linear(features, targets, class_count, balance)

    return TextBaseline(linear_terms.fit(texts, targets, _class_shares(class_counts), fitted), class_counts)


def _learn_by_pieces(texts, targets, class_counts, balance):
    """The baselines of texts that are too many for memory; what they are learned from is drawn evenly, and said."""
    rows, bytes_of_all = np.random.default_rng(0).permutation(len(texts)), texts.sizes.sum()
    vectorizer = linear_terms.new_vectorizer(len(texts))
    vectorizer.fit(texts.picked(np.sort(rows[: int(len(rows) * linear_terms.LARGE / 2 / bytes_of_all)])))
    rows = rows[: int(len(rows) * min(1, MOST / bytes_of_all))]
    log.info(
        "linear baseline: terms of a part of the %d texts, weights by stochastic gradient descent, once over %d of "
        "them", len(texts), len(rows)
    )  # fmt: skip
    model = sklearn.linear_model.SGDClassifier(loss="log_loss", alpha=1 / len(rows), average=True, random_state=0)
    seen = np.flatnonzero(class_counts)
    if balance is not None:
        model.set_params(class_weight={one: balance[one] for one in seen})
    for piece in np.split(rows, range(PIECE, len(rows), PIECE)):
        model.partial_fit(vectorizer.transform(texts.picked(piece)), targets[piece], classes=seen)
    linear = linear_terms.of_vectorizer(vectorizer, *_weights(model, len(class_counts)))
    return TextBaseline(linear, class_counts)


def load(folder) -> TextBaseline:
    """The baselines that `save` wrote into the folder."""
    return baseline_files.load(folder, _of_arrays)


def _of_arrays(arrays):
    if "label_shares" in arrays:
        return label_baselines.of_arrays(arrays)
    if "mean" in arrays:
        return number_baselines.of_arrays(arrays)
    own = {name.removeprefix("nbsvm_"): values for name, values in arrays.items() if name.startswith("nbsvm_")}
    model = NBSVM(**own) if own else None
    return TextBaseline(linear_terms.of_arrays(arrays), arrays["class_counts"], model)


def _fit_linear(features, targets, class_count: int, balance) -> tuple[np.ndarray, np.ndarray]:
    """Weights (terms, classes) and biases (classes,) of a logistic regression."""
    model = sklearn.linear_model.LogisticRegression(
        max_iter=1000, class_weight=None if balance is None else dict(enumerate(balance))
    )
    return _weights(model.fit(features, targets), class_count)


def _weights(model, class_count):
    kernel, bias = model.coef_.T, model.intercept_  # (terms, classes seen); one column for two classes
    if len(model.classes_) == 2:
        kernel, bias = np.hstack([0 * kernel, kernel]), np.append(0, bias)
    weights = np.zeros((len(kernel), class_count), np.float32)
    biases = np.full(class_count, -np.inf, np.float32)
    weights[:, model.classes_], biases[model.classes_] = kernel, bias
    return weights, biases


def _class_shares(class_counts: np.ndarray) -> np.ndarray:
    """The biases (classes,) of a model without terms."""
    biases = np.full(len(class_counts), -np.inf, np.float32)
    biases[class_counts > 0] = np.log(class_counts[class_counts > 0])
    return biases


def _scores(name: str, truth, predicted) -> dict[str, float]:
    accuracy = sklearn.metrics.accuracy_score(truth, predicted)
    macro_f1 = sklearn.metrics.f1_score(truth, predicted, average="macro", zero_division=0)
    return {f"baseline_{name}_accuracy": float(accuracy), f"baseline_{name}_macro_f1": float(macro_f1)}


def _checked(texts: Sequence[str], targets, class_count: int) -> np.ndarray:
    targets = np.asarray(targets)
    if isinstance(texts, str) or not len(texts) or not all(isinstance(text, str) for text in texts):
        raise ValueError("Expected `texts` as a list of at least one string. Decode bytes, and put one in a list.")
    if targets.shape != (len(texts),) or not np.issubdtype(targets.dtype, np.integer):
        raise ValueError(
            f"Expected one integer a text, ({len(texts)},), received {targets.dtype} {targets.shape}. "
            "Pass indices into the labels, not the labels themselves."
        )
    if targets.min() < 0 or targets.max() >= class_count:
        raise ValueError(
            f"Expected targets between 0 and {class_count - 1}, received {targets.min()} to {targets.max()}. "
            "Leave out texts whose label the training split lacks."
        )
    return targets
