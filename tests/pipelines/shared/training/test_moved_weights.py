import keras
import numpy as np
import pytest

import layers
from pipelines.shared.training import freezing, moved_weights


def network(words=5, labels=2, units=3, depth=1, named=True):
    """A small classifier; without names, as earlier releases built it."""
    ids = keras.Input((None,), dtype="int32")
    vectors, stack = ("vectors", "recurrent") if named else (None, None)
    x = layers.Embedding(words, 4, name=vectors)(ids)
    levels = [layers.GRU(units, return_sequences=True) for _ in range(depth)]
    x = layers.SequencePooling("max")(layers.Deep(levels, name=stack)(x))
    return keras.Model(ids, keras.layers.Dense(labels, name="probabilities")(x))


def names(words, labels):
    return {"vectors": [(list(words), (0,))], "probabilities": [(list(labels), (-1,))]}


def weights(model):
    return {f"{name}/{weight.name}": weight.numpy() for name, layer in moved_weights.parts(model).items()
            for weight in layer.weights}  # fmt: skip


def test_rows_of_words_and_labels_go_by_name():
    earlier, model = network(5, 2), network(6, 3)
    before, fresh = weights(earlier), weights(model)
    moved = moved_weights.move(earlier, model, names("PUabc", "xy"), names("PUcdea", "yzx"))
    after = weights(model)
    assert moved.taken == {"vectors": 4, "recurrent": None, "probabilities": 2} and not moved.anew
    table = np.array([before["vectors/embeddings"][row] for row in (0, 1, 4)])
    np.testing.assert_array_equal(after["vectors/embeddings"][[0, 1, 2]], table)
    np.testing.assert_array_equal(after["vectors/embeddings"][5], before["vectors/embeddings"][2])
    np.testing.assert_array_equal(after["vectors/embeddings"][3:5], fresh["vectors/embeddings"][3:5])
    np.testing.assert_array_equal(after["probabilities/kernel"][:, [2, 0]], before["probabilities/kernel"])
    np.testing.assert_array_equal(after["probabilities/kernel"][:, 1], fresh["probabilities/kernel"][:, 1])
    assert "vectors (4 of 6 rows)" in moved.said()


@pytest.mark.parametrize("named", [True, False])
def test_the_same_network_moves_whole_whatever_keras_called_its_layers(named):
    keras.layers.Dense(1), layers.Embedding(2, 2)  # Keras counts on from model to model
    earlier, model = network(named=named), network()
    moved = moved_weights.move(earlier, model, {}, {})
    assert not moved.anew and moved.taken == {"vectors": None, "recurrent": None, "probabilities": None}
    for (_, one), (_, other) in zip(weights(earlier).items(), weights(model).items(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_first_layer_of_a_stack_goes_into_a_higher_one():
    moved = moved_weights.move(network(depth=1), network(depth=2), {}, {})
    assert set(moved.taken) == {"vectors", "recurrent", "probabilities"} and moved.anew == {"recurrent 2": "none there"}


def test_other_shapes_and_unknown_labels_begin_anew():
    earlier, model = network(units=3), network(units=4)
    before = weights(model)
    moved = moved_weights.move(earlier, model, names("PUabc", "xy"), names("PUabc", "uv"))
    assert moved.misfits == ["recurrent"] and set(moved.taken) == {"vectors"}
    assert moved.anew == {"recurrent": "other shapes", "probabilities": "nothing known there"}
    np.testing.assert_array_equal(weights(model)["probabilities/kernel"], before["probabilities/kernel"])


def test_names_without_axes_have_to_be_the_same():
    hashed = {"vectors": [("abc", ())]}
    assert "vectors" in moved_weights.move(network(), network(), hashed, hashed).taken
    assert "vectors" in moved_weights.move(network(), network(), hashed, {"vectors": [("abd", ())]}).anew


def test_tags_of_both_axes():
    def crf(tags):
        emissions = keras.Input((None, tags))
        model = keras.Model(emissions, layers.CRF(tags, name="crf")(emissions))
        model.set_weights([np.arange(weight.size).reshape(weight.shape) + 1.0 for weight in model.get_weights()])
        return model

    earlier, model = crf(2), crf(3)
    moved_weights.move(earlier, model, {"crf": [("ab", (0, 1))]}, {"crf": [("bca", (0, 1))]})
    transitions, start, _ = model.get_weights()
    np.testing.assert_array_equal(transitions, [[4, 2, 3], [4, 5, 6], [2, 8, 1]])
    np.testing.assert_array_equal(start, [2, 2, 1])


def test_what_was_measured_stays():
    def scaled(mean):
        values = keras.Input((None, 1))
        return keras.Model(values, keras.layers.Dense(1)(layers.Standardize([mean], [1.0])(values)))

    model = scaled(2.0)
    moved = moved_weights.move(scaled(1.0), model, {}, {})
    assert list(moved.taken) == ["dense 1"] and float(model.layers[1].means[0, 0]) == 2.0


@pytest.mark.parametrize(("named", "frozen"), [
    ("embedding", ["vectors"]), ("recurrent", ["recurrent"]), ("all_but_last", ["vectors", "recurrent"]),
    ("all but the last layer", ["vectors", "recurrent"]), ("vectors, recurrent", ["vectors", "recurrent"]),
    (None, []), ("probabilities", ["probabilities"]),
])  # fmt: skip
def test_parts_that_are_frozen_stay(named, frozen):
    model = network()
    assert freezing.freeze(model, named) == frozen
    model.compile("sgd", "mse")
    before = weights(model)
    model.fit(np.array([[2, 3], [4, 1]]), np.ones((2, 2)), verbose=0)
    changed = {name.split("/")[0] for name, value in weights(model).items() if not np.array_equal(value, before[name])}
    assert changed == {"vectors", "recurrent", "probabilities"} - set(frozen)


def test_a_part_that_is_not_there_names_those_that_are():
    with pytest.raises(ValueError, match=r"no part 'recurent' .* Did you mean 'recurrent'.* all_but_last"):
        freezing.freeze(network(), "recurent")
    with pytest.raises(ValueError, match="expected something left to train"):
        freezing.freeze(network(), "vectors,recurrent,probabilities")
