"""LiteRT.js is fetched in the expected version or not at all, and each failure says what to type."""

import os
import stat

import packages
import pytest

from pipelines.shared.browser import runtime


def npm(folder, monkeypatch, script):
    """A program npm that runs a script."""
    path = folder / "bin" / "npm"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")


def test_its_files_import_each_other_by_path(tmp_path, monkeypatch):
    runtime.write(tmp_path / "runtime", packages.put(tmp_path / "packages", monkeypatch))
    assert {path.relative_to(tmp_path / "runtime").as_posix() for path in (tmp_path / "runtime").rglob("*.*")} == {
        *runtime.FILES, "LICENSE.txt",
    }  # fmt: skip
    core = (tmp_path / "runtime" / "core.js").read_text()
    assert core.strip() == 'import { createWasmLib } from "./wasm_utils.js";'
    assert "Apache License" in (tmp_path / "runtime" / "LICENSE.txt").read_text()


def test_by_npm(tmp_path, monkeypatch):
    folder = packages.put(tmp_path / "packages", monkeypatch)
    npm(tmp_path, monkeypatch, f'echo "$@" > {tmp_path}/asked; cp {folder}/*.tgz "$PWD"')
    runtime.write(tmp_path / "runtime")
    asked = (tmp_path / "asked").read_text().split()
    assert asked[:3] == ["pack", runtime.CORE, runtime.UTILS] and "--ignore-scripts" in asked


def test_without_npm(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"npm, which fetches LiteRT.js, is missing; install Node.js.*npm pack"):
        runtime.write(tmp_path / "runtime")
    assert not (tmp_path / "runtime").exists()


def test_without_a_network(tmp_path, monkeypatch):
    npm(tmp_path, monkeypatch, "echo 'npm error code ENOTFOUND' >&2; exit 1")
    with pytest.raises(ConnectionError, match=r"ENOTFOUND.*npm pack @litertjs/core@2.5.3 .*--runtime FOLDER"):
        runtime.write(tmp_path / "runtime")


def test_an_npm_that_hangs(tmp_path, monkeypatch):
    npm(tmp_path, monkeypatch, "exec sleep 60")
    monkeypatch.setattr(runtime, "SECONDS", 0.2)
    with pytest.raises(ConnectionError, match=r"npm took over 0.2 s"):
        runtime.write(tmp_path / "runtime")


def test_a_folder_without_the_packages(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"has no litertjs-core-2.5.3.tgz; fill it with npm pack"):
        runtime.write(tmp_path / "runtime", tmp_path)


def test_a_changed_package(tmp_path, monkeypatch):
    folder = packages.put(tmp_path / "packages", monkeypatch)
    with open(folder / "litertjs-core-2.5.3.tgz", "ab") as file:
        file.write(b"\0")
    with pytest.raises(ValueError, match=r"expected @litertjs/core@2.5.3, whose sha512 is .*, received"):
        runtime.write(tmp_path / "runtime", folder)
    assert not (tmp_path / "runtime").exists()
