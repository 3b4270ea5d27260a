"""The machine on which a number was measured."""

import os
import pathlib
import platform


def machine():
    """The processor, its cores and the version of TensorFlow, in words."""
    import tensorflow as tf

    information = pathlib.Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor()
    return f"{os.cpu_count()} cores {name}, TensorFlow {tf.__version__}"
