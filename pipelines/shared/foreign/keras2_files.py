"""Configurations of Keras 2, as its `.h5` and `.keras` files hold them, in words that Keras 3 understands.

    keras2_files.translated(configuration)      # of a model, as JSON holds it

Keras 3 opens a `.h5` file of Keras 2 but for words that it dropped, states given to recurrent layers, models called
twice, and `hard_sigmoid`, which means another function today. They are said otherwise here, or were the default.
"""

import keras

from layers import older_activations
from pipelines.shared.foreign import tensorflow_operations

# What a layer says that Keras 3 does not know, and that changes no answer with these values; None for any value.
_DROPPED = {
    "time_major": (False, None), "input_length": None, "query_shape": None, "key_shape": None, "value_shape": None,
    "softmax_robust_masking": (False,), "renorm": (False,), "virtual_batch_size": (None,), "fused": None,
}  # fmt: skip
CUDNN = {"CuDNNLSTM": "LSTM", "CuDNNGRU": "GRU"}
_GATES = {"activation": "tanh", "recurrent_activation": "sigmoid"}
_HARD_SIGMOID = {
    "module": older_activations.__name__,
    "class_name": "function",
    "config": "unroll>hard_sigmoid",
    "registered_name": "unroll>hard_sigmoid",
}
# Layers that Keras 2 called with their states in a list with the sequences.
_RECURRENT = (
    "LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", *CUDNN,
)  # fmt: skip
_OPERATIONS = ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer")
_CONSTANT = "_CONSTANT_VALUE"  # in the place of a layer's name
_MODELS = ("Functional", "Model", "Sequential")


def translated(configuration):
    """A configuration, of a model or of anything in it, without what Keras 3 does not know.

    Raises:
        ValueError: a layer reads (time, batch, features), or is an operation of TensorFlow that is not known here.

    >>> translated({"class_name": "LSTM", "config": {"units": 4, "time_major": False}})
    {'class_name': 'LSTM', 'config': {'units': 4}}
    """
    if isinstance(configuration, list):
        return [translated(value) for value in configuration]
    if not isinstance(configuration, dict):
        return configuration
    name, options = configuration.get("class_name"), configuration.get("config")
    if name in ("Policy", "PolicyV1") and isinstance(options, dict):  # of mixed precision
        return options.get("name")
    if name in _OPERATIONS:
        return _operation(configuration)
    if isinstance(name, str) and isinstance(options, list):  # a Sequential of Keras before 2.2.3
        options = {"name": "sequential", "layers": options}
    if isinstance(name, str) and isinstance(options, dict):
        options = _model(options) if name in _MODELS else _layer(name, options)
        configuration = configuration | {"class_name": CUDNN.get(name, name), "config": options}
        if name == "Functional" and "module" in configuration:
            configuration["module"] = "keras.src.models.functional"
    # What a layer was built with is not needed: its call builds it.
    return {key: translated(value) for key, value in configuration.items() if key != "build_config"}


_OPERATION = (
    "the operation {} of TensorFlow, which Keras 2 made a layer of and which is not known here; build the model anew "
    "in Keras 3, with keras.ops in its place, and give it the weights by model.load_weights"
)


def _operation(configuration):
    """An operation of TensorFlow that Keras 2 made a layer of."""
    options = configuration.get("config")
    options = options if isinstance(options, dict) else {}
    if not tensorflow_operations.is_known(options.get("function")):
        raise ValueError(_OPERATION.format(str(options.get("function") or configuration.get("name"))[:50]))
    options = {key: options[key] for key in ("name", "function") if key in options}
    named = {"module": tensorflow_operations.__name__, "class_name": "TensorFlowOperation", "config": options}
    return configuration | named | {"registered_name": tensorflow_operations.REGISTERED}


def _layer(name, options):
    if options.get("time_major"):
        raise ValueError(
            f"{str(options.get('name'))[:50]} ({name[:50]}) with time_major=True, which Keras 3 does not have; in "
            "Keras 2 make it a layer with time_major=False, and swap the axes of its input, then save again"
        )
    options = {key: value for key, value in options.items() if not _is_dropped(key, value)}
    if "batch_input_shape" in options:  # an InputLayer says it too
        shape = options.pop("batch_input_shape")
        options = options | {"batch_shape": shape} if name == "InputLayer" else options
    if name == "Attention" and options.get("score_mode") == "dot":
        del options["score_mode"]  # the default; Keras takes the word for its function of that name
    if name in CUDNN:
        options = options | _GATES
    if name in ("GRU", "CuDNNGRU") and "reset_after" not in options:
        options = options | {"reset_after": name != "GRU"}
    return {key: _value(key, value) for key, value in options.items()}


def _value(key, value):
    """An option's value. A layer inside has to say, other than those of a model, that it is Keras's."""
    if key.endswith("activation") and value == "hard_sigmoid":
        return _HARD_SIGMOID
    if isinstance(value, list):
        return [_value(key, one) for one in value]
    if isinstance(value, dict) and "module" not in value:
        name = CUDNN.get(value.get("class_name"), value.get("class_name"))
        if isinstance(name, str) and hasattr(keras.layers, name):
            return value | {"module": "keras.layers", "registered_name": None}
    return value


def _is_dropped(key, value):
    return key in _DROPPED and (_DROPPED[key] is None or value in _DROPPED[key])


def _model(options):
    """A model's options; calls of a functional one in the words of Keras 3."""
    layers = options.get("layers")
    if not isinstance(layers, list) or not layers:
        return options
    if "output_layers" not in options:
        return options | {"layers": [*_input_layer(layers[0]), *layers]}
    kinds = {layer["name"]: layer["class_name"] for layer in layers if isinstance(layer, dict) and "name" in layer}
    calls = [layer.get("inbound_nodes") for layer in layers if isinstance(layer, dict)]
    first = {}  # {model inside: the number of its first call}; its own graph may count as one
    for name, number, _ in _references([calls, options["output_layers"]]):
        if kinds.get(name) in _MODELS:
            first[name] = min(number, first.get(name, number))
    layers = [
        layer | {"inbound_nodes": _calls(layer, first)} if "inbound_nodes" in layer else layer for layer in layers
    ]
    # Of a functional model inside Keras 3 still counts its own graph here, and here alone.
    last = {name: number - (kinds[name] != "Sequential") for name, number in first.items()}
    return options | {"layers": layers, "output_layers": _renumbered(options["output_layers"], last)}


def _input_layer(first):
    """What a Sequential of Keras before 2.4 lacks: its input as a layer, whose shape the first of its layers has."""
    shape = first.get("config", {}).get("batch_input_shape") if isinstance(first, dict) else None
    if shape is None or first.get("class_name") == "InputLayer":
        return []
    options = {"batch_shape": shape, "dtype": first["config"].get("dtype") or "float32"}
    options |= {"name": f"{first['config'].get('name', 'first')}_input"}
    return [{"class_name": "InputLayer", "config": options}]


def _is_reference(value):
    """Whether a value stands for a tensor: [layer, number of its call, number of its output]."""
    return isinstance(value, list) and len(value) in (3, 4) and isinstance(value[0], str) and isinstance(value[1], int)


def _references(value):
    if _is_reference(value):
        yield value[:3]
        value = value[3:]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _references(one)


def _renumbered(value, first):
    if _is_reference(value):
        return [value[0], value[1] - first.get(value[0], 0), *value[2:]]
    if isinstance(value, list):
        return [_renumbered(one, first) for one in value]
    return {key: _renumbered(one, first) for key, one in value.items()} if isinstance(value, dict) else value


def _calls(layer, first):
    """The calls of a layer, each as the arguments and keywords that Keras 3 reads."""
    calls = [[call] if _is_reference(call) else call for call in layer["inbound_nodes"]]
    return [_call(layer["class_name"], call, first) if isinstance(call, list) else call for call in calls]


def _call(kind, call, first):
    tensors = [_tensor(reference, first) for reference in call]
    options = call[0][3] if call and len(call[0]) > 3 else {}
    options = {key: _tensors(value, first) for key, value in options.items() if value is not None}
    if kind in _OPERATIONS:
        options.pop("name", None)
    if kind in _RECURRENT and len(tensors) > 1:
        options["initial_state"] = tensors[1:]
        tensors = tensors[:1]
    return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": options}


def _tensors(value, first):
    if _is_reference(value):
        return _tensor(value, first)
    if isinstance(value, list):
        return [_tensors(one, first) for one in value]
    return {key: _tensors(one, first) for key, one in value.items()} if isinstance(value, dict) else value


def _tensor(reference, first):
    """A tensor that a layer gives, of which Keras looks at nothing but where it comes from; or a constant."""
    if reference[0] == _CONSTANT:
        return reference[2]
    history = _renumbered(list(reference[:3]), first)
    return {"class_name": "__keras_tensor__", "config": {"shape": [], "dtype": "float32", "keras_history": history}}
