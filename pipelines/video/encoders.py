"""What a frame becomes before time is looked at: networks of single frames, (height, width, channels) -> (size,).

cnn        convolutions of ours that halve the frame until 4 pixels are left of its shorter side
none       a layer of features
<Name>     any network of keras.applications, with weights from a file, downloaded ones, or none
"""

import math
import pathlib

import keras

from pipelines import settings
from pipelines.shared.messages import brief

MOST_HALVINGS, WIDEST = 5, 8  # of the cnn: convolutions; times the first filters
LEAST = 4  # pixels that are left of the shorter side

K = keras.layers


def applications():
    """The names of the networks of keras.applications."""
    return sorted(name for name, value in vars(keras.applications).items() if name[0].isupper() and callable(value))


def check(name):
    """Refuses an encoder that there is not.

    Raises:
        ValueError: naming the closest.
    """
    names = ["cnn", "none", *applications()]
    if name is not None and name not in names:
        raise ValueError(
            f"encoder: expected cnn, none or a network of keras.applications, received {name!r}."
            f"{settings.near(name, names)}"
        )


def of_frames(shape, config):
    """The cnn: a model of frames (height, width, channels)."""
    height, width, _ = shape
    halvings = min(MOST_HALVINGS, max(1, int(math.log2(max(2, min(height, width) / LEAST)))))
    x = inputs = keras.Input(shape)
    for number in range(halvings):
        kernel = 5 if number == 0 and min(height, width) >= 24 else 3
        filters = config.filters * min(2**number, WIDEST)
        x = K.Conv2D(filters, kernel, 2, "same", use_bias=False, kernel_initializer="he_normal")(x)
        x = keras.ops.relu(K.BatchNormalization(momentum=0.9)(x))
    return keras.Model(inputs, _out(K.Flatten()(x), config), name="cnn")


def of_features(shape, config):
    """One layer of features (numbers,)."""
    inputs = keras.Input(shape)
    return keras.Model(inputs, _out(inputs, config), name="dense")


def _out(x, config):
    x = K.Dense(config.encoder_size, use_bias=False)(K.Dropout(config.dropout)(x))
    return keras.ops.relu(K.BatchNormalization(momentum=0.9)(x))


def of_application(shape, config):
    """A network of keras.applications, on levels from 0 to 255, and a layer behind it.

    Raises:
        ValueError: frames that are too small for it, or a file of other weights. FileNotFoundError: no such file.
        OSError: its weights could not be downloaded.
    """
    inner = _network(shape, config)
    inner.trainable = config.train_encoder
    inputs = keras.Input(shape)
    x = K.Dense(config.encoder_size, "relu")(K.Dropout(config.dropout)(inner(_prepared(inputs, config.encoder))))
    return keras.Model(inputs, x, name=config.encoder.lower())


def _network(shape, config):
    make, weights = getattr(keras.applications, config.encoder), config.encoder_weights
    try:
        network = make(include_top=False, weights=None, pooling="avg", input_shape=shape)
    except (ValueError, TypeError) as error:
        raise ValueError(f"encoder={config.encoder}: {brief(error, 160)}; give other height and width") from error
    if weights == "none":
        return network
    if weights == "imagenet":
        return _downloaded(make, shape, config.encoder)
    if not pathlib.Path(weights).is_file():
        raise FileNotFoundError(f"encoder_weights: no file {weights!r} (the working folder is {pathlib.Path.cwd()})")
    try:
        network.load_weights(weights)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(f"encoder_weights {weights}: they are not those of {config.encoder} without its top layer "
                         f"({brief(error, 120)})") from error  # fmt: skip
    return network


def _downloaded(make, shape, name):
    try:
        return make(include_top=False, weights="imagenet", pooling="avg", input_shape=shape)
    except Exception as error:  # keras.utils.get_file raises a plain Exception where the network fails
        raise OSError(
            f"encoder={name}: its weights could not be downloaded ({brief(error, 120)}); give a file with "
            "encoder_weights (--encoder-weights), or encoder_weights=none to train from the start"
        ) from error


def _prepared(frames, name):
    """Levels from 0 to 255 as the network takes them; those whose names are not here do it themselves."""
    scaled = ("MobileNet", "MobileNetV2", "InceptionV3", "InceptionResNetV2", "Xception", "NASNetMobile", "NASNetLarge",
              "ResNet50V2", "ResNet101V2", "ResNet152V2")  # fmt: skip
    if name in scaled:
        return frames / 127.5 - 1
    if name.startswith("DenseNet"):
        return (frames / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    if name.startswith(("VGG", "ResNet")):
        return keras.ops.flip(frames, -1) - [103.939, 116.779, 123.68]
    return frames
