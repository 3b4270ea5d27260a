"""Checksums of the files of an export, written last and compared by `unroll verify`.

    serving/<version>/assets.extra/sha256.json    a server copies that folder without reading it
    mobile/sha256.json                            beside model.tflite

The content is {file: {"bytes", "sha256"}}. Single files, such as those of `export_keras` and `fix_sizes`, have no
checksums: they belong to the caller, and a `.tflite` shows by itself whether it is whole.
"""

import pathlib

from pipelines.shared.artifacts import layout
from pipelines.shared.checks.rows import FAILED, PASSED, SKIPPED, row
from pipelines.shared.foreign import saved_model_files
from pipelines.shared.messages import listed
from pipelines.shared.storage import plain_json

PLACES = ("assets.extra/sha256.json", "sha256.json")
SHOWN = 5  # names per line


def write(folder):
    """Writes the checksums of all files in a complete folder, into its `assets.extra` if it has one."""
    checksum_file = next(folder / name for name in PLACES if (folder / name).parent.is_dir())
    layout.write_json(
        checksum_file, {name: _of(path) for name, path in _files(folder).items() if path != checksum_file}
    )


def _files(folder):
    return {path.relative_to(folder).as_posix(): path for path in saved_model_files.walk(folder) if path.is_file()}


def _of(path):
    return {"bytes": path.stat().st_size, "sha256": layout.checksum(path)}


def checks(folder, subject):
    """Rows that name the files that are not as the export left them, or one row that says all are.

    Raises:
        OSError: a file cannot be read.
    """
    folder = pathlib.Path(folder)
    checksum_file = next((folder / name for name in PLACES if (folder / name).exists()), None)
    if checksum_file is None:
        return [row(subject, "checksums", SKIPPED, "it has none, like exports of 0.1.0 and of other programs")]
    try:
        expected = plain_json.read(checksum_file)
    except ValueError as error:
        return [row(subject, "checksums", FAILED, str(error))]
    files = {name: path for name, path in _files(folder).items() if path != checksum_file}
    wrong = {
        "changed": [name for name in expected if name in files and not _same(files[name], expected[name])],
        "missing": [name for name in expected if name not in files],
        "not of the export": [name for name in files if name not in expected],
    }
    rows = [
        row(subject, "checksums", FAILED, f"{kind}: {listed(sorted(names), SHOWN, str)}")
        for kind, names in wrong.items()
        if names
    ]
    return rows or [row(subject, "checksums", PASSED, f"{len(expected)} files are as the export left them")]


def _same(path, expected):
    known = isinstance(expected, dict) and expected.get("bytes") == path.stat().st_size
    return known and expected == _of(path)
