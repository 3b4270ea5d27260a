"""A Keras model with this package's recurrent layers, and back.

faster = layers.convert(model)                    # `compile` it anew
stock = layers.convert(faster, to="keras")
"""

import contextlib
import copy
import inspect
import logging
import tempfile
from typing import TypeVar

import keras
from keras.src.backend import compute_output_spec
from keras.src.models.functional import Functional
from keras.src.utils.tracking import DotNotTrackScope

from layers import checks, own_graphs
from layers.bidirectional import Bidirectional
from layers.cells import GRUCell, LSTMCell, RNNCell
from layers.conv_lstm import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
from layers.deep import Deep
from layers.recurrent import GRU, LSTM, RNN, SimpleRNN
from layers.sequence_layer import SequenceLayer
from layers.time_distributed import TimeDistributed

log = logging.getLogger("unroll")
Model = TypeVar("Model", bound=keras.layers.Layer)

_K = keras.layers
_PAIRS = {
    _K.LSTM: LSTM, _K.GRU: GRU, _K.SimpleRNN: SimpleRNN, _K.RNN: RNN, _K.Bidirectional: Bidirectional,
    _K.ConvLSTM1D: ConvLSTM1D, _K.ConvLSTM2D: ConvLSTM2D, _K.ConvLSTM3D: ConvLSTM3D,
    _K.TimeDistributed: TimeDistributed, _K.LSTMCell: LSTMCell, _K.GRUCell: GRUCell, _K.SimpleRNNCell: RNNCell,
}  # fmt: skip
_BACK = {ours: theirs for theirs, ours in _PAIRS.items()}
_RECURRENT = {"unroll": (_K.RNN,), "keras": (SequenceLayer, Bidirectional, Deep)}
_UNKNOWN_TO_KERAS = {name: ("recurrent_activation", "implementation") for name in ("SimpleRNN", "SimpleRNNCell")}


def convert(model: Model, to: str = "unroll") -> Model:
    """The same model with this package's recurrent layers in place of Keras's, or with `to="keras"` the other way.

    `LSTM`, `GRU`, `SimpleRNN`, `RNN`, their cells, `ConvLSTM1D` to `ConvLSTM3D`, `Bidirectional` and `TimeDistributed`
    are exchanged, with their names, weights and policies, and the numbers stay as they are. A Sequential or functional
    model, or a single layer, is copied and stays as it was; nested and shared layers stay nested and shared. A model of
    a class of your own is changed itself and given back, since only its class knows how to make another; so are the
    layers and models that it, or a layer of your own inside a functional model's copy, has as attributes, in lists or
    in dictionaries.
    What is left alone is told in the log: recurrent layers of classes of your own, and back to Keras `Deep` and layers
    that are called with `lengths`, which Keras does not have. The states of stateful layers start from zeros, and what
    `compile` made is not taken along: compile the model that you get.

    Raises:
        ValueError: what is given is no model, or `to` another word; a layer of a functional model cannot be made from
            its configuration.

        model = keras.Sequential([keras.Input([None, 3]), keras.layers.LSTM(4)])
        layers.convert(model).layers[0]        # <LSTM name=lstm, built=True> of this package
    """
    if not isinstance(model, keras.layers.Layer):
        raise ValueError(f"convert: expected a Keras model or a layer, received {model!r}; open a file by `load_model`")
    exchange = _Exchange(checks.one_of("to", to, ("unroll", "keras")))
    compiled = isinstance(model, keras.Model) and model.compiled
    converted = exchange.changed(model) if is_of_own_class(model) else exchange.copied(model)
    exchange.tell_what_is_left(converted)
    if compiled:
        log.warning("convert: compile the model that it gave; optimizer, loss and metrics are not taken along")
    return converted


class _Exchange:
    """One conversion; a layer that is met twice is exchanged once."""

    def __init__(self, to):
        self.to, self.pairs, self.made = to, _PAIRS if to == "unroll" else _BACK, {}
        self.entries = {_entry(old): _entry(new) for old, new in self.pairs.items()}

    def copied(self, layer):
        """A copy with other recurrent layers, of a layer or a model that its configuration makes."""
        if id(layer) not in self.made:
            with _functions_named(layer):
                copied = _made(self._rewritten(_config(layer)), layer)
            self.made[id(layer)] = copied, layer  # which has to live as long as its number stands for it
            self._remember(zip(layer._flatten_layers(), copied._flatten_layers(), strict=False))
            for inner in list(copied._flatten_layers()):
                self._exchange_attributes(inner)
        return self.made[id(layer)][0]

    def _remember(self, pairs):
        """What takes the place of which layer, so that one which is also an attribute elsewhere becomes the same."""
        for layer, successor in pairs:
            if successor.name == layer.name and type(successor) is self.pairs.get(type(layer), type(layer)):
                self.made.setdefault(id(layer), (successor, layer))

    def changed(self, model):
        """The model itself, with other layers in its attributes and in those of all layers inside."""
        for inner in list(model._flatten_layers()):
            self._exchange_attributes(inner)
        if isinstance(model, keras.Model):
            model.compiled = False
            model.train_function = model.test_function = model.predict_function = None
        return model

    def _exchange_attributes(self, owner):
        if not is_of_own_class(owner) or isinstance(owner, (_K.RNN, *_RECURRENT["keras"])):
            return
        if own_graphs.makes_its_own(owner) and any(map(self._holds_any, owner.layers)):
            for layer, successor in own_graphs.take(owner, self.copied(own_graphs.plain(owner))):
                self.made[id(layer)] = successor, layer
        for name, value in sorted(vars(owner).items(), key=_layers_inside, reverse=True):
            if name in ("_layers", "_tracker") or name.startswith("_self_"):
                continue
            successor = self._exchanged(owner, value)
            if successor is not value:
                with DotNotTrackScope():
                    setattr(owner, name, successor)

    def _exchanged(self, owner, value):
        """What takes the place of an attribute's value; lists and dictionaries stay the same ones."""
        if isinstance(value, keras.layers.Layer):
            return self._successor(owner, value)
        if isinstance(value, (list, dict)):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            successors = [(key, self._exchanged(owner, one)) for key, one in items]
            with DotNotTrackScope():
                for key, one in successors:
                    value[key] = one
        if (
            isinstance(value, tuple)
            and not hasattr(value, "_fields")
            and any(isinstance(one, keras.layers.Layer) for one in value)
        ):
            return tuple(self._exchanged(owner, one) for one in value)
        return value

    def _successor(self, owner, layer):
        if own_graphs.makes_its_own(layer) or not self._holds_any(layer):
            return layer
        successor = self.copied(layer)
        if owner._tracker.is_in_store("layers", layer):
            owner._tracker.replace_tracked_value("layers", layer, successor)
        return successor

    def _holds_any(self, layer):
        """Whether a layer is to be exchanged, or its configuration holds one that is."""
        if isinstance(layer, (keras.Sequential, Functional)):
            return any(self._holds_any(inner) for inner in layer.layers)
        return type(layer) in self.pairs or (isinstance(layer, _K.Wrapper) and self._holds_any(layer.layer))

    def _rewritten(self, node):
        """A configuration with other classes in it, from the inside out."""
        if isinstance(node, list | tuple):
            return type(node)(self._rewritten(one) for one in node)
        if not isinstance(node, dict):
            return node
        entry = self.entries.get(_entry_of(node))
        if entry is None and str(node.get("registered_name")).startswith("unroll>"):
            return node  # `Deep`, decoders ...: what is inside them stays this package's
        rewritten = {name: self._rewritten(value) for name, value in node.items()}
        if entry is None or (self.to == "keras" and _has_lengths(node)):
            return rewritten
        config = rewritten["config"]
        if node["class_name"] == "Bidirectional" and _entry_of(config["layer"]) == _entry_of(node["config"]["layer"]):
            return rewritten  # what it wraps is left alone, and its own package's may wrap that
        without = _UNKNOWN_TO_KERAS.get(entry[1], ()) if self.to == "keras" else ()
        config = {name: value for name, value in config.items() if name not in without}
        return rewritten | dict(zip(_ENTRY, entry, strict=True)) | {"config": config}

    def tell_what_is_left(self, model):
        left = [layer for layer in model._flatten_layers() if isinstance(layer, _RECURRENT[self.to])]
        if left:
            names = ", ".join(f"{layer.name} ({type(layer).__name__})" for layer in left)
            log.warning("convert: left as they are, since there is nothing to put in their place: %s", names)


_ENTRY = ("module", "class_name", "registered_name")


def _entry(kind):
    """How a configuration names a class."""
    if kind.__module__.startswith("keras."):
        return "keras.layers", kind.__name__, None
    return kind.__module__, kind.__name__, keras.saving.get_registered_name(kind)


def _entry_of(node):
    return tuple(node.get(name) for name in _ENTRY)


def is_of_own_class(layer):
    """Whether a layer's class is a user's, of which only that class knows how to make another."""
    if isinstance(layer, (keras.Sequential, Functional)) and not own_graphs.makes_its_own(layer):
        return False
    return not type(layer).__module__.startswith(("keras.", "layers."))


def _has_lengths(node):
    """Whether a layer of a functional model is called with lengths."""
    calls = node.get("inbound_nodes") or ()
    return any(call["kwargs"].get("lengths") is not None for call in calls if isinstance(call, dict))


def _config(layer):
    config = keras.saving.serialize_keras_object(layer)
    return {name: value for name, value in copy.deepcopy(config).items() if name != "compile_config"}


@contextlib.contextmanager
def _functions_named(layer):
    """Inside, the lambdas of a layer have names of their own.

    A configuration holds the code of a lambda, which knows no names of the module that it stood in, but only the name
    of any other function, by which `_own_objects` gives it back.
    """
    values = (value for part in layer._flatten_layers() for value in vars(part).values())
    lambdas = {id(value): value for value in values if inspect.isfunction(value) and value.__name__ == "<lambda>"}
    try:
        for number, function in enumerate(lambdas.values()):
            function.__name__ = f"lambda_{number}"
        yield
    finally:
        for function in lambdas.values():
            function.__name__ = "<lambda>"


def _made(config, layer):
    """The layer of a configuration, with the state of the one that the configuration was of."""
    try:
        made = keras.saving.deserialize_keras_object(config, _own_objects(layer), safe_mode=False)
        _move_state(layer, made)
    except (TypeError, ValueError, NotImplementedError, AttributeError) as error:
        raise ValueError(
            f"convert: expected layers that their configurations make, received {layer.name}, of which one is not: "
            f"{_first_cause(error)}; write its `get_config` with all arguments of its `__init__`"
        ) from error
    return made


def _own_objects(layer):
    """{name: class or function} of all that a layer is made of and that Keras would have to be told of."""
    parts = list(layer._flatten_layers())
    values = [*parts, *(value for part in parts for value in vars(part).values())]
    objects = {id(one): one for one in (value if inspect.isfunction(value) else type(value) for value in values)}
    own = [one for one in objects.values() if not one.__module__.startswith(("keras.", "layers.", "builtins"))]
    return {name: one for one in own for name in (one.__name__, keras.saving.get_registered_name(one))}


def _first_cause(error):
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__
    return str(error).strip().splitlines()[0]


def _layers_inside(attribute):
    """How many layers an attribute of a name and a value holds, to begin with those that hold others."""
    value = attribute[1]
    return len(list(value._flatten_layers())) if isinstance(value, keras.layers.Layer) else 0


def _build_by_a_call(new, old):
    """For layers of a user's inside another, which make their weights when they are called."""
    shapes = [shape for shape in (old._build_shapes_dict or {}).values() if shape is not None]
    if len(shapes) == 1:
        compute_output_spec(new, keras.KerasTensor(shapes[0], new.compute_dtype))


def _move_state(old, new):
    """Weights, and what lookups have learned."""
    if len(new.weights) < len(old.weights):
        _build_by_a_call(new, old)
    if old.built:
        new.set_weights(old.get_weights())
    for one, other in zip(old._flatten_layers(), new._flatten_layers(), strict=False):
        if type(one) is type(other) and hasattr(one, "save_assets"):
            with tempfile.TemporaryDirectory() as folder:
                one.save_assets(folder)
                other.load_assets(folder)
