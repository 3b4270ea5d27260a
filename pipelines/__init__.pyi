# Written by `python -m pipelines.shared.stubs`; change what it is made of, not this.

from typing import Final

from pipelines import classification as classification
from pipelines import forecasting as forecasting
from pipelines import music as music
from pipelines import sentiment as sentiment
from pipelines import settings as settings
from pipelines import tagging as tagging
from pipelines import trajectory as trajectory
from pipelines import translation as translation
from pipelines import video as video
from pipelines.shared.checks.verification import verify as verify
from pipelines.shared.comparing.comparison import compare as compare
from pipelines.shared.export.fixed_sizes import fix_sizes as fix_sizes
from pipelines.shared.export.keras_models import export_keras as export_keras
from pipelines.shared.foreign.keras_files import load_keras as load_keras
from pipelines.shared.serving.server import serve as serve
from pipelines.task import Task as Task

TASKS: Final = ("sentiment", "classification", "translation", "music", "forecasting", "trajectory", "video", "tagging")
__all__ = [
    "TASKS",
    "Task",
    "classification",
    "compare",
    "export_keras",
    "fix_sizes",
    "forecasting",
    "load_keras",
    "music",
    "sentiment",
    "serve",
    "settings",
    "tagging",
    "trajectory",
    "translation",
    "verify",
    "video",
]
