"""Every task keeps these promises: a table of task x property."""

import dataclasses
import inspect
from collections.abc import Callable

import numpy as np
import pytest
from conftest import (
    EXPORTED,
    TINY,
    TINY_FORECASTING,
    TINY_MUSIC,
    TINY_TAGGING,
    TINY_TRAJECTORY,
    TINY_TRANSLATION,
    TINY_VIDEO,
    chorales,
    each_task,
    output,
    pairs,
    readings,
    requests,
    reviews,
    spots,
    tagged,
    walks,
)

import pipelines
from pipelines.shared.export import formats


@dataclasses.dataclass(frozen=True)
class Row:
    """What a task is tried with."""

    data: Callable  # count -> a source of examples, small
    options: dict  # settings of a tiny network
    inputs: list  # raw inputs
    typo: tuple  # an unknown option, and the near one
    signature: str  # of the .tflite, the one that is `ids` of the SavedModel
    numbers: Callable  # an answer -> its numbers
    beaten: Callable  # metrics -> pairs (better, worse) after a training on the built-in sample


TABLE = {
    "sentiment": Row(
        data=reviews,
        options=TINY,
        inputs=["not bad", "", "The film was superb.", "awful " * 50],
        typo=("unit", "units"),
        signature="serving_default",
        numbers=lambda answer: list(answer["probabilities"].values()),
        beaten=lambda metrics: [
            (metrics["accuracy"], metrics["baseline_majority_accuracy"] + 0.1),
            (metrics["accuracy"], metrics["baseline_linear_accuracy"]),
        ],
    ),
    "classification": Row(
        data=requests,
        options=TINY,
        inputs=["The parcel has gone wrong.", "", "No complaints about the lamp.", "login " * 50],
        typo=("unit", "units"),
        signature="serving_default",
        numbers=lambda answer: list(answer["probabilities"].values()),
        beaten=lambda metrics: [
            (metrics["micro_f1"], metrics["baseline_linear_micro_f1"]),
            (metrics["average_precision"], metrics["baseline_linear_average_precision"]),
            (metrics["average_precision"], metrics["baseline_shares_average_precision"] + 0.5),
        ],
    ),
    "translation": Row(
        data=pairs,
        options=TINY_TRANSLATION,
        inputs=["The man sees the house.", "", "漢字", "Do the horses see the house? " * 5],
        typo=("beam", "beams"),
        signature="beam",
        numbers=lambda answer: [answer["score"], len(answer["translation"])],
        beaten=lambda metrics: [
            (metrics["sacrebleu"], metrics["baseline_copy_sacrebleu"]),
            (metrics["sacrebleu"], metrics["baseline_dictionary_sacrebleu"]),
        ],
    ),
    "music": Row(
        data=chorales,
        options=TINY_MUSIC,
        inputs=[[60], [45], [72]],
        typo=("unit", "units"),
        signature="generate",
        numbers=lambda tune: [len(tune.notes), sum(tune.pitches), tune.quarters],
        beaten=lambda metrics: [
            (metrics["baseline_markov_nll"], 2 * metrics["nll"]),
            (metrics["baseline_copy_nll"], 3 * metrics["nll"]),
        ],
    ),
    "forecasting": Row(
        data=readings,
        options=TINY_FORECASTING,
        inputs=[readings(30, 1), readings(5, 2), readings(12, 3)],
        typo=("unit", "units"),
        signature="serving_default",
        numbers=lambda answer: [*answer["load"], *answer["temperature_q10"], *answer["load_q90"]],
        beaten=lambda metrics: [
            (metrics["baseline_last_value_mae_scaled"], metrics["mae_scaled"]),
            (1.02 * metrics["baseline_linear_mae_scaled"], metrics["mae_scaled"]),
        ],
    ),
    "trajectory": Row(
        data=walks,
        options=TINY_TRAJECTORY,
        inputs=[
            {"points": [[0.1 * step, 0.4 * step] for step in range(8)]},
            {"points": [[1.0, 2.0]] * 8, "neighbours": [[[2.0, 2.0], [1.5, 2.0]]]},
            {"points": [[5 - 0.3 * step, 0.02 * step * step] for step in range(9)]},
        ],
        typo=("unit", "units"),
        signature="serving_default",
        numbers=lambda answer: [number for point in answer["path"] for number in point],
        beaten=lambda metrics: [
            (metrics["baseline_constant_velocity_ade"], 1.05 * metrics["ade"]),
            (metrics["baseline_linear_ade"], 1.05 * metrics["ade"]),
            (metrics["baseline_still_ade"], 2 * metrics["ade"]),
        ],
    ),
    "video": Row(
        data=spots,
        options=TINY_VIDEO,
        inputs=[spots(3)[0][0].tolist(), spots(3)[0][1][:5].tolist(), spots(3)[0][2][:1].tolist()],
        typo=("unit", "units"),
        signature="serving_default",
        numbers=lambda answer: [value for label in answer["probabilities"].values() for value in (label[0], label[-1])],
        beaten=lambda metrics: [
            (metrics["accuracy"], 0.95),
            (0.4, metrics["baseline_linear_accuracy"]),
            (0.4, metrics["baseline_majority_accuracy"]),
        ],
    ),
    "tagging": Row(
        data=tagged,
        options=TINY_TAGGING,
        inputs=["They didn't guard the ship.", "", ["Guard", "ships", "!"], "cook " * 50],
        typo=("unit", "units"),
        signature="serving_default",
        numbers=lambda answer: [sum(answer["probabilities"]), len(answer["tokens"])],
        beaten=lambda metrics: [
            (metrics["accuracy"], metrics["baseline_frequent_accuracy"] + 0.05),
            (metrics["accuracy"], metrics["baseline_linear_accuracy"] + 0.02),
            (metrics["accuracy_unknown"], 0.8),
            (metrics["split_f1"], 0.99),
        ],
    ),
}
VERBS = ("train", "evaluate", "predict", "tune", "export", "load")


@pytest.fixture
def artifact(task, request):
    """The task's tiny artifact, exported."""
    return request.getfixturevalue(EXPORTED[task])


def same(task, answers, expected):
    """Asserts that the numbers of both are the same."""
    found, expected = (np.array(list(map(TABLE[task].numbers, each))) for each in (answers, expected))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_every_task_is_in_the_table():
    assert set(TABLE) == set(pipelines.TASKS)


@each_task
def test_verbs_are_the_tasks_own(task):
    module = getattr(pipelines, task)
    for verb in VERBS:
        assert callable(getattr(module, verb))
        assert inspect.getdoc(getattr(module, verb))
    assert module.task.name == task
    assert module.train == module.task.train


@each_task
def test_every_setting_has_a_help_and_a_default(task):
    for field in dataclasses.fields(getattr(pipelines, task).task.Config):
        assert field.metadata["help"], field.name
        assert field.default is not dataclasses.MISSING, field.name


@each_task
def test_import_is_free(task, tmp_path):
    """Neither the package nor the task's module loads TensorFlow, prints or writes anything."""
    script = f"""
import sys
import pipelines
assert not {{"tensorflow", "keras", "numpy", "layers"}} & set(sys.modules)
pipelines.{task}.task.Config
assert not {{"tensorflow", "keras", "sklearn", "matplotlib"}} & set(sys.modules)
"""
    assert output(script, cwd=tmp_path) == ""
    assert not list(tmp_path.iterdir())


@each_task
def test_unknown_option_names_the_near_one(task, tmp_path):
    wrong, near = TABLE[task].typo
    with pytest.raises(TypeError, match=f"unknown option '{wrong}'.*Did you mean '{near}'"):
        getattr(pipelines, task).train(directory=tmp_path, **{wrong: 1})


@each_task
@pytest.mark.parametrize("verb", ["load", "evaluate", "predict", "export"])
def test_verbs_before_train_say_what_to_do(task, verb, tmp_path):
    given = [TABLE[task].inputs] if verb == "predict" else []
    with pytest.raises(FileNotFoundError, match=rf"no artifact '{task}'.* Train one first: pipelines\.{task}\.train\("):
        getattr(getattr(pipelines, task), verb)(*given, directory=tmp_path)


@each_task
def test_predict_of_one_is_predict_in_a_batch(task, artifact):
    inputs = TABLE[task].inputs
    alone = [artifact.predict([each])[0] for each in inputs]
    together = artifact.predict(inputs)
    same(task, alone, together)
    same(task, artifact.predict(inputs[::-1]), together[::-1])
    assert artifact.predict([]) == []


@each_task
def test_served_is_predicted_is_mobile(task, artifact):
    tensors, answers = artifact.task.signatures.encode(artifact, TABLE[task].inputs)
    loaded = formats.tf.saved_model.load(str(artifact.path / "serving" / "1"))
    served = loaded.signatures["ids"](**{name: formats.tf.constant(value) for name, value in tensors.items()})
    interpreter = formats.Interpreter(str(artifact.path / "mobile" / "model.tflite"))
    mobile = interpreter.get_signature_runner(TABLE[task].signature)(**tensors)
    for name, expected in answers.items():
        np.testing.assert_allclose(served[name], expected, atol=2e-5)  # of a sentence of 50 words, up to 1.4e-5
        np.testing.assert_allclose(mobile[name], expected, rtol=2e-6, atol=2e-5)


@each_task
def test_verbs_of_the_module_and_of_the_artifact_say_the_same(task, artifact):
    module, row = getattr(pipelines, task), TABLE[task]
    place = {"name": artifact.path.name, "directory": artifact.path.parent}
    assert module.evaluate(row.data(40), **place) == pytest.approx(artifact.evaluate(row.data(40)))
    same(task, module.predict(row.inputs, **place), artifact.predict(row.inputs))


@each_task
@pytest.mark.slow
def test_training_beats_the_trivial_baseline(task, tmp_path):
    metrics = getattr(pipelines, task).train(directory=tmp_path).metrics
    for better, worse in TABLE[task].beaten(metrics):
        assert better > worse
