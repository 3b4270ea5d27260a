"""A folder that runs a trained artifact in the browser: static files, without a server of models.

web/
    index.html               the page of the task; check.html compares its answers with those of check.json
    model.tflite             the signatures that the page calls, in fixed sizes
    model.json, ...          settings, vocabulary, unicode.json, for the JavaScript in static/
    static/                  the pages and the JavaScript of the task
    runtime/                 LiteRT.js
    service-worker.js        keeps all of it, so that the page works offline afterwards
    check.json               questions and the answers of the model in Python
    sha256.json

Browsers run it from localhost or over HTTPS: `python -m http.server --directory saved_models/mine/web`.
"""

import hashlib
import json

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from pipelines.shared import progress
from pipelines.shared.artifacts import layout, succession, versions
from pipelines.shared.browser import runtime as litert_js
from pipelines.shared.browser import site, unicode_tables
from pipelines.shared.export import checksums, comparison, conversion, fixed_sizes, formats
from pipelines.shared.storage import scratch

FOLDER = "web"


def export(artifact, quantize=None, streaming=False, fused=False, runtime=None):
    """Writes the artifact's folder `web`, compared with the model.

    Args:
        quantize: how the weights are rounded; see `conversion.QUANTIZATIONS`.
        streaming, fused: False; the page has no use for `step`, and LiteRT.js runs no fused LSTM.
        runtime: a folder with the packages of LiteRT.js, or None for npm to fetch them; see `runtime`.

    Returns:
        {"web": folder}.

    Raises:
        ValueError: a task without such a page, an unknown quantization, or a package that is not the expected one.
        FileNotFoundError, ConnectionError: LiteRT.js cannot be had.
        RuntimeError: another export is running, or an answer differs from the model's; what was there is kept.
        OSError: the folder cannot be written; what was there is kept.
    """
    conversion.check_quantization(quantize)
    for name, chosen in (("streaming", streaming), ("fused", fused)):
        if chosen:
            raise ValueError(f"{name}: expected format='tflite' or 'both', received 'web'")
    with layout.stoppable(artifact.path), layout.alone(layout.home(artifact.path), "export"):
        versions.check_unchanged(artifact.path, artifact.facts, "export")
        artifact = formats.in_float32(artifact)
        contents = artifact.task.signatures.browser(artifact)
        if contents is None:
            raise ValueError(f"format web: expected a task with a page for the browser, received {artifact.task.name}")
        with formats.staged(artifact) as staged:
            folder = staged / FOLDER
            folder.mkdir()
            with progress.stage("LiteRT.js"):
                litert_js.write(folder / "runtime", runtime)
            with progress.stage(".tflite"):
                _write_model(artifact, contents, folder / "model.tflite", quantize)
            _write_files(artifact, contents, folder, quantize)
            checksums.write(folder)
            succession.add_exports(artifact.path, artifact.facts, staged)
    return {"web": artifact.path / FOLDER}


def _write_model(artifact, contents, path, quantize):
    """Writes the signatures in their sizes, and compares each with the model's answers.

    With `quantize` they are not compared: `format="tflite"` tells what that costs.
    """
    own, inputs = artifact.task.signatures, artifact.task.signatures.probes(artifact)
    with scratch.folder() as aside:
        whole = aside / "whole.tflite"
        formats.write_tflite(artifact, whole, quantize, chosen=contents.calls)
        fixed_sizes.called(whole, path, {name: shapes for name, (_, shapes) in contents.calls.items()})
    if quantize is None:
        interpreter = Interpreter(str(path), num_threads=1)
        answers = dict.fromkeys(contents.signatures, own.encode(artifact, inputs)) | own.further(artifact, inputs)
        for name, (signature, shapes) in contents.calls.items():
            _compare(interpreter, name, shapes, *answers[signature])


def _compare(interpreter, name, shapes, tensors, answers):
    """Compares the answers to each row that fits with the model's, where both are."""
    run = interpreter.get_signature_runner(name)
    for row in range(len(next(iter(answers.values())))):
        rows = {key: tensor[row : row + 1] for key, tensor in tensors.items()}
        if any(np.greater(rows[key].shape, shapes[key]).any() for key in shapes):
            continue
        outputs = run(**{key: _filled(rows[key], shape) for key, shape in shapes.items()})
        for key, expected in answers.items():
            one = expected[row : row + 1]
            found = outputs[key][tuple(slice(size) for size in one.shape)]
            formats.compare(f".tflite's signature {name}", key, found, one, comparison.TOLERANCE["float32"])


def _filled(tensor, shape):
    """A tensor filled up to a shape by its last numbers: what stands behind a row's length is nothing to a model."""
    gaps = [(0, size - own) for size, own in zip(shape, tensor.shape, strict=True)]
    return np.pad(tensor, gaps, "edge" if tensor.size else "constant")


def _write_files(artifact, contents, folder, quantize):
    (folder / "unicode.json").write_text(json.dumps(unicode_tables.tables()), "utf-8")
    for name, content in contents.files.items():
        content = content if isinstance(content, bytes) else "".join(f"{line}\n" for line in content).encode()
        (folder / name).write_bytes(content)
    layout.write_json(folder / "model.json", {
        "card": site.card(artifact, contents), "module": contents.module, "settings": dict(contents.settings),
        "sizes": {name: dict(shapes) for name, (_, shapes) in contents.calls.items()},
    })  # fmt: skip
    told = [{"verb": verb, "values": values, "answer": answer} for verb, values, answer in contents.golden]
    layout.write_json(folder / "check.json", {"quantize": quantize, "calls": told})
    for name, content in site.files(artifact).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for name in names:
        digest.update(name.encode() + (folder / name).read_bytes())
    (folder / "service-worker.js").write_bytes(site.service_worker(names, digest.hexdigest()[:16]))
