"""BLEU (Papineni et al. 2002) in the graph, equal to sacreBLEU: a Keras metric over strings or token ids."""

import importlib.metadata

import keras

from layers import checks, ngrams
from layers.annotations import Tensor
from layers.bleu_tokens import TOKENIZERS, string_tokens

# Chen and Cherry 2014, methods 0 to 3, with their values.
_SMOOTHING_VALUES = {"none": None, "floor": 0.1, "add-k": 1.0, "exp": None}


def ngram_counts(reference_ids, reference_lengths, ids, lengths, max_order=4):
    """What BLEU needs to know about each row; the BLEU of a corpus is a function of the sum over its rows.

    The k-th appearance of an n-gram in a hypothesis is correct when some reference holds it k times; see `ngrams`. Time
    and memory grow with the words; for the counts, with the words times the square of references + 1.

    Args:
        reference_ids, reference_lengths: int (batch, references, words) and (batch, references).
        ids, lengths: int (batch, words) and (batch,): the hypotheses.

    Returns:
        int32 (batch, 2 + 2 * max_order): hypothesis length, length of the closest reference, correct n-grams
        by order from 1, all n-grams by order from 1.
    """
    if reference_ids.shape[1] == 0:
        raise ValueError("references: expected one a row at least, received none")
    words = _larger(keras.ops.shape(ids)[1], keras.ops.shape(reference_ids)[2])
    texts = keras.ops.concatenate([_padded(ids[:, None], words), _padded(reference_ids, words)], axis=1)
    sizes = keras.ops.concatenate([lengths[:, None], reference_lengths], axis=1)
    correct = ngrams.correct(texts, sizes, max_order)
    total = [keras.ops.maximum(lengths - order, 0) for order in range(max_order)]
    return keras.ops.stack([lengths, _closest_length(reference_lengths, lengths), *correct, *total], axis=-1)


def _larger(one, other):
    """The larger of two sizes: a number where both are known, else a tensor."""
    unknown = keras.ops.is_tensor(one) or keras.ops.is_tensor(other)
    return keras.ops.maximum(one, other) if unknown else max(one, other)


def _padded(ids, words):
    """ids (batch, texts, any) to (batch, texts, words)."""
    return keras.ops.pad(ids, ((0, 0), (0, 0), (0, words - keras.ops.shape(ids)[2])))


def ngram_precisions(counts, smoothing="exp", smoothing_value=None):
    """Each order's precision, 0 to 1, smoothed, and whether the corpus has n-grams of that order."""
    orders = counts.shape[0] // 2 - 1
    correct, total = counts[2 : 2 + orders], counts[2 + orders :]  # (orders,) each
    if smoothing_value is None:
        smoothing_value = _SMOOTHING_VALUES[smoothing]
    if smoothing == "add-k":
        added = smoothing_value * keras.ops.cast(keras.ops.arange(orders) > 0, correct.dtype)
        correct, total = correct + added, total + added
    counted = total > 0
    missed = (correct == 0) & counted
    if smoothing == "floor":
        correct = keras.ops.where(missed, smoothing_value, correct)
    if smoothing == "exp":  # the first order without a match counts half a match, the next a quarter
        halvings = keras.ops.cumsum(keras.ops.cast(missed, correct.dtype))
        correct = keras.ops.where(missed, keras.ops.power(0.5, halvings), correct)
    return correct / keras.ops.where(counted, total, 1.0), counted


def bleu_score(counts, smoothing="exp", smoothing_value=None, effective_order=False):
    """BLEU, 0 to 100, of counts (2 + 2 * orders,) summed over a corpus, laid out as by `ngram_counts`.

    >>> round(float(bleu_score([7, 6, 5, 4, 2, 1, 7, 6, 5, 4])), 4)
    46.7138
    """
    counts = keras.ops.cast(counts, _float_type())
    precisions, counted = ngram_precisions(counts, smoothing, smoothing_value)
    if not effective_order:
        counted = keras.ops.ones_like(counted)
    orders = keras.ops.maximum(keras.ops.sum(keras.ops.cast(counted, counts.dtype)), 1.0)
    logs = keras.ops.log(keras.ops.where(counted & (precisions > 0), precisions, 1.0))
    brevity = keras.ops.exp(keras.ops.minimum(1.0 - counts[1] / keras.ops.maximum(counts[0], 1.0), 0.0))
    score = 100.0 * brevity * keras.ops.exp(keras.ops.sum(logs) / orders)
    matched = keras.ops.any(counts[2 : 2 + precisions.shape[0]] > 0)
    return keras.ops.where(matched & keras.ops.all((precisions > 0) | ~counted), score, 0.0)


@keras.saving.register_keras_serializable(package="unroll")
class BLEU(keras.metrics.Metric):
    """BLEU of a corpus, 0 to 100, equal to sacreBLEU's:

        BLEU = 100 BP exp(1/N sum_n log p_n),   BP = 1 if c > r else exp(1 - r / c)

    where p_n is the share of the hypotheses' n-grams found in a reference (each at most as often as the
    reference that has it most), c the words in the hypotheses, r those in the references of closest length.
    Some courses omit the logarithm and invert BP's ratio; the paper has it as above.

    Call: `update_state(references, hypotheses, sample_weight=None)`. Strings: (batch,) or (batch, references)
    and (batch,). With tokenize="ids" integers: (batch, time) or (batch, references, time) and (batch, time).
    A row with fewer references than others repeats one, which changes nothing; for uneven lists and ragged strings this
    is done here. Weight 0 leaves a row out.

    Masking: a row of ids ends before its first `end_id` or `pad_id`.

    State: one vector of sums, exact up to 2^53 (int32 on JAX: 2^31). It is float64 and not int64, because
    TensorFlow divides a restored sum among the replicas, and an odd integer would lose one.

    Args:
        tokenize: `"13a"` (the WMT's, for scripts with spaces), `"zh"` (for Chinese), `"none"` (white space), `"char"`
            (for Thai and other scripts without spaces) or `"ids"`. Ids of subwords give another number than words do.
        lowercase: compare strings in lower case (TensorFlow's table of letters ends with Unicode 13).
        max_order: longest n-gram.
        smoothing: for orders without a match: `"none"`, `"floor"` (`smoothing_value`, 0.1, matches), `"add-k"`
            (`smoothing_value`, 1, more in all orders above 1) or `"exp"` (1/2, 1/4, ... as in mteval-v13a).
        effective_order: leave out orders longer than every hypothesis; meant for single sentences.

    Reference: Papineni et al. 2002, https://aclanthology.org/P02-1040; Post 2018, https://aclanthology.org/W18-6319.

    Example:

    >>> bleu = BLEU(tokenize="ids", end_id=2, max_order=2)
    >>> bleu.update_state([[5, 6, 7, 8, 2]], [[5, 6, 9, 8, 2]])
    >>> round(float(bleu.result()), 2)
    50.0
    >>> bleu.signature.rpartition("|")[0]
    'nrefs:1|case:mixed|eff:no|tok:ids|smooth:exp'
    """

    def __init__(
        self,
        tokenize: str = "13a",
        lowercase: bool = False,
        max_order: int = 4,
        smoothing: str = "exp",
        smoothing_value: float | None = None,
        effective_order: bool = False,
        end_id: int | None = None,
        pad_id: int | None = None,
        name: str = "bleu",
        dtype: str | None = None,
    ):
        super().__init__(name=name, dtype=dtype)
        checks.one_of("tokenize", tokenize, (*TOKENIZERS, "ids"))
        checks.one_of("smoothing", smoothing, tuple(_SMOOTHING_VALUES))
        checks.positive("max_order", max_order)
        if smoothing_value is not None and (_SMOOTHING_VALUES[smoothing] is None or smoothing_value < 0):
            raise ValueError(
                "smoothing_value: expected a number of at least 0, with smoothing='floor' or 'add-k', "
                f"received {smoothing_value!r} with smoothing={smoothing!r}"
            )
        if tokenize != "ids" and (end_id is not None or pad_id is not None):
            raise ValueError(f"end_id, pad_id: expected tokenize='ids' with them, received tokenize={tokenize!r}")
        self.tokenize, self.lowercase, self.max_order = tokenize, lowercase, max_order
        self.smoothing, self.smoothing_value = smoothing, smoothing_value
        self.effective_order, self.end_id, self.pad_id = effective_order, end_id, pad_id
        self.counts = self.add_variable((2 + 2 * max_order,), "zeros", dtype=_count_type(), name="counts")
        self._references = None

    def update_state(self, references: Tensor, hypotheses: Tensor, sample_weight: Tensor | None = None) -> None:
        tokens = (self._ids if self.tokenize == "ids" else self._strings)(references, hypotheses)
        counts = keras.ops.cast(ngram_counts(*tokens, self.max_order), self.counts.dtype)  # (batch, sums)
        if sample_weight is not None:
            kept = keras.ops.reshape(keras.ops.cast(sample_weight, "bool"), (-1, 1))
            counts = keras.ops.where(kept, counts, keras.ops.zeros_like(counts))
        self.counts.assign(self.counts + keras.ops.sum(counts, axis=0))

    def result(self) -> Tensor:
        return bleu_score(self._sums(), self.smoothing, self.smoothing_value, self.effective_order)

    def precisions(self) -> Tensor:
        """The precision of each order, (max_order,), 0 to 1, smoothed as BLEU takes it."""
        return ngram_precisions(self._sums(), self.smoothing, self.smoothing_value)[0]

    @property
    def signature(self) -> str:
        """What the number depends on, in sacreBLEU's form; print it beside the score."""
        if self._references is None:
            raise ValueError("signature: expected references to count, received none; call `update_state` first")
        value = _SMOOTHING_VALUES[self.smoothing] if self.smoothing_value is None else self.smoothing_value
        smoothing = self.smoothing if value is None else f"{self.smoothing}[{value:.2f}]"
        case, effective = "lc" if self.lowercase else "mixed", "yes" if self.effective_order else "no"
        parts = f"nrefs:{self._references}|case:{case}|eff:{effective}|tok:{self.tokenize}|smooth:{smoothing}"
        return f"{parts}|version:unroll-{_version()}"

    def save_own_variables(self, store):
        """Called by Keras: a model saved in mid-epoch carries the sums on."""
        store["counts"] = self.counts

    def load_own_variables(self, store):
        self.counts.assign(store["counts"])

    def get_config(self):
        names = "tokenize lowercase max_order smoothing smoothing_value effective_order end_id pad_id"
        return {**super().get_config(), **{name: getattr(self, name) for name in names.split()}}

    def _sums(self):
        """The sums, rounded: one restored to three replicas comes back slightly off."""
        return keras.ops.round(keras.ops.cast(self.counts, _float_type()))

    def _ids(self, references, hypotheses):
        references, ids = keras.ops.convert_to_tensor(references), keras.ops.convert_to_tensor(hypotheses)
        if "int" not in keras.backend.standardize_dtype(ids.dtype) or len(ids.shape) != 2:
            raise ValueError(
                "hypotheses: expected integers (batch, time) with tokenize='ids', "
                f"received {keras.backend.standardize_dtype(ids.dtype)} of the shape {tuple(ids.shape)}"
            )
        references = self._with_reference_axis(references, 2)
        stops = [stop for stop in (self.end_id, self.pad_id) if stop is not None]
        return keras.ops.cast(references, ids.dtype), _lengths(references, stops), ids, _lengths(ids, stops)

    def _strings(self, references, hypotheses):
        import tensorflow as tf

        references, hypotheses = _rectangular(references), tf.convert_to_tensor(hypotheses)
        if hypotheses.dtype != tf.string or hypotheses.shape.rank != 1:
            raise ValueError(
                f"hypotheses: expected strings (batch,) with tokenize={self.tokenize!r}, received "
                f"{hypotheses.dtype.name} of the shape {hypotheses.shape}; for token ids give tokenize='ids'"
            )
        references = self._with_reference_axis(references, 1)
        tokens = string_tokens(references, hypotheses, self.tokenize, self.lowercase)
        if keras.backend.backend() == "tensorflow":
            return tokens
        return [keras.ops.convert_to_tensor(part.numpy()) for part in tokens]

    def _with_reference_axis(self, references, rank):
        """(batch, ...) of `rank` axes to (batch, 1, ...); (batch, references, ...) as it is."""
        if len(references.shape) not in (rank, rank + 1):
            raise ValueError(
                f"references: expected {rank} axes, or {rank + 1} with several references to a row, "
                f"received the shape {tuple(references.shape)}"
            )
        references = references if len(references.shape) > rank else references[:, None]
        self._references = "var" if references.shape[1] is None else references.shape[1]
        return references


def _rectangular(references):
    """Strings as a tensor; a row with fewer references than others, in a list or ragged, repeats its last one."""
    import tensorflow as tf

    if isinstance(references, list) and len({len(row) for row in references if isinstance(row, (list, tuple))}) > 1:
        references = tf.ragged.constant(references)
    if not isinstance(references, tf.RaggedTensor):
        return tf.convert_to_tensor(references)
    counts = tf.expand_dims(references.row_lengths(), 1)  # (batch, 1)
    positions = tf.minimum(tf.range(tf.reduce_max(counts)), counts - 1)
    return tf.gather(references.to_tensor(), positions, batch_dims=1)  # an error for a row without any


def _count_type():
    return "int32" if keras.backend.backend() == "jax" else "float64"


def _float_type():
    return "float32" if keras.backend.backend() == "jax" else "float64"


def _version():
    try:
        return importlib.metadata.version("unroll-rnn")
    except importlib.metadata.PackageNotFoundError:  # run from a checkout
        return "unknown"


def _count(matches):
    return keras.ops.sum(keras.ops.cast(matches, "int32"), axis=-1)


def _lengths(ids, stops):
    """(..., time) to (...): the steps before the first of `stops`."""
    stopped = keras.ops.zeros_like(ids, dtype="int32")
    for stop in stops:
        stopped = stopped + keras.ops.cast(ids == stop, "int32")
    return _count(keras.ops.cumsum(stopped, axis=-1) == 0)


def _closest_length(reference_lengths, lengths):
    """(batch, references), (batch,) to (batch,): of two equally close references the shorter."""
    lengths = lengths[:, None]
    longer = keras.ops.cast(reference_lengths > lengths, "int32")
    distance = 2 * keras.ops.abs(reference_lengths - lengths) + longer
    nearest = keras.ops.argmin(distance, axis=1)  # (batch,)
    return keras.ops.take_along_axis(reference_lengths, nearest[:, None], axis=1)[:, 0]
