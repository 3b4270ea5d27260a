"""Recurrent layers of PyTorch with the weights that `benchmarks/export.py convert` left, by litert-torch and as ONNX.

    python benchmarks/export.py convert
    python -m venv torch_env && torch_env/bin/pip install litert-torch onnx
    torch_env/bin/python benchmarks/export_torch.py
    python benchmarks/export.py time               # with two columns more

It runs in an environment of its own: litert-torch brings another LiteRT. Its files are for batch 1 and one number of
steps; ONNX takes any.
"""

import argparse
import pathlib
import re
import tempfile
import time

import litert_torch
import numpy as np
import torch


class Layer(torch.nn.Module):
    """An LSTM or a GRU by Keras's weights; all its outputs or the last."""

    def __init__(self, cell, sequences, weights):
        super().__init__()
        units = len(weights["recurrent_kernel"])
        self.layer, self.sequences = getattr(torch.nn, cell)(units, units, batch_first=True), sequences
        # Of a GRU Keras has the gates as z, r, h and PyTorch as r, z, n; of an LSTM both have i, f, c, o.
        order = [1, 0, 2] if cell == "GRU" else range(4)
        blocks = [np.split(weights[name].T, len(order)) for name in ("kernel", "recurrent_kernel")]
        bias = weights["bias"] if cell == "GRU" else np.stack([weights["bias"], 0 * weights["bias"]])
        blocks += [np.split(row, len(order)) for row in bias]
        with torch.no_grad():
            for parameter, parts in zip(self.layer.parameters(), blocks, strict=True):
                parameter.copy_(torch.from_numpy(np.concatenate([parts[gate] for gate in order])))

    def forward(self, x):
        outputs = self.layer(x)[0]
        return outputs if self.sequences else outputs[:, -1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    folder = pathlib.Path(tempfile.gettempdir()) / "unroll_export"
    parser.add_argument("--folder", type=pathlib.Path, default=folder, help=f"of the weights (default {folder})")
    parser.add_argument("--steps", type=int, nargs="+", default=[32, 128, 256])
    options = parser.parse_args()
    for path in sorted(options.folder.glob("*.npz")):
        cell, outputs, units = re.fullmatch(r"(LSTM|GRU)_(all|last)_(\d+)", path.stem).groups()
        layer = Layer(cell, outputs == "all", np.load(path)).eval()
        axes = {"x": {0: "batch", 1: "time"}}
        x = torch.zeros(1, 8, int(units))
        onnx = path.with_suffix(".onnx")
        torch.onnx.export(layer, (x,), onnx, input_names=["x"], dynamic_axes=axes, dynamo=False)
        for steps in options.steps:
            before = time.perf_counter()
            converted = litert_torch.convert(layer, (torch.zeros(1, steps, int(units)),))
            converted.export(str(path.with_name(f"{path.stem}_{steps}_torch.tflite")))
            print(path.stem, steps, f"{time.perf_counter() - before:.0f} s", flush=True)


if __name__ == "__main__":
    main()
