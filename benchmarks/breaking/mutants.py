"""Randomly damaged copies of files: bytes, texts, JSON and zip archives, each damaged in its own ways."""

import io
import json
import struct
import zipfile
import zlib

EXTREMES = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1]
DEEP = 100_000
VALUES = [
    None, True, -1, 0, 1.5, 1e308, float("nan"), float("inf"), 10**30, "", "x" * 100_000, "\0", "\ud800", [], {}, [[]],
    [None], {"a": {}}, [0] * 1000, -(2**63),
]  # fmt: skip
WORDS = [
    "\0", "\ufeff", "\ud7ff", '"', '""', "'", ",", "\t", "\r", "\n", "\r\n", "\\", "{", "}", "[", "]", "NaN",
    "Infinity",
    "1" * 5000, "-1", "1e999", "null", "true", "%s", "../", "=1+1", "é", "𝄞", "\u2028", "x" * 20_000, "[" * DEEP,
    '{"a":' * 20_000,
]  # fmt: skip


def damaged(suffix, content, draw):
    """A damaged copy of the content of a file with this ending."""
    return WAYS.get(suffix, damaged_bytes)(content, draw)


def damaged_bytes(content, draw):
    """Changes one to four bytes or a word, or cuts off, inserts, removes or overwrites a part."""
    content, size = bytearray(content), max(1, len(content))
    kind, at = draw.randrange(8), draw.randrange(size)
    length = draw.choice((1, 4, 16, size // 4 + 1))
    if kind == 0:
        return bytes(content[:at])
    if kind == 1:
        content[at : at + length] = draw.randbytes(length)
    elif kind == 2:
        content[at:at] = content[draw.randrange(size) :][:length]
    elif kind == 3:
        del content[at : at + length]
    elif kind == 4:
        width = draw.choice((1, 2, 4, 8))
        extreme = draw.choice(EXTREMES) & (256**width - 1)
        content[at : at + width] = extreme.to_bytes(width, draw.choice(("little", "big")))
    else:
        for _ in range(draw.choice((1, 1, 2, 4))):
            content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    return bytes(content)


def damaged_text(content, draw):
    """Inserts odd words, repeats, cuts or replaces lines, or damages bytes as in any file."""
    if draw.random() < 0.3:
        return damaged_bytes(content, draw)
    text = content.decode("utf-8", "replace")
    at = draw.randrange(len(text) + 1)
    kind = draw.randrange(5)
    if kind == 0:
        return (text[:at] + draw.choice(WORDS) + text[at:]).encode("utf-8", "surrogatepass")
    if kind == 1:
        return (text[:at] + draw.choice(WORDS) * draw.choice((1, 1000))).encode("utf-8", "surrogatepass")[:10_000_000]
    lines = text.splitlines(keepends=True) or [""]
    row = draw.randrange(len(lines))
    lines[row] = {2: lines[row] * 3, 3: lines[row][: len(lines[row]) // 2], 4: draw.choice(WORDS) + "\n"}[kind]
    return "".join(lines).encode("utf-8", "surrogatepass")


def damaged_json(content, draw):
    """Replaces, removes, renames or repeats a value, or damages the text as any other."""
    if draw.random() < 0.25:
        return damaged_text(content, draw)
    try:
        value = json.loads(content)
    except ValueError:
        return damaged_text(content, draw)
    for _ in range(draw.choice((1, 1, 2, 5))):
        value = _changed(value, draw, draw.randrange(1, 8))
    return json.dumps(value).encode("utf-8", "surrogatepass")


def _changed(value, draw, depth):
    if depth and isinstance(value, dict) and value:
        value = dict(value)
        key = draw.choice(list(value))
        kind = draw.randrange(8)
        if kind == 0:
            del value[key]
        elif kind == 1:
            value[draw.choice(("", "x" * 1000, "a.b", "\0"))] = value.pop(key)
        else:
            value[key] = _changed(value[key], draw, depth - 1)
        return value
    if depth and isinstance(value, list) and value:
        value, index = list(value), draw.randrange(len(value))
        value[index] = _changed(value[index], draw, depth - 1)
        return value * draw.choice((1, 1, 1, 50))
    if isinstance(value, (int, float)) and draw.random() < 0.5:
        return draw.choice((-value, value * 10**9, value + 1, value / 3, str(value), 2**31, 10**12))
    return draw.choice(VALUES)


def damaged_zip(content, draw):
    """Drops, renames or damages a member and packs it with its right checksum, or damages bytes as in any file."""
    if draw.random() < 0.3:
        return damaged_bytes(content, draw)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name, kind = draw.choice(list(members)), draw.randrange(6)
    if kind == 0:
        del members[name]
    elif kind == 1:
        members[draw.choice(("../x", "x" * 300, "a/b.npy", f"{name}.npy"))] = members.pop(name)
    elif kind == 2 and name.endswith(".npy"):
        members[name] = _claiming(members[name], draw)
    else:
        damage = damaged_json if name.endswith(".json") else damaged_bytes
        members[name] = damage(members[name], draw)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for member, body in members.items():
            archive.writestr(zipfile.ZipInfo(member), body, zipfile.ZIP_DEFLATED)  # without the current time
    return packed.getvalue()


def _claiming(content, draw):
    """An .npy whose header claims another shape or type, or one that unpacks to a thousand times its size."""
    if draw.random() < 0.3:
        return zeros(draw.choice((2 * 10**8, 2 * 10**9)))
    shape = draw.choice(("(0, 88)", "(99999999, 88)", "(-1, 88)", "(3,)", f"({2**62}, 88)", "(2, 0)", "()"))
    kind = draw.choice(("<f4", "|b1", "|O", "<U9", ">i8"))
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust(117) + "\n"
    return content[:8] + struct.pack("<H", len(header)) + header.encode() + content[128:]


def zeros(size):
    """The bytes of an .npy that claims (size / 88, 88) zeros and holds at most 2e8 of them."""
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({size // 88}, 88), }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + bytes(min(size, 2 * 10**8))


def damaged_matlab(content, draw):
    """Damages an element of a .mat of version 5, inside its compressed content too, or bytes as in any file."""
    if draw.random() < 0.4 or len(content) < 136:
        return damaged_bytes(content, draw)
    head, elements, at = content[:128], [], 128
    while at + 8 <= len(content):
        kind, size = struct.unpack_from("<II", content, at)
        elements.append((kind, content[at + 8 : at + 8 + size]))
        at += 8 + size
    index = draw.randrange(len(elements))
    kind, body = elements[index]
    packed = kind == 15
    body = damaged_bytes(zlib.decompress(body) if packed else body, draw)
    elements[index] = (kind, zlib.compress(body) if packed else body)
    return head + b"".join(struct.pack("<II", kind, len(body)) + body for kind, body in elements)


TEXTS = (".csv", ".tsv", ".jsonl", ".ndjson", ".txt", ".abc", ".en", ".es")
WAYS = {
    **dict.fromkeys(TEXTS, damaged_text),
    **dict.fromkeys((".npz", ".keras"), damaged_zip),
    ".json": damaged_json,
    ".mat": damaged_matlab,
}
