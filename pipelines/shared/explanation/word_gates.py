"""What the gates of a network's recurrent layers do at each word of a text: as numbers, a table and a picture.

    seen = artifact.gates("I grew up in France and I speak fluent French")
    seen.words, seen.layers[0].values["forget"]      # (1, words, units); see `layers.Gates`
    seen.save("gates.png")                           # or .svg; a notebook shows it by itself

The picture has, for each direction, the mean of each gate over the units, and how much of what was stored at a word is
left at each later one (`layers.remembered`).
"""

import dataclasses
import io
import pathlib

import keras
import matplotlib.figure
import numpy as np

import layers
from layers.sequence_layer import SequenceLayer
from pipelines.shared.storage import answer_files, disk

KINDS = (layers.Deep, layers.Bidirectional, SequenceLayer, keras.layers.RNN, keras.layers.Bidirectional)
SHOWN = {"forget": "forget (kept)", "update": "update (kept)", "input": "input (stored)", "output": "output (shown)",
         "reset": "reset (read)"}  # fmt: skip
FORMATS = (".png", ".svg")
LONGEST = 60  # words of a picture


@dataclasses.dataclass(frozen=True)
class WordGates:
    """The gates over one text.

    words: what the network reads at each step. layers: `layers.Gates`, the lowest first and forwards first.
    """

    words: list[str]
    layers: list[layers.Gates]

    def __repr__(self):
        names = ", ".join(_called(gates) for gates in self.layers)
        return f"<Gates over {len(self.words)} words: {names}>"

    def rows(self):
        """Yields a dictionary a layer, direction and word: means of the gates, and how many steps half of what was
        stored at the word is remembered for (None: to the end and longer)."""
        for gates in self.layers:
            halves = half_lives(layers.remembered(gates)[0], gates.backwards)
            for step, word in enumerate(self.words):
                means = {name: float(gates.values[name][0, step].mean()) for name in SHOWN if name in gates.values}
                yield {"layer": _called(gates), "word": word, **means, "half_life": halves[step]}

    def picture(self, layer=0):
        """A `matplotlib.figure.Figure` of a layer, counted from the lowest, in each of its directions."""
        directions = self._levels()[layer]
        size = min(len(self.words), LONGEST)
        drawing = matplotlib.figure.Figure(
            figsize=(max(4.8, 2.2 + 0.34 * size), len(directions) * (2.6 + 0.3 * size)), layout="constrained"
        )
        heights = [part for _ in directions for part in (4, max(4, size))]
        axes = drawing.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
        for number, gates in enumerate(directions):
            _draw_means(axes[2 * number], gates, self.words[:size])
            _draw_remembered(axes[2 * number + 1], gates, self.words[:size])
        return drawing

    def _levels(self):
        """Lists of the directions of each layer."""
        levels = []
        for gates in self.layers:
            if gates.backwards and levels and not levels[-1][-1].backwards:
                levels[-1].append(gates)
            else:
                levels.append([gates])
        return levels

    def save(self, path):
        """Writes the picture to a file that ends in .png or .svg, and returns its path.

        Raises:
            ValueError: another ending. OSError: it cannot be written.
        """
        suffix = check_format(path)
        file = answer_files.check(path)
        with disk.stoppable(path), disk.aside(file) as partial:
            self.picture().savefig(partial, dpi=110, format=suffix[1:])
        return pathlib.Path(path)

    def _repr_png_(self):
        stream = io.BytesIO()
        self.picture().savefig(stream, dpi=90, format="png")
        return stream.getvalue()


def check_format(path):
    """The ending of the name of a picture, if it is one.

    >>> check_format("gates.PNG")
    '.png'
    """
    suffix = pathlib.Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(f"output: expected a name that ends in .png or .svg, received {str(path)!r}")
    return suffix


def of_model(model, inputs, words, lengths, names=None):
    """The `WordGates` of the recurrent layers that a model runs on one text, one behind another.

    Args:
        names: of the layers, by default all.
        inputs: what the model takes, {name: array}, for a batch of one text.
        words: what the network reads at each step. lengths: (1,).

    Raises:
        ValueError: no such layer, or one whose cell has no gates.
    """
    recurrent = [layer for layer in model.layers if isinstance(layer, KINDS) and (names is None or layer.name in names)]
    if not words:
        raise ValueError("gates: expected a text with at least one word, received none")
    if not recurrent:
        raise ValueError("gates: expected a network with recurrent layers, received one without")
    seen = []
    for layer in recurrent:
        before = _before(model, layer)
        try:
            seen += layers.gates(layer, before(inputs, training=False), lengths=lengths)
        except ValueError as error:
            if "whose gates can be looked at" not in str(error):
                raise
            raise ValueError("gates: expected cell='lstm' or 'gru', received a cell that has no gates") from None
    return WordGates(words, [_cut(gates, len(words)) for gates in seen])


def _before(model, layer):
    """The part of a model before a layer.

    Raises:
        ValueError: a model whose parts are not known, such as one of a class of its own.
    """
    try:
        return keras.Model(model.input, keras.tree.flatten(layer.input)[0])
    except AttributeError:
        raise ValueError(f"gates: expected a network of Keras's functional API, received {model.name}") from None


def _cut(gates, count):
    """The gates of the first `count` steps, which are all but padding."""
    values = {name: value[:, :count] for name, value in gates.values.items()}
    return gates._replace(values=values, mask=gates.mask[:, :count])


def half_lives(remembered, backwards):
    """For each step, how many later ones there are until less than half is left of what it stored, or None.

    >>> half_lives(np.array([[1.0, 0.4], [0.0, 1.0]]), backwards=False)
    [1, None]
    """
    rows = remembered[::-1, ::-1] if backwards else remembered
    lives = []
    for step, row in enumerate(rows):
        forgotten = np.flatnonzero(row[step:] < 0.5)
        lives.append(int(forgotten[0]) if len(forgotten) else None)
    return lives[::-1] if backwards else lives


def _called(gates):
    return f"{gates.name}, {'backwards' if gates.backwards else 'forwards'}"


def _draw_means(axes, gates, words):
    names = [name for name in SHOWN if name in gates.values]
    means = np.stack([gates.values[name][0, : len(words)].mean(axis=-1) for name in names])
    axes.set_title(f"{_called(gates)}: gates, mean over units", loc="left", fontsize=10, parse_math=False)
    axes.imshow(means, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    axes.set_yticks(range(len(names)), [SHOWN[name] for name in names])
    axes.set_xticks([])
    axes.tick_params(length=0)
    for row, several in enumerate(means):
        for column, value in enumerate(several):
            ink = "#fefefe" if value > 0.6 else "#010101"
            axes.text(column, row, f"{value:.1f}", ha="center", va="center", fontsize=7, color=ink)


def _draw_remembered(axes, gates, words):
    size = len(words)
    left = layers.remembered(gates)[0, :size, :size]
    axes.set_title("what is left of a word (row) at others (columns)", loc="left", fontsize=10)
    axes.imshow(left, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    axes.set_xticks(range(size), words, rotation=60, ha="right", rotation_mode="anchor", parse_math=False)
    axes.set_yticks(range(size), words, parse_math=False)
    axes.tick_params(length=0)
