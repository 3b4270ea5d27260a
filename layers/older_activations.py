"""The hard sigmoid of Theano and of Keras 1 and 2, which older recurrent layers have for their gates.

    hard_sigmoid(x) = min(max(0.2 x + 0.5, 0), 1)

What Keras 3 calls so is min(max(x / 6 + 0.5, 0), 1), by which weights of then answer otherwise.
"""

import keras

from layers.annotations import Tensor


@keras.saving.register_keras_serializable(package="unroll")
def hard_sigmoid(x: Tensor) -> Tensor:
    """The number between 0 and 1, of any shape.

    >>> hard_sigmoid(keras.ops.array([-3.0, 1.25, 3.0])).numpy().tolist()
    [0.0, 0.75, 1.0]
    """
    return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)
