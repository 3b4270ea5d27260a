"""The report of a model of frames: numbers beside the baselines', timelines, confusion, frames with their labels."""

import matplotlib.colors
import matplotlib.figure
import numpy as np

from pipelines.shared import defaults
from pipelines.shared.metrics import segments
from pipelines.shared.report import headline, pages
from pipelines.video import scores
from pipelines.video.clips.kinds import Shape

illustrate = defaults.illustrate

BASELINES = {"linear, each frame by itself": "baseline_linear_", "most frequent label": "baseline_majority_"}
COLUMNS = {
    "accuracy": "accuracy", "accuracy_without_background": "without background", "macro_f1": "macro F1", "edit": "edit",
    "f1_at_10": "F1@10", "f1_at_25": "F1@25", "f1_at_50": "F1@50",
}  # fmt: skip
TIMELINES = 6  # clips
SHEET = (3, 8)  # clips, frames of each
LONGEST = 160  # pixels of a frame's longer side on the sheet


def sections(artifact, examples, answered):
    """The sections: numbers beside the baselines', timelines, frames, confusion, labels, curves."""
    cut = _Cut(artifact, examples, answered)
    numbers = artifact.metrics
    shown = headline.of(artifact, {words: name for name, words in COLUMNS.items() if name in numbers})
    words = pages.note(_balance(artifact))
    return [
        pages.Section("Result on the test split", pages.numbers(shown) + words + _beside(artifact)),
        pages.Section("Timelines", _timelines(cut)),
        pages.Section("Frames", _sheet(cut)),
        pages.Section("Confusion", _confusion(cut)),
        pages.Section("Labels", _by_label(cut, numbers)),
        pages.Section("Learning curves", pages.learning_curves(artifact.history)),
    ]


class _Cut:
    """The clips of a split, the numbers of their true labels and of those predicted; -1 where a frame has none."""

    def __init__(self, artifact, examples, answered):
        self.labels = [*map(str, artifact.preprocessor.labels), "(not in training)"]
        self.shape, self.clips = artifact.preprocessor.shape, examples["clip"]
        self.true = scores.truths(artifact.preprocessor, examples)
        self.said = [one.codes for one in answered]
        right = [(true == one)[true >= 0] for true, one in zip(self.true, self.said, strict=True)]
        self.accuracy = [float(one.mean()) if len(one) else 0.0 for one in right]

    def chosen(self, count):
        """The rows of clips from the worst to the best, evenly drawn."""
        order = np.argsort(self.accuracy, kind="stable")
        return order[np.unique(np.linspace(0, len(order) - 1, count).astype(int))].tolist()


def _balance(artifact):
    """What the training did about labels of different frequency, in a sentence."""
    how = {
        "none": "Every frame counts the same in the loss (class_weights=none)",
        "balanced": "Every label counts the same in the loss, whatever its number of frames (class_weights=balanced)",
        "root": "Rare labels count more in the loss, by the root of their frequency (class_weights=root)",
    }[artifact.config.class_weights]
    preprocessor = artifact.preprocessor
    share = preprocessor.counts[preprocessor.labels.index(preprocessor.background)] / sum(preprocessor.counts)
    return f"{how}; {preprocessor.background!r} is the background, with {share:.0%} of the training's frames."


def _beside(artifact):
    rows = [[words, *(artifact.metrics.get(f"{key}{name}") for name in COLUMNS)]
            for words, key in {"this model": "", **BASELINES}.items()]  # fmt: skip
    return pages.table("Beside the baselines", ["model", *COLUMNS.values()], rows, headline.error(artifact))


def _colors(count):
    """A colour for each label; neighbours in the list differ."""
    return [matplotlib.colors.hsv_to_rgb(((number * 0.618034) % 1, 0.5, 0.95)) for number in range(count)]


def _timelines(cut):
    return "".join(_timeline(cut, row) for row in cut.chosen(TIMELINES))


def _timeline(cut, row):
    """A figure: the true segments of a clip above those predicted."""
    drawing = matplotlib.figure.Figure(figsize=(7.6, 1.7), layout="constrained")
    axes, colors = drawing.subplots(), _colors(len(cut.labels))
    for line, codes in ((1, cut.true[row]), (0, cut.said[row])):
        for code, start, end in segments.segments(codes, ignored=(-1,)):
            axes.barh(line, end - start, left=start, height=0.8, color=colors[code], edgecolor="white", linewidth=0.4)
            if end - start > len(codes) / 16:
                axes.text((start + end) / 2, line, cut.labels[code][:12], ha="center", va="center", fontsize=7,
                          color="#010101", parse_math=False)  # fmt: skip
    axes.set_yticks([1, 0], ["truth", "predicted"])
    axes.set_xlim(0, len(cut.true[row]))
    axes.set_xlabel("frame")
    axes.spines[["top", "right", "left"]].set_visible(False)
    caption = f"{cut.clips[row].name}: {cut.accuracy[row]:.1%} of the frames right"
    return pages.figure(drawing, f"True and predicted labels of {cut.clips[row].name} over time", caption)


def _sheet(cut):
    """A figure: frames of several clips with their true labels, and the predicted ones where they differ."""
    if cut.shape is None:
        return pages.note("Features have no pictures.")
    rows = cut.chosen(SHEET[0])
    aspect = max(cut.clips[row].height / cut.clips[row].width for row in rows)
    height = len(rows) * (9.6 / SHEET[1] * min(aspect, 2) + 0.3)
    drawing = matplotlib.figure.Figure(figsize=(9.6, height), layout="constrained")
    grid = np.atleast_2d(drawing.subplots(len(rows), SHEET[1], squeeze=False))
    for row, line in zip(rows, grid, strict=True):
        places = np.linspace(0, cut.clips[row].frames - 1, SHEET[1]).round().astype(int)
        for number, axes in zip(places.tolist(), line, strict=True):
            _frame(cut, row, number, axes)
    return pages.figure(
        drawing, "Frames with their labels", "Below a frame its label, and what was predicted if it differs"
    )


def _frame(cut, row, number, axes):
    clip = cut.clips[row]
    part = min(1.0, LONGEST / max(clip.height, clip.width))
    shape = Shape(max(1, round(clip.height * part)), max(1, round(clip.width * part)), 1 if clip.gray else 3)
    axes.imshow(clip.read(number, number + 1, shape)[0].squeeze(), cmap="gray", vmin=0, vmax=255)
    true, predicted = cut.true[row][number], cut.said[row][number]
    words = cut.labels[true] if true >= 0 else "?"
    words += "" if true == predicted else f" / {cut.labels[predicted]}"
    axes.set_xlabel(words[:22], fontsize=7, parse_math=False)
    axes.set_xticks([])
    axes.set_yticks([])


def _confusion(cut):
    """The matrix of the labels that occur or are said."""
    true, predicted = np.concatenate(cut.true), np.concatenate(cut.said)
    true, predicted = true[true >= 0], predicted[true >= 0]
    count = len(cut.labels)
    matrix = np.bincount(true * count + predicted, minlength=count * count).reshape(count, count)
    used = np.flatnonzero(matrix.sum(axis=0) + matrix.sum(axis=1))
    return pages.confusion_matrix([cut.labels[code] for code in used], matrix[np.ix_(used, used)])


def _by_label(cut, numbers):
    """A table: frames and F1 of each label."""
    true = np.concatenate(cut.true)
    rows = [[label, int((true == code).sum()), numbers.get(f"f1_{label}")] for code, label in enumerate(cut.labels)]
    return pages.table("F1 by label", ["label", "frames", "F1"], [row for row in rows if row[1]])
