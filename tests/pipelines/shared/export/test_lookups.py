"""Layers that look up: whole numbers are compared, words and hashes are refused by name, with what to write."""

import keras
import numpy as np
import pytest

import pipelines
from pipelines.shared.export.inputs import lookups
from pipelines.shared.export.inputs import roles as input_roles

K = keras.layers
NUMBERS = [3, 17, -40, 2**33]


def model(lookup, kind="int64", size=12):
    x = keras.Input((None,), dtype=kind, name="x")
    return keras.Model(x, K.GRU(3)(K.Embedding(size, 4)(lookup(x))))


@pytest.mark.parametrize("options", [{}, {"mask_token": 0}, {"oov_token": -7}], ids=str)
def test_whole_numbers_are_compared(options):
    one = model(K.IntegerLookup(vocabulary=NUMBERS, **options))
    x = np.array([[*NUMBERS, 5, 0, -7, 2**33 + 1]], "int64")
    expected = one(x)
    with lookups.compared(one):
        np.testing.assert_array_equal(one(x), expected)
        np.testing.assert_array_equal(one.layers[1](x), K.IntegerLookup(vocabulary=NUMBERS, **options)(x))
    (role,) = input_roles.roles(one)
    assert set(NUMBERS) < set(role.choices)


def test_what_is_looked_up_may_be_encoded(tmp_path):
    """Facts of a customer beside a series: one place of several, and which of several there are."""
    series, place, tags = keras.Input((None, 2)), keras.Input((1,), dtype="int64"), keras.Input((4,), dtype="int64")
    facts = [
        K.IntegerLookup(vocabulary=NUMBERS, output_mode=mode)(x)
        for mode, x in (("one_hot", place), ("multi_hot", tags))
    ]
    one = keras.Model([series, place, tags], K.Concatenate()([K.GRU(2)(series), *facts]))
    assert pipelines.export_keras(one, tmp_path / "model.tflite").difference < 1e-5


@pytest.mark.parametrize(
    ("layer", "kind", "says"),
    [
        (K.StringLookup(vocabulary=["a"], name="words"), "string", r"words \(StringLookup\): it looks up a vocabulary"),
        (K.TextVectorization(9, vocabulary=["a"], name="texts"), "string", r"texts \(TextVectorization\): it looks up"),
        (K.Hashing(12, name="goods"), "int64", r"goods \(Hashing\): it hashes"),
        (K.IntegerLookup(vocabulary=NUMBERS, num_oov_indices=2, name="ages"), "int64", r"ages \(IntegerLookup\)"),
    ],
    ids=["StringLookup", "TextVectorization", "Hashing", "IntegerLookup"],
)  # fmt: skip
def test_others_are_refused_by_name(layer, kind, says, tmp_path):
    if isinstance(layer, K.TextVectorization):
        x = keras.Input((1,), dtype="string")
        one = keras.Model(x, K.GRU(3)(K.Embedding(9, 4)(layer(x))))
    else:
        one = model(layer, kind)
    with pytest.raises(ValueError, match=rf"^{says}.*let the app do that.* keras\.Model\(model\.get_layer") as error:
        pipelines.export_keras(one, tmp_path / "model.tflite")
    rest = eval(
        str(error.value).partition("export what follows: ")[2].partition(", in a list")[0],
        {"keras": keras, "model": one},
    )
    lookups.check(rest)
    assert rest.inputs[0].dtype == "int64"


def test_an_input_of_texts_is_refused(tmp_path):
    x = keras.Input((), dtype="string", name="title")
    one = keras.Model(x, K.Lambda(lambda text: keras.ops.zeros((1, 2)), output_shape=(2,))(x))
    with pytest.raises(ValueError, match="title: expected an input of numbers, received one of texts"):
        pipelines.export_keras(one, tmp_path / "model.tflite")
