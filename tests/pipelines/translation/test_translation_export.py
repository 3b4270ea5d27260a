import dataclasses
import functools
import json

import keras
import numpy as np
import pytest
from conftest import output

from pipelines import settings, translation
from pipelines.artifact import Artifact
from pipelines.shared.export import conversion, formats, quantized_scores
from pipelines.shared.text import subwords
from pipelines.shared.training import choosing, fitting
from pipelines.translation import answers as translation_answers
from pipelines.translation import baselines as dictionary
from pipelines.translation import decoding, network, sample, signatures
from pipelines.translation import preprocessor as preprocessor_of_translation
from pipelines.translation.scores import FromTflite

TEXTS = ["The red house is big.", "", "漢字 of the man", "Do the horses see the old doctor, the nurse and the houses?"]

# Text in, text out of `serving_default`, all together and each alone.
SERVED = """
import json, sys
import tensorflow as tf, tensorflow_text
answer = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
texts = json.loads(sys.argv[2])
found = {name: value.numpy() for name, value in answer(text=tf.constant(texts)).items()}
found["alone"] = [answer(text=tf.constant([text]))["translation"].numpy()[0] for text in texts]
assert not {"layers", "pipelines"} & set(sys.modules)
def plain(value):
    return [plain(each) for each in value] if hasattr(value, "__len__") and not isinstance(value, bytes) else (
        value.decode() if isinstance(value, bytes) else float(value))
print(json.dumps({name: plain(value) for name, value in found.items()}))
"""

CORE = """
import json, sys
import tensorflow as tf
with tf.compat.v1.Session(graph=tf.Graph()) as session:
    signature = tf.compat.v1.saved_model.load(session, ["serve"], sys.argv[1]).signature_def["ids"]
    feed = {signature.inputs[name].name: value for name, value in json.loads(sys.argv[2]).items()}
    found = session.run({name: part.name for name, part in signature.outputs.items()}, feed)
assert "tensorflow_text" not in sys.modules
print(json.dumps({name: value.tolist() for name, value in found.items()}))
"""

# An app: its own splitting of texts, its own loop over `step`, its own joining of pieces.
PHONE = """
import json, sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter
folder = sys.argv[1]
golden, facts = (json.load(open(f"{folder}/{name}.json", encoding="utf-8")) for name in ("golden", "translation"))
pieces, own = (open(f"{folder}/{side}_vocabulary.txt", encoding="utf-8").read().split("\\n")[:-1]
               for side in ("target", "source"))
places = {piece: place for place, piece in enumerate(own) if place > 3}

def split(text):
    parts = list("\\u2581" + text.replace(" ", "\\u2581")) if text else []
    while True:
        joins = [(places[a + b], at) for at, (a, b) in enumerate(zip(parts, parts[1:])) if a + b in places]
        if not joins:
            break
        at = min(joins)[1]
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    ids = [places.get(part, facts["unknown"]) for part in parts]
    return [id for at, id in enumerate(ids) if at == 0 or id != facts["unknown"] or ids[at - 1] != id] + [facts["end"]]

def joined(tokens):
    words = [pieces[token] if token != facts["unknown"] else "⁇" for token in tokens if token > 3 or token == 1]
    return "".join(words).replace("\\u2581", " ").removeprefix(" ")

interpreter = Interpreter(f"{folder}/model.tflite")
run = {name: interpreter.get_signature_runner(name) for name in interpreter.get_signature_list()}
inputs = {name: np.array(golden[name], "int32") for name in ("source", "source_lengths")}
for text, ids, length in zip(golden["inputs"], golden["source"], golden["source_lengths"]):
    assert split(text) == ids[:length], text

found = run["beam"](**inputs)
assert found["tokens"].tolist() == golden["tokens"]
assert found["lengths"].tolist() == golden["lengths"]
for row, length, count, text in zip(
    found["tokens"][:, 0], found["lengths"][:, 0], golden["source_lengths"], golden["translation"]
):
    assert (joined(row[:length]) if count > 1 else "") == text, text

encoded = run["encode"](**inputs)
state = {name: value for name, value in encoded.items() if name.startswith("state")}
fixed = {"memory": encoded["memory"], "keys": encoded["keys"], "source_lengths": inputs["source_lengths"]}
token = np.full(len(inputs["source"]), facts["start"], "int32")
strides = -(-inputs["source_lengths"].max() // facts["stride"])
tokens, attention, ended = [], [], np.zeros(len(token), bool)
for _ in range(facts["limit"] + facts["limit_per_stride"] * strides):
    following = run["step"](token=token, **state, **fixed)
    state = {name: following[name] for name in state}
    token = np.where(ended, facts["padding"], following["logits"].argmax(-1)).astype("int32")
    tokens.append(token)
    attention.append(following["attention"])
    ended |= token == facts["end"]
greedy = run["generate"](**inputs)
assert greedy["tokens"].tolist() == np.stack(tokens, 1).tolist()
longer = {**inputs, "source": np.pad(inputs["source"], [(0, 0), (0, 5)], constant_values=9)}
assert run["generate"](**longer)["tokens"].tolist() == greedy["tokens"].tolist()  # padding changes nothing
assert not {"tensorflow", "keras", "layers", "pipelines", "sentencepiece"} & set(sys.modules), sorted(sys.modules)
print(json.dumps({"tokens": greedy["tokens"].tolist(), "attention": np.stack(attention, 1).tolist()}))
"""


@functools.cache
def pairs():
    split = sample.generate(size=1600)["train"]
    return {side: split[side][:400] for side in ("source", "target")}


def made(folder, **options):
    """A translator of random weights, larger than at the start of a training, so that its sentences differ and end.

    Not the recurrent kernels: states would be chaotic, and double the last digit of a rounding at each step.
    """
    tiny = {"vocabulary_size": 150, "cell": "lstm", "units": 16, "embedding_size": 12}
    config = choosing.settled(translation.task, pairs(), settings.create(translation.Config, tiny | options))[0]
    preprocessor = preprocessor_of_translation.prepare(pairs(), config)
    with fitting.conditions(config):
        model = network.build(preprocessor, config)
    chance = np.random.default_rng(1)
    for weight in model.weights:
        larger = 1 if "recurrent_kernel" in weight.path else 2
        weight.assign(larger * weight + larger * chance.normal(0, 0.05, weight.shape))
    table = "logits" if not config.tied else "vectors" if preprocessor.shared else "target_vectors"
    bias = model.get_layer(table).bias
    bias.assign(bias + 2.0 * (np.arange(bias.shape[0]) == subwords.END))
    words = dictionary.learn(*(pairs()[side][:50] for side in ("source", "target")))
    return Artifact(translation.task, folder, config, preprocessor, model, words, {}, {"version": 1})


@pytest.fixture(scope="module")
def translator(tmp_path_factory):
    """A translator with its exports."""
    artifact = made(tmp_path_factory.mktemp("translator"))
    artifact.export()
    return artifact


def test_text_is_served_by_a_fresh_process(translator):
    found = json.loads(output(SERVED, translator.path / "serving" / "1", json.dumps(TEXTS)))
    names = ("translation", "score", "translations", "scores", "tokens", "source_tokens", "attention", "alone")
    assert set(found) == set(names)
    assert found["alone"] == [translator.predict([text])[0]["translation"] for text in TEXTS]
    _, expected = translator.task.signatures.serve(translator, TEXTS)
    assert found["translation"] == expected["translation"] == [each[0] for each in found["translations"]]
    for name in ("score", "scores", "attention"):
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-5, atol=1e-5)
    assert np.shape(found["translations"]) == np.shape(found["scores"]) == (len(TEXTS), translator.config.beams)
    assert [each for each in found["source_tokens"][0] if each] == [
        *translator.preprocessor.source.tokens(TEXTS[:1])[0], "</s>"
    ]  # fmt: skip
    sums = np.sum(found["attention"], axis=-1)  # (texts, time)
    np.testing.assert_allclose(sums, np.array(found["tokens"]) != "", atol=1e-5)
    outside = np.array(found["source_tokens"]) == ""  # (texts, source time)
    assert not np.swapaxes(found["attention"], 1, 2)[outside].any()


def test_ids_are_served_without_tensorflow_text(translator):
    tensors, answers = translator.task.signatures.encode(translator, TEXTS)
    given = json.dumps({name: value.tolist() for name, value in tensors.items()})
    found = json.loads(output(CORE, translator.path / "serving_ids" / "1", given))
    assert found["tokens"] == answers["tokens"].tolist()
    assert found["lengths"] == answers["lengths"].tolist()
    np.testing.assert_allclose(found["scores"], answers["scores"], rtol=1e-5)


def test_app_translates_with_litert_and_numpy_alone(translator):
    """Splits texts, decodes by `encode` and `step` as by `generate`, and finds what golden.json says."""
    assert conversion.foreign(translator.path / "mobile" / "model.tflite") == []
    found = json.loads(output(PHONE, translator.path / "mobile"))
    texts = translator.task.signatures.probes(translator)
    tensors, expected = translator.task.signatures.further(translator, texts)["generate"]
    tokens = expected["tokens"]
    assert found["tokens"] == tokens.tolist()
    assert len({tuple(row) for row in tokens.tolist()}) > 2 and (tokens == subwords.END).any()
    forced = np.concatenate([np.full((len(texts), 1), subwords.START), tokens[:, :-1]], axis=1)
    model = keras.Model(translator.model.inputs, translator.model.get_layer("decoder").output[1])
    weights = np.asarray(model({**tensors, "target": forced}))  # (texts, time, source time)
    real = tokens != subwords.PADDING
    np.testing.assert_allclose(np.array(found["attention"])[real], weights[real], atol=1e-5)


@pytest.mark.parametrize("how", [{}, {"method": "greedy"}], ids=["beam", "greedy"])
def test_a_file_translates_in_the_network_s_place(translator, how):
    """As it does to measure what rounding its weights cost; the network itself is not there."""
    texts = [*pairs()["source"][:20], ""]
    interpreter = formats.Interpreter(str(translator.path / "mobile" / "model.tflite"))
    alone = quantized_scores.with_network(translator, FromTflite(interpreter))
    found, expected = (translation_answers.answer(each, texts, **how) for each in (alone, translator))
    assert [each["translation"] for each in found] == [each["translation"] for each in expected]
    scores = [[each["score"] for each in answers] for answers in (found, expected)]
    np.testing.assert_allclose(*scores, rtol=1e-5)


def test_golden_vectors_hold_the_texts(translator):
    golden = json.loads((translator.path / "mobile" / "golden.json").read_text("utf-8"))
    assert golden["translation"] == [translator.predict([text])[0]["translation"] for text in golden["inputs"]]
    model = (translator.path / "mobile" / "source.model").read_bytes()
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    ids = [[*processor.encode(text), subwords.END] for text in golden["inputs"]]
    assert ids == [row[:count] for row, count in zip(golden["source"], golden["source_lengths"], strict=True)]


@pytest.mark.parametrize(
    "found, expected, says",
    [
        ([1, 2], [1, 3], r"by 1\.0e\+00, expected 1e-05 at the most"),
        ([1, 200_001], [1, 200_000], r"by 1\.0e\+00, expected 1e-05 at the most"),
        ([b"si"], ["no"], "in tokens in one answer at least"),
        ([[1, 2]], [1, 2], r"in its shape \(1, 2\), expected \(2,\)"),
        ([1.0, 200.1], [1.0, 200.0], r"by 5\.0e-04, expected 1e-05 at the most"),
        ([float("nan")], [0.5], "in tokens in one answer at least"),
    ],
)
def test_other_answers_are_refused(found, expected, says):
    with pytest.raises(RuntimeError, match=f"export: the file differs from the model .*{says}; nothing was put"):
        formats.compare("file", "tokens", found, expected, 1e-5)


def test_equal_answers_are_accepted():
    formats.compare("file", "scores", [-200.0005, float("-inf")], [-200.0, float("-inf")], 1e-5)
    formats.compare("file", "words", np.array([[b"s\xc3\xad"]], object), [["sí"]], 1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {"cell": "gru", "depth": 2, "input_feeding": True, "shared_vocabulary": False, "bidirectional": False},
        pytest.param({"cell": "rnn", "tied": False, "beams": 1}, marks=pytest.mark.slow),
        pytest.param({"cell": "lstm", "depth": 2, "tied": False, "shared_vocabulary": False}, marks=pytest.mark.slow),
        pytest.param({"cell": "lstm", "depth": 2, "input_feeding": True, "beams": 2}, marks=pytest.mark.slow),
        pytest.param({"cell": "gru", "lowercase": True, "length_penalty": 0.0}, marks=pytest.mark.slow),
        pytest.param({"precision": "mixed_float16"}, marks=pytest.mark.slow),
        pytest.param({"precision": "mixed_bfloat16", "cell": "gru", "input_feeding": True}, marks=pytest.mark.slow),
    ],
)
def test_every_network_is_exported(options, tmp_path):
    """Each compared with the model inside, token by token."""
    artifact = made(tmp_path, **options)
    written = artifact.export("both" if "precision" in options else "tflite")
    assert conversion.foreign(written["tflite"]) == []
    for name in ("source_vocabulary.txt", "target_vocabulary.txt", "source.model", "target.model"):
        assert (tmp_path / "mobile" / name).stat().st_size
    same = (tmp_path / "mobile" / "source.model").read_bytes() == (tmp_path / "mobile" / "target.model").read_bytes()
    assert same == artifact.config.shared_vocabulary


def test_probes_do_not_hang_on_the_last_digits(translator):
    """A weight's last digits changed, the translations of the probes stay; weights are put back."""
    before = translator.model.get_weights()
    texts = signatures.probes(translator)
    assert "" in texts and len(texts) > 4
    assert all((old == new).all() for old, new in zip(before, translator.model.get_weights(), strict=True))
    with signatures._moved(translator.model, 1e-6):
        moved = translator.task.signatures.encode(translator, texts)[1]["tokens"]
    assert (moved == translator.task.signatures.encode(translator, texts)[1]["tokens"]).all()


def test_longest_translation_is_the_same_in_the_graph(translator):
    limit = decoding.limit
    for ratio in (0.1, 1.1, 2.0):
        config = dataclasses.replace(translator.config, length_ratio=ratio)
        for time in (1, 8, 9, 40):
            assert int(limit(formats.tf.constant(time), config)) == limit(time, config) >= 20
