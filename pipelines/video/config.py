"""Settings of the video pipeline."""

import dataclasses

from pipelines import settings
from pipelines.settings import option


@dataclasses.dataclass(frozen=True, kw_only=True)
class Labels(settings.Reading):
    """Data"""

    videos: str | None = option(None, "folder of the videos that a table names (default: the table's own)")
    video_column: str = option("video", "the column that names the video: its name, or its number from 1 on")
    frame_column: str = option("frame", "the column of the frame that a row labels, counted from 0")
    start_column: str = option("start", "the column of a segment's first frame or second")
    end_column: str = option("end", "the column of a segment's end")
    label_column: str = option("label", "the column of the label")
    join_labels: bool = option(False, "take labels for one that differ in letter case, spaces or as 1 and 1.0 alone")
    segment_unit: str | None = option(
        None, "of segments (default: by the names of the columns, else seconds where a number has a fraction)",
        choices=("frames", "seconds"),
    )  # fmt: skip
    end_included: bool | None = option(
        None, "whether a segment's last frame is the one named as its end (default: told by segments that follow)"
    )
    fill_label: str | None = option(None, "the label of frames that no row labels")
    strict: bool = option(False, "a video that cannot be read ends the training, in place of being left out")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Frames(settings.Settings):
    """Frames"""

    SAME_IN_TRIALS = True

    height: int | None = option(None, "of frames, in pixels (default: by the training split)", at_least=1)
    width: int | None = option(None, "of frames, in pixels (default: by the training split)", at_least=1)
    color: str | None = option(
        None, "of frames (default: gray where all frames of the training split are)", choices=("gray", "rgb")
    )
    window: int = option(256, "frames of a longer clip that training sees at once", at_least=2)
    overlap: int = option(32, "frames that two windows of a clip share", at_least=0)
    background: str | None = option(
        None, "label that accuracy_without_background leaves out (default: the most frequent one)"
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Varied(settings.Settings):
    """Variation in training"""

    flip: bool = option(False, "mirror a half of the clips; not where labels tell left from right")
    shift: float = option(0.06, "moves frames by up to this part of their width and height", at_least=0, below=1)
    brightness: float = option(0.2, "changes brightness and contrast by up to this part", at_least=0, below=1)
    speed: float = option(0.15, "plays clips slower and faster by up to this part", at_least=0, below=1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(settings.Training, Varied, Frames, settings.Splitting, Labels, settings.Recurrent):
    """Network"""

    epochs: int | None = option(None, "passes over the training split at the most (default: by its size)", at_least=1)
    batch_size: int | None = option(None, "windows a step (default: by the training split)", at_least=1, search=[8, 16])
    learning_rate: float = option(2.5e-3, "of Adam, at its highest", above=0, at_most=10, search=(5e-4, 5e-3))
    schedule: str = option("cosine", "of the learning rate", choices=("constant", "cosine"))
    warmup: int = option(40, "steps in which the learning rate rises from zero", at_least=0)
    weight_decay: float = option(1e-2, "AdamW's decoupled decay of the weights", at_least=0)
    patience: int = option(15, "epochs without improvement before training stops", at_least=1)
    average: int = option(3, "best epochs whose weights are averaged at the end", at_least=1)
    cell: str = option("gru", "recurrent cell", choices=("rnn", "lstm", "gru"), search=["lstm", "gru"])
    units: int = option(192, "size of the recurrent state", at_least=1, search=[96, 192])
    depth: int = option(2, "recurrent layers one on another", at_least=1, search=[1, 2])
    causal: bool = option(False, "look back only, so that a label comes with its frame: for live use")
    encoder: str | None = option(
        None, "of a frame: cnn, none (of features), or a network of keras.applications such as MobileNetV2 (default: "
        "cnn of frames)",
    )  # fmt: skip
    encoder_weights: str = option(
        "imagenet", "of a network of keras.applications: imagenet (downloaded), none, or a file of weights"
    )
    train_encoder: bool = option(True, "go on training the network of keras.applications")
    filters: int = option(16, "of the first convolution of the cnn", at_least=1, search=[16, 32])
    encoder_size: int = option(128, "numbers that a frame becomes", at_least=1, search=[64, 128])
    context: int = option(2, "frames before and after that the encoder sees beside each", at_least=0, search=[1, 2])
    smoothing: float = option(0.1, "of the labels in the loss", at_least=0, below=1)
    class_weights: str = option(
        "none", "of the labels in the loss: none; balanced, each label as much in all; root, half way",
        choices=("none", "balanced", "root"),
    )  # fmt: skip
