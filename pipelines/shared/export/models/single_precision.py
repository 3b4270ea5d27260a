"""A Keras model that computes in float32, as a `.tflite` does, whatever its policies are.

    with single_precision.computing(model):
        model(inputs)            # in float32, with the weights rounded as they are

The layers are not made anew, which only their class could do: in place, and back at the end, each has the policy
float32, each weight of another type stands as a float32 one, and inputs and constants are of float32. Of a model that
Keras quantized the weights count as they were rounded; inputs of its layers, which `int8` rounds anew in each call and
`float8` always, are left as they are. So the answers are nearer to those before quantization than Keras's own.
"""

import contextlib
import copy

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.common import global_state
from keras.src.models.functional import Functional

from layers.conversion.replacing import replaced
from pipelines.shared.foreign import saved_model_files

OTHERS = ("float16", "bfloat16", "float64")
_TYPES = {getattr(tf, name).as_datatype_enum for name in OTHERS}
_GLOBAL = ("dtype_policy", "floatx")


def is_needed(model):
    """Whether any layer computes, or has weights or inputs, in another type than float32, or is quantized."""
    return any(_changed_policy(layer) for layer in model._flatten_layers()) or any(
        tensor.dtype in OTHERS for tensor in _inputs(model)
    )


@contextlib.contextmanager
def computing(model):
    """Inside, the model and all layers in it compute in float32."""
    if not is_needed(model):
        yield
        return
    with contextlib.ExitStack() as changed:
        changed.enter_context(_global())
        for layer in model._flatten_layers():
            if policy := _changed_policy(layer):
                changed.enter_context(replaced(layer, "_dtype_policy", policy))
            if getattr(layer, "inputs_quantizer", None) is not None:
                changed.enter_context(replaced(layer, "inputs_quantizer", None))
        for variable in _variables(model):
            value = tf.Variable(tf.cast(variable._value, tf.float32), trainable=False)
            changed.enter_context(replaced(variable, "_value", value))
            changed.enter_context(replaced(variable, "_dtype", "float32"))
        for tensor in _inputs(model):
            if tensor.dtype in OTHERS:
                changed.enter_context(replaced(tensor, "_dtype", "float32"))
        yield


def _changed_policy(layer):
    """The policy of a layer that computes in float32; None if it does, or if it computes in no kind of float."""
    policy = layer.dtype_policy
    if isinstance(policy, keras.dtype_policies.DTypePolicyMap):
        policy = policy[layer.path]
    if policy.quantization_mode == "float8":  # its weights are not rounded in memory
        return keras.DTypePolicy("float32")
    if not {policy.compute_dtype, policy.variable_dtype} & {*OTHERS} and policy.quantization_mode is None:
        return None
    if policy.quantization_mode is None:
        return keras.DTypePolicy("float32")
    policy = copy.copy(policy)
    policy._compute_dtype = policy._variable_dtype = "float32"
    return policy


def _variables(model):
    variables = {id(variable): variable for layer in model._flatten_layers() for variable in layer.variables}
    return [variable for variable in variables.values() if variable._dtype in OTHERS]


def _inputs(model):
    models = [layer for layer in model._flatten_layers() if isinstance(layer, (Functional, keras.Sequential))]
    models = [getattr(layer, "_functional", layer) for layer in models]
    return [tensor for inner in models if inner is not None for tensor in inner.inputs]


@contextlib.contextmanager
def _global():
    """What layers and operations take that are made inside."""
    policy = global_state.get_global_attribute("dtype_policy")
    floatx = keras.config.floatx()
    keras.config.set_floatx("float32")
    global_state.set_global_attribute("dtype_policy", keras.DTypePolicy("float32"))
    try:
        yield
    finally:
        keras.config.set_floatx(floatx)
        global_state.set_global_attribute("dtype_policy", policy)


def rewrite(folder):
    """Makes every tensor of a SavedModel that is of another kind of float a float32 one.

    What is left is what a model does by itself, such as multiplying by a NumPy array of float64. A SavedModel with
    weights of such types stays as it is.
    """
    content = saved_model_files.read(folder)
    kinds = tf.train.load_checkpoint(f"{folder}/variables/variables").get_variable_to_dtype_map().values()
    if any(kind.as_datatype_enum in _TYPES for kind in kinds):
        return
    if _rewritten(content):
        (folder / "saved_model.pb").write_bytes(content.SerializeToString())


def _rewritten(message):
    """Changes a message, and those in it; returns whether it did."""
    changed = False
    if message.DESCRIPTOR.full_name == "tensorflow.TensorProto" and message.dtype in _TYPES:
        message.CopyFrom(tf.make_tensor_proto(tf.make_ndarray(message).astype(np.float32)))
        return True
    for field, value in message.ListFields():
        repeated = field.is_repeated if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED
        if field.type == field.TYPE_ENUM and field.enum_type.full_name == "tensorflow.DataType":
            changed |= _retyped(message, field, value, repeated)
        elif field.type == field.TYPE_MESSAGE:
            inner = value if repeated else [value]
            if repeated and field.message_type.GetOptions().map_entry:
                if field.message_type.fields_by_name["value"].type != field.TYPE_MESSAGE:
                    continue
                inner = value.values()
            changed |= any([_rewritten(one) for one in inner])
    return changed


def _retyped(message, field, value, repeated):
    if repeated:
        wrong = [number for number, kind in enumerate(value) if kind in _TYPES]
        for number in wrong:
            value[number] = tf.float32.as_datatype_enum
        return bool(wrong)
    if value in _TYPES:
        setattr(message, field.name, tf.float32.as_datatype_enum)
        return True
    return False
