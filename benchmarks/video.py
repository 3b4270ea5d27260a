"""The numbers of the video pipeline, one command each; each prints lines for README's table.

    python benchmarks/video.py sample                           the built-in sample
    python benchmarks/video.py grid --folder GRID               the word spoken at each frame, by the lips alone
    python benchmarks/video.py arrays --folder GRID             seconds an epoch from files, and from the same in memory
    python benchmarks/video.py large                            the same of frames of 224x224, of drawn videos
    python benchmarks/video.py memory                           how much memory 1,000 drawn videos take
    python benchmarks/video.py captions                         seconds to write 1,000 frames of 640x480 with captions
    python benchmarks/video.py step --folder GRID               frames a second of the exported `step`, on one core

GRID holds labels.csv (video, frame, label) and the videos beside it. Every tenth of the sorted names is the test part;
the validation part is cut from the rest. Each training is what `unroll video train --data train.csv --test test.csv
--videos GRID` does, with defaults alone but for the seed.
"""

import argparse
import contextlib
import csv
import os
import pathlib
import sys
import tempfile
import time

import numpy as np

# Before this folder, in which another module is called layers.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import pipelines
from benchmarks.machine import machine

KINDS = {"this model": "", "linear, each frame": "baseline_linear_", "most frequent": "baseline_majority_"}
SHOWN = ("accuracy", "accuracy_without_background", "macro_f1", "edit", "f1_at_10", "f1_at_25", "f1_at_50")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], allow_abbrev=False)
    parser.add_argument("what", choices=sorted(BENCHMARKS))
    parser.add_argument("--folder", type=pathlib.Path, help="holds labels.csv and the videos beside it")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="other than the default, for a quick look")
    parser.add_argument("--directory", help="where the artifact is kept (default: nowhere)")
    arguments = parser.parse_args()
    if arguments.folder is None and arguments.what in ("grid", "arrays", "step"):
        parser.error(f"{arguments.what}: expected --folder with labels.csv and the videos")
    BENCHMARKS[arguments.what](arguments)


@contextlib.contextmanager
def folder(arguments):
    """Where artifacts are kept."""
    if arguments.directory:
        yield arguments.directory
        return
    with tempfile.TemporaryDirectory() as directory:
        yield directory


def trained(arguments, directory, data=None, **options):
    """(the artifact, seconds of all) of a training with defaults."""
    options |= {"epochs": arguments.epochs} if arguments.epochs else {}
    started = time.perf_counter()
    artifact = pipelines.video.train(data, name="benchmark", directory=directory, seed=arguments.seed, **options)
    return artifact, time.perf_counter() - started


def told(artifact, seconds, seed):
    """Prints a line of each kind of model, and one of the training."""
    metrics = artifact.metrics
    for kind, key in KINDS.items():
        values = "  ".join(f"{name} {metrics[f'{key}{name}']:.3f}" for name in SHOWN if f"{key}{name}" in metrics)
        print(f"{kind}: {values}", flush=True)
    print(
        f"{metrics['clips']:.0f} clips, {metrics['frames']:.0f} frames of test; "
        f"{len(artifact.history['loss'])} epochs, "
        f"training {artifact.facts['training_seconds'] / 60:.1f} min, all {seconds / 60:.1f} min, "
        f"{os.times().user / 60:.0f} min of a core, {artifact.facts['parameters']:,} parameters, seed {seed}; "
        f"{machine()}",
        flush=True,
    )


def sample(arguments):
    with folder(arguments) as directory:
        told(*trained(arguments, directory), arguments.seed)


@contextlib.contextmanager
def grid_parts(arguments):
    """(train.csv, test.csv) in a temporary folder: every tenth of the sorted names is test."""
    with open(arguments.folder / "labels.csv", newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    names = sorted({row[0] for row in rows})
    test = set(names[::10])
    with tempfile.TemporaryDirectory() as directory:
        paths = [pathlib.Path(directory, name) for name in ("train.csv", "test.csv")]
        for path, inside in zip(paths, (False, True), strict=True):
            with open(path, "w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([header, *(row for row in rows if (row[0] in test) == inside)])
        yield paths


def grid(arguments):
    with folder(arguments) as directory, grid_parts(arguments) as (train, test):
        options = {"test": test, "videos": str(arguments.folder)}
        told(*trained(arguments, directory, train, **options), arguments.seed)


def epochs(arguments, data, **options):
    """(seconds, those of processors) that the batches of an epoch of training take, the median of all but the first."""
    with tempfile.TemporaryDirectory() as directory:
        measured = []

        class Watch(_callback()):
            def on_epoch_begin(self, epoch, logs=None):
                measured.append(np.array([time.perf_counter(), time.process_time()]))

            def on_train_batch_end(self, batch, logs=None):
                self.ended = np.array([time.perf_counter(), time.process_time()])

            def on_epoch_end(self, epoch, logs=None):
                measured[-1] = self.ended - measured[-1]

        options = {"epochs": arguments.epochs or 4, "callbacks": [Watch()], **options}
        pipelines.video.train(data, name="speed", directory=directory, **options)
    return np.median(measured[1:], axis=0)


def compared(of_files, of_arrays, what=""):
    """Prints the times of an epoch from files and from arrays."""
    print(
        f"{what}an epoch from files {of_files[0]:.1f} s ({of_files[1]:.1f} of processors), from arrays "
        f"{of_arrays[0]:.1f} s ({of_arrays[1]:.1f}): {of_files[0] / of_arrays[0]:.2f} times "
        f"({of_files[1] / of_arrays[1]:.2f}); {machine()}",
        flush=True,
    )


def _callback():
    import keras

    return keras.callbacks.Callback


def arrays(arguments):
    """From files and from arrays in memory, in turn."""
    with grid_parts(arguments) as (train, _):
        held = in_memory(train, arguments.folder)
        options = {"test_fraction": 0.0}
        of_files = epochs(arguments, train, videos=str(arguments.folder), **options)
        of_arrays = epochs(arguments, held, **options)
    compared(of_files, of_arrays)


def in_memory(table, videos):
    """{"frames", "labels", "names"} of all clips of a table."""
    from pipelines.video import data
    from pipelines.video.clips.kinds import Shape

    examples = data.load_examples(table, pipelines.video.task.Config(videos=str(videos)))
    clips = examples["clip"]
    shape = Shape(clips[0].height, clips[0].width, 1 if all(clip.gray for clip in clips) else 3)
    frames = [clip.read(0, clip.frames, shape) for clip in clips]
    return {"frames": frames, "labels": [one[:] for one in examples["labels"]], "names": examples["video"]}


def drawn(directory, count, height, width, frames=40):
    """A table of videos drawn by the sample's rules, enlarged, in a folder."""
    import av
    import PIL.Image

    from pipelines.video import sample as built_in

    held, rows = built_in.generate(count), []
    for number, (clip, labels) in enumerate(zip(held["frames"], held["labels"], strict=True)):
        name = f"{number:04}.mp4"
        with av.open(str(pathlib.Path(directory, name)), "w") as container:
            stream = container.add_stream("libx264", rate=25)
            stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
            stream.options = {"preset": "ultrafast"}
            for place in range(frames):
                picture = PIL.Image.fromarray(clip[place % len(clip)]).resize((width, height)).convert("RGB")
                picture.putpixel((0, 0), (255, 0, 0))
                container.mux(stream.encode(av.VideoFrame.from_image(picture)))
                rows.append((name, place, labels[place % len(clip)]))
            container.mux(stream.encode(None))
    with open(pathlib.Path(directory, "labels.csv"), "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("video", "frame", "label"), *rows])
    return pathlib.Path(directory, "labels.csv")


def large(arguments):
    """Frames of 224x224, in colour."""
    with tempfile.TemporaryDirectory() as directory:
        table, size = drawn(directory, 24, 224, 224), {"height": 224, "width": 224, "color": "rgb"}
        options = {**size, "test_fraction": 0.0}
        held = in_memory(table, directory)
        of_files = epochs(arguments, table, **options)
        of_arrays = epochs(arguments, held, **options)
    compared(of_files, of_arrays, "224x224: ")


def memory(arguments):
    """The greatest memory of a training on 100 and on 1,000 videos of 320x240, each in a process of its own."""
    import subprocess

    for count in (100, 1000):
        with tempfile.TemporaryDirectory() as directory:
            table = drawn(directory, count, 240, 320)
            script = (
                "import pipelines, resource\n"
                f"pipelines.video.train({str(table)!r}, directory={directory!r}, epochs=1)\n"
                "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)"
            )
            environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).resolve().parents[1])}
            said = subprocess.run(
                [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
            )
            print(f"{count} videos: at most {float(said.stdout.split()[-1]):.2f} GB; {machine()}", flush=True)


def captions(arguments):
    """1,000 frames of 640x480."""
    from pipelines.video import captions as subtitles
    from pipelines.video.clips import recorded

    with tempfile.TemporaryDirectory() as directory:
        drawn(directory, 1, 480, 640, frames=1000)
        clip = recorded.opened(pathlib.Path(directory, "0000.mp4"))
        answer = {"labels": [f"label {number // 20}" for number in range(1000)], "probability": [0.9] * 1000}
        started = time.perf_counter()
        subtitles.write(pathlib.Path(directory, "out.mp4"), clip, answer)
        seconds = time.perf_counter() - started
    print(f"captions of 1,000 frames of 640x480: {seconds:.1f} s; {machine()}")


def step(arguments):
    """Frames a second of the .tflite's `step`, one thread, of a causal network of GRID's frames."""
    from ai_edge_litert.interpreter import Interpreter

    with folder(arguments) as directory, grid_parts(arguments) as (train, test):
        arguments.epochs = arguments.epochs or 1
        artifact, _ = trained(arguments, directory, train, test=test, videos=str(arguments.folder), causal=True)
        path = artifact.export(format="tflite")["tflite"]
        run = Interpreter(str(path), num_threads=1).get_signature_runner("step")
        details = run.get_input_details()
        tensors = {name: np.zeros([max(1, size) for size in detail["shape_signature"]], detail["dtype"])
                   for name, detail in details.items()}  # fmt: skip
        run(**tensors)
        started, count = time.perf_counter(), 500
        for _ in range(count):
            outputs = run(**tensors)
            tensors |= {name: outputs[name] for name in tensors if name != "frames"}
        print(f"step: {count / (time.perf_counter() - started):,.0f} frames a second on one core; {machine()}")


BENCHMARKS = {
    "sample": sample, "grid": grid, "arrays": arrays, "large": large, "memory": memory, "captions": captions,
    "step": step,
}  # fmt: skip

if __name__ == "__main__":
    main()
