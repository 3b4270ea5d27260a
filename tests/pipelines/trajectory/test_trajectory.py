"""The network, its answers, its numbers, what it exports and its command line."""

import csv
import json

import numpy as np
import pandas
import pytest
import scipy.spatial.distance
from ai_edge_litert.interpreter import Interpreter
from conftest import TINY_TRAJECTORY, walks

import pipelines
from pipelines.shared.command_line import program
from pipelines.trajectory import answers, baselines, errors, network, preprocessor, signatures
from pipelines.trajectory.windows import Windows

PATHS = np.cumsum(np.random.default_rng(3).normal(0.3, 0.2, size=(6, 20, 2)), axis=1)


def moved(points, degrees, by):
    angle = np.deg2rad(degrees)
    return points @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) + by


def predicted(artifact, inputs, **how):
    """(paths, futures) as arrays."""
    all_answers = artifact.predict(inputs, **how)
    return np.array([one["path"] for one in all_answers]), np.array([one["futures"] for one in all_answers])


def with_neighbours(points):
    """Inputs in which each path has the last two points of the others as neighbours."""
    return [{"points": own.tolist(), "neighbours": [other[-2:].tolist() for other in points if other is not own]}
            for own in points]  # fmt: skip


def test_a_turned_and_moved_input_gives_a_turned_and_moved_answer(walking):
    seen = PATHS[:, :8]
    for inputs in (lambda points: points, with_neighbours):
        path, futures = predicted(walking, inputs(seen), futures=3)
        for degrees, by in ((90, 0), (37, [5, -2]), (180, [4e5, 5e6])):
            again, others = predicted(walking, inputs(moved(seen, degrees, by)), futures=3)
            np.testing.assert_allclose(again, moved(path, degrees, by), atol=2e-5)
            np.testing.assert_allclose(others, moved(futures, degrees, by), atol=2e-5)


def test_neighbours_matter_their_order_and_padding_do_not(walking):
    inputs = with_neighbours(PATHS[:, :8])
    path, _ = predicted(walking, inputs)
    backwards = [{**one, "neighbours": one["neighbours"][::-1]} for one in inputs]
    np.testing.assert_allclose(predicted(walking, backwards)[0], path, atol=1e-6)
    assert abs(predicted(walking, PATHS[:, :8])[0] - path).max() > 1e-4
    tensors, expected = signatures.encode(walking, inputs)
    spoilt = {name: value.copy() for name, value in tensors.items()}
    spoilt["neighbours"] = np.concatenate([spoilt["neighbours"], np.full((6, 2, 2, 2), 77, "float32")], axis=1)
    np.testing.assert_allclose(walking.infer(*spoilt.values())["path"], expected["path"], atol=1e-6)


def test_a_row_does_not_depend_on_others_nor_a_future_on_their_number(walking):
    path, futures = predicted(walking, PATHS[:, :8], futures=4)
    for row in range(len(PATHS)):
        alone, others = predicted(walking, PATHS[row : row + 1, :8], futures=4)
        np.testing.assert_allclose(alone[0], path[row], atol=1e-6)
        np.testing.assert_allclose(others[0], futures[row], atol=1e-6)
    again = predicted(walking, PATHS[:, :8], futures=4, seed=1)[1]
    assert abs(again - futures).max() > 1e-4
    assert predicted(walking, PATHS[:, :8], futures=3)[1].shape == (6, 3, 12, 2)


def test_only_the_last_points_count(walking):
    np.testing.assert_allclose(*(predicted(walking, points)[0] for points in (PATHS[:, :10], PATHS[:, 2:10])))


def test_who_stands_or_is_far_away_gets_finite_answers(walking):
    still = np.repeat(PATHS[:1, :1], 8, axis=1)
    for points in (still, still * 0, still + 1e7, PATHS[:, :8] * 1e-12, PATHS[:, :8] * 1e4):
        path, futures = predicted(walking, points, futures=2)
        assert np.isfinite(path).all() and np.isfinite(futures).all()


def test_an_untrained_network_walks_straight_on():
    config = pipelines.trajectory.Config(**{**TINY_TRAJECTORY, "neighbours": 0})
    prepared = preprocessor.prepare({"paths": PATHS}, config)
    model = network.build(prepared, config)
    paths = model({"points": np.float32(PATHS[:, :8]), "noise": np.zeros((6, 1, 4), "float32")})[:, 0]
    straight = PATHS[:, 7:8] + (PATHS[:, 7:8] - PATHS[:, 6:7]) * np.arange(1, 13)[:, None]
    np.testing.assert_allclose(paths, straight, atol=1e-4)


def test_loss_is_the_mean_distance_and_the_energy_score():
    real, futures = PATHS[:, 8:], PATHS[:, None, 8:] + np.random.default_rng(1).normal(size=(6, 5, 12, 2))
    path = real + np.array([3.0, 4.0])
    paths = np.concatenate([path[:, None], futures], axis=1).astype("float32")
    energies = []
    for truth, drawn in zip(real, futures, strict=True):
        far = np.mean([np.linalg.norm(one - truth, axis=1).mean() for one in drawn])
        pairs = [np.linalg.norm(drawn[i] - drawn[j], axis=1).mean() for i in range(5) for j in range(5) if i != j]
        energies.append(far - np.mean(pairs) / 2)
    assert float(network.loss(np.float32(real), paths)) == pytest.approx(5 + np.mean(energies), rel=1e-5)
    assert errors.energy(futures, real) == pytest.approx(np.mean(energies))
    np.testing.assert_allclose(network.ade(np.float32(real), paths), 5, rtol=1e-5)
    np.testing.assert_allclose(network.fde(np.float32(real), paths), 5, rtol=1e-5)


def test_errors_by_hand():
    real = np.zeros((2, 2, 2))
    path = np.array([[[3.0, 4.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 3.0]]])
    assert errors.of_path(path, real) == {"ade": (5 + 1 + 0 + 3) / 4, "fde": 2.0, "miss_rate": 0.5}
    futures = np.stack([path, path[::-1]], axis=1)  # the best of both rows is the second by ADE, the first by FDE
    assert errors.of_best(futures, real) == {
        "best_of_2_ade": 1.5, "best_of_2_fde": 1.0, "best_of_2_miss_rate": 0.0
    }  # fmt: skip


def test_linear_baseline_is_ridge_regression_in_closed_form():
    array = np.cumsum(np.random.default_rng(5).normal(size=(40, 20, 2)), axis=1)
    baseline = baselines.learn(array, 8)
    rows, targets = [], []
    for path in array:
        step = path[7] - path[6]
        axes = np.array([step, [-step[1], step[0]]]) / np.linalg.norm(step)
        for mirror in (1, -1):
            steps = np.diff(path[:8], axis=0) @ axes.T * [1, mirror]
            ahead = (path[8:] - path[7] - step * np.arange(1, 13)[:, None]) @ axes.T * [1, mirror]
            rows.append(steps.ravel()), targets.append(ahead.ravel())
    x, y = np.array(rows), np.array(targets)
    penalty = baselines.RIDGE * len(x) * (x**2).mean()
    stacked_x = np.vstack([x, np.sqrt(penalty) * np.eye(x.shape[1])])
    stacked_y = np.vstack([y, np.zeros((x.shape[1], y.shape[1]))])
    np.testing.assert_allclose(baseline.weights, np.linalg.lstsq(stacked_x, stacked_y, rcond=None)[0], atol=1e-8)
    paths = baseline.paths(array[:, :8])
    assert not paths["still"].any()
    assert errors.of_path(paths["linear"], array[:, 8:] - array[:, 7:8])["ade"] < 9
    np.testing.assert_allclose(baseline.paths(moved(array, 40, 3)[:, :8])["linear"], moved(paths["linear"], 40, 0))
    turned = baselines.turned_walks(array[:, :8], 12, 20)
    lengths, straight = np.linalg.norm(turned, axis=-1), np.linalg.norm(paths["constant_velocity"], axis=-1)
    np.testing.assert_allclose(lengths, np.repeat(straight[:, None], 20, axis=1))


def test_training_sees_mirrored_scaled_noisy_windows_anew_each_epoch():
    config = pipelines.trajectory.Config(**{**TINY_TRAJECTORY, "jitter": 0.0, "neighbours": 0, "batch_size": 6})
    prepared = preprocessor.prepare({"paths": PATHS}, config)
    dataset = preprocessor.batches(prepared, {"paths": PATHS}, config, training=True)
    epochs = list(dataset.repeat(2))
    real = PATHS - PATHS[:, 7:8]
    for inputs, target in epochs:
        for seen, ahead in zip(inputs["points"].numpy(), target.numpy(), strict=True):
            both = np.concatenate([seen, ahead])
            factors = [both[-1] / one[-1] for one in real]
            alike = [np.allclose(one * factor, both, atol=1e-4) for one, factor in zip(real, factors, strict=True)]
            matches = [factor for factor, fits in zip(factors, alike, strict=True) if fits]
            assert len(matches) == 1 and 1 / 1.401 < matches[0][0] < 1.401
            assert abs(matches[0][1]) == pytest.approx(matches[0][0], rel=1e-4)
    assert abs(epochs[0][1].numpy() - epochs[1][1].numpy()).max() > 0.1
    again = list(preprocessor.batches(prepared, {"paths": PATHS}, config, training=True).repeat(2))
    for one, other in zip(epochs, again, strict=True):
        np.testing.assert_array_equal(one[1], other[1])
    valid = list(preprocessor.batches(prepared, {"paths": PATHS}, config, training=False).repeat(2))
    np.testing.assert_array_equal(valid[0][0]["noise"], valid[1][0]["noise"])
    np.testing.assert_allclose(valid[0][1], real[:, 8:], rtol=1e-5)


def test_jitter_moves_what_is_seen_and_not_what_is_real():
    windows, config = Windows.of(PATHS), pipelines.trajectory.Config(**TINY_TRAJECTORY)
    prepared = preprocessor.prepare({"paths": PATHS}, config)
    inputs = prepared.tensors(*prepared.seen(windows))
    changed, target = preprocessor.varied(inputs, prepared.targets(windows), np.array([5, 0]), 0.0, 0.2)
    factors = np.array(target - np.array(target)[:, -1:])[:, 0] / (PATHS[:, 8] - PATHS[:, -1])
    absolute = np.array(target) + 0.0
    shift = absolute - prepared.targets(windows) * factors[:, None]
    np.testing.assert_allclose(shift, shift[:, :1] * np.ones((1, 12, 1)), atol=1e-5)  # one shift a window
    assert abs(shift).max() > 1e-3 and not np.array(changed["points"])[:, -1].any()


def test_noise_is_normal_and_the_same_for_a_seed():
    drawn = answers.noise(1000, 3)
    assert abs(drawn.mean()) < 0.02 and abs(drawn.std() - 1) < 0.02
    np.testing.assert_array_equal(drawn[:8], answers.noise(1000, 3)[:8])
    assert abs(answers.noise(20, 3, seed=1) - answers.noise(20, 3)).max() > 0.1
    assert answers.noise(1, 2).shape == (1, 2) and answers.noise(0, 2).shape == (0, 2)


@pytest.mark.slow
def test_one_window_and_a_batch_of_one(tmp_path):
    """Each split holds one window, and a step one."""
    sources = {"valid": PATHS[1:2], "test": PATHS[2:3]}
    for neighbours in (0, 2):
        options = {**TINY_TRAJECTORY, "neighbours": neighbours, "batch_size": 1}
        artifact = pipelines.trajectory.train(PATHS[:1], **sources, directory=tmp_path, **options)
        assert artifact.metrics["windows"] == 1 and np.isfinite(list(artifact.metrics.values())).all()
    artifact.export()
    assert artifact.evaluate(PATHS[3:4])["windows"] == 1


def test_standing_walkers_train_and_evaluate(tmp_path):
    still = np.repeat(PATHS[:, :1], 20, axis=1)
    sources = {"valid": still, "test": still}
    artifact = pipelines.trajectory.train(still, **sources, directory=tmp_path, **TINY_TRAJECTORY)
    assert artifact.metrics["ade"] < 0.2 and artifact.metrics["baseline_linear_ade"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"cell": "lstm", "depth": 2}, {"cell": "rnn", "observed": 2, "predicted": 1}])
def test_other_settings_train_export_and_answer(options, tmp_path):
    artifact = pipelines.trajectory.train(walks(30), directory=tmp_path, **{**TINY_TRAJECTORY, **options})
    artifact.export()
    observed, ahead = artifact.config.observed, artifact.config.predicted
    path, futures = predicted(artifact, PATHS[:, :observed], futures=2)
    assert path.shape == (6, ahead, 2) and futures.shape == (6, 2, ahead, 2)


def test_mobile_file_takes_any_batch_neighbours_and_futures(walking_exported):
    interpreter = Interpreter(str(walking_exported.path / "mobile" / "model.tflite"))
    runner, alone = (interpreter.get_signature_runner(name) for name in ("serving_default", "alone"))
    for rows, others, futures in ((1, 1, 1), (5, 3, 20), (2, 4, 2)):
        tensors = {
            "points": np.float32(PATHS[:rows, :8]),
            "neighbours": np.random.default_rng(0).normal(size=(rows, others, 2, 2)).astype("float32"),
            "neighbour_counts": np.arange(rows, dtype="int32") % (others + 1),
            "noise": np.random.default_rng(1).normal(size=(rows, futures, 4)).astype("float32"),
        }
        expected = walking_exported.infer(*(tensors[name] for name in walking_exported.model.input))
        outputs = runner(**tensors)
        for name in ("path", "futures"):
            np.testing.assert_allclose(outputs[name], expected[name], atol=2e-5)
        path = predicted(walking_exported, PATHS[:rows, :8])[0]
        np.testing.assert_allclose(alone(points=tensors["points"])["path"], path, atol=2e-5)


def test_golden_answers_hold_several_futures(walking_exported):
    golden = json.loads((walking_exported.path / "mobile" / "golden.json").read_text())
    assert np.shape(golden["futures"])[1:] == (3, 12, 2) and np.shape(golden["noise"])[1:] == (3, 4)
    assert golden["inputs"][0]["points"][0] == golden["inputs"][0]["points"][-1]  # one who stands


def test_dataframe_in_dataframe_out(walking):
    table = walking.predict(pandas.DataFrame(walks()), futures=2)
    assert list(table.columns) == ["frame", "agent", "x", "y", "future"]
    assert set(table["future"]) == {0, 1, 2} and len(table) % 36 == 0
    first = table[(table["agent"] == table["agent"][0]) & (table["future"] == 0)]
    assert np.diff(first["frame"]).tolist() == [4] * 11


def test_bad_options_of_predict(walking):
    for options, message in (({"futures": -1}, "futures"), ({"futures": 1.5}, "futures"), ({"seed": "a"}, "seed")):
        with pytest.raises(ValueError, match=f"{message}: expected a whole number"):
            walking.predict(PATHS[:, :8], **options)
    with pytest.raises(TypeError, match=r"unknown option|unexpected keyword"):
        walking.predict(PATHS[:, :8], future=2)


def test_command_line(walking, write, tmp_path, capsys):
    place = ["--name", walking.path.name, "--directory", str(walking.path.parent)]
    rows = [(10 * step, agent, *PATHS[agent, step]) for step in range(9) for agent in range(3)]
    file = write("now.txt", "".join("\t".join(map(str, row)) + "\n" for row in rows))
    assert program.main(["trajectory", "predict", "--data", str(file), *place, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)["answers"]
    assert [one["agent"] for one in printed] == ["0", "1", "2"] and printed[0]["frames"][0] == 90
    output = tmp_path / "next.csv"
    command = ["trajectory", "predict", *place, "--data"]
    assert program.main([*command, str(file), "--output", str(output), "--futures", "2"]) == 0
    with open(output, newline="") as content:
        table = list(csv.DictReader(content))
    assert len(table) == 3 * 3 * 12 and list(table[0]) == ["frame", "agent", "x", "y", "future"]
    np.testing.assert_allclose([float(table[0]["x"]), float(table[0]["y"])], printed[0]["path"][0], rtol=1e-6)
    assert program.main([*command, str(write("bad.txt", "0\t1\tx\t2\n1\t1\t1\t2\n"))]) == 1
    assert "bad.txt" in capsys.readouterr().err


def test_numbers_beside_baselines_agree_with_scipy(walking):
    examples = {name: column[:9] for name, column in walking.splits["test"].items()}
    numbers = walking.scored(examples)
    array = examples["paths"].array
    still = [scipy.spatial.distance.euclidean(path[7], point) for path in array for point in path[8:]]
    assert numbers["baseline_still_ade"] == pytest.approx(np.mean(still))
    assert numbers["best_of_20_ade"] <= numbers["ade"] * 3 and numbers["windows"] == 9


def test_report_shows_paths_horizon_and_a_verdict(walking):
    page = (walking.path / "report" / "index.html").read_text("utf-8")
    for words in ("Error by horizon", "Most wrong", "straight on", "mean distance", "best of 20"):
        assert words in page
    assert page.count("<svg") >= 10


@pytest.mark.parametrize(
    "options", [{"observed": 1}, {"predicted": 0}, {"stride": 0}, {"drawn": 1}, {"step": 0}, {"neighbours": -1}]
)
def test_settings_that_cannot_be(options):
    with pytest.raises(ValueError, match=f"{next(iter(options))}: expected"):
        pipelines.trajectory.Config(**options)


@pytest.mark.parametrize(
    ("name", "value"),
    [("unit", 0), ("unit", "1"), ("observed", 1), ("observed", 10**9), ("predicted", 2.5), ("neighbours", None)],
)
def test_a_state_that_no_training_writes_is_refused(name, value, walking):
    state = walking.preprocessor.state()
    assert walking.task.preprocessor.restore(state).state() == state
    with pytest.raises(ValueError, match=f"{name}: expected a .*number from .* to .*, received"):
        walking.task.preprocessor.restore({**state, name: value})
