"""Pieces as chords, baselines as densities, and what training does to pieces."""

import itertools

import numpy as np
import pytest

from pipelines import music, settings
from pipelines.music import baselines as music_baselines
from pipelines.music import data as music_pieces
from pipelines.music.forms import piano_roll
from pipelines.music.reading import files as music_files
from pipelines.shared.metrics import likelihood

TUNE = [[60, 64], [60], [], [67]]


def examples(*pieces):
    return music_pieces.columns(music_files.read(list(pieces))[""], "data")


def config(**options):
    chosen = {"units": 8, "dropout": 0.3, "transpose": 5, "batch_size": 16}  # by `train`, where nobody sets them
    return settings.create(music.Config, {**chosen, **options})


def test_chords_are_the_steps():
    found = examples(TUNE)
    preprocessor = piano_roll.prepare(found, config())
    (chords,) = piano_roll.sequences(preprocessor, found)
    assert chords.tolist() == [[39, 43, 88], [39, 88, 88], [88, 88, 88], [46, 88, 88]]
    np.testing.assert_array_equal(piano_roll.table(chords), preprocessor.roll(found["notes"][0], 4))
    assert (preprocessor.voices, preprocessor.longest_rest, preprocessor.steps_per_quarter) == (2, 1, 1)
    assert piano_roll.restore(preprocessor.state()) == preprocessor


@pytest.mark.parametrize(
    "times, steps",
    [
        ([0, 1, 2], 1),
        ([0, 0.5], 2),
        ([0, 1 / 3], 3),
        ([0, 0.25, 0.5], 4),
        ([0, 1 / 3, 0.25], 12),
        (np.random.default_rng(0).random(99), 4),
    ],
)
def test_the_grid_is_the_coarsest_that_catches_the_notes(times, steps):
    notes = np.array([[time, 1.0, 60] for time in times] * 10)
    assert piano_roll.grid([notes]) == steps


def test_a_few_notes_off_the_grid_do_not_refine_it():
    notes = np.array([[time, 1.0, 60] for time in range(200)] + [[0.5, 1.0, 62]])
    assert piano_roll.grid([notes]) == 1


def test_short_notes_sound_for_a_step_and_pitches_beyond_the_piano_do_not():
    table = piano_roll.roll(np.array([[0, 0.1, 60], [1, 1, 10]]), 2.0, 1)
    assert table.tolist() == np.eye(88, dtype=bool)[[39, 39]].tolist() or np.flatnonzero(
        table.any(axis=0)
    ).tolist() == [39]
    assert table.any(axis=1).tolist() == [True, False]


def test_transposition_stays_on_the_piano_and_reaches_every_key():
    chords = np.array([[0, 85, 88], [88, 88, 88]], "int32")
    moves = {int(piano_roll.moved(chords, seed, 6)[0, 0]) for seed in range(60)}
    assert moves == {0, 1, 2}  # not below A0, not above C8
    moved = piano_roll.moved(chords, 3, 6).numpy()
    assert (moved[1] == 88).all()
    assert moved[0, 1] - moved[0, 0] == 85


def test_batches_move_pieces_anew_in_every_epoch_and_the_same_way_for_a_seed():
    found = examples(*[[[60 + step] for step in range(5)]] * 8)
    preprocessor = piano_roll.prepare(found, config())

    def firsts(training, epochs=2):
        dataset = piano_roll.batches(preprocessor, found, config(batch_size=8), training)
        return [inputs["chords"][:, 0, 0].numpy().tolist() for _ in range(epochs) for inputs, _ in dataset]

    one, other = firsts(True)
    assert one != other
    assert len(set(one + other)) > 3
    assert firsts(True) != firsts(False) == [[39] * 8] * 2


def test_windows_lose_nothing():
    piece = np.arange(10)[:, None]
    parts = piano_roll.windows(piece, 4)
    assert [len(part) for part in parts] == [4, 3, 3]
    np.testing.assert_array_equal(np.concatenate(parts), piece)


def test_padding_is_not_real():
    found = examples(TUNE, TUNE[:2])
    preprocessor = piano_roll.prepare(found, config())
    ((inputs, real),) = piano_roll.batches(preprocessor, found, config(buckets=1), False)
    assert inputs["lengths"].numpy().tolist() == [4, 2]
    assert real.numpy().tolist() == [[1, 1, 1, 1], [1, 1, 0, 0]]
    assert (inputs["chords"].numpy()[1, 2:] == 88).all()


@pytest.mark.parametrize("output", ["joint", "independent"])
def test_likelihood_of_a_piece_ignores_padding_and_what_comes_later(output):
    found = examples(TUNE, TUNE[:2])
    preprocessor = piano_roll.prepare(found, config())
    model = piano_roll.build(preprocessor, config(output=output, units=8, readout_units=8, decoder_units=8))
    ((inputs, _),) = piano_roll.batches(preprocessor, found, config(buckets=1), False)
    together = model(inputs).numpy()
    alone = model({name: value[1:, :2] if name == "chords" else value[1:] for name, value in inputs.items()}).numpy()
    np.testing.assert_allclose(together[1, :2], alone[0], atol=1e-5)
    np.testing.assert_allclose(together[0, :2], together[1, :2], atol=1e-5)  # the same beginning


def test_baselines_are_densities():
    """Over all 16 chords of four keys the probabilities sum to one, when the other keys are certain to be silent."""
    rng = np.random.default_rng(0)
    rolls = [np.pad(rng.random((40, 4)) < 0.5, ((0, 0), (0, 84)))]
    baseline = music_baselines.learn(rolls)
    quiet = {name: np.where(np.arange(88) < 4, getattr(baseline, name), 0.0) for name in
             ("independent", "after_silence", "after_sound")}  # fmt: skip
    baseline = music_baselines.ChordBaseline(**{**vars(baseline), **quiet})
    every = [np.array([*chord, *[0] * 84], bool) for chord in itertools.product([0, 1], repeat=4)]
    for name in ("independent", "copy", "markov"):
        found = [baseline.metrics([np.stack([every[5], chord])])[f"baseline_{name}_nll"] for chord in every]
        assert np.exp(-np.array(found)).sum() == pytest.approx(1, abs=1e-6), name


def test_baselines_survive_the_disk(tmp_path):
    baseline = music_baselines.learn([np.eye(88, dtype=bool)[[39, 40, 39]]])
    baseline.save(tmp_path)
    loaded = music_baselines.load(tmp_path)
    for name, value in vars(baseline).items():
        np.testing.assert_array_equal(getattr(loaded, name), value)
    (tmp_path / "baselines.npz").write_bytes(b"no")
    with pytest.raises(ValueError, match="found a damaged file"):
        music_baselines.load(tmp_path)
    with pytest.raises(FileNotFoundError, match="found no file"):
        music_baselines.load(tmp_path / "elsewhere")


def test_loss_and_metric_count_real_steps_alike():
    real, logs = np.array([[1, 1, 1], [1, 0, 0]], "float32"), np.array([[-1, -2, -3], [-6, -99, -99]], "float32")
    assert float(likelihood.loss(real, logs)) == 3
    metric = likelihood.NegativeLogLikelihood()
    metric.update_state(real[:1], logs[:1])
    metric.update_state(real[1:], logs[1:])
    assert float(metric.result()) == 3
