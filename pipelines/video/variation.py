"""How training varies a clip: all its frames alike, so that what moves moves on as before.

frames, targets = of_batch(frames, targets, lengths, seeds, config)

Mirrored, moved by a few pixels (what comes in repeats the edge), of another brightness and contrast, and played slower
or faster; features are played slower or faster alone. A faster clip ends sooner: what is behind it does not count.
"""

import tensorflow as tf


def of_batch(frames, targets, lengths, seeds, config):
    """The same of a padded batch (batch, time, ...), of targets (batch, time), lengths (batch,) and a seed a clip."""

    def one(parts):
        frames, targets, length, seed = parts
        rest = tf.shape(frames)[0] - length
        frames, targets = varied(frames[:length], targets[:length], tf.stack([seed, 0]), config)
        widths = [[0, rest]] + [[0, 0]] * (len(frames.shape) - 1)
        return tf.pad(frames, widths), tf.pad(targets, [[0, rest]], constant_values=-1)

    kinds = (tf.TensorSpec([None, *frames.shape[2:]], frames.dtype), tf.TensorSpec([None], tf.int32))
    return tf.map_fn(one, (frames, targets, lengths, seeds), fn_output_signature=kinds)


def varied(frames, targets, seeds, config):
    """A clip (time, height, width, channels), or features (time, numbers), and its targets (time,), of the same length.

    seeds: int64 (2,), which the same variation is drawn for again.
    """

    def drawn(number, low=-1.0, high=1.0):
        return tf.random.stateless_uniform([], seeds + number, low, high)

    if config.speed:
        frames, targets = _played(frames, targets, 1 + config.speed * drawn(1))
    if len(frames.shape) < 4:
        return frames, targets
    if config.flip:
        frames = tf.where(drawn(2) < 0, frames[:, :, ::-1], frames)
    if config.shift:
        frames = _moved(frames, config.shift * drawn(3), config.shift * drawn(4))
    if config.brightness:
        frames = _lit(frames, 1 + config.brightness * drawn(5), 0.3 * config.brightness * drawn(6))
    return frames, targets


def _played(frames, targets, speed):
    """Frames at another speed around the middle of the clip."""
    time = tf.shape(frames)[0]
    middle = tf.cast(time - 1, tf.float32) / 2
    places = tf.cast(tf.round(middle + (tf.range(tf.cast(time, tf.float32)) - middle) * speed), tf.int32)
    inside = (places >= 0) & (places < time)
    places = tf.clip_by_value(places, 0, time - 1)
    return tf.gather(frames, places), tf.where(inside, tf.gather(targets, places), -1)


def _moved(frames, down, right):
    """Frames moved by parts of their height and width."""
    for axis, part in ((1, down), (2, right)):
        size = frames.shape[axis]
        by = tf.cast(tf.round(part * size), tf.int32)
        frames = tf.gather(frames, tf.clip_by_value(tf.range(size) + by, 0, size - 1), axis=axis)
    return frames


def _lit(frames, contrast, brightness):
    """uint8 frames with another contrast around their middle level, and brighter by a part of 255."""
    levels = (tf.cast(frames, tf.float32) - 127.5) * contrast + 127.5 + 255 * brightness
    return tf.cast(tf.clip_by_value(tf.round(levels), 0, 255), tf.uint8)
