"""A browser and a server for the tests of pages, and what a page must never do."""

import contextlib
import pathlib
import shutil
import subprocess
import sys
import urllib.parse

import pytest

WIDTHS = {"desktop": (1200, 900), "phone": (360, 740)}  # pixels

# Texts whose contrast with what is behind them is less than that of WCAG 2, AA: [[text, contrast]].
CONTRASTS = """() => {
  const numbers = (colour) => { const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const plain = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map((part) => top[part] * top[3] + under[part] * (1 - top[3]));
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) layers.unshift(plain(getComputedStyle(one).backgroundColor));
    return layers.reduce((under, top) => over(top, under), [255, 255, 255]);
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join("").trim();
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    const unseen = !box.width || box.width < 2 || style.visibility === "hidden";
    if (!text || unseen || element.closest("svg, :disabled, .behind, option")) continue;
    const under = behind(element), colour = over(plain(style.color), under);
    const [one, other] = [light(colour), light(under)].sort((a, b) => b - a);
    const contrast = (one + 0.05) / (other + 0.05), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (contrast < (large ? 3 : 4.5)) found.push([text.slice(0, 40), contrast]);
  }
  return found;
}"""

# Controls that no screen reader could name.
NAMELESS = """() => {
  const controls = "button, input, select, textarea, a, [role=img], [role=application], canvas, video";
  const named = (one) => one.ariaLabel || one.title || one.textContent.trim() || one.labels?.length;
  const shown = (one) => one.getClientRects().length && !one.closest("[aria-hidden=true]");
  const nameless = [...document.querySelectorAll(controls)].filter((one) => shown(one) && !named(one));
  return nameless.map((one) => one.outerHTML.slice(0, 90));
}"""


def chromium():
    """The path of an installed Chromium."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    return found or pytest.skip("chromium is not installed")


@contextlib.contextmanager
def serving(directory):
    """The address of `unroll serve` for a directory, in a process of its own."""
    command = [sys.executable, "-m", "pipelines", "serve", "--directory", str(directory), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            lines = []
            for line in process.stdout:
                lines.append(line)
                if line.startswith("serving at "):
                    break
            else:
                pytest.fail("".join(lines))
            yield line.removeprefix("serving at ").strip().rstrip("/")
        finally:
            process.terminate()


@contextlib.contextmanager
def looking(browser, address, **how):
    """A page of a new visitor; it must send nothing elsewhere, and its console has to stay without errors."""
    context = browser.new_context(viewport=dict(zip(("width", "height"), WIDTHS["desktop"], strict=True)), **how)
    page = context.new_page()
    page.set_default_timeout(60_000)
    wrong, host = [], urllib.parse.urlsplit(address).netloc
    page.on("console", lambda message: message.type in ("error", "warning") and wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: _is_elsewhere(request.url, host) and wrong.append(request.url))
    page.wrong = wrong
    yield page
    context.close()
    assert wrong == []


def _is_elsewhere(url, host):
    parts = urllib.parse.urlsplit(url)
    return parts.scheme not in ("data", "blob") and parts.netloc != host


def picture(page, folder, name):
    """Keeps a picture of the page, if there is a folder for them."""
    if folder:
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(pathlib.Path(folder) / f"{name}.png"), full_page=True)
