"""The built-in sample of the video pipeline: spots that move or change their size, which no single frame shows.

    from pipelines.video import sample
    data = sample.generate()        # {"frames": [uint8 (time, 16, 16)], "labels": [a list of words]}

Frames are 16x16, gray. A bright spot goes left, right, up or down by about a pixel a frame, leaves on one side and
comes in on the other; or it stands and grows or shrinks. After 6 to 16 frames something else begins. Where it is, how
large it is and how bright, is drawn from the same distribution whatever the label is, so one frame tells nothing: only
the direction in which it changes does. There is noise, and every clip has its own brightness.
"""

import numpy as np

VERSION = 1  # add one when `generate` returns something else
CLIPS, FRAMES, SIZE = 120, 36, 16
MOVES = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}
GROWTHS = {"grow": 1, "shrink": -1}
LABELS = (*MOVES, *GROWTHS)
SMALLEST, LARGEST = 1.2, 3.6  # the radius of a spot, in pixels


def generate(clips=CLIPS, seed=0):
    """So many clips; the same seed gives the same ones.

    >>> data = generate(clips=2)
    >>> data["frames"][0].shape, data["frames"][0].dtype, len(data["labels"][0])
    ((36, 16, 16), dtype('uint8'), 36)
    """
    draw = np.random.default_rng(seed)
    drawn = [_clip(draw) for _ in range(clips)]
    return {"frames": [frames for frames, _ in drawn], "labels": [labels for _, labels in drawn]}


def _clip(draw):
    """(frames, the label of each)."""
    states, labels = [np.array([*draw.uniform(0, SIZE, 2), draw.uniform(SMALLEST, LARGEST)])], []
    while len(labels) < FRAMES:
        label = str(draw.choice([one for one in LABELS if not labels or one != labels[-1]]))
        for _ in range(draw.integers(6, 17)):
            states.append(_next(states[-1], label, draw))
            labels.append(label)
    light, dark = draw.uniform(150, 240), draw.uniform(0, 50)
    spots = np.stack([_spot(state) for state in states[1 : FRAMES + 1]])
    noisy = dark + (light - dark) * spots + draw.normal(0, 4, spots.shape)
    return np.clip(np.round(noisy), 0, 255).astype(np.uint8), labels[:FRAMES]


def _next(state, label, draw):
    """Row, column and radius a frame later."""
    row, column, radius = state
    if label in MOVES:
        down, right = np.array(MOVES[label]) * draw.uniform(0.7, 1.3)
        return np.array([(row + down) % SIZE, (column + right) % SIZE, radius])
    span = LARGEST - SMALLEST
    return np.array([row, column, SMALLEST + (radius - SMALLEST + 0.25 * GROWTHS[label]) % span])


def _spot(state):
    """A round spot with soft edges, float (SIZE, SIZE) from 0 to 1, on a field whose sides are joined."""
    row, column, radius = state
    places = np.arange(SIZE)
    rows, columns = (np.minimum(np.abs(places - at), SIZE - np.abs(places - at)) for at in (row, column))
    return np.clip(radius + 0.5 - np.hypot(rows[:, None], columns), 0, 1)
