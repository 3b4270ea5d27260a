"""The music pipeline from data to tunes: what is drawn, what may be asked for, what is refused."""

import json
import math

import numpy as np
import pytest
from conftest import TINY_MUSIC, chorales, each

import pipelines
from pipelines import settings
from pipelines.music import data as music_pieces
from pipelines.music import scores
from pipelines.music.forms import piano_roll
from pipelines.music.reading import files as music_files
from pipelines.music.tunes import generation, sampling
from pipelines.music.tunes import measures as music_measures

KINDS = ("tuneful", "eventful")
each_kind = each("kind", {kind: kind for kind in KINDS})


@pytest.fixture
def artifact(kind, request):
    """A tiny trained artifact of a piano roll or of events."""
    return request.getfixturevalue(kind)


def steps_of(tune, artifact):
    """The piano roll of a tune."""
    notes = np.array(tune.notes, "float64").reshape(-1, 3)
    return piano_roll.roll(notes, tune.quarters, artifact.preprocessor.steps_per_quarter)


def longest_run(flags):
    return max(piano_roll.runs([np.asarray(flags)]), default=0)


# Tunes


@each_kind
@pytest.mark.parametrize("length", [2, 9, 64])
def test_a_tune_begins_as_asked_and_is_as_long_as_asked(artifact, length):
    (tune,) = artifact.generate("C4 E4", length=length)
    assert [pitch for start, _, pitch in tune.notes if start == 0][:2] == [60, 64]
    assert tune.steps == length
    assert tune.quarters == length / artifact.preprocessor.steps_per_quarter
    assert max(start + duration for start, duration, _ in tune.notes) <= tune.quarters
    assert all(21 <= pitch <= 108 for pitch in tune.pitches)


@each_kind
def test_the_same_seed_gives_the_same_tunes_and_another_gives_others(artifact):
    one, other = (artifact.generate(60, length=24, seed=seed, n=3) for seed in (1, 2))
    assert one == artifact.generate(60, length=24, seed=1, n=3)
    assert one[0] == artifact.generate(60, length=24, seed=1)[0]  # however many there are
    assert len({str(tune.notes) for tune in one + other}) == 6


@each_kind
def test_a_longer_tune_begins_like_a_shorter_one(artifact):
    short, long = (artifact.generate(60, length=length, seed=5)[0] for length in (12, 40))
    table = steps_of(long, artifact)[: short.steps]
    np.testing.assert_array_equal(steps_of(short, artifact), table)


@each_kind
def test_no_temperature_is_greedy_and_ignores_the_seed(artifact):
    greedy = artifact.generate(60, length=24, temperature=0, seed=1)
    assert greedy == artifact.generate(60, length=24, temperature=0, seed=2)
    assert greedy[0].notes == artifact.generate(60, length=24, top_k=1, seed=3)[0].notes
    assert greedy[0].notes == artifact.generate(60, length=24, top_p=1e-6, seed=3)[0].notes


@each_kind
@pytest.mark.parametrize("temperature", [0, 1, 5])
def test_never_silent_and_never_stuck(artifact, temperature):
    limits = artifact.preprocessor
    for tune in artifact.generate(60, length=120, temperature=temperature, n=4):
        table = steps_of(tune, artifact)
        assert longest_run(~table.any(axis=1)) <= max(1, limits.longest_rest)
        if artifact.config.model == "piano_roll":
            assert longest_run((table[1:] == table[:-1]).all(axis=1)) <= limits.longest_repeat
            assert max(longest_run(key) for key in table.T) <= limits.longest_note + 1
            assert table.sum(axis=1).max() <= limits.voices


def test_no_key_is_struck_twice_at_once(eventful):
    for tune in eventful.generate(60, length=120, temperature=5, n=4):
        struck = [(start, pitch) for start, _, pitch in tune.notes]
        assert len(struck) == len(set(struck))
        assert max(np.unique([start for start, _ in struck], return_counts=True)[1]) <= eventful.preprocessor.voices


@each_kind
def test_a_scale_is_kept(artifact):
    for tune in artifact.generate(60, length=64, temperature=3, scale="C pentatonic", n=3):
        assert {pitch % 12 for pitch in tune.pitches} <= {0, 2, 4, 7, 9}


@each_kind
def test_a_beam_finds_tunes_at_least_as_likely_as_greedy_ones(artifact):
    found = artifact.generate(60, length=10, beams=8, n=3)
    scores = [tune.log_probability for tune in found]
    assert scores == sorted(scores, reverse=True)
    assert len({str(tune.notes) for tune in found}) >= 2  # events may differ after the end alone
    (greedy,) = artifact.generate(60, length=10, beams=1)
    assert scores[0] >= greedy.log_probability - 1e-4
    assert greedy.notes == artifact.generate(60, length=10, temperature=0)[0].notes


@each_kind
def test_a_piece_is_continued(artifact, tmp_path):
    per = artifact.preprocessor.steps_per_quarter
    given = [(0, 1, 60), (1, 1, 62), (2, 1, 64)]
    music_files.write_midi(tmp_path / "a.mid", given, 100)
    (tune,) = artifact.generate(continue_from=tmp_path / "a.mid", length=10 * per)
    assert tune.notes[0] == (0.0, 1.0, 60)
    assert [pitch for start, _, pitch in tune.notes if start == 1 and pitch == 62]
    assert tune.steps == 10 * per
    assert 2 <= tune.given <= 3
    (longer,) = artifact.generate(continue_from=str(tmp_path / "a.mid"))
    assert longer.steps == tune.given * per + 64
    assert artifact.generate(first=tmp_path / "a.mid", length=8)[0].notes[0][2] == 60


def test_scores_of_a_beam_are_the_networks_own(tuneful):
    """The log-probability of the best tune, recomputed by the network over the whole piece."""
    (tune,) = tuneful.generate(60, length=8, beams=4)
    (chords,) = [piano_roll.chords(steps_of(tune, tuneful))]
    logs = tuneful.infer(chords[None], np.array([8], "int32"))["likelihood"].numpy()[0]
    # Limits can only take probability away from other tunes.
    assert tune.log_probability >= logs[1:].sum() - 1e-3


def test_drawn_keys_follow_the_networks_distribution(tuneful):
    """The first key after a note, drawn 40,000 times, beside the softmax it is drawn from."""
    drawer = sampling.drawer_of(tuneful)
    given = np.repeat(drawer.steps.from_pitches([60]), 40_000, axis=0)
    token, state = drawer.steps.begin(given[:1])
    logits, _ = drawer.steps.step(token, state, np.array([2]), np.ones((1, 88), "float32"))
    expected = np.exp(logits[0] - np.logaddexp.reduce(logits[0]))
    noise = np.random.default_rng(0).gumbel(size=(40_000, 1, 90)).astype("float32")
    drawn = np.array([row[0] for row in drawer.draw(given, noise, 2)])
    found = np.bincount(drawn, minlength=90) / 40_000
    assert np.abs(found - expected).sum() / 2 < 0.03


# Numbers asked for


@each_kind
@pytest.mark.parametrize(
    "asked, message",
    [
        ({"length": 0}, r"length: expected a whole number from 2 to 10,000 or None, received 0"),
        ({"length": 100_000}, "received 100000"),
        ({"length": 1.5}, "whole number"),
        ({"temperature": -1}, r"temperature: expected a number from 0 to 100, received -1"),
        ({"temperature": math.nan}, "temperature: expected"),
        ({"top_k": 0}, "top_k: expected a whole number of at least 1"),
        ({"top_p": 0}, "top_p: expected a number above 0"),
        ({"top_p": 1.1}, "top_p: expected a number from 0 to 1"),
        ({"seed": -1}, "seed: expected"),
        ({"n": 0}, "n: expected a whole number from 1 to 256"),
        ({"tempo": 0}, "tempo: expected a number from 10 to 1,000"),
        ({"beams": 2, "n": 3}, "beams: expected at least n, 3, received 2"),
        ({"scale": "C mayor"}, "Did you mean 'major'"),
        ({"first": 110}, r"from 21 \(A0\) to 108 \(C8\), received 110"),
        ({"first": "X9"}, "first: expected a MIDI pitch"),
        ({"output": "tune.mp3"}, "output: expected a file that ends in"),
    ],
)
def test_what_cannot_be_asked_for(artifact, asked, message):
    with pytest.raises(ValueError, match=message):
        artifact.generate(**asked)


@each_kind
def test_a_piece_longer_than_the_tune_is_not_continued(artifact, tmp_path):
    music_files.write_midi(tmp_path / "a.mid", [(0, 1, 60), (30, 1, 60)], 100)
    with pytest.raises(ValueError, match="length: expected more than the"):
        artifact.generate(continue_from=tmp_path / "a.mid", length=4)


# Files


@each_kind
def test_a_tune_is_written_as_midi_picture_and_sound(artifact, tmp_path):
    outputs = [tmp_path / "a.mid", tmp_path / "a.png", tmp_path / "deep" / "a.wav"]
    tunes = artifact.generate("Am", length=16, n=2, tempo=77, output=outputs)
    names = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*"))
    assert names == ["a-1.mid", "a-1.png", "a-2.mid", "a-2.png", "deep/a-1.wav", "deep/a-2.wav"]
    (read,) = music_files.read(tmp_path / "a-2.mid")[""]
    assert read.tempo == pytest.approx(77, abs=0.01)
    np.testing.assert_allclose(read.notes, np.array(tunes[1].notes), atol=1 / 480)
    assert (tmp_path / "a-1.png").read_bytes().startswith(b"\x89PNG")
    import scipy.io.wavfile

    rate, samples = scipy.io.wavfile.read(tmp_path / "deep" / "a-1.wav")
    assert len(samples) / rate >= 0.9 * tunes[0].quarters * 60 / 77
    assert np.abs(samples).max() > 10_000


def test_an_artifact_comes_with_tunes_and_a_page_that_plays(tuneful):
    for suffix in (".mid", ".png", ".wav"):
        assert (tuneful.path / "samples" / f"1{suffix}").stat().st_size > 100
    page = (tuneful.path / "report" / "index.html").read_text("utf-8")
    assert page.count('src="data:audio/wav;base64,') == 6
    assert "Markov chain" in page
    assert page.count("<svg") >= 6


# Training and its numbers


@each_kind
def test_metrics_stand_beside_the_baselines(artifact):
    numbers = artifact.metrics
    assert list(numbers)[:4] == ["pieces", "steps", "nll", "nll_with_first"]
    assert 0 < numbers["nll"] < numbers["baseline_independent_nll"] + 60
    assert "baseline_markov_nll" in numbers
    for name in ("pitch_class_distance", "interval_distance", "in_key", "repetition"):
        assert 0 <= numbers[f"sample_{name}"] <= 1
        assert 0 <= numbers[f"real_{name}_low"] <= numbers[f"real_{name}_high"] <= 1


@each_kind
def test_a_loaded_artifact_is_the_trained_one(artifact):
    loaded = pipelines.music.load(artifact.path.name, directory=artifact.path.parent)
    assert loaded.preprocessor == artifact.preprocessor
    assert loaded.generate(60, length=16) == artifact.generate(60, length=16)
    assert loaded.evaluate(chorales(4)) == pytest.approx(artifact.evaluate(chorales(4)), abs=1e-4)


@each_kind
def test_evaluated_likelihood_ignores_batches(artifact):
    numbers = artifact.evaluate(chorales(5))["nll"]
    alone = scores.likelihoods(artifact, music_pieces.columns(
        [piece for piece in music_files.read(chorales(5), 2)[""]], "data"))  # fmt: skip
    logs, places = alone
    assert -logs[places > 0].mean() == pytest.approx(numbers, abs=1e-4)


def test_same_seed_same_weights(tuneful, tmp_path):
    again = pipelines.music.train(chorales(), directory=tmp_path, **TINY_MUSIC)
    assert again.history == tuneful.history
    for one, other in zip(again.model.get_weights(), tuneful.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


# Splits


def config(**options):
    return settings.create(pipelines.music.Config, options)


def test_splits_of_the_source_are_kept_and_missing_ones_cut_off():
    layout = {"train": chorales(20), "test": chorales(3)}
    splits = music_pieces.load_splits(layout, None, None, config(valid_fraction=0.3))
    assert len(splits["train"]["name"]) + len(splits["valid"]["name"]) == 20
    assert len(splits["test"]["name"]) == 3


def test_a_piece_and_its_transposition_stand_in_one_split():
    low = [[[48 + step % 3 + number], [50 + number]] for step in range(1) for number in range(12)]
    moved = [[[pitch + 5 for pitch in step] for step in piece] for piece in low]
    splits = music_pieces.load_splits(low + moved + chorales(30), None, None, config(valid_fraction=0.4))
    tunes = {name: {music_pieces._tune(notes) for notes in part["notes"]} for name, part in splits.items()}
    assert not tunes["train"] & tunes["valid"]


def test_too_few_pieces_say_so():
    with pytest.raises(ValueError, match=r"too few pieces, the split '\w+' is empty"):
        music_pieces.load_splits(chorales(2), None, None, config())
    with pytest.raises(ValueError, match="expected pieces with notes"):
        music_pieces.load_splits([[[], []]], None, None, config())


def test_notes_outside_the_piano_are_said_and_left_out(caplog):
    music_pieces.columns(music_files.read([[[60], [10]], [[5]]])[""], "data")
    assert "1 of 2 pieces have no note" in caplog.text
    assert "1 notes lie outside the piano (21 to 108)" in caplog.text


# Parts


def test_measures():
    rolls = [np.eye(88, dtype=bool)[[39, 41, 43, 39, 41, 43, 39, 41]]]  # C D E C D E C D
    assert music_measures.pitch_classes(rolls)[[0, 2, 4]].tolist() == [3 / 8, 3 / 8, 2 / 8]
    assert music_measures.intervals(rolls)[[12 + 2, 12 - 4]].tolist() == [5 / 7, 2 / 7]
    assert music_measures.in_key(rolls[0]) == 1
    assert music_measures.in_key(np.eye(88)[39:51]) == pytest.approx(7 / 12)
    assert music_measures.repetition(rolls[0]) == pytest.approx(2 / 5)
    assert music_measures.repetition(np.zeros((2, 88))) == 0


def test_the_tail_is_cut():
    logits = np.log(np.array([[0.5, 0.3, 0.15, 0.05]], "float32"))

    def kept(temperature=1.0, top_k=4, top_p=1.1):
        rows = [
            np.array([value], kind) for value, kind in ((temperature, "float32"), (top_k, "int32"), (top_p, "float32"))
        ]
        return (generation.without_tail(logits, *rows).numpy()[0] > -1e8).sum()

    assert [kept(top_k=k) for k in (1, 2, 9)] == [1, 2, 4]
    assert [kept(top_p=p) for p in (1e-9, 0.5, 0.51, 0.8, 0.81, 1)] == [1, 1, 2, 2, 3, 4]
    assert kept(top_p=0.9, temperature=0.1) == 1  # at a low temperature the first holds nearly all
    assert kept(top_p=0.9, temperature=0.0) == 1
    assert kept(top_k=3, top_p=0.6) == 2


@pytest.mark.parametrize("cut, count", [({"top_k": 2}, 2), ({"top_p": 0.5}, 2), ({"top_k": 3, "top_p": 0.3}, 2)])
def test_a_cut_among_equals_keeps_the_first_of_them(cut, count):
    rows = [np.array([{"temperature": 1.0, "top_k": 9, "top_p": 1.1, **cut}[name]], kind)
            for name, kind in (("temperature", "float32"), ("top_k", "int32"), ("top_p", "float32"))]  # fmt: skip
    left = generation.without_tail(np.zeros((1, 4), "float32"), *rows).numpy()[0] > -1e8
    assert left.tolist() == [True] * count + [False] * (4 - count)


def test_noise_is_gumbels_and_stays_the_same():
    noise = generation.gumbel(3, 0, 200, 90).numpy()
    assert noise.mean() == pytest.approx(0.5772, abs=0.03)  # Euler's constant
    assert noise.std() == pytest.approx(math.pi / math.sqrt(6), abs=0.03)
    np.testing.assert_array_equal(noise[:20], generation.gumbel(3, 0, 20, 90))
    assert not np.array_equal(noise, generation.gumbel(3, 1, 200, 90))


def test_tokens_of_events_are_midis_and_back(eventful):
    preprocessor = eventful.preprocessor
    notes = np.array([[0, 1, 60], [0, 0.5, 64], [1.5, 0.5, 64], [2, 1, 60]])
    ids = preprocessor.tokens(notes)
    assert [preprocessor.vocabulary[each].split("_")[0] for each in ids][:6] == [
        "Pitch", "Duration", "Pitch", "Duration", "TimeShift", "Pitch"
    ]  # fmt: skip
    np.testing.assert_allclose(preprocessor.notes(ids) / [2, 2, 1], notes)


def test_events_tell_a_note_struck_twice_from_one_held(eventful):
    twice, held = np.array([[0, 1, 60], [1, 1, 60]]), np.array([[0, 2, 60]])
    ids = [eventful.preprocessor.tokens(notes).tolist() for notes in (twice, held)]
    assert ids[0] != ids[1]
    assert len(eventful.preprocessor.notes(ids[0])) == 2


# The command


def command(capsys, *words):
    from pipelines.shared.command_line import program

    code = program.main(list(map(str, words)))
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_generate_on_the_command_line(tuneful, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = ["--name", tuneful.path.name, "--directory", tuneful.path.parent]
    code, out, _ = command(capsys, "music", "generate", "--first", "C4", "--length", 12, "--json", *place)
    assert code == 0
    result = json.loads(out)
    assert result["files"] == [f"{tuneful.path.name}.mid"]
    assert [list(note) for note in tuneful.generate("C4", length=12)[0].notes] == result["tunes"][0]["notes"]
    assert (tmp_path / result["files"][0]).exists()
    code, out, _ = command(capsys, "music", "predict", "60", "Am", *place)
    assert (code, len(out.splitlines())) == (0, 2)
    code, _, error = command(capsys, "music", "generate", "--first", "H9", *place)
    assert (code, error.count("\n")) == (1, 1)
    assert "first: expected a MIDI pitch" in error
