"""README and the docs: every command is understood, and every Python and `unroll` snippet runs as it is printed.

The trainings are `slow`: a snippet runs with the data that it names, small ones, and for an epoch.
"""

import contextlib
import csv
import dataclasses
import pathlib
import re
import shlex

import numpy as np
import pytest
from conftest import pairs, requests, reviews, tagged, walks

from pipelines.shared.command_line import program
from pipelines.shared.training import choosing

ROOT = pathlib.Path(__file__).parents[2]
PAGES = ("README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")))
SMALL = {"epochs": 1, "units": 4, "embedding_size": 4, "vocabulary_size": 200, "batch_size": 16, "transpose": 0}


def snippets(page, *languages):
    """[(section, language, code)] of a page, in order."""
    parts = re.split(r"^#+ (.*)$", (ROOT / page).read_text("utf-8"), flags=re.MULTILINE)
    sections = zip(parts[1::2], parts[2::2], strict=True)
    return [
        (section, language, code)
        for section, text in sections
        for language, code in re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        if language in languages
    ]


def commands(code):
    """The words behind `unroll` of each line of a shell snippet that begins with it."""
    lines = (shlex.split(line, comments=True) for line in code.replace("\\\n", " ").splitlines())
    return [words[1:] for words in lines if words[:1] == ["unroll"]]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_understood(page):
    for _, _, code in snippets(page, "sh"):
        for words in commands(code):
            assert program._read(words), words


def test_a_wrong_flag_would_be_told():
    with pytest.raises(SystemExit):
        program._read(["sentiment", "train", "--unit", "3"])


def test_layers_alone_learn():
    ((_, _, code),) = [one for one in snippets("README.md", "python") if one[0] == "Layers alone"]
    names = {}
    exec(code, names)
    history = names["model"].history.history
    assert history["loss"][-1] < 0.75 * history["loss"][0] and history["accuracy"][-1] > 0.8


def test_a_keras_model_is_on_a_phone_in_one_call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(snippets("README.md", "python")[0][2], {})
    assert (tmp_path / "model.tflite").exists()


def _write_table(path, columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter="\t" if path.suffix == ".tsv" else ",")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def texts_of(folder):
    texts, labels = (list(column) for column in reviews())
    for name, part in (("reviews.csv", slice(0, 240)), ("test.csv", slice(240, 300)), ("new.csv", slice(250, 260))):
        _write_table(folder / name, {"text": texts[part], "label": labels[part]})
    _write_table(folder / "few.csv", {"text": texts[:100], "label": labels[:100]})
    (folder / "many.txt").write_text("\n".join(texts[100:]))
    asked = requests()
    _write_table(folder / "films.csv", {"text": asked["text"], "label": ["|".join(one) for one in asked["label"]]})
    kinds = {name: [int(number % step == 0) for number in range(300)] for name, step in (("toxic", 3), ("insult", 4))}
    _write_table(folder / "comments.csv", {"text": texts, **kinds})
    _write_table(folder / "essays.csv", {"text": texts, "label": [len(text) / 7 for text in texts]})


def pairs_of(folder):
    sources, targets = pairs()
    _write_table(folder / "pairs.tsv", {"de": sources, "en": targets})
    (folder / "new.de").write_text("\n".join(sources[:3]))


def tunes_of(folder):
    import mido

    (folder / "midi").mkdir()
    for number in range(40):
        track = mido.MidiTrack()
        for step in range(24):
            note = 60 + (2 * step + number) % 12
            track += [mido.Message("note_on", note=note, velocity=64), mido.Message("note_off", note=note, time=480)]
        file = mido.MidiFile()
        file.tracks.append(track)
        file.save(folder / "midi" / f"{number}.mid")


def series_of(folder):
    hours = np.arange(3000)
    times = np.datetime64("2016-07-01T00:00:00") + hours.astype("timedelta64[h]")
    columns = {"date": times.astype(str), "HUFL": 5 + np.sin(hours / 4), "OT": 20 + 3 * np.cos(hours / 4)}
    _write_table(folder / "ETTh1.csv", columns)
    _write_table(folder / "last_days.csv", {name: values[-400:] for name, values in columns.items()})


def paths_of(folder):
    columns = walks()
    _write_table(folder / "paths.csv", columns)
    _write_table(folder / "now.csv", columns)
    rows = zip(*(columns[name] for name in ("frame", "agent", "x", "y")), strict=True)
    lines = "\n".join("\t".join(map(str, row)) for row in rows)
    for name in ("train", "val", "test"):
        (folder / "eth" / name).mkdir(parents=True)
        (folder / "eth" / name / "a.txt").write_text(lines)


def words_of(folder):
    sentences = tagged()
    lines = ["\n".join(f"{n}\t{word}\t_\t{tag}\t{tag}\t_\t_\t_\t_\t_" for n, (word, tag) in enumerate(one, 1))
             for one in sentences]  # fmt: skip
    (folder / "train.conllu").write_text("\n\n".join(lines[:60]) + "\n\n")
    (folder / "dev.conllu").write_text("\n\n".join(lines[60:]) + "\n\n")
    (folder / "new.txt").write_text("\n".join(" ".join(word for word, _ in one) for one in sentences[:3]))


def clips_of(folder):
    av = pytest.importorskip("av", reason="pip install '.[video]'")
    (folder / "clips").mkdir()
    names = [f"clips/{number}.mp4" for number in range(12)] + ["talk.mp4"]
    for name in names:
        with av.open(str(folder / name), "w") as container:
            stream = container.add_stream("mpeg4", rate=25)
            stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
            for frame in range(16):
                pixels = np.full((32, 32, 3), 200 if frame % 8 < 4 else 20, np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            container.mux(stream.encode(None))
    rows = [(pathlib.Path(name).name, frame, "light" if frame % 8 < 4 else "dark")
            for name in names[:-1] for frame in range(16)]  # fmt: skip
    columns = zip(("video", "frame", "label"), zip(*rows, strict=True), strict=True)
    _write_table(folder / "clips" / "labels.csv", dict(columns))


WITH_DATA = {
    "Your own data": texts_of, "Several labels, numbers, rare classes": texts_of, "Translation": pairs_of,
    "Music": tunes_of, "Forecasting": series_of, "Trajectory": paths_of, "Video": clips_of, "Tagging": words_of,
}  # fmt: skip


@pytest.fixture
def quick(monkeypatch):
    """Trainings of an epoch, of small networks, whatever the rules would choose."""
    settled = choosing.settled

    def shrunk(task, examples, config, before=None):
        fields = {field.name for field in dataclasses.fields(config)}
        small = {name: value for name, value in SMALL.items() if name in fields}
        if config.start_from:  # which says the sizes
            small = {"epochs": 1}
        config, line = settled(task, examples, config, before)
        return dataclasses.replace(config, **small), line

    monkeypatch.setattr(choosing, "settled", shrunk)


@pytest.mark.slow
@pytest.mark.parametrize("section", WITH_DATA)
def test_the_snippets_of_a_section_run(section, tmp_path, monkeypatch, quick, capsys):
    monkeypatch.chdir(tmp_path)
    WITH_DATA[section](tmp_path)
    names = {}
    exec("import pipelines", names)
    for of, language, code in snippets("README.md", "python", "sh"):
        if of != section:
            continue
        if language == "python":
            exec(code, names)
            continue
        for words in commands(code):
            with contextlib.suppress(ValueError):
                words[words.index("--trials") + 1] = "2"
            assert program.main(words) == 0, (words, capsys.readouterr().err[-2000:])


@pytest.mark.slow
def test_the_snippets_of_exports_run(tmp_path, monkeypatch, quick):
    monkeypatch.chdir(tmp_path)
    texts_of(tmp_path)
    import pipelines

    pipelines.sentiment.train("reviews.csv", name="mine").export()
    exec(snippets("README.md", "python")[0][2], {})
    for section, language, code in snippets("README.md", "python", "sh"):
        if section != "Export":
            continue
        if language == "python":
            exec(code, {})
        for words in commands(code) if language == "sh" else []:
            if "web" not in words:  # which fetches LiteRT.js; see shared/browser/test_in_browser.py
                assert program.main(words) == 0, words
