"""What a folder of artifacts holds, and whether it is right; each check runs in a fresh child."""

import hashlib
import json
import math
import pathlib
import tempfile

from benchmarks.breaking import children, material

TOLERANCE = 1e-4  # floats may be summed in another order
LINE = 500  # characters of an error


def answers(task, directory):
    """The artifact's {"metrics", "history", "wrong"}, or {"error"} if it cannot be loaded or evaluated."""
    child = children.run(_answers, task, str(directory))
    return child.result if child.code == 0 and child.result else {"error": _last(child.errors, child.code)}


def _answers(task, directory):
    import pipelines

    artifact = getattr(pipelines, task).load(material.NAME, directory=directory)
    told = {"metrics": artifact.evaluate(), "history": artifact.history}
    gap = difference(artifact.metrics, told["metrics"])
    told["wrong"] = gap and f"metrics.json is not what the model reaches: {gap}"
    return 0, told


def difference(one, other, path=""):
    """Where two nested values differ, in words; "" if they do not."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        gaps = (difference(one[key], other[key], f"{path} {key}") for key in one)
        return next(filter(None, gaps), "")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        gaps = (difference(*pair, f"{path} {index}") for index, pair in enumerate(zip(one, other, strict=True)))
        return next(filter(None, gaps), "")
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        same = math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE) or (one != one and other != other)
        return "" if same else f"{path}: {one} and {other}".strip()
    return "" if one == other else f"{path}: {str(one)[:80]} and {str(other)[:80]}".strip()


def verify(path):
    """Why `unroll verify` does not pass; "" if it does."""
    child = children.run(children.command, "verify", path)
    shown = (child.folder / "stdout").read_text("utf-8", "replace")
    failed = [line for line in shown.splitlines() if "FAILED" in line]
    return "" if child.code == 0 else " | ".join(failed)[:300] or _last(child.errors, child.code)


def damaged(models, task):
    """What is wrong with the artifact or a kept version of it: missing, half deleted, with wrong checksums."""
    from pipelines.shared.artifacts import layout as kept

    beside = [path for path in models.glob(f"{material.NAME}.*") if not path.name.endswith((".training", ".tuning"))]
    versions = [path for group in beside if group.suffix == ".versions" for path in group.glob("[!.]*/")]
    for path in (models / material.NAME, *versions, *(group for group in beside if group.suffix != ".versions")):
        try:
            kept.opened(path, task)
        except (OSError, ValueError, KeyError) as error:
            return f"{path.relative_to(models)}: {type(error).__name__}: {str(error)[:150]}"
    return ""


def refusal(child):
    """What is wrong with how a command failed that was not to succeed; "" if it failed with one clear line."""
    lines = [line for line in child.errors.splitlines() if line.startswith("unroll: error: ")]
    if child.code != 1:
        return f"exit code {child.code}: {_last(child.errors, child.code)}"
    if "Traceback (most recent call last)" in child.errors or len(lines) != 1:
        return f"expected one line of error, received {len(lines)}: {_last(child.errors, child.code)}"
    length = len(lines[0].replace(tempfile.gettempdir(), ""))  # a path is as long as it is
    return f"a line of {length} characters" if length > LINE else ""


def _last(text, code):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"exit {code}: {lines[-1][:300] if lines else 'nothing said'}"


def success(child):
    """What is wrong with a command that was to succeed; "" if it did."""
    if child.code == 0:
        return ""
    spoken = [line for line in child.errors.splitlines() if "rror" in line] or [child.errors.strip()[-300:]]
    return f"exit {child.code}: {spoken[-1][:300]}"


def content(folder):
    """{path: checksum} of all files below a folder."""
    files = (path for path in sorted(pathlib.Path(folder).rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def leftovers(directory, temporary):
    """What no finished command should leave behind: entries of TMPDIR, half-written files, finished trainings."""
    directory, temporary = pathlib.Path(directory), pathlib.Path(temporary)
    names = [f"TMPDIR/{path.name}" for path in temporary.iterdir()] if temporary.exists() else []
    for path in directory.rglob("*"):
        partial = path.name.endswith((".training", ".tmp", ".lock")) or ".partial" in path.name
        if partial and not _within(path, names):
            names.append(str(path.relative_to(directory)))
    return names


def _within(path, names):
    return any(str(path).find(f"{name}/") >= 0 for name in names)


def words(problems):
    """{what: why} as plain text, without the entries in which nothing is wrong."""
    return "; ".join(f"{what}: {why}" for what, why in problems.items() if why)


def trials(child):
    """The trials of a `tune --json` that succeeded."""
    return json.loads((child.folder / "stdout").read_text())["trials"]
