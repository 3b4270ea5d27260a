"""The pages of a folder for the browser: those that `unroll serve` has, with a model that runs in the page."""

import dataclasses
import html
import importlib.resources
import json

from pipelines.shared.site import pages

# Nothing is loaded from elsewhere; WebAssembly may be compiled, no text may be run as a program.
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'"
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{name} · Unroll</title>
<link rel="icon" href="static/icon.svg" type="image/svg+xml">
<link rel="manifest" href="manifest.json">
<link rel="stylesheet" href="static/style.css">
<script type="module" src="static/litert/{script}.js"></script>
</head>
<body>
<a class="skip" href="#page">To the model</a>
<header id="head"></header>
<main id="page"><p class="hint">Loading the model … Browsers open this page from a server alone:
<code>python -m http.server</code> in its folder.</p></main>
<noscript><p>This page needs JavaScript.</p></noscript>
</body>
</html>
"""


def card(artifact, contents):
    """What the page shows of the artifact, and which verbs its model has."""
    page, verdict = artifact.task.page, artifact.verdict
    return {
        "name": artifact.name,
        "task": artifact.task.name,
        "version": artifact.facts["version"],
        "verdict": None if verdict is None else str(verdict),
        "site": pages.folder_of(artifact.task),
        "report": None,
        "examples": page.examples(artifact),
        "verbs": {verb: list(options) for verb, options in contents.verbs.items()},
        "files": [],
        **page.listed(dataclasses.asdict(artifact.config), artifact.facts),
        **page.card(artifact),
        **contents.card,
    }


def files(artifact):
    """{path in the folder: bytes} of the pages, and of all that they load but the model."""
    name = html.escape(artifact.name)
    made = {
        f"{page}.html": PAGE.format(policy=html.escape(POLICY), name=name, script=script).encode()
        for page, script in (("index", "app"), ("check", "check"))
    }
    icon = {"src": "static/icon.svg", "sizes": "any", "type": "image/svg+xml"}
    manifest = {"name": artifact.name, "start_url": "./", "display": "standalone", "icons": [icon]}
    made["manifest.json"] = json.dumps(manifest, ensure_ascii=False).encode()
    return made | {f"static/{path}": content for path, content in pages.files([artifact.task]).items()}


def service_worker(names, version):
    """The service worker of a folder with these files; it keeps them under its version."""
    told = f"const VERSION = {json.dumps(version)};\nconst FILES = {json.dumps(names)};\n"
    source = importlib.resources.files("pipelines.shared.site") / "litert" / "service_worker.js"
    return told.encode() + source.read_bytes()
