"""Clips and labels from files: what is read, and one clear error, or one warning, for each thing that is wrong."""

import csv
import fractions
import logging

import av
import numpy as np
import PIL.Image
import pytest

import pipelines
from pipelines import settings
from pipelines.video import data, preprocessor
from pipelines.video.clips import opening, pictures, recorded
from pipelines.video.clips.kinds import Shape, Unreadable

LABELS = ["a", "a", "b", "b", "b", "a", "a", "c", "c", "c"]


def config(**options):
    return settings.create(pipelines.video.task.Config, options)


def levels(count=10):
    """The gray level of each frame of a drawn clip, far enough apart to be told after compression."""
    return [20 + 20 * (number % 10) for number in range(count)]


def draw(path, count=10, size=(32, 24), color=False, codec="mpeg4", rate=25, stamps=None, gop=4):
    """Writes a video in which every frame is of one level, or red."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options={"g": str(gop)})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        if stamps:
            stream.codec_context.time_base = fractions.Fraction(1, 1000)
        for number, level in enumerate(levels(count)):
            pixels = np.full((size[1], size[0], 3), level, np.uint8)
            pixels[..., 1:] //= 3 if color else 1
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            if stamps:
                frame.pts, frame.time_base = stamps[number], fractions.Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def table(path, rows, header=("video", "frame", "label")):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture
def folder(tmp_path):
    """Three videos, and labels.csv beside them."""
    names = ["one.mp4", "two.mp4", "three.mp4"]
    for name in names:
        draw(tmp_path / name)
    table(tmp_path / "labels.csv", [(name, frame, label) for name in names for frame, label in enumerate(LABELS)])
    return tmp_path


def near(frames, expected):
    """Whether frames of one level each are those expected, but for compression."""
    means = frames.reshape(len(frames), -1).mean(axis=1)
    return np.abs(means - np.array(expected)).max() < 8


@pytest.mark.parametrize("name", ["a.mp4", "a.avi", "a.mpg", "a.mkv", "a.mov"])
def test_frames_are_counted_and_read_from_anywhere(name, tmp_path):
    codec = "mpeg1video" if name.endswith("mpg") else "mpeg4"
    clip = recorded.opened(draw(tmp_path / name, 30, codec=codec))
    assert (clip.frames, clip.height, clip.width, clip.gray) == (30, 24, 32, True)
    whole = clip.read(0, 30, Shape(24, 32, 1))
    assert whole.shape == (30, 24, 32, 1) and near(whole, levels(30))
    for start, stop in ((0, 1), (7, 19), (29, 30), (13, 13)):
        np.testing.assert_array_equal(clip.read(start, stop, Shape(24, 32, 1)), whole[start:stop])


def test_colour_is_seen_and_frames_are_brought_to_a_size(tmp_path):
    clip = recorded.opened(draw(tmp_path / "a.mp4", color=True))
    assert not clip.gray
    assert clip.read(2, 5, Shape(8, 16, 3)).shape == (3, 8, 16, 3)
    red, green, _ = clip.read(0, 10, Shape(4, 4, 3))[9].reshape(-1, 3).mean(axis=0)
    assert red > 2 * green


@pytest.mark.parametrize("degrees", [90, -90, 180])
def test_turned_videos_are_set_upright(degrees, tmp_path):
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
        stream.set_display_rotation(degrees)
        pixels = np.zeros((16, 32, 3), np.uint8)
        pixels[:, :8] = 220  # a bright left side
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    clip = recorded.opened(tmp_path / "a.mp4")
    with av.open(str(tmp_path / "a.mp4")) as container:
        said = next(container.decode(video=0)).rotation  # counter-clockwise
    assert abs(said) == abs(degrees)
    upright = np.rot90(pixels[..., 0], said // 90)
    assert (clip.height, clip.width) == upright.shape
    frame = clip.read(0, 1, Shape(*upright.shape, 1))[0, ..., 0]
    assert np.abs(frame.astype(int) - upright).mean() < 20


def test_times_are_those_of_the_frames_where_the_rate_is_not_steady(tmp_path):
    stamps = [0, 40, 80, 120, 500, 540, 580, 1000, 1040, 1080]
    clip = recorded.opened(draw(tmp_path / "a.mp4", stamps=stamps))
    np.testing.assert_allclose(clip.times, np.array(stamps) / 1000, atol=2e-3)
    assert not clip.steady


def test_seconds_of_segments_count_by_the_time_of_each_frame(tmp_path):
    stamps = [0, 40, 80, 120, 500, 540, 580, 1000, 1040, 1080]
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        draw(tmp_path / name, stamps=stamps)
    rows = [(name, start, end, label) for name in ("a", "b", "c")
            for start, end, label in ((0, 0.3, "x"), (0.3, 1.0, "y"), (1.0, 1.1, "x"))]  # fmt: skip
    examples = data.load_examples(table(tmp_path / "s.csv", rows, ("video", "start", "end", "label")), config())
    assert examples["labels"][0][:] == ["x"] * 4 + ["y"] * 3 + ["x"] * 3


@pytest.mark.parametrize(("last", "options"), [(0, {}), (1, {}), (1, {"end_included": True})])
def test_segments_in_frames_with_their_ends_left_out_or_not(last, options, folder):
    rows = [(name, start, end - last, label) for name in ("one", "two", "three")
            for start, end, label in ((0, 4, "x"), (4, 9, "y"), (9, 10, "x"))]  # fmt: skip
    source = table(folder / "s.csv", rows, ("video", "start", "end", "label"))
    examples = data.load_examples(source, config(**options))
    assert examples["labels"][1][:] == ["x"] * 4 + ["y"] * 5 + ["x"]


def test_frames_counted_from_one_are_moved(folder):
    source = table(folder / "s.csv", [(name, frame + 1, label) for name in ("one", "two")
                                      for frame, label in enumerate(LABELS)])  # fmt: skip
    assert data.load_examples(source, config())["labels"][0][:] == LABELS


def rows_of(*videos, labels=LABELS):
    return [(name, frame, label) for name in videos for frame, label in enumerate(labels)]


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        ([*rows_of("one"), ("one", 10, "a")], None, "line 12: frame 10 of one, which has 10 frames, 0 to 9"),
        (rows_of("one", labels=LABELS[:7]), None, "3 of 10 frames have no label, frame 7 of one first; fill_label"),
        ([*rows_of("one"), ("one", 3, "c")], None, "line 12: frame 3 of one has the label of line 5 already"),
        ([("one", -1, "a")], None, "line 2: expected a frame, a whole number from 0 on, received '-1'"),
        ([("one", 1.5, "a")], None, "line 2: expected a frame, a whole number"),
        ([("one", "x", "a")], None, "line 2: expected a frame, a whole number"),
        ([("one", 0, 6, "a"), ("one", 5, 10, "b")], "s", "line 3: frame 5 of one has the label of line 2 already"),
        ([("one", 0, 5, "a"), ("one", 5, 14, "b")], "s", "line 3: frame 13 of one, which has 10 frames"),
        ([("one", 0, 4, "a"), ("one", 6, 10, "b")], "s", "2 of 10 frames have no label, frame 4 of one first"),
        ([("one", 5, 4, "a")], "s", "line 2: expected an end behind the start, received 5 to 4"),
        ([("one", 0.0, 0.2, "a"), ("one", 0.2, 9.5, "b")], "s", "line 3: second 9.5 of one, which has 10 frames"),
        ([("one", 0, "a")], ("clip", "when", "label"), "expected the columns video, frame, label or video, start"),
    ],
)
def test_labels_that_are_wrong_are_one_error(rows, header, message, folder):
    header = ("video", "start", "end", "label") if header == "s" else header or ("video", "frame", "label")
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        data.load_examples(table(folder / "wrong.csv", rows, header), config())


def test_frames_without_a_label_get_one_or_do_not_count(folder, caplog):
    source = table(folder / "s.csv", rows_of("one", labels=LABELS[:7]) + rows_of("two"))
    filled = data.load_examples(source, config(fill_label="rest"))
    assert filled["labels"][0][6:] == ["a", "rest", "rest", "rest"]
    with caplog.at_level(logging.WARNING, "unroll"):
        kept = data.load_examples(source, config(skip_bad=True))
    assert kept["labels"][0][6:] == ["a", None, None, None] and "3 of 20 frames have no label" in caplog.text


def test_videos_that_cannot_be_read_are_named_and_counted(folder, caplog):
    (folder / "one.mp4").write_bytes(b"no video")
    (folder / "two.mp4").unlink()
    with caplog.at_level(logging.WARNING, "unroll"):
        examples = data.load_examples(folder / "labels.csv", config())
    assert examples["video"] == ["three.mp4"]
    assert "2 of 3 clips cannot be read and are left out: one.mp4: it does not decode" in caplog.text
    assert "two.mp4: there is no file" in caplog.text
    with pytest.raises(ValueError, match=r"2 of 3 clips cannot be read: one\.mp4"):
        data.load_examples(folder / "labels.csv", config(strict=True))
    (folder / "three.mp4").write_bytes(b"")
    with pytest.raises(ValueError, match="none of 3 clips can be read"):
        data.load_examples(folder / "labels.csv", config())


def test_a_video_that_is_cut_off_is_left_out(folder, caplog):
    whole = draw(folder / "one.avi", 200, gop=1).read_bytes()
    (folder / "one.mp4").write_bytes((folder / "one.mp4").read_bytes()[:300])
    (folder / "none.avi").write_bytes(whole[:100])
    with pytest.raises(Unreadable):
        recorded.opened(folder / "none.avi")
    with caplog.at_level(logging.WARNING, "unroll"):
        assert len(data.load_examples(folder / "labels.csv", config())["video"]) == 2


def test_sizes_and_rates_that_differ_are_said(folder, caplog):
    draw(folder / "two.mp4", size=(48, 24), rate=30)
    with caplog.at_level(logging.WARNING, "unroll"):
        data.load_examples(folder / "labels.csv", config())
    assert "frames of different sizes, 32x24, 48x24" in caplog.text
    assert "clips of 25, 30 frames a second; frames are taken as they are" in caplog.text


def test_a_folder_is_its_table_and_clips_beside_it(folder):
    assert data.load_examples(folder, config())["video"] == ["one.mp4", "two.mp4", "three.mp4"]
    elsewhere = folder / "tables"
    elsewhere.mkdir()
    moved = (folder / "labels.csv").rename(elsewhere / "labels.csv")
    assert len(data.load_examples(moved, config(videos=str(folder)))["video"]) == 3
    columns = {"video": ["one"] * 10, "frame": list(range(10)), "label": LABELS}
    assert data.load_examples(columns, config(videos=str(folder)))["labels"][0][:] == LABELS
    with pytest.raises(ValueError, match="give videos=FOLDER"):
        data.load_examples(columns, config())
    with pytest.raises(FileNotFoundError, match="videos: no folder"):
        data.load_examples(columns, config(videos="nowhere"))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "I;16"])
def test_pictures_of_any_kind_are_frames_in_the_order_of_their_numbers(mode, tmp_path):
    for number in range(11):
        level = 20 * number
        picture = PIL.Image.new("RGB", (6, 4), (level, level, level))
        picture = (
            PIL.Image.fromarray(np.full((4, 6), level << 8, np.uint16)) if mode == "I;16" else picture.convert(mode)
        )
        picture.save(tmp_path / f"{number}.png")
    clip = pictures.opened(tmp_path)
    assert (clip.frames, clip.height, clip.width, clip.gray) == (11, 4, 6, True)
    means = clip.read(0, 11, Shape(4, 6, 1)).reshape(11, -1).mean(axis=1)
    np.testing.assert_allclose(means, 20 * np.arange(11), atol=6 if mode == "P" else 3)  # of a palette
    assert clip.read(3, 5, Shape(2, 2, 3)).shape == (2, 2, 2, 3)


def test_pictures_of_different_sizes_and_damaged_ones_are_no_clip(tmp_path):
    for number, size in enumerate([(4, 4), (5, 4)]):
        PIL.Image.new("L", size).save(tmp_path / f"{number}.png")
    with pytest.raises(Unreadable, match=r"different sizes: 4x4 of 0\.png, 5x4 of 1\.png"):
        pictures.opened(tmp_path)
    (tmp_path / "1.png").write_bytes(b"no picture")
    with pytest.raises(Unreadable, match=r"1.png is no picture"):
        pictures.opened(tmp_path)


def test_folders_of_pictures_and_arrays_beside_a_table(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        for number in range(10):
            PIL.Image.new("L", (8, 8), 20 * number).save(tmp_path / name / f"{number:03}.jpg")
    np.save(tmp_path / "three.npy", np.zeros((10, 8, 8), np.uint8))
    source = table(tmp_path / "labels.csv", rows_of("one", "two", "three"))
    assert [clip.frames for clip in data.load_examples(source, config())["clip"]] == [10, 10, 10]


def npz(path, **arrays):
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    "arrays",
    [
        {"frames": np.zeros((3, 10, 8, 8), np.uint8), "labels": np.array([LABELS] * 3)},
        {"features": np.zeros((3, 10, 5)), "labels": np.array([[0, 1] * 5] * 3)},
        {"x": np.zeros((30, 5)), "y": np.array(LABELS * 3), "lengths": np.array([10, 10, 10])},
        {"features": np.zeros((30, 5)), "label": np.array(LABELS * 3), "video": np.repeat(["u", "v", "w"], 10)},
        {"frames": np.zeros((3, 12, 8, 8, 3), np.float32), "labels": np.array([[*LABELS, "", ""]] * 3),
         "lengths": np.array([10, 10, 10])},
    ],
)  # fmt: skip
def test_arrays_of_a_file(arrays, tmp_path):
    examples = data.load_examples(npz(tmp_path / "a.npz", **arrays), config())
    assert [clip.frames for clip in examples["clip"]] == [10] * 3
    assert [len(labels) for labels in examples["labels"]] == [10] * 3


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (([np.zeros((5, 8, 8), np.uint8)], [["a"] * 6]), "expected 5 labels, one a frame, received 6, a label beyond"),
        (([np.zeros((5, 8, 8), np.uint8)], [["a"] * 4]), "received 4, frames without a label"),
        (([np.zeros((0, 8, 8), np.uint8)], [[]]), "none of 1 clips can be read: clip 1: it has no frame"),
        (([np.full((5, 8, 8), 700)], [["a"] * 5]), "expected frames of levels 0 to 255"),
        (([np.zeros((5, 8))], [["a", None, "a", "a", "a"]]), "1 of 5 frames have no label"),
        (([np.zeros((5, 8)), np.zeros((5, 9))], [["a"] * 5] * 2), "expected clips of one kind, received 8 numbers"),
        (([np.zeros((5, 8)), np.zeros((5, 9, 9))], [["a"] * 5] * 2), "received 8 numbers a frame in clip 1 and pict"),
        (([np.full((5, 8), np.nan)], [["a"] * 5]), "frame 0 has numbers not finite"),
        (([np.zeros((5, 8))], []), "received 1 clips, 0 labels"),
        (([np.array(["x"])], [["a"]]), "expected numbers"),
        (([np.zeros((5, 8))], [[1.5] * 5]), "expected a string or an integer as the label"),
        ({"frames": [np.zeros((5, 8))]}, "expected labels or label"),
    ],
)
def test_arrays_that_are_wrong_are_one_error(source, message):
    with pytest.raises(ValueError, match=message):
        data.load_examples(source, config())


def test_skeletons_are_features_whatever_their_axes():
    draw = np.random.default_rng(0)
    for shape in ((10, 17, 3), (10, 2, 17, 3), (10, 34)):
        examples = data.load_examples(([draw.normal(size=shape)], [LABELS]), config())
        assert examples["clip"][0].size == np.prod(shape[1:])


def test_files_of_a_clip_each_are_called_by_their_names(tmp_path):
    for name in ("u", "v"):
        npz(tmp_path / f"{name}.npz", features=np.ones((10, 5)), labels=np.array(LABELS))
    assert data.load_examples(tmp_path, config())["video"] == ["u", "v"]
    assert data.load_examples(str(tmp_path / "*.npz"), config())["video"] == ["u", "v"]


def test_of_several_inputs_those_that_cannot_be_read_have_no_frame(folder, caplog):
    (folder / "one.mp4").write_bytes(b"no video")
    with caplog.at_level(logging.WARNING, "unroll"):
        clips = data.read_inputs(folder, config())
    assert [clip.frames for clip in clips] == [0, 10, 10] and "one.mp4: it does not decode" in caplog.text
    for inputs, options in ((folder / "one.mp4", {}), (folder, {"strict": True})):
        with pytest.raises(ValueError, match=r"one\.mp4: it does not decode"):
            data.read_inputs(inputs, config(**options))
    with pytest.raises(FileNotFoundError, match="no file or folder"):
        data.read_inputs(folder / "nothing.mp4", config())


def test_a_file_of_python_objects_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", frames=np.array([np.zeros((2, 2)), None], object), labels=np.zeros(2))
    with pytest.raises(ValueError, match=r"without pickle"):
        data.load_examples(tmp_path / "a.npz", config())


def test_large_arrays_stay_on_disk(tmp_path, monkeypatch):
    from pipelines.video.clips import arrays

    monkeypatch.setattr(arrays, "IN_MEMORY", 100)
    values = np.arange(300, dtype=np.uint8).reshape(3, 10, 10)
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", frames=values)
        held = arrays.in_file(tmp_path / "a.npz")["frames"]
        assert isinstance(held, np.memmap)
        np.testing.assert_array_equal(held, values)


def test_splits_are_of_whole_clips_and_none_is_empty(folder):
    splits = data.load_splits(folder, None, None, config())
    assert sorted(len(part["video"]) for part in splits.values()) == [1, 1, 1]
    again = data.load_splits(folder, None, None, config())
    assert {name: part["video"] for name, part in splits.items()} == {
        name: part["video"] for name, part in again.items()
    }


def test_a_clip_beside_itself_in_another_split_is_said(folder, caplog):
    with caplog.at_level(logging.WARNING, "unroll"):
        data.load_splits(folder, None, folder, config())
    assert "test: 3 of 3 clips stand in the training split too" in caplog.text


def test_windows_are_decoded_once_as_far_as_there_is_room():
    from pipelines.video.clips.kept import Kept

    reads = []

    def read(key):
        return lambda: reads.append(key) or np.full((4, 5), key, np.uint8)

    store = Kept(most=45)
    for _ in range(3):
        for key in range(3):
            np.testing.assert_array_equal(store.of(key, read(key)), np.full((4, 5), key))
    assert reads == [0, 1, 2, 2, 2]  # two of 20 bytes fit


def test_windows_cover_each_frame_once():
    for length in (1, 99, 100, 101, 255, 10_000):
        rows = preprocessor.windows([length], 100, 30)
        own = np.concatenate([np.arange(first, end) for _, _, _, first, end in rows])
        np.testing.assert_array_equal(own, np.arange(length))
        assert all(
            0 <= start <= first < end <= stop <= length and stop - start <= 100 for _, start, stop, first, end in rows
        )


def test_without_pyav_one_line_says_what_to_install(folder, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ImportError, match=r"pip install 'unroll-rnn\[video\]'"):
        data.load_examples(folder, config())
    assert opening.is_clip(folder / "one.mp4")
