"""What an editor says of scripts that use this package, and of the package's own doors: pyright's errors."""

import json
import pathlib
import subprocess
import sys

import pytest

from pipelines.shared import stubs

ROOT = pathlib.Path(__file__).parents[2]

RIGHT = '''
import dataclasses
import pathlib

import pipelines
from pipelines import settings
from pipelines.sentiment.config import Config


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mine(Config):
    """Mine"""

    heads: int = settings.option(4, "heads of attention", at_least=1)


artifact = pipelines.sentiment.train("a.csv", units=3, epochs=3, cell="lstm", keep="start", clip_norm=None)
accuracy: float = artifact.evaluate()["accuracy"]
label: str | int = artifact.predict(["good"])[0]["label"]
units: int | None = artifact.config.units  # None: by the data
again = artifact.train(epochs=5).tune(trials=3)
exported: pathlib.Path = artifact.export("tflite", quantize="int8")["tflite"]
translation: str = pipelines.translation.predict("Not bad.", n_best=3, attention="words")[0]["translation"]
pitches: list[int] = pipelines.music.generate("C4", length=16, output=[pathlib.Path("tune.mid"), "a.wav"])[0].pitches
best = pipelines.translation.tune(space={"units": [32, 64]}, trials=3).best["units"]
versions: list[int] = [row.version for row in pipelines.sentiment.list()] + pipelines.sentiment.remove("mine", 3)
sizes = pipelines.fix_sizes("a.tflite", pathlib.Path("b.tflite"), batch=2)
passed: bool = pipelines.verify("saved_models/mine").passed
mine = pipelines.sentiment.task.derive("mine", Config=Mine).train(heads=8)
config = pipelines.sentiment.task.Config(units=3)
'''

# line: a part of what is said of it
WRONG = {
    "pipelines.sentiment.train(unit=3)": 'No parameter named "unit"',
    'pipelines.sentiment.train(epochs="3")': '"epochs" of type "int | None"',
    'pipelines.sentiment.train(cell="lstn")': "Literal['rnn', 'lstm', 'gru']",
    "pipelines.sentiment.tune(trial=3)": 'No parameter named "trial"',
    "pipelines.sentiment.load().tune(unit=3)": 'No parameter named "unit"',
    'pipelines.sentiment.export(quantize="int9")': '"quantize"',
    "print(pipelines.sentiment.load().config.unit)": '"unit" for class "Config"',
    'print(pipelines.sentiment.predict("a")[0]["lable"])': '"lable" is not a defined key',
    'pipelines.translation.predict("a", n_bests=3)': 'No parameter named "n_bests"',
    'pipelines.music.generate("C4", lenght=64)': 'No parameter named "lenght"',
    'pipelines.sentiment.task.derive("mine").train(unit=3)': 'No parameter named "unit"',
    'pipelines.sentiment.task.derive("mine", netwrok={})': '"derive"',
    "print(pipelines.sentimnt)": '"sentimnt" is not a known attribute',
}


def pyright(*arguments):
    """[(file, line, message)] of its errors."""
    pytest.importorskip("basedpyright", reason="pip install '.[test]'")
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable, *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    diagnostics = json.loads(result.stdout)["generalDiagnostics"]
    return [
        (pathlib.Path(one["file"]).name, one["range"]["start"]["line"], one["message"])
        for one in diagnostics
        if one["severity"] == "error"
    ]


def test_a_wrong_script_is_told_line_by_line_and_a_right_one_is_not(tmp_path):
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "wrong.py").write_text("\n".join(["import pipelines", *WRONG]))
    (tmp_path / "pyrightconfig.json").write_text(
        json.dumps({"typeCheckingMode": "standard", "extraPaths": [str(ROOT)]})
    )
    errors = pyright("--project", str(tmp_path))
    assert [error for error in errors if error[0] == "right.py"] == []
    said = {line: message for _, line, message in errors}
    assert sorted(said) == list(range(1, 1 + len(WRONG)))
    for line, (wrong, part) in enumerate(WRONG.items(), 1):
        assert part in said[line], wrong


def test_the_annotations_of_the_doors_hold():
    assert pyright("--project", str(ROOT)) == []


def test_stubs_are_of_the_settings_and_verbs_as_they_are():
    assert list(stubs.outdated()) == [], f"run: {stubs.COMMAND}"
