"""Models in the browser: what a call takes on one thread, and which code points its tables of Unicode have otherwise.

    python benchmarks/web.py time FOLDER ...        folders of `--format web`, in headless Chromium
    python benchmarks/web.py time FOLDER --text "..." --repeat 20
    python benchmarks/web.py unicode                code points that Node.js normalizes otherwise than tensorflow-text

`time` needs `pip install '.[browser]'` and Chromium, `unicode` Node.js. Times are from the question to the answer,
which comes from a worker; opening the model and the first call count apart.
"""

import argparse
import contextlib
import functools
import http.server
import json
import pathlib
import shutil
import subprocess
import sys
import threading

# Before this folder, in which another module is called layers.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from benchmarks.machine import machine

TEXT = "the old woman reads a long letter near the green house"
STEPS = 64
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
TIMED = """async ([verb, values, repeat]) => {
  const started = performance.now();
  const {LitertModel} = await import("./static/litert/model.js");
  const model = await LitertModel.opened();
  const answer = await model.call(verb, values);
  const times = [];
  const first = performance.now() - started;
  for (let count = 0; count < repeat; count++) {
    const begun = performance.now();
    await model.call(verb, values);
    times.push(performance.now() - begun);
  }
  return {answer, first, times: times.sort((one, other) => one - other)};
}"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], allow_abbrev=False)
    parser.add_argument("what", choices=("time", "unicode"))
    parser.add_argument("folders", nargs="*", type=pathlib.Path)
    parser.add_argument("--text", default=TEXT)
    parser.add_argument("--repeat", type=int, default=20)
    arguments = parser.parse_args()
    if arguments.what == "unicode":
        unicode()
    else:
        for folder in arguments.folders or parser.error("time: expected folders of `--format web`"):
            time(folder, arguments.text, arguments.repeat)


@contextlib.contextmanager
def served(folder):
    """The address of a folder."""
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def time(folder, text, repeat):
    """Prints what a call takes in the model of a folder."""
    from playwright.sync_api import sync_playwright

    card = json.loads((folder / "model.json").read_text("utf-8"))["card"]
    music = "generate" in card["verbs"]
    asked = (
        ("generate", {"first": [60], "length": STEPS, "temperature": 0.9}) if music else ("predict", {"input": text})
    )
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with served(folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page()
        page.goto(f"{address}check.html")
        told = page.evaluate(TIMED, [*asked, repeat])
        version = browser.version
        browser.close()
    times, size = told["times"], (folder / "model.tflite").stat().st_size
    what = f"{STEPS} steps, {len(told['answer']['tunes'][0]['notes'])} notes" if music else f"{len(text.split())} words"
    said = f" -> {told['answer']['translation']!r}" if "translation" in told["answer"] else ""
    print(
        f"{card['task']} {card['name']}: {what}{said}, {times[0]:.1f} ms at best, {times[len(times) // 2]:.1f} in the "
        f"middle of {repeat}; opened and asked once {told['first']:.0f} ms; .tflite {size / 2**20:.1f} MiB; "
        f"Chromium {version}, 1 thread, {machine()}"
    )


def unicode():
    """Prints the code points that Node.js normalizes otherwise than tensorflow-text, and why."""
    import numpy as np
    import tensorflow as tf
    import tensorflow_text

    from pipelines.shared.browser import unicode_tables

    points = np.concatenate([np.array(part, np.int32) for part in unicode_tables.ASSIGNED])
    letters = tf.strings.unicode_encode(points[:, None], "UTF-8")
    ours = [text.decode() for text in tensorflow_text.normalize_utf8(letters, "NFKC").numpy()]
    program = """
        const points = JSON.parse(require("fs").readFileSync(0, "utf-8"));
        const texts = points.map((point) => String.fromCodePoint(point).normalize("NFKC"));
        process.stdout.write(JSON.stringify({unicode: process.versions.unicode, texts}));
    """
    ran = subprocess.run(
        ["node", "-e", program], input=json.dumps(points.tolist()), capture_output=True, text=True, check=True
    )
    theirs = json.loads(ran.stdout)
    tables = unicode_tables.tables()
    starts = np.cumsum(tables["starts"])
    unknown = {number for number, script in enumerate(tables["scripts"]) if script == tables["unknown"]}
    kinds = {"only Node.js knows it; left as it is": [], "Node.js lacks it": []}
    for point, one, other in zip(points.tolist(), ours, theirs["texts"], strict=True):
        if one != other:
            new = int(np.searchsorted(starts, point, "right") - 1) in unknown
            kinds[list(kinds)[0 if new else 1]].append(point)
    print(f"{len(points):,} code points, Node.js with Unicode {theirs['unicode']}, {machine()}")
    for kind, found in kinds.items():
        print(f"{len(found)} differ, {kind}: {' '.join(f'U+{point:04X}' for point in found) or 'none'}")


if __name__ == "__main__":
    main()
