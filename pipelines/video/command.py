"""The verb `predict` of video on the command line.

unroll video predict talk.mp4 --output frames.csv --captions talk-captions.mp4
"""

from pipelines import settings
from pipelines.shared.command_line import terminal, verbs
from pipelines.shared.command_line.flags import DIRECTORY, NAME, RAW, VERSION
from pipelines.shared.storage import answer_files


def predict(task, values):
    """Predicts the label of each frame of videos."""
    files = [*values.pop("inputs"), *(values.pop("data") or [])]
    if not files:
        raise ValueError("predict: expected videos, received none; name them: unroll video predict talk.mp4")
    verbs.check_output(values, files)
    output, raw, captions = (values.pop(name) for name in ("output", "raw", "captions"))
    reading, names = settings.parted(values, settings.of_reading(task.Config))
    inputs = task.read_inputs(files, task.config(**names), reading)
    answers = task.answers.answer(task.load(**names), inputs, captions=captions)
    result = {"answers": answers}, "\n".join(line for answer in answers for line in _lines(answer))
    if output:
        with verbs.unwritten(*result):
            answer_files.write_columns(output, task.answers.columns(inputs, answers), raw)
        frames = sum(len(answer["labels"]) for answer in answers)
        return {"output": output, "answers": len(answers)}, f"{frames} frames of {len(answers)} videos in {output}"
    return result


def _lines(answer):
    """The segments of an answer: the video, its first frame, behind its last, its label."""
    for segment in answer["segments"]:
        label = terminal.shown(segment["label"])
        yield f"{terminal.shown(answer['video'])}\t{segment['start']}\t{segment['end']}\t{label}"


EXAMPLE = {"words": ("predict", "VIDEO.mp4"), "call": 'predict("VIDEO.mp4")'}
HELP = {
    "--data": "a table of video, frame, label or of video, start, end, label, with the videos beside it; a folder with "
    "one; an .npz; tfds:<name>; none: the built-in sample"
}
COMMANDS = {
    "predict": (
        "a label for each frame of videos, of folders of frames, or of arrays in .npy and .npz",
        (
            ("inputs", {"nargs": "*", "metavar": "VIDEO", "help": "videos, or folders of them"}),
            ("--data", {"nargs": "+", "metavar": "VIDEO", "help": "the same"}),
            ("--output", {"metavar": "FILE", "help": "a table with a row a frame: .csv, .tsv, .jsonl or .parquet"}),
            ("--captions", {"metavar": "FILE.mp4", "help": "the video with its labels written into the frames"}),
            RAW,
            NAME,
            VERSION,
            DIRECTORY,
        ),
        predict,
    )
}
