"""Blocks of a CSV that holds nothing odd, as columns of Arrow: whole lines at once, on all cores.

    for arrays in blocks(part, dialect, columns=9, skipped=1, sheet=sheet): ...

`pyarrow.csv.open_csv`, which streams too, uses one core; `read_csv` uses all and holds the whole file. So the file is
cut here, at ends of lines, and each block is read by `read_csv`.
"""

import pyarrow
import pyarrow.csv

from pipelines.forecasting.tables import numerals

BLOCK = 2**24  # bytes that are read at once
INSTANTS = pyarrow.timestamp("us")


class Odd(Exception):
    """What the quick way does not read."""


def blocks(part, dialect, columns, skipped, sheet):
    """Yields lists of Arrow arrays of the places of the sheet, a block of the file at once."""
    names = [str(place) for place in range(columns)]
    quotes = dialect.quoting == "double"
    parse = pyarrow.csv.ParseOptions(delimiter=dialect.delimiter, quote_char='"' if quotes else False)
    types = {str(place): pyarrow.float64() for place in sheet.numbers.values()}
    if sheet.time is not None:
        types[str(sheet.time)] = _type_of_times(sheet.way)
    if sheet.series is not None:
        types[str(sheet.series)] = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
    convert = pyarrow.csv.ConvertOptions(
        column_types=types, include_columns=list(map(str, sheet.places)), null_values=numerals.SPELLED,
        strings_can_be_null=False, decimal_point=sheet.decimal, timestamp_parsers=[pyarrow.csv.ISO8601],
    )  # fmt: skip
    read = pyarrow.csv.ReadOptions(column_names=names, block_size=2**21)
    for block in _whole_lines(part, skipped):
        lines = block.count(b"\n") + (not block.endswith(b"\n"))
        returns = block.count(b"\r")
        if b"\0" in block or (returns and returns != block.count(b"\r\n")) or (quotes and block.count(b'"') % 2):
            raise Odd
        table = pyarrow.csv.read_csv(
            pyarrow.BufferReader(block), read_options=read, parse_options=parse, convert_options=convert
        )
        if len(table) != lines:
            raise Odd
        yield table.columns


def _type_of_times(way):
    if way.kind == "iso" and not way.zoned:
        return INSTANTS
    return {"number": pyarrow.float64(), "epoch": pyarrow.float64() if way.unit == 1 else pyarrow.int64()}.get(
        way.kind, pyarrow.string()
    )


def _whole_lines(part, skipped):
    """Yields blocks of whole lines, bytes; skipped: lines at the beginning that are left out."""
    with part.reading() as file:
        rest = file.read(3)
        rest = b"" if rest == b"\xef\xbb\xbf" else rest
        while block := file.read(BLOCK):
            end = block.rfind(b"\n") + 1
            whole, rest = rest + block[:end] if end else b"", block[end:] if end else rest + block
            for _ in range(skipped if whole else 0):
                whole = whole[whole.index(b"\n") + 1 :]
            skipped = 0 if end else skipped
            if whole:
                yield whole
        for _ in range(skipped if rest else 0):
            rest = rest[rest.index(b"\n") + 1 :] if b"\n" in rest else b""
        if rest:
            yield rest
