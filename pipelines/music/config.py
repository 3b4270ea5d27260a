"""Settings of the music pipeline."""

import dataclasses
import pathlib
from collections.abc import Sequence

from pipelines import settings
from pipelines.settings import option

File = str | pathlib.PurePath
Beginning = int | File | Sequence[int | str]  # how a tune begins; see `tunes.beginnings`


@dataclasses.dataclass(frozen=True, kw_only=True)
class Data(settings.Settings):
    """Data"""

    SAME_IN_TRIALS = True

    frames_per_quarter: float = option(1.0, "steps of JSON files and piano rolls in a quarter note", above=0)
    chord_symbols: bool = option(False, "play the chord symbols of ABC, in a rhythm that is not written")
    limit: int | None = option(None, "read so many pieces of each source alone, for a quick look", at_least=1)
    steps_per_quarter: int | None = option(
        None, "steps of the model in a quarter note; none: the fewest that catch the notes", at_least=1, at_most=48
    )
    valid_fraction: float = option(0.1, "cut off for validation when none is given", above=0, below=1)
    test_fraction: float = option(0.1, "cut off for the test when none is given", at_least=0, below=1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(settings.Training, Data, settings.Recurrent):
    """Network"""

    epochs: int | None = option(None, "passes over the training split at the most (default: by the data)", at_least=1)
    batch_size: int | None = option(None, "pieces a step (default: by the data)", at_least=1, search=[8, 16, 32])
    learning_rate: float | None = option(
        None, "of Adam, at its highest (default: by the size of the network)", above=0, at_most=10, search=(1e-3, 1e-2)
    )
    schedule: str = option("cosine", "of the learning rate", choices=("constant", "cosine"))
    patience: int | None = option(
        None, "epochs without improvement before training stops (default: all, since the rate falls to the end)",
        at_least=1,
    )  # fmt: skip
    monitor: str = option("val_nll", "what decides on the best epoch", choices=("val_nll", "val_loss"))
    precision: str = option("float32", "of the computation", choices=("float32",))
    model: str = option("piano_roll", "how music is written down", choices=("piano_roll", "events"))
    output: str = option("joint", "of a piano roll's keys: given those below, or each by itself",
                         choices=("joint", "independent"))  # fmt: skip
    cell: str = option("gru", "recurrent cell", choices=("rnn", "lstm", "gru"), search=["lstm", "gru"])
    units: int | None = option(
        None, "size of the recurrent state (default: by the data)", at_least=1, search=[128, 256, 512]
    )
    depth: int = option(1, "recurrent layers one on another", at_least=1, search=[1, 2])
    readout_units: int = option(400, "size of the layer between the state and the keys of a piano roll", at_least=1)
    decoder_units: int = option(128, "size of the state that goes through the keys of a chord", at_least=1)
    embedding_size: int = option(64, "length of an event's vector", at_least=1)
    input_dropout: float = option(0.2, "part of the keys that sounded dropped in training", at_least=0, below=1)
    dropout: float | None = option(
        None, "part of the layers' outputs dropped in training (default: by the data)", at_least=0, below=1,
        search=(0.0, 0.6),
    )  # fmt: skip
    recurrent_dropout: float = option(0.0, "part of the recurrent state dropped in training", at_least=0, below=1)
    transpose: int | None = option(
        None, "half tones up or down that training moves pieces, at the most (default: by the data)", at_least=0,
        at_most=24,
    )  # fmt: skip
    window: int = option(512, "steps or events of a piece trained on at once; longer ones are cut", at_least=2)
