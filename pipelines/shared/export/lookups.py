"""Layers that look up words, hash them or split texts: refused by name where a `.tflite` cannot do it.

lookups.check(model)        # ValueError
"""

import keras

_K = keras.layers
_VOCABULARY = (_K.StringLookup, _K.IntegerLookup, _K.TextVectorization)
_HASHES = (_K.Hashing, _K.HashedCrossing)


def check(model):
    """Holds a functional model to numbers.

    Raises:
        ValueError: a layer looks up, hashes or splits, or an input is of texts.
    """
    for layer in model._flatten_layers(include_self=False):
        if isinstance(layer, _VOCABULARY + _HASHES):
            raise ValueError(_refused(layer))
    for tensor in keras.tree.flatten(model._inputs_struct):
        if tensor.dtype == "string":
            raise ValueError(
                f"{tensor.name}: expected an input of numbers, received one of texts, which a .tflite does not take; "
                "turn texts into ids in the app, and export the part of the model that takes ids"
            )


def _refused(layer):
    kind, beside = type(layer).__name__, ""
    if isinstance(layer, _VOCABULARY):
        beside = f", by the file that model.get_layer({layer.name!r}).get_vocabulary() is written to"
    does = "hashes" if isinstance(layer, _HASHES) else "looks up a vocabulary"
    return (
        f"{layer.name} ({kind}): it {does}, for which LiteRT has no operations; let the app do that{beside}, and "
        f"export what follows: keras.Model(model.get_layer({layer.name!r}).output, model.outputs), in a list with the "
        "model's other inputs"
    )
