"""Every page in headless Chromium: it types, clicks and uploads, and sees the model's answer. pytest -m browser"""

import csv
import io
import json
import re
import shutil

import numpy as np
import pytest
import symusic
from browsing import CONTRASTS, NAMELESS, WIDTHS, chromium, looking, picture, serving

from pipelines.shared.artifacts import layout

pytestmark = pytest.mark.browser
sync_api = pytest.importorskip("playwright.sync_api")

FIXTURES = {
    "reviews": "trained", "requests": "sorted_requests", "spanish": "bilingual", "tunes": "tuneful",
    "load": "foresighted", "walks": "walking", "spots": "watching", "tags": "tagging",
}  # fmt: skip
SENTENCE = "The red doors are open."
HOSTILE = "<img src=x onerror=alert(1)> \"'&amp; \u202e\U0001f600 {{7*7}} </textarea><script>alert(1)</script>"


@pytest.fixture(scope="module")
def artifacts(request):
    return {name: request.getfixturevalue(fixture) for name, fixture in FIXTURES.items()}


@pytest.fixture(scope="module")
def address(artifacts, tmp_path_factory):
    directory = tmp_path_factory.mktemp("served")
    for name, artifact in artifacts.items():
        shutil.copytree(artifact.path, directory / name, ignore=shutil.ignore_patterns("serving*", "mobile*"))
    for name, source, target in (("there", "en", "es"), ("back", "es", "en")):
        translator(directory / "spanish", directory / name, source, target)
    with serving(directory) as at:
        yield at


def translator(folder, copy, source, target):
    """A copy of a translator's folder that says of other languages that they are its own."""
    shutil.copytree(folder, copy)
    config = json.loads((copy / "config.json").read_text("utf-8"))
    layout.write_json(copy / "config.json", {**config, "source": source, "target": target})
    layout.seal(copy, json.loads((copy / "artifact.json").read_text("utf-8")))


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser, address):
    with looking(browser, address) as opened:
        opened.at = address
        yield opened


def show(page, name):
    """Opens the page of an artifact and waits for its first answer."""
    page.goto(f"{page.at}/artifacts/{name}")
    page.locator("#page section").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.locator("#page:not(:has([aria-busy=true]))").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["", *FIXTURES])
def test_a_page_fits_its_screen_and_can_be_read(name, width, scheme, browser, address, request):
    with looking(browser, address, color_scheme=scheme, reduced_motion="reduce") as page:
        page.at = address
        page.set_viewport_size(dict(zip(("width", "height"), WIDTHS[width], strict=True)))
        show(page, name) if name else page.goto(address, wait_until="networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width][0]
        assert page.evaluate(CONTRASTS) == []
        assert page.evaluate(NAMELESS) == []
        picture(page, request.config.getoption("--screenshots"), f"{name or 'home'}-{width}-{scheme}")


def test_home_leads_to_each_artifact_and_to_its_report(page, artifacts):
    page.goto(page.at)
    page.get_by_role("link", name="Try reviews").wait_for()
    assert page.locator(".artifact h2").all_inner_texts() == sorted([*artifacts, "there", "back"])
    assert str(artifacts["reviews"].verdict) in page.locator("#page").inner_text()
    page.get_by_role("link", name="Report of reviews").click()
    page.get_by_role("heading", name="Verdict").wait_for()
    page.go_back()
    page.get_by_role("link", name="Try reviews").click()
    page.get_by_role("heading", name="reviews").wait_for()


def test_no_such_artifact_is_said(page):
    page.goto(f"{page.at}/artifacts/none")
    page.get_by_role("alert").wait_for()
    assert "none" in page.get_by_role("alert").inner_text()
    assert [text for text in page.wrong if "404" not in text] == []
    page.wrong.clear()


@pytest.mark.parametrize("text", ["I could not agree less.", HOSTILE, ""])
def test_sentiment_answers_while_one_types(text, page, artifacts):
    show(page, "reviews")
    box = page.get_by_label("Text")
    box.fill(text)
    page.wait_for_timeout(1500)
    page.locator("#page:not(:has([aria-busy=true]))").wait_for()
    (answer,) = artifacts["reviews"].predict([text])
    said = page.locator(".answer .said").inner_text()
    assert said.startswith(f"{answer['label']}, {100 * answer['probability']:.0f}"[:-1])
    assert len(page.locator(".bars li").all()) == 2
    if text:
        assert page.locator("blockquote").inner_text().split() == text.split()


def test_several_labels(page, artifacts):
    show(page, "requests")
    page.get_by_label("Text").fill("the label does not print")
    page.wait_for_timeout(1500)
    (answer,) = artifacts["requests"].predict(["the label does not print"])
    names = page.locator(".bars .name").all_inner_texts()
    assert names == sorted(answer["probabilities"], key=lambda label: -answer["probabilities"][label])
    assert page.locator(".bars .chosen .name").all_inner_texts() == [name for name in names if name in answer["labels"]]


def test_translation_lights_the_words_that_a_word_came_from(page, artifacts):
    words = SENTENCE.split()
    show(page, "spanish")
    page.get_by_label("Text").fill(SENTENCE)
    page.get_by_role("button", name="Translate").click()
    (answer,) = artifacts["spanish"].predict([SENTENCE], attention="words")
    page.get_by_text(answer["translation"], exact=True).first.wait_for()
    word = page.locator(".word").first
    word.focus()
    weights = answer["attention"].weights[0][: len(words)]
    lit = page.locator(".behind .lit").all_inner_texts()
    assert lit == [one for one, weight in zip(words, weights, strict=True) if weight >= 0.08]
    assert word.get_attribute("aria-label").startswith(word.inner_text())
    page.keyboard.press("ArrowRight")
    assert page.locator(".word.lit").inner_text() == page.locator(".word").nth(1).inner_text()
    rows = page.locator(".heat tbody tr")
    assert rows.count() == page.locator(".word").count()


def test_translation_marks_words_that_it_does_not_know(page):
    show(page, "spanish")
    page.get_by_label("Text").fill("The \u0416\u0416 doors")
    page.get_by_text("Letters that the model does not know: \u0416\u0416").wait_for()
    assert page.locator(".behind .unknown").all_inner_texts() == ["\u0416\u0416"]


def test_languages_are_swapped_where_there_is_a_translator_back(page):
    show(page, "there")
    page.get_by_label("Text").fill(SENTENCE)
    page.wait_for_timeout(2000)
    written = page.locator("#translation").inner_text()
    page.get_by_role("button", name="Swap the languages").click()
    page.wait_for_url("**/artifacts/back")
    page.get_by_role("heading", name="back", exact=True).wait_for()
    assert page.get_by_label("Text").input_value() == written
    chosen = page.locator(".languages [aria-pressed=true]").all_inner_texts()
    assert chosen == ["Spanish", "English"]
    page.get_by_role("group", name="From").get_by_role("button", name="English").click()
    page.wait_for_url("**/artifacts/there")


def test_an_answer_that_comes_late_is_not_shown(page, artifacts):
    show(page, "requests")
    page.wait_for_timeout(1000)
    late = []

    def delayed(route):
        if route.request.post_data_json["inputs"] == ["first"]:
            late.append(route)  # answered below, after the second
        else:
            route.continue_()

    page.route("**/*:predict", delayed)
    page.get_by_label("Text").fill("first")
    page.wait_for_timeout(1000)
    page.get_by_label("Text").fill("the label does not print")
    page.wait_for_timeout(2000)
    shown = page.locator(".bars").inner_text()
    assert late
    for route in late:
        route.continue_()
    page.wait_for_timeout(1000)
    assert page.locator(".bars").inner_text() == shown


def test_what_the_server_refuses_is_said_beside_the_field(page):
    show(page, "reviews")
    page.route("**/*:predict", lambda route: route.fulfill(status=429, json={"error": "too many wait; try again"}))
    page.get_by_label("Text").fill("anything")
    page.get_by_role("alert").get_by_text("too many wait; try again").wait_for()
    assert page.get_by_label("Text").get_attribute("aria-invalid") == "true"
    page.unroute_all()
    page.get_by_label("Text").fill("anything else")
    page.get_by_role("alert").wait_for(state="hidden")
    assert all("429" in text for text in page.wrong)
    page.wrong.clear()


def test_music_is_composed_played_kept_and_gone_on_with(page, artifacts, tmp_path):
    show(page, "tunes")
    page.get_by_role("button", name="E4", exact=True).click()
    page.get_by_role("button", name="C4", exact=True).focus()
    page.keyboard.press("k")  # the C above
    page.get_by_text("C4 G4 C5", exact=True).wait_for()
    page.get_by_label("Length").fill("8")
    page.get_by_role("button", name="Compose").click()
    page.locator(".roll[aria-busy=true]").wait_for(state="detached")
    page.wait_for_timeout(2000)
    (tune,) = artifacts["tunes"].generate(first=[60, 67, 72], length=8 * 2)
    assert page.locator(".roll rect.note, .roll rect.given").count() == len(tune.notes)
    for name, kind in (("MIDI", ".mid"), ("WAV", ".wav")):
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        download.value.save_as(tmp_path / f"tune{kind}")
    assert symusic.Score(tmp_path / "tune.mid").note_num() == len(tune.notes)
    assert (tmp_path / "tune.wav").read_bytes()[:4] == b"RIFF" and (tmp_path / "tune.wav").stat().st_size > 100_000
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.wait_for_timeout(800)
    page.get_by_role("button", name="Pause").click()
    assert float(page.get_by_label("Position").input_value()) > 0
    page.get_by_label("Position").fill("4")
    page.get_by_role("button", name="Go on from here").click()
    page.get_by_text(re.compile("notes, 12 quarter notes")).wait_for()
    assert page.locator(".roll rect.given").count() == len([note for note in tune.notes if note[0] < 4])


def test_a_tagger_colours_words(page, artifacts):
    show(page, "tags")
    page.get_by_label("Sentence").fill("They do not watch.")
    page.wait_for_timeout(1500)
    (answer,) = artifacts["tags"].predict(["They do not watch."])
    assert page.locator(".token .word-itself").all_inner_texts() == answer["tokens"]
    assert [tag.split()[0] for tag in page.locator(".token .tag").all_inner_texts()] == answer["tags"]
    page.locator(".token").nth(1).focus()
    assert page.locator(".token.for, .token.against").count() > 0


def table(columns):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return out.getvalue()


def test_a_forecast_of_a_table_that_is_pasted_or_uploaded(page, artifacts, tmp_path):
    steps = np.arange(40)
    columns = {
        "time": [f"2026-01-{1 + step // 24:02}T{step % 24:02}:00:00" for step in steps],
        "power": (150 + 20 * np.sin(steps / 4)).round(2).tolist(),
        "temperature": (15 + np.cos(steps / 6)).round(2).tolist(),
        "price": np.round(np.sin(steps / 9), 3).tolist(),
    }
    trained = {("load" if name == "power" else name): column for name, column in columns.items()}
    (answer,) = artifacts["load"].predict([trained])
    show(page, "load")
    page.get_by_label("A table, a row a step").fill(table(columns))
    page.wait_for_timeout(2500)
    assert "load" in page.get_by_role("alert").first.inner_text()  # there is no such column
    outdated = page.locator(".answer.outdated")
    sync_api.expect(outdated).to_have_count(1)
    page.wrong.clear()  # the refusal, which the console has too
    page.get_by_label("load", exact=True).select_option("power")
    last = f"{answer['load'][-1]:.4g}"
    expected = f"load {float(last):g}"
    page.get_by_text(expected).first.wait_for()
    sync_api.expect(outdated).to_have_count(0)
    sync_api.expect(page.locator(".fan .band.past")).to_have_count(2 * 4)
    fan = page.locator(".fan").first
    ahead, seen = (fan.locator(f"path.{kind}").first.get_attribute("d") for kind in ("median.ahead", "seen"))
    assert ahead.split("L")[0] == "M" + seen.split("L")[-1]  # what comes begins where what was ends
    (tmp_path / "mine.csv").write_text(table(trained))
    page.get_by_label("Or a file").set_input_files(tmp_path / "mine.csv")
    page.get_by_text(expected).first.wait_for()
    page.get_by_text("The forecast of load as numbers").click()
    rows = page.locator("details[open] tbody tr")
    assert rows.count() == 3
    hours = np.datetime64("2026-01-01T00", "s") + np.arange(20_000) * np.timedelta64(1, "h")
    long = {name: column * 500 for name, column in trained.items()} | {"time": hours.astype(str).tolist()}
    (tmp_path / "long.csv").write_text(table(long))
    page.get_by_label("Or a file").set_input_files(tmp_path / "long.csv")
    page.get_by_text("The first 500 of 20002 lines are shown").wait_for()
    page.get_by_role("button", name="Back to the sample").click()
    page.locator("textarea:not([readonly])").wait_for()
    page.evaluate(
        """text => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            const paste = new ClipboardEvent("paste", {clipboardData, cancelable: true, bubbles: true});
            document.querySelector("textarea").dispatchEvent(paste);
        }""",
        (tmp_path / "long.csv").read_text(),
    )
    page.get_by_text("The first 500 of 20002 lines are shown").wait_for()


def test_a_path_by_clicks_by_keys_and_by_numbers(page, artifacts):
    show(page, "walks")
    page.get_by_role("button", name="Empty").click()
    page.get_by_text("8 more points, and the model says how it goes on.").wait_for()
    plane = page.get_by_role("application")
    for step in range(4):
        plane.click(position={"x": 60 + 40 * step, "y": 200})
    plane.focus()
    for _ in range(4):
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("Enter")
    page.get_by_text("and 20 other ways").wait_for()
    assert page.locator(".plane polyline.future").count() == 20
    written = "\n".join(f"{0.5 * step} {0.1 * step}" for step in range(8))
    page.get_by_label("The walker's points").fill(written)
    points = [[0.5 * step, 0.1 * step] for step in range(8)]
    (answer,) = artifacts["walks"].predict([{"points": points}])
    page.get_by_text(f"{answer['path'][-1][0]:.2f}, {answer['path'][-1][1]:.2f}").wait_for()
    page.get_by_label("The walker's points").fill("1e308 1e308")
    page.get_by_text("Line 1: two numbers are expected").wait_for()
    page.get_by_label("The walker's points").fill("1 2 3")
    page.get_by_text("Line 1: two numbers are expected").wait_for()


def test_a_clip_is_captioned(page, artifacts, tmp_path):
    av = pytest.importorskip("av")
    frames = np.random.default_rng(0).integers(0, 255, (20, 64, 64, 3), "uint8")
    with av.open(str(tmp_path / "clip.webm"), "w") as out:
        stream = out.add_stream("libvpx", rate=10)
        stream.width = stream.height = 64
        for frame in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        out.mux(stream.encode())
    show(page, "spots")
    page.get_by_label("A clip of your own").set_input_files(tmp_path / "clip.webm")
    page.locator(".stage video").wait_for()
    (answer,) = artifacts["spots"].predict([str(tmp_path / "clip.webm")])
    page.get_by_text(f"20 frames in {len(answer['segments'])} parts.").wait_for()
    assert page.locator(".segments li").count() == page.locator(".timeline button").count() == len(answer["segments"])
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(700)
    page.get_by_role("button", name="Pause").click()
    assert float(page.get_by_label("Position").input_value()) > 0
    assert page.locator(".caption").inner_text().split()[0] in answer["labels"]
    with page.expect_download() as download:
        page.get_by_role("button", name="Captions (.vtt)").click()
    assert download.value.path().read_text().startswith("WEBVTT")
