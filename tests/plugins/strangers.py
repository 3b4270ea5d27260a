"""Requests as a hostile visitor sends them, drawn from a seed: sizes, types, encodings, paths, scripts, headers."""

import base64
import json

import numpy as np

NAMES = (
    "..", "../words", "..%2fwords", "%2e%2e", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..;", "..%5cwords", "words%00", "%00",
    "words/../../x", "words.versions", "words.training", ".hidden", "-", "words@1", "W" * 300, "\u0430words",
    "words%0d%0aX-Evil:%201", "%ff%fe", "%c0%ae%c0%ae", "<script>alert(1)</script>", "words?x=1", "words#x", "",
    "%E2%80%AE", "nul", "*", "words%20", "%25%32%65", "{name}",
)  # fmt: skip
TEXTS = (
    "", " ", "not bad", "a" * 30_000, "\u0000", "\ud800", "<img src=x onerror=alert(1)>", "'; DROP TABLE a; --",
    "$(id)", "`id`", "{{7*7}}", "\u202eevil", "\U0001f469\u200d\U0001f4bb" * 50, "e" + "\u0301" * 500, "\r\nX: y",
    "/etc/passwd", "file:///etc/passwd", "tfds:imdb", "../../x.csv", "x.csv", "%s%n%x", "\u4e2d\u6587" * 400, "\ufeff",
    "\x1b[2J", "nan", "\u0000" * 50, "C4", "Am", "tune.mid",
)  # fmt: skip
NUMBERS = (0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**400, 1.5, -0.0, 1e308, 5e-324, True, False, None)
ROUTES = (
    "/api/artifacts/{}:predict", "/api/artifacts/{}:nearest", "/api/artifacts/{}:gates", "/api/artifacts/{}:words",
    "/api/artifacts/{}:generate", "/api/artifacts/{}:render", "/api/artifacts/{}:__class__", "/v1/models/{}:predict",
    "/v1/models/{}/versions/1:predict", "/v1/models/{}/labels/stable:predict", "/v1/models/{}:classify",
    "/api/artifacts/{}/files?ending=.csv", "/api/artifacts/{}/files?ending=.mid", "/api/artifacts/{}/files?ending=.mp4",
    "/api/artifacts/{}/files?ending=../x", "/api/artifacts/{}", "/v1/models/{}", "/v1/models/{}/metadata",
    "/v1/models/{}/versions/{}", "/reports/{}/index.html", "/reports/{}/../model.keras", "/reports/words/{}",
    "/artifacts/{}", "/static/{}", "/{}", "//{}", "/metrics/{}",
)  # fmt: skip
METHODS = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "x")
KEYS = (
    "inputs", "instances", "signature_name", "text", "word", "count", "side", "first", "notes", "format", "length", "n",
    "beams", "n_best", "method", "temperature", "top_p", "seed", "attention", "explain", "threshold", "output",
    "captions", "continue_from", "futures", "ids", "lengths", "source", "source_lengths", "values", "frames", "points",
    "neighbours", "first", "tokens", "__proto__", "quiet", "b64", "scale", "tempo",
)  # fmt: skip

GOOD = (
    {}, {}, {}, {"explain": True}, {"n_best": 3}, {"length": 16}, {"signature_name": "ids"}, {"n": 2, "length": 8},
    {"signature_name": "step"}, {"futures": 3}, {"text": "not bad"}, {"word": "good"}, {"first": "Am", "length": 8},
    {"notes": [[0, 1, 60]], "format": "midi"}, {"method": "sample", "seed": 1}, {"attention": "words"},
)  # fmt: skip


def value(draw, depth=0):
    """A value as JSON may hold it."""
    kind = draw.integers(0, 9 if depth < 4 else 4)
    if kind < 2:
        return TEXTS[draw.integers(len(TEXTS))]
    if kind < 4:
        return NUMBERS[draw.integers(len(NUMBERS))]
    if kind == 4:
        return int(draw.integers(-5, 200))
    if kind == 5:
        return [value(draw, depth + 1)] * int(draw.choice([0, 1, 2, 300]))
    if kind == 6:
        return {"b64": base64.b64encode(draw.bytes(6)).decode() + ("!" if draw.random() < 0.2 else "")}
    if kind == 7:
        return {str(draw.choice(KEYS)): value(draw, depth + 1) for _ in range(draw.integers(0, 4))}
    return [value(draw, depth + 1) for _ in range(draw.integers(0, 4))]


def body(draw, right):
    """The bytes of a body; right: an object that is right for the route, to be spoilt."""
    asked = dict(right)
    if draw.random() < 0.3:
        inputs = right["inputs"] if draw.random() < 0.5 else value(draw)
        asked = {"instances" if draw.random() < 0.5 else "inputs": inputs}
    for _ in range(max(0, draw.integers(-3, 3))):
        asked[str(draw.choice(KEYS))] = value(draw)
    asked |= GOOD[draw.integers(len(GOOD))]
    if draw.random() < 0.2:
        asked = {str(draw.choice(KEYS)): value(draw) for _ in range(3)}
    content = json.dumps(asked).encode()
    kind = draw.integers(0, 14)
    if kind == 0:
        return draw.bytes(int(draw.integers(0, 200)))
    if kind == 1:
        return content[: draw.integers(0, len(content))]
    if kind == 2:
        return b"[" * int(draw.choice([17, 500, 100_000])) + b"]" * 17
    if kind == 3:
        return b'{"inputs": ["a"], "inputs": ["b"]}'
    if kind == 4:
        return b'{"inputs": [1e999, NaN, Infinity, -Infinity]}'
    if kind == 5:
        return b'{"inputs": ["\\ud800"]}'
    if kind == 6:
        return b'{"inputs": ["\xff\xfe"]}'
    if kind == 7:
        return b'{"inputs": ["' + b"a" * int(draw.choice([10_000, 1_000_000, 5_000_000])) + b'"]}'
    if kind == 8:
        position = int(draw.integers(0, max(1, len(content))))
        return content[:position] + draw.bytes(2) + content[position + 1 :]
    return content


def headers(draw):
    """Headers of a request, most of them none."""
    several = (
        {"Host": "evil.example"}, {"Host": ""}, {"Host": "127.0.0.1:99999"}, {"Origin": "http://evil.example"},
        {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
        {"Content-Encoding": "gzip"}, {"Content-Encoding": "br"}, {"Cookie": "a=b; unroll-8501=\x7f;;="},
        {"Authorization": "Bearer " + "x" * 5000}, {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "\x80"}, {"X-Forwarded-Host": "evil"}, {"Range": "bytes=0-5,7-9,-1"}, {"X": "y" * 9000},
        {"Accept": "../../x"}, {"Content-Length": "-1"}, {"Content-Length": "99999999999999999999"},
    )  # fmt: skip
    return several[draw.integers(len(several))] if draw.random() < 0.12 else {}


def request(seed, right):
    """(method, path, headers, body); right: {name: an object that `predict` takes}."""
    draw = np.random.default_rng(seed)
    name = str(draw.choice(list(right)) if draw.random() < 0.75 else draw.choice(NAMES))
    route = ROUTES[draw.integers(len(ROUTES) if draw.random() < 0.4 else 12)]
    method = "POST" if draw.random() < 0.85 else str(draw.choice(METHODS))
    path = route.format(*[name] * route.count("{}"))
    return method, path, headers(draw), body(draw, right.get(name, {"inputs": ["a"]}))
