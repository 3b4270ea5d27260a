"""The calls in which a file is compared with the Keras model that it was made of."""

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from pipelines.shared.export import comparison, drawn_inputs, model_signatures

TOLERANCE = comparison.TOLERANCE["float32"]


def calls(model, examples, batch=None):
    """Lists of input arrays, one list per call; their shapes differ, except for a fixed batch."""
    if examples is None:
        return drawn_inputs.calls(model, model_signatures.specification(model), batch)
    arrays = [np.asarray(array) for array in keras.tree.flatten(examples)]
    specifications = model_signatures.specification(model)
    if len(arrays) != len(specifications) or any(len(array) < (batch or 2) for array in arrays):
        raise ValueError(
            f"examples: expected {batch or 'two'} rows or more for each of "
            f"{[tensor_spec.name for tensor_spec in specifications]}, received {[array.shape for array in arrays]}"
        )
    arrays = [
        array.astype(tensor_spec.dtype.as_numpy_dtype)
        for array, tensor_spec in zip(arrays, specifications, strict=True)
    ]
    user_calls = [[array[: batch or 1] for array in arrays], [array[-batch:] if batch else array for array in arrays]]
    return [*user_calls, *drawn_inputs.with_padding(model, arrays, batch)]


def compare(model, path, calls, quantize):
    """Compares the file with the model over several calls in a row.

    Returns:
        (the greatest difference, whether any of the model's own answers is not finite).

    Raises:
        RuntimeError: the difference is too great.
    """
    run = Interpreter(str(path), num_threads=1).get_signature_runner("serving_default")
    names = [str(tensor_spec.name) for tensor_spec in model_signatures.specification(model)]
    worst, undefined = 0.0, False
    # The third and fourth calls show what is kept between calls: after another shape, then after the same.
    for number, tensors in enumerate([*calls[:2], calls[0], calls[0], *calls[2:]], 1):
        answers = keras.tree.flatten(drawn_inputs.answers(model, tensors))
        outputs = run(**dict(zip(names, tensors, strict=True)))
        for name, expected in zip(model_signatures.output_names(model), answers, strict=True):
            difference = comparison.difference(outputs[name], expected, of_greatest=True)
            worst, undefined = max(worst, difference), undefined or not np.isfinite(expected).all()
            if not np.isfinite(difference) or (quantize is None and difference > TOLERANCE):
                raise RuntimeError(
                    f"export: the .tflite's {name} differs from the model's by {difference:.1e} in call {number}, "
                    f"expected {TOLERANCE:.0e} at the most; nothing was put in place"
                )
    return worst, undefined
