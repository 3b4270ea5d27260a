"""Packages that stand for LiteRT.js: they have its files, with nothing in them."""

import base64
import hashlib
import io
import tarfile

from pipelines.shared.browser import runtime


def put(folder, monkeypatch, core=b'import { createWasmLib } from "@litertjs/wasm-utils";\n//# sourceMappingURL=x.map'):
    """Writes both packages into a folder and has `runtime` expect their checksums."""
    folder.mkdir(exist_ok=True)
    checksums = {}
    for package in runtime.CHECKSUMS:
        names = [inside for owner, inside in runtime.FILES.values() if owner == package]
        contents = {name: core if name == "dist/index.js" and package == runtime.CORE else b"" for name in names}
        path = folder / runtime.archive(package)
        with tarfile.open(path, "w:gz") as archive:
            for name, content in contents.items():
                member = tarfile.TarInfo(f"package/{name}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        digest = hashlib.sha512(path.read_bytes()).digest()
        checksums[package] = f"sha512-{base64.b64encode(digest).decode()}"
    monkeypatch.setattr(runtime, "CHECKSUMS", checksums)
    return folder
