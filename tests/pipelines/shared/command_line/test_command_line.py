"""The command `unroll`: in a process of its own where exit codes, streams and imports matter, else by `main`."""

import csv
import json
import os
import pathlib
import subprocess
import sys

import pytest
from conftest import output, running

import pipelines
from pipelines import settings
from pipelines.sentiment import sample
from pipelines.shared import elsewhere
from pipelines.shared.command_line import program, release
from pipelines.translation import config as translation_config

TINY = ["--units", "4", "--embedding-size", "4", "--epochs", "1"]


def unroll(*arguments, cwd, stdin=None):
    root = os.path.dirname(os.path.dirname(pipelines.__file__))
    environment = {**os.environ, "PYTHONPATH": root}
    command = [sys.executable, "-m", "pipelines", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, input=stdin, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with reviews.csv and an artifact `mine`, trained by the command; `trained` is what it printed."""
    folder = tmp_path_factory.mktemp("home")
    texts, labels = sample.generate(400, seed=3)
    with open(folder / "reviews.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows(zip(texts, labels, strict=True))
    done = unroll("sentiment", "train", "--data", "reviews.csv", "--name", "mine", "--json", *TINY, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, done


def test_train_prints_one_json_object_and_progress_on_stderr(home):
    folder, done = home
    result = json.loads(done.stdout)
    assert (folder / result["report"]).exists()
    assert result["metrics"]["examples"] > 0
    assert "epoch 1/1" in done.stderr
    for chatter in ("oneDNN", "cuda", "WARNING", "Warning"):
        assert chatter not in done.stderr


def test_command_and_python_say_the_same(home, monkeypatch, capsys):
    folder, done = home
    monkeypatch.chdir(folder)
    assert program.main(["sentiment", "evaluate", "--name", "mine", "--json"]) == 0
    printed, trained = json.loads(capsys.readouterr().out), json.loads(done.stdout)
    assert printed.pop("verdict") == trained["verdict"] and printed == trained["metrics"]
    artifact = pipelines.sentiment.load("mine")
    assert artifact.evaluate() == pytest.approx(printed, abs=1e-9)
    assert program.main(["sentiment", "evaluate", "--name", "mine", "--data", "reviews.csv", "--json"]) == 0
    printed, metrics = json.loads(capsys.readouterr().out), artifact.evaluate("reviews.csv")
    verdict = printed.pop("verdict")
    assert printed == pytest.approx(metrics, abs=1e-9)
    assert verdict["groups"] == metrics["examples"] and verdict["text"] == str(metrics.verdict)
    assert verdict["model"] == pytest.approx(metrics["accuracy"])


def test_predict_from_arguments_stdin_and_file(home, monkeypatch, capsys, tmp_path):
    folder, _ = home
    monkeypatch.chdir(folder)
    where = ["sentiment", "predict", "--name", "mine"]
    texts = ["It was not bad.", "What a mess, truly."]
    assert program.main([*where, "--json", *texts]) == 0
    answers = json.loads(capsys.readouterr().out)["answers"]
    assert len(answers) == 2
    assert program.main([*where, *texts]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[2] for line in lines] == texts
    assert [line.split("\t")[0] for line in lines] == [answer["label"] for answer in answers]

    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    with open(source, "w", newline="") as file:
        csv.writer(file).writerows([["text"], *[[text] for text in texts]])
    assert program.main([*where, "--data", str(source), "--output", str(target)]) == 0
    with open(target, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == texts
    for row, answer in zip(rows, answers, strict=True):
        assert row["label"] == answer["label"]
        assert float(row["probability_negative"]) == pytest.approx(answer["probabilities"]["negative"], abs=1e-6)


def test_predict_reads_stdin(home):
    folder, _ = home
    done = unroll("sentiment", "predict", "--name", "mine", cwd=folder, stdin="Fine.\nAwful.\n")
    assert done.returncode == 0, done.stderr
    assert [line.split("\t")[2] for line in done.stdout.splitlines()] == ["Fine.", "Awful."]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--unit", "3"], "unknown argument '--unit'. Did you mean '--units'?"),
        (["--unts=3"], "Did you mean '--units'?"),
        (["--units", "0"], "units: expected an integer of at least 1 or none, received 0"),
        (["--units", "many"], "invalid int value: 'many'"),
        (["--dropout", "1.5"], "dropout: expected a number of at least 0 and below 1 or none, received 1.5"),
        (["--learning-rate", "-1"], "learning_rate: expected a number above 0"),
        (["--cell", "lstmm"], "cell: expected one of rnn, lstm, gru"),
        (["--lr", "0.1"], "unknown argument '--lr'. Its name here is '--learning-rate'."),
        (["--validation_split=0.2"], "Its name here is '--valid-fraction'."),
        (["--hidden-size", "8"], "Its name here is '--units'."),
        (["--optimizer", "sgd"], "unknown argument '--optimizer'. It is Adam: learning_rate, schedule,"),
    ],
)
def test_wrong_usage_exits_with_2_and_one_line(arguments, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        program.main(["sentiment", "train", *arguments])
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--data", "nowhere.csv"], "no file or folder 'nowhere.csv'"),
        (["evaluate", "--name", "none"], "no artifact 'none'"),
        (["predict", "--name", "none", "text"], "unroll sentiment train --name none"),
        (["export", "--name", "none"], "no artifact 'none'"),
        (["tune", "--algorithm", "annealing"], "algorithm: expected one of random, bayesian, hyperband"),
        (["tune", "--space", "unit=1,2"], "Did you mean 'units'?"),
        (["tune", "--space", "units"], "expected FIELD=low:high or FIELD=value,value, received 'units'"),
    ],
)
def test_errors_exit_with_1_and_one_line(arguments, message, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert program.main(["sentiment", *arguments]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert message in output.err
    assert output.err.startswith("unroll: error: ") and len(output.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sentimnt", "train"], "unknown task or command 'sentimnt'. Did you mean 'sentiment'?"),
        (["verfy", "x"], "unknown task or command 'verfy'. Did you mean 'verify'?"),
        (["train"], "It is a verb, which follows a task: unroll sentiment train."),
        (["sentiment", "trian"], "unroll sentiment: error: unknown verb 'trian'. Did you mean 'train'?"),
        (["--verson"], "unknown argument '--verson'. Did you mean '--version'?"),
    ],
)
def test_a_word_that_is_nearly_one(words, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        program.main(words)
    assert stopped.value.code == 2
    output = capsys.readouterr()
    assert message in output.err
    assert len(output.err.splitlines()) == 1 and output.out == ""


@pytest.mark.parametrize(("words", "shown"), [([], "TASK"), (["sentiment"], "VERB"), (["music", "--json"], None)])
def test_without_a_verb_the_help_is_shown(words, shown, capsys):
    """With exit code 0, as pip does; anything else that is wrong is 2."""
    if shown is None:
        with pytest.raises(SystemExit) as stopped:
            program.main(words)
        assert stopped.value.code == 2
    else:
        assert program.main(words) == 0
        output = capsys.readouterr()
        assert output.out.startswith("usage: unroll") and shown in output.out and output.err == ""


def test_version(capsys, monkeypatch, tmp_path):
    assert program.main(["--version"]) == 0
    assert capsys.readouterr().out == f"unroll {release.number()}\n"
    assert release.number()[0].isdigit()
    installed = release.number(tmp_path / "setup.cfg")  # elsewhere, as a wheel is
    assert installed == "of unknown version" or installed[0].isdigit()


def test_names_of_elsewhere_lead_to_names_of_ours():
    ours = {*settings.KEYWORDS, *settings.names(translation_config.Asked)}
    for task in pipelines.TASKS:
        ours |= settings.names(getattr(pipelines, task).task.Config)
    for name, target in elsewhere.ELSEWHERE.items():
        assert name not in ours
        assert target in ours or " " in target, name


def test_names_of_elsewhere_in_python(tmp_path):
    for given, message in {
        "lr": "Its name here is 'learning_rate'",
        "validation_data": "Its name here is 'valid'",
        "verbose": "quiet=True shows nothing",
        "x": r"data=\(x, y\)",
        "early_stopping": "Its name here is 'patience'",
        "dat": "Did you mean 'data'",
    }.items():
        with pytest.raises(TypeError, match=f"unknown option '{given}'.*{message}"):
            pipelines.sentiment.train(directory=tmp_path, **{given: 1})
    with pytest.raises(TypeError, match=r"unknown option 'num_beams'\. Its name here is 'beams'"):
        settings.create(translation_config.Asked, {"num_beams": 3})
    with pytest.raises(TypeError) as raised:  # that task has no such setting
        pipelines.sentiment.train(directory=tmp_path, num_beams=3)
    assert "Its name here" not in str(raised.value)


def test_debug_shows_the_traceback(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError):
        program.main(["sentiment", "evaluate", "--debug"])


def test_underscores_are_dashes_and_none_is_none():
    namespace = program.parsers.of_all().parse_args(["sentiment", "train", "--clip-norm", "none", "--batch-size", "8"])
    assert (namespace.clip_norm, namespace.batch_size) == (None, 8)
    assert program._dashes("--batch_size=a_b") == "--batch-size=a_b"
    assert program._dashes("a_b") == "a_b"


def test_every_setting_has_a_flag_with_its_default_in_the_help(capsys):
    with pytest.raises(SystemExit) as stopped:
        program.main(["sentiment", "train", "--help"])
    assert stopped.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    config = pipelines.sentiment.Config()
    for name in config.__dataclass_fields__:
        assert f"--{name.replace('_', '-')}" in shown
    assert f"(default: {config.buckets})" in shown
    assert "size of the recurrent state (default: by the data)" in shown


def test_help_does_not_import_tensorflow():
    code = (
        "import sys; from pipelines.shared.command_line import program\n"
        "try: program.main(['sentiment', 'train', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'tensorflow', 'keras', 'sklearn', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


EVERYTHING = """
import sys, tempfile, time
from pipelines.shared.storage import scratch
with scratch.everything():
    with tempfile.NamedTemporaryFile(delete=False) as file:
        print(file.name, flush=True)
    time.sleep(float(sys.argv[1]))
"""


def test_temporary_files_of_libraries_go_with_the_next_command_after_a_kill(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    process = running(EVERYTHING, 600)
    left = pathlib.Path(process.stdout.readline().strip())
    process.kill()
    process.communicate()
    assert left.is_relative_to(tmp_path)
    assert left.exists()
    output(EVERYTHING, 0)
    assert not list(tmp_path.iterdir())
