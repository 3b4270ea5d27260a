"""The video pipeline: what it learns, and that answers are the same alone, in a batch, in pieces and frame by frame."""

import csv
import dataclasses
import json
import logging
import pathlib

import av
import keras
import numpy as np
import pytest
from conftest import TINY_VIDEO, spots

import pipelines
from pipelines import settings
from pipelines.shared.command_line import program
from pipelines.video import answers, encoders, network, preprocessor, sample, variation
from pipelines.video.clips import arrays
from pipelines.video.clips.kinds import Shape


def config(**options):
    return settings.create(pipelines.video.task.Config, {**TINY_VIDEO, **options})


def clip(frames, name="clip"):
    return arrays.of_array(np.asarray(frames), name)


def long(count, seed=0):
    """Frames of the sample's kind, so many of them."""
    frames = np.concatenate(sample.generate(clips=-(-count // sample.FRAMES), seed=seed)["frames"])
    return frames[:count]


def features(clips=20, frames=12, seed=0):
    """(clips, labels): a walk of two numbers; the label is where the first goes, which one frame does not show."""
    draw = np.random.default_rng(seed)
    labels = np.repeat(draw.choice(["down", "up"], (clips, frames // 4)), 4, axis=1)
    steps = np.where(labels == "up", 1.0, -1.0) + draw.normal(0, 0.1, labels.shape)
    rows = np.stack([np.cumsum(steps, axis=1) + draw.normal(0, 9, (clips, 1)), draw.normal(size=labels.shape)], axis=-1)
    return rows, labels


def probabilities(answer):
    return np.array(list(answer["probabilities"].values())).T


def test_the_sample_is_seeded_and_its_labels_are_balanced():
    one, other = sample.generate(6), sample.generate(6)
    assert all(np.array_equal(*pair) for pair in zip(one["frames"], other["frames"], strict=True))
    assert one["labels"] == other["labels"]
    counts = np.unique(np.concatenate(sample.generate()["labels"]), return_counts=True)[1]
    assert len(counts) == 6 and counts.max() < 0.25 * counts.sum()


@pytest.mark.slow
@pytest.mark.parametrize("causal", [True, False])
def test_a_long_clip_is_answered_without_a_seam(watching, causal, monkeypatch, tmp_path):
    artifact = watching if causal else pipelines.video.train(
        spots(), directory=tmp_path, **{**TINY_VIDEO, "causal": False, "epochs": 1}
    )  # fmt: skip
    frames = clip(long(700))
    ((_, whole),) = answers.probabilities(artifact, [clip(long(500))])
    monkeypatch.setattr(answers, "WHOLE", 10_000)
    ((_, at_once),) = answers.probabilities(artifact, [frames])
    monkeypatch.setattr(answers, "WHOLE", 37)
    ((_, in_pieces),) = answers.probabilities(artifact, [frames])
    np.testing.assert_allclose(in_pieces, at_once, atol=1e-5)
    assert whole.shape == (500, 6)


def test_ten_thousand_frames(watching):
    (answer,) = watching.predict([long(10_000)])
    assert len(answer["labels"]) == 10_000
    assert answer["segments"][0]["start"] == 0 and answer["segments"][-1]["end"] == 10_000


def test_live_is_the_answer_to_the_whole(watching):
    frames = long(30)
    (whole,) = watching.predict([frames])
    live = list(watching.stream(frames))
    np.testing.assert_allclose([list(one["probabilities"].values()) for one in live], probabilities(whole), atol=1e-5)
    assert [one["label"] for one in live] == whole["labels"]
    stream = watching.stream()
    first = stream.step(frames[0])
    stream.step(frames[1])
    stream.reset()
    assert stream.step(frames[0]) == first


def test_live_needs_a_network_that_looks_back(tmp_path):
    options = {**TINY_VIDEO, "causal": False, "epochs": 1}
    artifact = pipelines.video.train(spots(), directory=tmp_path, **options)
    with pytest.raises(ValueError, match="received causal=False; train with causal=True"):
        artifact.stream()
    with pytest.raises(ValueError, match=r"streaming: expected a network that only looks back.*causal=False"):
        artifact.export(streaming=True)


def test_later_frames_do_not_change_a_causal_answer(watching):
    frames = long(20)
    changed = frames.copy()
    changed[12:] = 0
    one, other = (probabilities(answer) for answer in watching.predict([frames, changed]))
    np.testing.assert_allclose(one[:12], other[:12], atol=1e-6)
    assert np.abs(one[12:] - other[12:]).max() > 1e-3


@pytest.mark.parametrize("shape", ["array", "lists", "gray", "colour"])
def test_a_single_clip_in_memory_is_one_input(watching, shape):
    frames = long(4)
    as_one = {
        "array": frames,
        "lists": frames.tolist(),
        "gray": frames[..., None],
        "colour": np.stack([frames] * 3, -1),
    }
    assert len(watching.predict(as_one[shape])) == 1


def test_frames_of_another_size_or_kind(watching):
    assert len(watching.predict([np.zeros((3, 40, 20, 3), np.uint8)])[0]["labels"]) == 3
    with pytest.raises(ValueError, match=r"expected pictures, as in training, received 7 numbers a frame"):
        watching.predict([np.zeros((3, 7))])
    with pytest.raises(ValueError, match=r"predict, input 1: it has no frame"):
        watching.predict([np.zeros((0, 8, 8), np.uint8)])


@pytest.mark.slow
def test_features_are_learned_from_their_changes(tmp_path):
    options = {"units": 16, "depth": 1, "encoder_size": 16, "epochs": 25, "learning_rate": 0.01, "dropout": 0.0}
    artifact = pipelines.video.train(features(60), test=features(20, seed=1), directory=tmp_path, **options)
    assert artifact.config.encoder == "none" and artifact.config.height is None
    assert artifact.metrics["accuracy"] > 0.9 > 0.75 > artifact.metrics["baseline_linear_accuracy"]
    rows, _ = features(2, seed=2)
    assert len(artifact.predict(rows[0])) == 1 and len(artifact.predict(list(rows))) == 2
    with pytest.raises(ValueError, match=r"expected 2 numbers a frame, .* received 24 .* a list of arrays"):
        artifact.predict(rows)  # (2, 12, 2) are the joints of one clip as well
    artifact.export()
    assert pipelines.verify(artifact.path).passed


def test_an_export_is_whole_and_has_a_step(watching_exported):
    assert pipelines.verify(watching_exported.path).passed
    from ai_edge_litert.interpreter import Interpreter

    run = Interpreter(str(watching_exported.path / "mobile" / "model.tflite")).get_signature_runner("step")
    frames = long(9)
    states = {name: np.zeros((1, detail["shape"][1]), "float32")
              for name, detail in run.get_input_details().items() if name != "frames"}  # fmt: skip
    said = []
    for frame in frames:
        outputs = run(frames=frame[None, ..., None], **states)
        states = {name: outputs[name] for name in states}
        said.append(outputs["probabilities"][0])
    np.testing.assert_allclose(said, probabilities(watching_exported.predict([frames])[0]), atol=1e-5)


@pytest.mark.slow
def test_a_batch_with_a_remainder_of_one_and_splits_of_one(tmp_path):
    frames, labels = spots(11)

    def part(*rows):
        return [frames[row] for row in rows], [labels[row] for row in rows]

    options = {**TINY_VIDEO, "batch_size": 4, "epochs": 1}
    artifact = pipelines.video.train(part(*range(9)), valid=part(9), test=part(10), directory=tmp_path, **options)
    assert all(np.isfinite(value) for value in artifact.metrics.values())


def test_clips_of_one_frame(tmp_path):
    frames = [one[:1] for one in spots(20)[0]] + list(spots(4)[0])
    labels = [one[:1] for one in spots(20)[1]] + list(spots(4)[1])
    artifact = pipelines.video.train((frames, labels), directory=tmp_path, **TINY_VIDEO)
    assert len(artifact.predict([frames[0]])[0]["labels"]) == 1


@pytest.mark.parametrize("precision", ["mixed_float16", pytest.param("mixed_bfloat16", marks=pytest.mark.slow)])
def test_half_precision(precision, tmp_path):
    artifact = pipelines.video.train(spots(12), directory=tmp_path, **{**TINY_VIDEO, "precision": precision})
    assert np.isfinite(artifact.metrics["log_loss"])
    artifact.export("tflite")


def test_windows_of_longer_clips_are_trained_on_and_each_frame_counts_once():
    frames, labels = long(300), [f"label {number // 30}" for number in range(300)]
    splits = pipelines.video.task.load_splits(([frames] * 3, [labels] * 3), None, None, config(window=100, overlap=40))
    chosen = config(window=100, overlap=40, height=16, width=16, color="gray", encoder="cnn")
    prepared = preprocessor.prepare(splits["train"], chosen)
    targets = np.concatenate([target.numpy().reshape(-1) for _, target, _ in
                              preprocessor.batches(prepared, splits["train"], chosen, False)])  # fmt: skip
    assert (targets >= 0).sum() == 300
    np.testing.assert_array_equal(np.bincount(targets[targets >= 0]), 30)


def test_a_training_that_goes_on_does_not_read_what_was_before():
    splits = pipelines.video.task.load_splits(spots(20), None, None, config())
    chosen = config(height=16, width=16, color="gray", encoder="cnn", batch_size=4, epochs=2)
    prepared, reads = preprocessor.prepare(splits["train"], chosen), []

    def watched(clip):
        return dataclasses.replace(clip, reader=lambda *span: reads.append(clip.name) or clip.reader(*span))

    examples = {**splits["train"], "clip": list(map(watched, splits["train"]["clip"]))}
    train = preprocessor.batches(prepared, examples, chosen, True)
    steps = int(train.cardinality())
    whole = list(train.repeat().take(2 * steps))
    before = len(reads)
    again = preprocessor.batches(prepared, examples, chosen, True)  # as another process makes it
    rest = list(again.resumed(steps).take(steps))
    assert len(reads) - before <= before / 2 + 12
    for one, other in zip(whole[steps:], rest, strict=True):
        np.testing.assert_array_equal(one[0]["frames"], other[0]["frames"])
        np.testing.assert_array_equal(one[1], other[1])


def test_weights_of_labels():
    made = preprocessor.Preprocessor(["a", "b"], [4, 4, 1], 0, [0.0], [1.0], [90, 10], "a")
    none, root, balanced = (made.weights(how) for how in ("none", "root", "balanced"))
    np.testing.assert_allclose(none, [1, 1, 0, 0])
    np.testing.assert_allclose(balanced[0] * 90, balanced[1] * 10, rtol=1e-5)
    np.testing.assert_allclose(root[1] / root[0], 3, rtol=1e-5)
    for weights in (none, root, balanced):
        assert weights[0] * 90 + weights[1] * 10 == pytest.approx(100, rel=1e-5)


def test_variation_keeps_frames_and_labels_together():
    """Frames carry their own number, which has to stay that of their label."""
    frames = np.tile(np.arange(40, dtype=np.uint8)[:, None, None, None], (1, 4, 4, 1))
    chosen, seen = config(flip=True, brightness=0.0, speed=0.3, shift=0.2), set()
    for seed in range(20):
        varied, targets = variation.varied(frames, np.arange(40, dtype=np.int32), np.array([seed, 0]), chosen)
        varied, targets = varied.numpy(), targets.numpy()
        assert varied.shape == frames.shape
        np.testing.assert_array_equal(varied[targets >= 0, 0, 0, 0], targets[targets >= 0])
        seen.add(int((targets >= 0).sum()))
    assert len(seen) > 3


def test_variation_moves_and_lights():
    frames = np.zeros((3, 10, 10, 1), np.uint8)
    frames[:, 5, 5] = 200
    chosen = config(flip=False, brightness=0.3, speed=0.0, shift=0.3)
    places, sums = set(), set()
    for seed in range(10):
        varied = variation.varied(frames, np.zeros(3, np.int32), np.array([seed, 0]), chosen)[0].numpy()
        assert (varied == varied[:1]).all()
        places.add(int(varied[0].argmax()))
        sums.add(int(varied.sum()))
    assert len(places) > 4 and len(sums) > 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoder": "MobilNetV2"}, r"received 'MobilNetV2'. Did you mean 'MobileNetV2'"),
        ({"encoder": "none"}, "expected cnn or a network of keras.applications for frames"),
        ({"encoder": "MobileNetV2", "color": "gray"}, "color: expected rgb for MobileNetV2"),
        ({"background": "nothing"}, "background: expected one of the labels"),
        ({"window": 8, "overlap": 8}, "overlap: expected fewer frames than window=8"),
        ({"encoder": "MobileNetV2", "encoder_weights": "none", "height": 16, "width": 16}, "encoder=MobileNetV2: .*32"),
    ],
)
def test_settings_that_cannot_be_are_refused(options, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        pipelines.video.train(spots(12), directory=tmp_path, **{**TINY_VIDEO, **options})


@pytest.mark.slow
def test_an_encoder_of_keras_with_weights_from_a_file(tmp_path):
    options = {**TINY_VIDEO, "encoder": "MobileNetV3Small", "height": 32, "width": 32, "epochs": 1}
    source = keras.applications.MobileNetV3Small(
        include_top=False, weights=None, pooling="avg", input_shape=(32, 32, 3)
    )
    source.save_weights(tmp_path / "a.weights.h5")
    chosen = config(**options, encoder_weights=str(tmp_path / "a.weights.h5"), train_encoder=False)
    built = encoders.of_application((32, 32, 3), chosen)
    inner = built.get_layer("MobileNetV3Small")
    np.testing.assert_array_equal(inner.get_weights()[0], source.get_weights()[0])
    assert not inner.trainable_weights
    options |= {"encoder_weights": str(tmp_path / "a.weights.h5")}
    artifact = pipelines.video.train(spots(8), directory=tmp_path, **options)
    assert artifact.config.color == "rgb"
    artifact.export()
    with pytest.raises(FileNotFoundError, match="encoder_weights: no file"):
        encoders.of_application((32, 32, 3), config(**{**options, "encoder_weights": "nowhere.h5"}))
    (tmp_path / "bad.weights.h5").write_bytes(b"none")
    with pytest.raises(ValueError, match="they are not those of MobileNetV3Small"):
        encoders.of_application((32, 32, 3), config(**{**options, "encoder_weights": str(tmp_path / "bad.weights.h5")}))


def test_a_download_that_fails_is_one_error(monkeypatch):
    def fails(*arguments, **options):
        raise Exception("URL fetch failure on https://example.org: no route")

    monkeypatch.setattr(keras.applications, "MobileNetV2", lambda **options: fails() if options["weights"] else None)
    with pytest.raises(OSError, match=r"weights could not be downloaded \(URL fetch failure.*give a file"):
        encoders.of_application((32, 32, 3), config(encoder="MobileNetV2"))


def settled(*clips, **options):
    examples = {"video": list(range(len(clips))), "clip": list(clips), "labels": [None] * len(clips)}
    return network.settings_for(examples, config(**{"epochs": None, "batch_size": None, **options}))


def test_settings_by_the_training_split():
    large, small = clip(np.zeros((9, 240, 320, 3), np.uint8)), clip(np.zeros((9, 32, 64), np.uint8))
    chosen = settled(large, large, small)
    assert (chosen["height"], chosen["width"], chosen["color"]) == (56, 72, "gray")
    chosen = settled(*[small] * 800)
    assert (chosen["height"], chosen["width"], chosen["batch_size"], chosen["epochs"]) == (32, 64, 16, 40)
    assert settled(large, height=120)["width"] == 160
    red = np.zeros((9, 32, 64, 3), np.uint8)
    red[..., 0] = 90
    assert settled(small, clip(red))["color"] == "rgb"
    assert settled(*[clip(np.zeros((250, 224, 224), np.uint8))] * 9, height=224, width=224)["batch_size"] == 1


@pytest.fixture
def video(tmp_path):
    """A video of the sample's kind."""
    with av.open(str(tmp_path / "talk.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=20)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for frame in long(20):
            pixels = np.repeat(np.repeat(frame, 4, axis=1), 3, axis=0)[..., None].repeat(3, axis=-1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return tmp_path / "talk.mp4"


def test_captions_are_written_into_the_video(watching, video, tmp_path):
    (answer,) = watching.predict(str(video), captions=tmp_path / "out.mp4")
    from pipelines.video.clips import recorded

    before, after = recorded.opened(video), recorded.opened(tmp_path / "out.mp4")
    assert after.frames == before.frames == len(answer["labels"])
    np.testing.assert_allclose(after.times, before.times, atol=2e-3)
    one, other = (one.read(0, 20, Shape(120, 160, 1)).astype(float) for one in (before, after))
    assert np.abs(one - other)[:, :90].mean() < 12 < np.abs(one - other)[:, 105:].mean()
    with pytest.raises(ValueError, match=r"captions: expected a name that ends in \.mp4"):
        watching.predict(str(video), captions="out.txt")
    with pytest.raises(ValueError, match="is the file that is read"):
        watching.predict(str(video), captions=str(video))


def test_predict_on_the_command_line(watching, video, tmp_path, capsys):
    place = ["--name", "tiny", "--directory", str(watching.path.parent)]
    output = tmp_path / "frames.csv"
    assert program.main(["video", "predict", str(video), "--output", str(output), *place]) == 0
    with open(output, newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 20 and rows[3]["video"] == "talk.mp4" and rows[3]["frame"] == "3"
    assert float(rows[2]["seconds"]) == pytest.approx(0.1)
    assert sum(float(rows[0][f"probability_{label}"]) for label in sample.LABELS) == pytest.approx(1, abs=1e-4)
    capsys.readouterr()
    assert program.main(["video", "predict", str(video), "--json", *place]) == 0
    assert len(json.loads(capsys.readouterr().out)["answers"][0]["labels"]) == 20
    other = output.read_bytes()  # a table, which is not looked at
    assert program.main(["video", "predict", str(video), str(output), "--output", str(output), *place]) == 1
    assert "is the file that is read" in capsys.readouterr().err and output.read_bytes() == other
    assert program.main(["video", "predict", str(tmp_path / "none.mp4"), *place]) == 1
    assert "no file or folder" in capsys.readouterr().err


@pytest.mark.slow
def test_a_training_on_files_goes_on_where_it_was_cut_off(tmp_path):
    frames, labels = spots(10)
    np.savez(tmp_path / "a.npz", frames=np.stack(frames), labels=np.array(labels))
    options = {**TINY_VIDEO, "epochs": 3}

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    whole = pipelines.video.train(tmp_path / "a.npz", directory=tmp_path / "whole", **options)
    with pytest.raises(KeyboardInterrupt):
        pipelines.video.train(tmp_path / "a.npz", directory=tmp_path / "cut", callbacks=[Stop()], **options)
    resumed = pipelines.video.train(tmp_path / "a.npz", directory=tmp_path / "cut", resume=True, **options)
    for name, values in whole.history.items():
        np.testing.assert_allclose(resumed.history[name], values, rtol=1e-4)
    loaded = pipelines.video.load(directory=tmp_path / "cut")
    assert loaded.evaluate() == pytest.approx(resumed.metrics, abs=1e-6)
    assert loaded.evaluate(tmp_path / "a.npz")["clips"] == 10


def test_a_file_that_goes_during_the_training_is_said_once(tmp_path, caplog):
    made = preprocessor.Preprocessor(["a", "b"], [8, 8, 1], 0, [0.0], [1.0], [1, 1], "a")

    def gone(start, stop, shape):
        raise OSError("no such file")

    whole = clip(np.zeros((4, 8, 8), np.uint8))
    from pipelines.video.labels import of_values

    examples = {"clip": [dataclasses.replace(whole, reader=gone)], "labels": [of_values(list("abab"), "data")]}
    read = preprocessor._Reader(made, examples, np.array([(0, 0, 4, 0, 4)]))
    with caplog.at_level(logging.WARNING, "unroll"):
        for _ in range(3):
            frames, targets = read(np.array([0]))
    assert frames.shape == (1, 4, 8, 8, 1) and (targets == -1).all()
    assert caplog.text.count("cannot be read any more") == 1


def test_the_report_shows_timelines_frames_and_confusion(watching):
    page = (pathlib.Path(watching.path) / "report" / "index.html").read_text()
    for words in ("Timelines", "Frames with their labels", "Confusion matrix", "F1@50", "is the background"):
        assert words in page
