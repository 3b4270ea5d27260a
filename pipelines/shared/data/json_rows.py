"""Rows of JSON: an object a line, an array of objects or of rows, or columns in one object, as pandas writes them.

    names, cells, unit = read(survey, ".jsonl", faults)         as of `rows.Rows`

Lines, and arrays of objects, are read piece by piece. Objects may hold their names in any order, and others besides.
"""

import itertools
import json
import re
from collections.abc import Mapping

from pipelines.shared.data.rows import choosing
from pipelines.shared.messages import brief, listed, shown, within

LINES = (".jsonl", ".ndjson")
SUFFIXES = (*LINES, ".json")
_BETWEEN = re.compile(r"[\s,]*")


def read(survey, suffix, faults):
    """(names, or None where rows have none; cells; what the numbers count) of a part, as of `rows.Rows`.

    Raises:
        ValueError: no JSON, or JSON of something else.
    """
    name = survey.part.name
    lines = ((number, line) for number, line in enumerate(survey.lines(), 1) if line.strip())
    first = list(itertools.islice(lines, 2))
    values = [_parsed(line)[0] for _, line in first]
    array = bool(first) and first[0][1].lstrip().startswith("[")
    if (suffix in LINES and (not array or values[0] is not None)) or (len(first) == 2 and None not in values):
        return *_of_values(_values(itertools.chain(first, lines), survey, faults), name, faults, "line"), "line"
    lines.close()
    if array:
        return *_of_values(_array(survey), name, faults), "example"
    content, what = _parsed("".join(survey.texts()))
    if what:
        raise ValueError(f"{name}: expected JSON; {what}")
    return *_of_content(content, name, faults), "example"


def is_json(survey):
    """Whether the first line of a part, whatever it is called, is an object of JSON, or an array of such."""
    first = next((line for line in survey.lines() if line.strip()), "").lstrip()
    value = _parsed(first)[0] if first.startswith(("{", "[")) else None
    return isinstance(value[0] if isinstance(value, list) and value else value, dict)


def _parsed(text):
    """(the value, None), or (None, what is wrong)."""
    text = text.rstrip("\r\n")
    try:
        return json.loads(text), None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, " if error.lineno > 1 else ""
        return None, f"{error.msg}, {place}column {error.colno}"
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, lists in lists in lists
        return None, brief(error, 100)


def _values(lines, survey, faults):
    """Yields (number, the value) of each line of JSON."""
    for number, line in lines:
        value, what = None, None if survey.clean else survey.wrong(line)
        if not what:
            value, what = _parsed(line)
            what = what and f"expected one JSON object a line; {what}"
        if what:
            faults.add(f"line {number}", what)
        else:
            yield number, value


def _array(survey):
    """Yields (number from 1, value) of the values of an array, which is read piece by piece.

    Raises:
        ValueError: no JSON.
    """
    decoder, pieces = json.JSONDecoder(), survey.texts()
    text, at = next(pieces), 0
    while not text.strip() or not text.lstrip().startswith("["):
        text += next(pieces)
    at = text.index("[") + 1
    for number in itertools.count(1):
        while True:
            at = _BETWEEN.match(text, at).end()
            if text.startswith("]", at):
                _check_end(itertools.chain([text[at + 1 :]], pieces), survey.part.name, number)
                return
            what = None
            try:
                value, end = decoder.raw_decode(text, at)
            except json.JSONDecodeError as error:
                what, end = error.msg, len(text)
            except (ValueError, RecursionError) as error:
                raise ValueError(f"{survey.part.name}, example {number}: expected JSON; {brief(error, 100)}") from error
            if end < len(text):  # else it may go on
                break
            piece = next(pieces, "")
            if not piece:
                raise ValueError(
                    f"{survey.part.name}, example {number}: expected JSON; {what or 'an array without end'}"
                )
            text, at = text[at:] + piece, 0
        yield number, value
        at = end


def _check_end(pieces, name, number):
    rest = next((piece for piece in pieces if piece.strip()), None)
    if rest is not None:
        raise ValueError(
            f"{name}: expected one array of JSON, received {shown(rest.strip(), 20)} behind its {number - 1:,} values"
        )


def _of_values(values, name, faults, unit="example"):
    """(names, cells) of (number, value) of an array, or of lines."""
    number, first = next(values, (0, {}))
    values = itertools.chain([(number, first)] if number else [], values)
    if isinstance(first, dict):
        return of_objects(values, faults, unit)
    if not isinstance(first, list):
        raise ValueError(f"{name}: expected an array of objects or of rows, received {shown(first)} in it")
    names = [str(number) for number in range(1, len(first) + 1)]
    return names, choosing((number, row) for number, row in values if _is_row(number, row, len(first), faults))


def _is_row(number, value, columns, faults):
    fits = isinstance(value, list) and len(value) == columns
    if not fits:
        faults.add(f"example {number}", f"expected a row of {columns} values, received {shown(value)}")
    return fits


def of_objects(values, faults, unit):
    """(names, cells) of (number, object); one that lacks what is asked for, and what is no object, is a fault."""
    objects = ((number, value) for number, value in values if _is_object(number, value, faults, unit))
    begin = next(objects, None)
    first = begin[1] if begin else {}
    objects = itertools.chain([begin] if begin else [], objects)

    def cells(places):
        names = [list(first)[place] for place in places]
        for number, value in objects:
            lacking = [name for name in names if name not in value]
            if lacking:
                held = listed(list(value)) or "none"
                faults.add(f"{unit} {number}", f"no column {listed(lacking)}; it has {held}")
            else:
                yield number, [value[name] for name in names]

    return list(map(str, first)), cells


def _is_object(number, value, faults, unit):
    if not isinstance(value, Mapping):
        faults.add(f"{unit} {number}", f"expected a JSON object, received {shown(value)}")
    return isinstance(value, Mapping)


def _of_content(content, name, faults):
    """(names, cells) of one object that holds all."""
    if isinstance(content, dict) and isinstance(content.get("data"), list):
        names, cells = _of_values(enumerate(content["data"], 1), name, faults)
        return content.get("columns", names), cells  # of pandas, orient="split"
    rows = _only_rows(content)
    if rows is not None:
        return _of_values(enumerate(rows, 1), name, faults)
    if not isinstance(content, dict) or not all(isinstance(column, (dict, list)) for column in content.values()):
        raise ValueError(f"{name}: expected rows, or an object of columns, received {shown(content)}")
    columns = [list(column.values()) if isinstance(column, dict) else column for column in content.values()]
    if len(set(map(len, columns))) > 1:
        lengths = ", ".join(f"{len(column)} of {shown(key)}" for key, column in zip(content, columns, strict=True))
        raise ValueError(f"{name}: expected columns of one length, received {within(lengths, 200)}")
    return list(content), choosing(enumerate(zip(*columns, strict=True), 1))


def _only_rows(content):
    """The one list of objects that stands in an object, beside what is no column; None if there is not one."""
    parts = list(content.values()) if isinstance(content, dict) else []
    lists = [part for part in parts if isinstance(part, list) and part and isinstance(part[0], dict)]
    columns = [part for part in parts if isinstance(part, list) and len(part) == len([*lists, []][0])]
    return lists[0] if len(lists) == 1 and len(columns) == 1 else None
