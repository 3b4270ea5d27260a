"""Types of arguments that several functions and verbs take."""

import os
import pathlib
from typing import Any, Literal

from pipelines import settings

Path = str | os.PathLike[str]
Format = Literal["saved_model", "tflite", "both", "web"]
Quantization = Literal["dynamic", "float16", "int8", "int4"] | None
Keep = int | Literal["all"]
FirstSettings = settings.Settings | dict[str, Any] | str | pathlib.PurePath | None  # or a JSON file of them
