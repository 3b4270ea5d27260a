"""Which Keras models can be exported, and what is made of them first: functional models that compute in float32."""

import keras


def accepted(model):
    """The model as a functional one that computes in float32.

    Raises:
        TypeError: not a Keras model. ValueError: a model without known inputs, a stateful one, or another back end.
    """
    _check(model)
    return in_float32(functional(model))


def _check(model):
    if not isinstance(model, keras.Model):
        raise TypeError(f"model: expected a keras.Model, received {model!r}")
    if keras.backend.backend() != "tensorflow":
        raise ValueError(f"export: expected Keras on TensorFlow, received {keras.backend.backend()}")
    try:
        _ = model.inputs, model.outputs
        symbolic = isinstance(model, (keras.Sequential, keras.src.models.functional.Functional)) and model.inputs
    except (AttributeError, ValueError):
        symbolic = None
    if not symbolic:
        raise ValueError(
            f"model: expected a functional or a built Sequential model, received {model.name} "
            f"({type(model).__name__}) without known inputs; begin it with keras.Input, or wrap it: "
            "inputs = keras.Input(...); keras.Model(inputs, model(inputs))"
        )
    for layer in model._flatten_layers():
        if getattr(layer, "stateful", False):
            raise ValueError(
                f"{layer.name} ({type(layer).__name__}): expected stateful=False, since a .tflite keeps nothing "
                "between calls; give the states as inputs (initial_state) and return them (return_state=True)"
            )


def functional(model):
    """A Sequential model as a functional one of the same layers."""
    return keras.Model(model.inputs, model.outputs) if isinstance(model, keras.Sequential) else model


def in_float32(model):
    """The model, or a copy that computes in float32 as a .tflite does; the weights are in float32 anyway."""
    policies = {layer.dtype_policy.name for layer in model._flatten_layers()}
    half = sorted(policies & {"mixed_float16", "mixed_bfloat16"})
    if not half:
        return model
    text = model.to_json()
    for policy in half:
        text = text.replace(policy, "float32")
    twin = keras.models.model_from_json(text)
    twin.set_weights(model.get_weights())
    return twin
