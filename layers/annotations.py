"""What the signatures of this package say of values for which Python has no one type."""

from collections.abc import Callable
from typing import Any, TypeAlias

# Whatever Keras takes for a tensor: one of the back end, a `KerasTensor` while a model is being made, a NumPy array or
# nested lists of numbers. No class stands for all of these; docstrings say the shape, and the layers check it.
Tensor: TypeAlias = Any

# Any nested structure of tensors, such as a list or a dictionary.
Nested: TypeAlias = Any

# Sizes of axes, None where they are not known.
Shape: TypeAlias = tuple[int | None, ...]

# An activation, initializer, regularizer or constraint of Keras: its name, its configuration or itself.
Identifier: TypeAlias = str | dict[str, Any] | Callable[..., Any] | None

# What is decoded: (token (batch,), state) -> (logits (batch, vocabulary), state)
Step: TypeAlias = Callable[[Tensor, Nested], tuple[Tensor, Nested]]
