"""Weights of the layers that Keras 1 and 2 had for cuDNN alone, as those of the same layers for all devices.

    with h5py.File(path, "r+") as file:
        cudnn_weights.convert(file)

`CuDNNLSTM` and `CuDNNGRU` compute what `LSTM` and `GRU(reset_after=True)` do. cuDNN has each gate's matrices
transposed, and two biases for each gate, of which an LSTM needs the sum alone.
"""

import h5py
import numpy as np

_PARTS = ("kernel", "recurrent_kernel", "bias")


def convert(file):
    """Changes such weights anywhere in an open h5py.File; three weights of one layer are told by their sizes."""
    layers = {}
    file.visititems(lambda name, node: layers.setdefault(node.parent.name, []).append(node) if _is_data(node) else None)
    for datasets in layers.values():
        weights = {node.name.rpartition("/")[2].partition(":")[0]: node for node in datasets}
        if {*weights} == {*_PARTS}:
            _convert(*(weights[name] for name in _PARTS))


def _is_data(node):
    return isinstance(node, h5py.Dataset)


def _convert(kernel, recurrent_kernel, bias):
    gates = _gates(recurrent_kernel.shape, bias.shape)
    if not gates:
        return
    kernel[...] = np.hstack([gate.ravel().reshape(gate.shape[::-1]).T for gate in np.hsplit(kernel[...], gates)])
    recurrent_kernel[...] = np.hstack([gate.T for gate in np.hsplit(recurrent_kernel[...], gates)])
    biases = bias[...].reshape(2, -1)  # of the input, of the state before
    group, name = bias.parent, bias.name
    del group[name]
    group[name] = biases.sum(0) if gates == 4 else biases


def _gates(recurrent_kernel, bias):
    """How many gates weights of cuDNN of these shapes have: 4 of an LSTM, 3 of a GRU; 0 if they are of another kind."""
    if len(recurrent_kernel) != 2 or not recurrent_kernel[0]:
        return 0
    gates, rest = divmod(recurrent_kernel[1], recurrent_kernel[0])
    return gates if not rest and gates in (3, 4) and bias == (2 * recurrent_kernel[1],) else 0
