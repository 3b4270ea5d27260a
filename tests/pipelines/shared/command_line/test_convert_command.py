"""unroll convert: layers of one's own, code in files, other formats, whatever the back end is that is set."""

import json
import os
import subprocess
import sys

import pytest

from pipelines.shared.command_line import program

OWN = """
import keras

class Gate(keras.layers.Layer):             # not registered
    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units
    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units))
    def call(self, x):
        return keras.ops.sigmoid(x @ self.kernel)
    def get_config(self):
        return {**super().get_config(), "units": self.units}

@keras.saving.register_keras_serializable(package="mine")
class Tagger(keras.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.recurrent, self.gate = keras.layers.GRU(4, return_sequences=True), Gate(3)
    def call(self, inputs):
        return self.gate(self.recurrent(inputs))
"""
MAKE = """
import keras, own_gates
model = own_gates.Tagger()
model(keras.ops.ones([2, 5, 3]))
model.save("tagger.keras")
keras.Sequential([keras.Input([3]), keras.layers.Lambda(lambda x: 2 * x)]).save("code.keras")
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A module of one's own, and files that another process saved."""
    (tmp_path / "own_gates.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    subprocess.run([sys.executable, "-c", MAKE], check=True, cwd=tmp_path, capture_output=True)
    yield tmp_path
    sys.modules.pop("own_gates", None)
    sys.path[:] = [entry for entry in sys.path if entry != str(tmp_path)]


@pytest.mark.slow
def test_files_with_layers_of_ones_own(folder, capsys):
    assert program.main(["convert", "tagger.keras", "a.tflite"]) == 1
    assert "name the module or file that has it: --import my_layers.py" in capsys.readouterr().err
    assert program.main(["convert", "tagger.keras", "a.tflite", "--import", "nowhere.py"]) == 1
    assert "import: no file 'nowhere.py'" in capsys.readouterr().err
    assert program.main(["convert", "code.keras", "a.tflite"]) == 1
    assert "unroll convert code.keras ... --trust" in capsys.readouterr().err
    assert program.main(["convert", "tagger.keras", "a", "--format", "saved_model", "--fused"]) == 1
    command = [sys.executable, "-m", "pipelines", "convert", "tagger.keras", "a.tflite", "--json", "--import"]
    root = os.pathsep.join(sys.path)  # where the packages under test are
    done = subprocess.run([*command, "own_gates.py"], env={**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": root},
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["inputs"]["inputs"]["shape"] == [None, None, 3]
