# Written by `python -m pipelines.shared.stubs`; change what it is made of, not this.

from pipelines.sentiment import Config as Config
from pipelines.sentiment import evaluate as evaluate
from pipelines.sentiment import export as export
from pipelines.sentiment import gates as gates
from pipelines.sentiment import list as list
from pipelines.sentiment import load as load
from pipelines.sentiment import nearest as nearest
from pipelines.sentiment import predict as predict
from pipelines.sentiment import remove as remove
from pipelines.sentiment import restore as restore
from pipelines.sentiment import task as task
from pipelines.sentiment import train as train
from pipelines.sentiment import tune as tune
