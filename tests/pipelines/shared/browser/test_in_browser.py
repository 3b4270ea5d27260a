"""The folder of `--format web` in headless Chromium, from a plain server of files: pytest -m browser.

Its answers are those of the model in Python, nothing is asked of another host, and without the server it works on.
"""

import contextlib
import functools
import http.server
import json
import pathlib
import shutil
import threading

import hard_lines
import pytest

pytestmark = pytest.mark.browser

ARTIFACTS = ("trained", "sorted_requests", "bilingual", "tuneful", "eventful")
ASKED = """async (texts) => {
  const {LitertModel} = await import("./static/litert/model.js");
  const model = await LitertModel.opened();
  return Promise.all(texts.map((text) => model.call("ids", {text})));
}"""
SECONDS = 120_000  # milliseconds; the machine may be busy


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def served(folder):
    """The address of a folder; the server ends with the block."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def chromium():
    sync_api = pytest.importorskip("playwright.sync_api")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None or shutil.which("npm") is None:
        pytest.skip("chromium and npm are needed")
    with sync_api.sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=ARTIFACTS)
def artifact(request, tmp_path_factory):
    """A copy of a trained artifact with its folder `web`."""
    import pipelines

    trained = request.getfixturevalue(request.param)
    path = tmp_path_factory.mktemp("web") / trained.path.name
    shutil.copytree(trained.path, path, ignore=shutil.ignore_patterns("serving*", "mobile*"))
    copy = getattr(pipelines, trained.task.name).load(path.name, directory=path.parent)
    copy.export("web")
    return copy


@pytest.fixture
def page(chromium):
    """A page whose `said` are the errors and warnings of its console, and whose `asked` the addresses it fetched."""
    with chromium.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(SECONDS)
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        context.on("request", lambda request: page.asked.append(request.url))
        yield page


def answer(page, artifact, text="not bad at all"):
    """What the page shows for a text, or for the beginning of a tune."""
    page.wait_for_selector("#page section")
    if artifact.task.name == "music":
        page.locator(".answer", has_text="notes,").wait_for()
        return page.inner_text(".answer")
    page.fill("textarea", text)
    page.wait_for_timeout(600)  # the page waits for a pause in what is typed
    page.wait_for_selector("[aria-busy=true]", state="detached")
    place = "#translation" if artifact.task.name == "translation" else ".answer .said"
    return page.inner_text(place).strip()


def expected(artifact, text="not bad at all"):
    how = {"method": "greedy"} if artifact.task.name == "translation" else {}
    (told,) = artifact.predict([text], **how)
    if "translation" in told:
        return " ".join(told["translation"].split())
    if "labels" in told:
        return ", ".join(map(str, told["labels"])) or "none of the labels"
    return f"{told['label']}, {told['probability']:.0%}".replace("%", " %")


def questions(artifact):
    """How many there are in check.json."""
    return len(json.loads((artifact.path / "web" / "check.json").read_text())["calls"])


def test_its_answers_are_those_of_the_model(artifact, page):
    with served(artifact.path / "web") as address:
        page.goto(f"{address}check.html")
        page.wait_for_selector("#told")
        count = questions(artifact)
        assert count > 1 and page.inner_text("#told") == f"{count} of {count} answers are those of the model in Python."
        assert not page.said and all(url.startswith(address) for url in page.asked)


def test_hard_texts_have_the_same_ids(artifact, page):
    if artifact.task.name == "music":
        pytest.skip("it reads no texts")
    texts, preprocessor = hard_lines.drawn(1000), artifact.preprocessor
    ids = preprocessor.sources(texts) if artifact.task.name == "translation" else preprocessor.sequences(texts)
    with served(artifact.path / "web") as address:
        page.goto(f"{address}check.html")
        page.wait_for_selector("#told")
        found = page.evaluate(ASKED, texts)
    expected = [row.tolist() for row in ids]
    assert [ascii(text) for text, one, other in zip(texts, expected, found, strict=True) if one != other] == []


def test_a_wrong_answer_is_told(artifact, page, tmp_path):
    web = pathlib.Path(shutil.copytree(artifact.path / "web", tmp_path / "web"))
    told = json.loads((web / "check.json").read_text())
    call = told["calls"][-1]
    call["answer"] = "something else" if isinstance(call["answer"], str) else [12345]
    (web / "check.json").write_text(json.dumps(told))
    with served(web) as address:
        page.goto(f"{address}check.html")
        page.wait_for_selector("#told")
        count = len(told["calls"])
        assert page.inner_text("#told").startswith(f"{count - 1} of {count} ") and "FAILED" in page.inner_text("table")


def test_the_page_works_on_without_the_server(artifact, page, request):
    with served(artifact.path / "web") as address:
        page.goto(address)
        first = answer(page, artifact)
        if artifact.task.name != "music":
            assert " ".join(first.split()) == expected(artifact)
        pictures = request.config.getoption("--screenshots")
        if pictures:
            page.screenshot(path=pathlib.Path(pictures, f"web-{request.node.callspec.id}.png"), full_page=True)
    page.reload()
    assert answer(page, artifact) == first
    page.goto(f"{address}check.html")
    page.wait_for_selector("#told")
    count = questions(artifact)
    assert page.inner_text("#told").startswith(f"{count} of {count} ")
    assert all(url.startswith(address) for url in page.asked)
    assert not page.said
