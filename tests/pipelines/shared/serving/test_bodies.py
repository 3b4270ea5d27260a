"""JSON of strangers is read strictly, and what a verb takes is a fixed list."""

import math

import pytest

from pipelines.shared.serving import arguments, bodies
from pipelines.shared.serving.refusals import Refused

REFUSED = {
    b"": "expected JSON",
    b"{": "expected JSON",
    b"\xff": "expected UTF-8",
    b'{"a": 1, "a": 2}': "the name 'a' twice",
    b'{"a": {"b": 1, "b": 1}}': "the name 'b' twice",
    b'{"a": 1e999}': "the number 1e999, which no double holds",
    b'{"a": NaN}': "NaN, which is no JSON; null is a missing value",
    b'{"a": ' + b"1" * 5000 + b"}": "expected JSON",
    b'["\\ud800"]': "half a surrogate pair",
    b'{"\\udfff": 1}': "half a surrogate pair",
    b"[" * 17 + b"]" * 17: "at most 16 levels",
    b"[" * 100_000: "at most 16 levels",
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000: "at most 16 levels",
}  # fmt: skip


@pytest.mark.parametrize("body", REFUSED)
def test_what_is_no_strict_json_is_refused_in_one_line(body):
    with pytest.raises(Refused) as refused:
        bodies.read(body)
    assert refused.value.status == 400 and REFUSED[body] in refused.value.message
    assert len(refused.value.message) < 700 and "\n" not in refused.value.message


def test_what_is_json_is_read():
    assert bodies.read(b'{"a": [1, -0.5, true, null, "\\ud83d\\ude00"]}') == {"a": [1, -0.5, True, None, "\U0001f600"]}
    assert bodies.read(b"[" * 16 + b"]" * 16)
    nan, infinite = bodies.read(b"[NaN, -Infinity]", constants=True)
    assert math.isnan(nan) and infinite == -math.inf


def test_arguments_are_of_a_fixed_list_and_each_is_checked():
    takes = {"count": arguments.whole(1, 10), "word": arguments.text(5), "heat": arguments.number(0, 1),
             "side": arguments.choice("left", 1), "loud": arguments.switch}  # fmt: skip
    good = {"count": 10, "word": "abcde", "heat": 1, "side": "left", "loud": False}
    assert arguments.checked({**good, "count": None}, takes) == {name: good[name] for name in takes if name != "count"}
    bad = {"count": (0, 11, 1.0, True, "1"), "word": ("abcdef", 1, ["a"]), "heat": (-0.1, 2, math.nan, True, "0"),
           "side": ("right", True, 1.0), "loud": (1, 0, "true"), "other": (1,)}  # fmt: skip
    for name, values in bad.items():
        for value in values:
            with pytest.raises(Refused, match=rf"(^{name}: expected|unknown argument '{name}')"):
                arguments.checked({name: value}, takes)
    with pytest.raises(Refused, match="word: expected a value, received none"):
        arguments.checked({}, takes, ["word"])
