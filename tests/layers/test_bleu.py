import random

import keras
import numpy as np
import pytest
import sacrebleu.metrics
import tensorflow as tf
from thinned import thinned

from layers import ngrams
from layers.bleu import BLEU, bleu_score
from layers.bleu_tokens import split_words

tensorflow_only = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="is about TensorFlow")
TOLERANCE = 1e-4 if keras.backend.backend() == "jax" else 1e-6  # JAX computes in float32

TEXT = """the cat sat on a mat . , ! ? 3.5 1,000 -5 5- 2-3 5. .5 5.x don't &amp; &lt;b&gt; &quot;q&quot; 
<skipped> (a) [b] {c} ~ ` @ # $ % ^ & * _ + = | \\ / : ; ' < > .. ñandú É ß ΣΑΣ 日本 😀 x\u0301 \u200b \x00"""
WORDS = [*TEXT.split(), "", "我3.5元。", "（猫）", "foo-\nbar", "\t", "\xa0", "\u3000", "\u2028", "\x1c", "\x85"]
ENDS_OF_CHINESE = (
    0x312F, 0x31A0, 0x31BF, 0x31C0, 0x31EF, 0x3200, 0x3400, 0x4DB5, 0x4E00, 0x9FA5, 0x9FBB, 0xF900, 0xFA2D, 0xFA30,
    0xFA6A, 0xFA70, 0xFAD9, 0xFE10, 0xFE1F, 0xFE30, 0xFE4F, 0xFF00, 0xFFEF, 0x20000, 0x2A6D6, 0x2F800, 0x2FA1D,
)  # fmt: skip


def sentence(random_source):
    count = random_source.choice([0, 1, 2, 3, 5, 8, 12])
    words = WORDS[: random_source.choice([4, 8, len(WORDS)])]
    return random_source.choice([" ", " ", ""]).join(random_source.choice(words) for _ in range(count))


def corpus(random_source, rows, references):
    """Hypotheses that share some words with their references; sometimes all of one side is empty."""
    targets = [[sentence(random_source) for _ in range(references)] for _ in range(rows)]
    chosen = [random_source.choice(row).split(" ") for row in targets]
    hypotheses = [" ".join(word for word in row if random_source.random() < 0.8) for row in chosen]
    empty = random_source.random()
    if empty < 0.05:
        hypotheses = [""] * rows
    elif empty < 0.1:
        targets = [[""] * references] * rows
    return targets, hypotheses


def expected(targets, hypotheses, **settings):
    names = {"smoothing": "smooth_method", "smoothing_value": "smooth_value", "max_order": "max_ngram_order"}
    metric = sacrebleu.metrics.BLEU(**{names.get(name, name): value for name, value in settings.items()})
    return metric.corpus_score(hypotheses, [list(column) for column in zip(*targets, strict=True)]), metric


@tensorflow_only
@thinned(
    3,
    ("tokenize", ["13a", "zh", "none", "char"]),
    ("smoothing", ["none", "floor", "floor 0.01", "add-k", "add-k 2", "exp"]),
)
def test_equals_sacrebleu_on_random_corpora(tokenize, smoothing):
    source = random.Random(f"{tokenize} {smoothing}")
    smoothing, _, value = smoothing.partition(" ")
    for _ in range(40):
        settings = {
            "tokenize": tokenize,
            "smoothing": smoothing,
            "smoothing_value": float(value) if value else None,
            "lowercase": source.random() < 0.3,
            "max_order": source.choice([1, 2, 3, 4, 4]),
            "effective_order": source.random() < 0.3,
        }
        targets, hypotheses = corpus(source, rows=source.randint(1, 5), references=source.randint(1, 3))
        bleu = BLEU(**settings)
        bleu.update_state(targets, hypotheses)
        score, metric = expected(targets, hypotheses, **settings)
        assert float(bleu.result()) == pytest.approx(score.score, abs=TOLERANCE), (
            settings,
            targets,
            hypotheses,
        )
        theirs = metric.get_signature().format().rpartition("|")[0]
        assert bleu.signature.rpartition("|version:unroll-")[0] == theirs


@tensorflow_only
def test_equals_sacrebleu_on_random_ids():
    """Hundreds of corpora through one compiled step."""
    source = np.random.default_rng(0)
    bleu = BLEU(tokenize="ids", end_id=2, pad_id=0)
    update = tf.function(
        bleu.update_state,
        input_signature=[tf.TensorSpec((None, None, None), tf.int32), tf.TensorSpec((None, None), tf.int32)],
    )
    for _ in range(800):
        rows, references = source.integers(1, 5), source.integers(1, 4)
        time, reference_time = source.integers(0, 9, 2)
        targets = source.integers(0, 8, (rows, references, reference_time)).astype("int32")
        hypotheses = source.integers(0, 8, (rows, time)).astype("int32")
        shared = min(time, reference_time)
        copied = source.random((rows, shared)) < 0.7
        hypotheses[:, :shared] = np.where(copied, targets[:, 0, :shared], hypotheses[:, :shared])
        bleu.reset_state()
        update(targets, hypotheses)
        score, _ = expected(
            [[words(reference) for reference in row] for row in targets],
            [words(row) for row in hypotheses],
            tokenize="none",
        )
        assert float(bleu.result()) == pytest.approx(score.score, abs=TOLERANCE), (targets, hypotheses)


def test_equals_sacrebleu_on_ids_of_one_shape():
    """Small enough for the back ends that compile for every new shape."""
    source = np.random.default_rng(2)
    for smoothing in ("none", "floor", "add-k", "exp"):
        bleu, targets, hypotheses = BLEU(tokenize="ids", end_id=2, smoothing=smoothing), [], []
        for _ in range(5):
            targets.extend(batch := source.integers(2, 7, (3, 2, 6)))
            hypotheses.extend(answers := source.integers(2, 7, (3, 6)))
            bleu.update_state(batch, answers)
        score, _ = expected(
            [[words(reference) for reference in row] for row in targets],
            [words(row) for row in hypotheses],
            tokenize="none",
            smoothing=smoothing,
        )
        assert float(bleu.result()) == pytest.approx(score.score, abs=TOLERANCE)


def words(ids):
    """What stands before the first end (2) or pad (0), as text."""
    kept = []
    for number in ids:
        if number in (0, 2):
            break
        kept.append(str(number))
    return " ".join(kept)


@pytest.mark.parametrize("tokenize", ["13a", "zh", "none", "char"])
def test_splits_every_character_as_sacrebleu(tokenize):
    characters = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    characters = characters[:0x3100] + characters[0x3100::97]
    characters += [chr(end + step) for end in ENDS_OF_CHINESE for step in (-1, 0, 1)]
    lines = [f"A{character}b{character}7{character}" for character in characters]
    metric = sacrebleu.metrics.BLEU(tokenize=tokenize)
    theirs = [metric._preprocess_segment(line).split() for line in lines]
    assert [[word.decode() for word in row] for row in split_words(lines, tokenize).to_list()] == theirs


def test_course_example():
    """The cat the cat on the mat: five of seven words and four of six pairs are in a reference."""
    bleu = BLEU(lowercase=True)
    references = ["The cat is on the mat", "There is a cat on the mat"]
    bleu.update_state([references], ["The cat the cat on the mat"])
    np.testing.assert_allclose(bleu.precisions()[:2], [5 / 7, 4 / 6], rtol=1e-6)
    np.testing.assert_array_equal(bleu.counts.value, [7, 7, 5, 4, 2, 1, 7, 6, 5, 4])
    assert float(bleu.result()) == pytest.approx(100 * (5 / 7 * 4 / 6 * 2 / 5 * 1 / 4) ** 0.25, abs=TOLERANCE)


def test_rows_may_come_in_any_batches_and_weight_zero_leaves_a_row_out():
    source = random.Random(3)
    targets, hypotheses = corpus(source, rows=30, references=2)
    whole, parts = BLEU(), BLEU()
    whole.update_state(targets, hypotheses)
    for start in range(0, 30, 7):
        parts.update_state(targets[start : start + 7], hypotheses[start : start + 7])
    np.testing.assert_array_equal(whole.counts.value, parts.counts.value)
    weighted = BLEU()
    weighted.update_state([*targets, ["a b c d"] * 2], [*hypotheses, "a b c d"], sample_weight=[1] * 30 + [0])
    np.testing.assert_array_equal(whole.counts.value, weighted.counts.value)


@tensorflow_only
def test_counts_are_exact_beyond_float32():
    bleu = BLEU(tokenize="ids")
    start = 2**24 + 1
    bleu.counts.assign(np.full(10, start + 2**40, "float64"))
    for _ in range(3):
        bleu.update_state([[4, 5, 6, 7]], [[4, 5, 6, 7]])
    added = 3 * np.array([4, 4, 4, 3, 2, 1, 4, 3, 2, 1])
    np.testing.assert_array_equal(bleu.counts.value, start + 2**40 + added)


@tensorflow_only
def test_sums_survive_a_checkpoint_in_mid_epoch(tmp_path):
    bleu = BLEU(lowercase=True)
    bleu.update_state(["a b c d e"], ["A b c d f"])
    path = tf.train.Checkpoint(counts=bleu.counts.value).write(str(tmp_path / "sums"))
    restored = BLEU.from_config(bleu.get_config())
    tf.train.Checkpoint(counts=restored.counts.value).read(path)
    for metric in (bleu, restored):
        metric.update_state(["x y z"], ["x y"])
    assert float(restored.result()) == float(bleu.result()) > 0


def same_ids_model():
    ids = keras.Input((4,), dtype="int32")
    model = keras.Model(ids, keras.layers.Identity(dtype="int32")(ids))
    model.compile(loss="mae", metrics=[BLEU(tokenize="ids", pad_id=0)])
    return model


def test_inside_evaluate_and_through_a_saved_model(tmp_path):
    """Keras feeds the compiled metric; the file holds its settings and its sums."""
    model, ids = same_ids_model(), np.array([[1, 2, 3, 4], [5, 6, 7, 0]])
    targets = np.array([[1, 2, 3, 4], [5, 6, 8, 0]])
    score, _ = expected([["1 2 3 4"], ["5 6 8"]], ["1 2 3 4", "5 6 7"], tokenize="none")
    results = model.evaluate(ids, targets, batch_size=1, verbose=0, return_dict=True)
    assert results["bleu"] == pytest.approx(score.score, abs=1e-4)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    results = loaded.evaluate(ids, targets, batch_size=1, verbose=0, return_dict=True)
    assert results["bleu"] == pytest.approx(score.score, abs=1e-4)


def test_a_model_file_keeps_the_sums_of_a_metric_it_owns(tmp_path):
    model = same_ids_model()
    model.bleu = BLEU(tokenize="ids")
    model.bleu.update_state([[1, 2, 3, 4]], [[1, 2, 3, 5]])
    model.save_weights(tmp_path / "model.weights.h5")
    counts = np.array(model.bleu.counts.value)
    model.bleu.reset_state()
    model.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(model.bleu.counts.value, counts)
    assert counts[0] == 4


@pytest.fixture(scope="module")
def two_replicas():
    devices = tf.config.list_logical_devices("CPU")
    if len(devices) < 2:
        pytest.skip("TensorFlow started with one logical CPU")
    return tf.distribute.MirroredStrategy([device.name for device in devices[:2]])


@tensorflow_only
def test_replicas_add_up_and_restore_exactly(two_replicas, tmp_path):
    source = np.random.default_rng(1)
    targets, hypotheses = source.integers(1, 4, (2, 3, 6)), source.integers(1, 4, (2, 3, 6))
    alone = BLEU(tokenize="ids")
    for half in range(2):
        alone.update_state(targets[half], hypotheses[half])
    with two_replicas.scope():
        shared = BLEU(tokenize="ids")

    @tf.function
    def update():
        def step():
            replica = tf.distribute.get_replica_context().replica_id_in_sync_group
            shared.update_state(tf.gather(targets, replica), tf.gather(hypotheses, replica))

        two_replicas.run(step)

    update()
    np.testing.assert_array_equal(shared.counts.value, alone.counts.value)
    odd = np.arange(10) + 2**40 + 1
    shared.counts.assign(odd)
    path = tf.train.Checkpoint(counts=shared.counts.value).write(str(tmp_path / "sums"))
    shared.reset_state()
    tf.train.Checkpoint(counts=shared.counts.value).read(path)
    np.testing.assert_array_equal(shared.counts.value, odd)
    update()
    np.testing.assert_array_equal(shared.counts.value, odd + alone.counts.value)


@tensorflow_only
def test_id_path_compiles_under_xla():
    targets, hypotheses = np.array([[1, 2, 3, 4, 0]]), np.array([[1, 2, 3, 9, 0]])
    plain, compiled = BLEU(tokenize="ids", pad_id=0), BLEU(tokenize="ids", pad_id=0)
    plain.update_state(targets, hypotheses)
    tf.function(compiled.update_state, jit_compile=True)(tf.constant(targets), tf.constant(hypotheses))
    np.testing.assert_array_equal(plain.counts.value, compiled.counts.value)


def test_score_of_counts_is_a_pure_function():
    score = sacrebleu.metrics.BLEU.compute_bleu([6, 4, 2, 0], [7, 6, 5, 4], 7, 8, smooth_method="exp").score
    assert float(bleu_score([7, 8, 6, 4, 2, 0, 7, 6, 5, 4])) == pytest.approx(score, abs=TOLERANCE)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"tokenize: expected one of '13a', 'zh', 'none', .*, received 'ja'"):
        BLEU(tokenize="ja")
    with pytest.raises(ValueError, match=r"smoothing: expected one of 'none', .*, received 'k'"):
        BLEU(smoothing="k")
    with pytest.raises(ValueError, match=r"max_order: expected a positive integer, received 0"):
        BLEU(max_order=0)
    with pytest.raises(ValueError, match=r"received 0.1 with smoothing='exp'"):
        BLEU(smoothing_value=0.1)
    with pytest.raises(ValueError, match="end_id, pad_id: expected tokenize='ids' with them, received"):
        BLEU(end_id=2)
    with pytest.raises(ValueError, match=r"expected integers \(batch, time\) with tokenize='ids', received float32"):
        BLEU(tokenize="ids").update_state([[1, 2]], [[1.0, 2.0]])
    with pytest.raises(ValueError, match=r"expected strings \(batch,\) with tokenize='13a', received int32"):
        BLEU().update_state(["a"], [[1, 2]])
    with pytest.raises(ValueError, match=r"references: expected 1 axes, or 2 .*, received the shape \(\)"):
        BLEU().update_state("a", ["a"])
    with pytest.raises(ValueError, match="call `update_state` first"):
        _ = BLEU().signature


def long_documents(rows, words, kinds=300):
    source = random.Random(words)
    texts = [" ".join(f"w{source.randrange(kinds)}" for _ in range(words)) for _ in range(2 * rows)]
    return [[text] for text in texts[:rows]], texts[rows:]


@tensorflow_only
@pytest.mark.parametrize("rows, words", [(16, 3000), (1, 60_000)])
def test_long_documents_take_memory_of_their_words_not_of_the_square(rows, words):
    targets, hypotheses = long_documents(rows, words)
    bleu = BLEU(tokenize="none")
    bleu.update_state(targets, hypotheses)
    score, _ = expected(targets, hypotheses, tokenize="none", force=True)
    assert float(bleu.result()) == pytest.approx(score.score, abs=TOLERANCE)


@tensorflow_only
@pytest.mark.parametrize("jit_compile", [False, True])
def test_counts_of_a_graph_are_those_of_sacrebleu(jit_compile):
    graph = tf.function(ngrams.correct, autograph=False, jit_compile=jit_compile)
    for targets, hypotheses in (long_documents(3, 50, kinds=9), long_documents(1, 1), long_documents(2, 3)):
        both = zip(hypotheses, targets, strict=True)
        rows = [[text.split() for text in (hypothesis, *row)] for hypothesis, row in both]
        texts = np.array([[[int(word[1:]) - 5 for word in text] for text in row] for row in rows])
        sizes = np.array([[len(text) for text in row] for row in rows], "int32")
        found = np.stack(graph(tf.constant(texts), tf.constant(sizes), 4), 1)  # (rows, orders)
        for row, (hypothesis, target) in enumerate(zip(hypotheses, targets, strict=True)):
            score, _ = expected([target], [hypothesis], tokenize="none", force=True)
            assert found[row].tolist() == score.counts


@tensorflow_only
@pytest.mark.parametrize("rows", [0, 1, 2])
def test_words_of_any_length_and_rows_without_words(rows):
    for words in ("", "a", "a" * 100_000, " ".join(["b" * 1000] * 5)):
        bleu, texts = BLEU(), tf.constant([words] * rows, tf.string)
        bleu.update_state(texts, texts)
        score = expected([[words]] * max(rows, 1), [words] * max(rows, 1), force=True)[0].score if rows else 0.0
        assert float(bleu.result()) == pytest.approx(score, abs=TOLERANCE)


@tensorflow_only
def test_rows_with_different_counts_of_references():
    references = [["a b c d e", "a b x d e"], ["c d e f g"], ["e f g h i", "x f g h i", "e e g h i"]]
    hypotheses = ["a b c d x", "c d e f x", "e f g h x"]
    columns = [[row[place] if place < len(row) else row[-1] for row in references] for place in range(3)]
    score = sacrebleu.metrics.BLEU(force=True).corpus_score(hypotheses, columns).score
    for given in (references, tf.ragged.constant(references)):
        bleu = BLEU()
        bleu.update_state(given, hypotheses)
        assert float(bleu.result()) == pytest.approx(score, abs=TOLERANCE)


def test_no_reference_is_refused():
    with pytest.raises(ValueError, match="references: expected one a row at least"):
        BLEU(tokenize="ids").update_state(np.zeros((2, 0, 3), "int32"), np.ones((2, 3), "int32"))
