"""LiteRT.js, which runs a `.tflite` in a browser: fetched by npm in an exact version, checked by its checksum.

    write(target)                       by `npm pack`
    write(target, "packages")           from a folder that holds the packages, as `npm pack` writes them

The two packages are 11.8 MB, so they are no part of this one; npm keeps them for the next export. Of the four builds of
the runtime a page takes one of two, each for one thread: for browsers that know relaxed SIMD, and for the others.
"""

import base64
import hashlib
import importlib.metadata
import pathlib
import shutil
import subprocess
import tarfile

from pipelines.shared.messages import brief
from pipelines.shared.storage import scratch

CORE, UTILS = "@litertjs/core@2.5.3", "@litertjs/wasm-utils@2.5.3"
CHECKSUMS = {  # of the packages, as npm knows them
    CORE: "sha512-PlGmbMOq9WitX7FO0jhbdJw9GthatsyuCQXjTt/wJZo0FLaw48q4tz8IwqgqCIkviYGr9OFDL1kCnN4nzWoyJQ==",
    UTILS: "sha512-4fJiw6tBQnIs+0jH/OQ16nYOiSl8/+zZnn5h2ul8aTKHi05sVqZW580Tmk78pC2kT39A9OYBVdFawteZ/sI1kQ==",
}
BUILDS = ("litert_wasm_internal", "litert_wasm_compat_internal")
FILES = {  # {file here: (package, file in it)}
    "core.js": (CORE, "dist/index.js"),
    "wasm_utils.js": (UTILS, "dist/index.js"),
    **{f"wasm/{build}.{end}": (CORE, f"wasm/{build}.{end}") for build in BUILDS for end in ("js", "wasm")},
}
IMPORTED = b'from "@litertjs/wasm-utils"', b'from "./wasm_utils.js"'  # a worker has no import maps
SECONDS = 300  # for npm
BY_HAND = f"npm pack {CORE} {UTILS} --pack-destination FOLDER"
NOTICE = f"""LiteRT.js, {CORE} and {UTILS} of npm, under the licence below.
Changed: core.js imports wasm_utils.js by its path; lines that name source maps are left out.

"""


def write(target, packages=None):
    """Writes the runtime's files into a new folder.

    Args:
        target: the folder. packages: a folder with the packages, or None for npm to fetch them.

    Raises:
        FileNotFoundError: npm is not installed, or the folder lacks a package.
        ConnectionError: npm cannot fetch them. ValueError: a package is not the expected one.
    """
    with scratch.folder() as fetched:
        if packages is None:
            _fetch(fetched)
        contents = _contents(fetched if packages is None else pathlib.Path(packages))
    old, new = IMPORTED
    if contents["core.js"].count(old) != 1:  # another version, which CHECKSUMS would not let through
        raise ValueError(f"{CORE}: expected one import of {UTILS}")
    contents["core.js"] = contents["core.js"].replace(old, new)
    for name, content in contents.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_without_source_map(content) if name.endswith(".js") else content)
    licence = importlib.metadata.distribution("ai-edge-litert").read_text("licenses/LICENSE") or ""
    (target / "LICENSE.txt").write_text(NOTICE + licence, "utf-8")


def _fetch(folder):
    """Has npm put the packages into a folder; their scripts are not run."""
    npm = shutil.which("npm")
    instead = f"or, where it is, {BY_HAND}; then runtime=FOLDER (--runtime FOLDER)"
    if npm is None:
        raise FileNotFoundError(f"format web: npm, which fetches LiteRT.js, is missing; install Node.js, {instead}")
    command = [npm, "pack", CORE, UTILS, "--ignore-scripts", "--prefer-offline", "--pack-destination", str(folder)]
    try:
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise ConnectionError(
            f"format web: npm took over {SECONDS} s to fetch LiteRT.js; try again, {instead}"
        ) from error
    if ran.returncode:
        said = next((line for line in ran.stderr.splitlines() if "error" in line.lower()), ran.stderr)
        raise ConnectionError(
            f"format web: npm could not fetch LiteRT.js ({brief(said, 150)}); try again with a network, {instead}"
        )


def _contents(folder):
    """{file: bytes} of FILES, out of the packages in a folder."""
    archives = {package: _checked(folder, package) for package in CHECKSUMS}
    contents = {}
    for package, path in archives.items():
        with tarfile.open(path) as archive:
            for name, (owner, inside) in FILES.items():
                if owner == package:
                    contents[name] = archive.extractfile(f"package/{inside}").read()
    return contents


def _checked(folder, package):
    """The path of a package in a folder, if it is the expected one."""
    path = folder / archive(package)
    if not path.is_file():
        raise FileNotFoundError(f"runtime: {folder} has no {path.name}; fill it with {BY_HAND}")
    algorithm, _, expected = CHECKSUMS[package].partition("-")
    found = base64.b64encode(hashlib.new(algorithm, path.read_bytes()).digest()).decode()
    if found != expected:
        raise ValueError(f"{path}: expected {package}, whose {algorithm} is {expected}, received {found}")
    return path


def archive(package):
    """The name of the file that `npm pack` writes.

    >>> archive("@litertjs/core@2.5.3")
    'litertjs-core-2.5.3.tgz'
    """
    return package.removeprefix("@").replace("/", "-").replace("@", "-") + ".tgz"


def _without_source_map(content):
    return b"\n".join(line for line in content.split(b"\n") if not line.startswith(b"//# sourceMappingURL="))
