"""Bytes to lines of text, in whatever encoding: a line ends with a line feed, and with nothing else.

    survey = Survey.of(part)                 one pass over the bytes: the encoding, what ends a line
    for line in survey.lines(): ...          each with its end

UTF-8, and UTF-16 and UTF-32 with a byte order mark, are known for certain. Where more bytes are no UTF-8 than letters
are, another encoding is told by the letters that it makes of the bytes, and said; where fewer are, they are damage.

A carriage return before a line feed is part of the end. By itself it is one in a file alone that has no line feed at
all; U+2028, U+0085 and form feeds are letters like others.
"""

import codecs
import dataclasses
import logging
import re

import chardet

from pipelines.shared.data.containers import Part
from pipelines.shared.messages import shown

log = logging.getLogger("unroll")

CHUNK = 2**20  # bytes read at once
# One line may hold a whole book; a letter takes up to four bytes.
LONGEST_LINE = 2**26
SAMPLE = 2**15  # bytes by which an encoding is told
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip
# What files are in that say nothing of it: pages of Windows and of old Macs, and what Asia used before Unicode.
LATIN = ("cp1252", "cp1250", "cp1254", "cp1257", "iso8859-2", "mac-roman")
ASIAN = ("cp874", "cp932", "euc-jp", "gb18030", "big5", "cp949")
LEGACY = (*LATIN, "cp1251", "koi8-r", "cp1253", "cp1255", "cp1256", *ASIAN)
UNDECODED = re.compile("[\udc00-\udcff]")  # what stands for a byte that could not be decoded


def _mark(error):
    return chr(0xDC00 + error.object[error.start]), error.end


codecs.register_error("unroll.mark", _mark)


@dataclasses.dataclass(frozen=True)
class Survey:
    """What a pass over the bytes of a part tells.

    encoding: a name that Python knows. end: what ends a line, "\\n" or "\\r". clean: whether all lines decode, and hold
    neither NUL bytes nor carriage returns but at their ends. quotes: whether there is a `"`.
    """

    part: Part
    encoding: str
    end: str
    clean: bool
    quotes: bool

    @classmethod
    def of(cls, part, encoding=None):
        """The survey of a part.

        encoding: its encoding, if it is known.

        Raises:
            ValueError: an encoding that Python does not know.
        """
        counts, sample = _Counts(), bytearray()
        with part.reading() as file:
            first = file.read(CHUNK)
            if first[257:262] == b"ustar":
                raise ValueError(f"{part.name}: expected a file, received a .tar; unpack it, and give what it holds")
            given = _known(encoding) or next((name for mark, name in MARKS.items() if first.startswith(mark)), None)
            given = given or _wide(first)
            decoder = codecs.getincrementaldecoder(given or "utf-8")("unroll.mark")
            chunk = first
            while chunk:
                following = file.read(CHUNK)
                marked = counts.add(decoder.decode(chunk, not following))
                if marked and given is None and len(sample) < SAMPLE:
                    sample += b"\n".join(line for line in chunk.split(b"\n") if not line.isascii())[:SAMPLE]
                chunk = following
        name = given or "utf-8"
        if given is None and counts.undecoded > counts.letters:
            name = _told(bytes(sample), part)  # which may leave bytes that are none of it, so that it is not `clean`
        end = "\r" if counts.returns and not counts.feeds else "\n"
        return cls(part, name, end, counts.clean, counts.quotes)

    def texts(self):
        """Yields the text in pieces. In one that is not `clean`, a byte that does not decode is a letter of
        `UNDECODED`."""
        decoder = codecs.getincrementaldecoder(self.encoding)("unroll.mark")
        with self.part.reading() as file:
            while chunk := file.read(CHUNK):
                yield decoder.decode(chunk)
            yield decoder.decode(b"", True)

    def lines(self):
        """Yields the lines with their ends.

        Raises:
            ValueError: a line that never ends.
        """
        rest, number = [], 0  # pieces of the line that has not ended
        for text in self.texts():
            first, *others = text.split(self.end)
            rest.append(first)
            for line in others:
                yield "".join(rest) + self.end
                rest = [line]
            number += len(others)
            if sum(map(len, rest)) > LONGEST_LINE:
                raise ValueError(
                    f"{self.part.name}, line {number + 1}: expected a line of up to {LONGEST_LINE:,} letters"
                )
        if any(rest):
            yield "".join(rest)

    def wrong(self, text):
        """What is wrong with a text of a survey that is not `clean`, or None."""
        undecoded = UNDECODED.search(text)
        if undecoded:
            return f"expected text in {self.encoding}, received byte 0x{ord(undecoded[0]) - 0xDC00:02x}"
        return "expected text, received a NUL byte" if "\0" in text else None


class _Counts:
    """Of letters, by which an encoding and the ends of lines are told."""

    def __init__(self):
        self.feeds = self.returns = self.pairs = self.undecoded = self.letters = self.nulls = 0
        self.quotes = self._return_at_end = False

    def add(self, text):
        """-> how many bytes did not decode."""
        self.feeds += text.count("\n")
        self.returns += text.count("\r")
        self.pairs += text.count("\r\n") + (self._return_at_end and text.startswith("\n"))
        self._return_at_end = text.endswith("\r")
        self.nulls += text.count("\0")
        self.quotes = self.quotes or '"' in text
        if text.isascii():
            return 0
        undecoded = len(UNDECODED.findall(text))
        self.undecoded += undecoded
        self.letters += sum(map(len, re.findall("[^\0-\x7f\udc00-\udcff]+", text)))
        return undecoded

    @property
    def clean(self):
        stray = self.returns - self.pairs if self.feeds else 0
        return not (self.undecoded or self.nulls or stray)


def _known(encoding):
    """The encoding asked for, as Python names it."""
    if encoding is None:
        return None
    try:
        name = codecs.lookup(encoding).name
        b"".decode(name)  # refuses what is none of text, such as base64
    except LookupError as error:
        raise ValueError(
            f"encoding: expected the name of one, such as utf-8, cp1252 or utf-16, received {shown(encoding)}"
        ) from error
    return "utf-8-sig" if name == "utf-8" else name


def _wide(first):
    """What tells itself without a mark: UTF-16 and 32 by the zeros in the bytes of ASCII, ISO-2022-JP by escapes."""
    if first.isascii() and re.search(rb"\x1b\$[@B]", first):
        return "iso2022_jp"
    if first.count(0) < len(first) // 50 or len(first) < 8:
        return None
    shares = [first[place::4].count(0) * 4 / len(first) for place in range(4)]
    zeros = tuple(share > 0.6 for share in shares)
    return {
        (False, True, False, True): "utf-16-le", (True, False, True, False): "utf-16-be",
        (False, True, True, True): "utf-32-le", (True, True, True, False): "utf-32-be",
    }.get(zeros) or _wide_of_other_scripts(first)  # fmt: skip


def _wide_of_other_scripts(first):
    """UTF-16 of which little is ASCII: zeros at every other place alone, among them those of a line's end."""
    units = [first[at : at + 2] for at in range(0, min(len(first), SAMPLE), 2)]
    for name, feed, zeros in (("utf-16-le", b"\n\0", first[1::2]), ("utf-16-be", b"\0\n", first[::2])):
        if feed in units and zeros.count(0) == first.count(0):
            return name
    return None


def _told(sample, part):
    """The encoding that fits the sample best, which is said."""
    name = _best(sample, LEGACY)
    if name not in LATIN and _mixes_scripts(sample.decode(name, "replace")):
        name = _best(sample, LATIN)
    if name in LATIN and len(set(sample) - set(range(128))) < 3:  # too few letters to tell
        name = "cp1252"
    log.warning("%s: not UTF-8, and taken to be %s; encoding (--encoding) names another", part.name, name)
    return name


def _best(sample, encodings):
    return codecs.lookup(chardet.detect(sample, include_encodings=encodings)["encoding"] or encodings[0]).name


def _mixes_scripts(text):
    """Whether most words with other letters than those of ASCII have those too, as in Latin scripts alone."""
    words = [word for word in re.findall(r"\w+", text) if not word.isascii()]
    return 2 * sum(bool(re.search("[A-Za-z]", word)) for word in words) > len(words)
