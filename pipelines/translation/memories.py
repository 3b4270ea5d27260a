"""Translation memories, TMX: units of the same sentence in several languages.

    <tu><tuv xml:lang="en"><seg>Go.</seg></tuv><tuv xml:lang="es"><seg>Ve.</seg></tuv></tu>

Read unit by unit, whatever the size. Several variants of one language in a unit are several references;
a variant of another region is of the same language where there is one.
Specification: TMX 1.4b, https://www.gala-global.org/tmx-14b.
"""

import itertools
import re
import xml.etree.ElementTree
from collections.abc import Iterator

from pipelines.shared.data import containers
from pipelines.shared.data.faults import Faults
from pipelines.shared.data.rows import Rows
from pipelines.shared.messages import listed

SUFFIXES = (".tmx",)
FIRST = 1000  # units, the first of which with two languages names them
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def opened(path, options) -> Iterator[Rows]:
    """Yields the `Rows` of each part of a file, whose columns are the languages of its first unit of two."""
    with containers.parts(path) as parts:
        for part in [part for part in parts if not part.member or part.suffix in SUFFIXES]:
            faults = Faults(part.name, options.skip_bad)
            units = _units(part)
            first = list(itertools.islice(units, FIRST))
            names = next((list(unit) for _, unit in first if len(unit) > 1), [])
            if not names:
                held = sorted({name for _, unit in first for name in unit})
                raise ValueError(
                    f"{part.name}: expected units of two languages, received {listed(held) or 'none'} in the first"
                )
            units = itertools.chain(first, units)
            yield Rows(part.name, names, faults.counting(_cells(names, units, faults)), faults, "unit")


def _cells(names, units, faults):
    def cells(places):
        chosen = [names[place] for place in places]
        for count, unit in units:
            texts = [unit.get(name) or _of_language(unit, name) for name in chosen]
            if all(texts):
                yield count, [texts[0][0], *(text if len(text) > 1 else text[0] for text in texts[1:])]
            else:
                faults.add(f"unit {count}", f"expected {' and '.join(chosen)}, received {listed(list(unit)) or 'none'}")

    return cells


def _of_language(unit, name):
    """The texts of the one variant of a unit that is in the same language, of whatever region; or else None."""
    same = [texts for other, texts in unit.items() if re.split("[-_]", other)[0] == re.split("[-_]", name)[0]]
    return same[0] if len(same) == 1 else None


def _units(part):
    """Yields (number, {language: [text, ...]}) of each unit.

    Raises:
        ValueError: no XML.
    """
    number = 0
    try:
        with part.reading() as file:
            for _, element in xml.etree.ElementTree.iterparse(file):
                if element.tag.rpartition("}")[2] != "tu":
                    continue
                number += 1
                yield number, _unit(element)
                element.clear()
    except xml.etree.ElementTree.ParseError as error:
        raise ValueError(f"{part.name}: expected TMX, received damaged XML ({error})") from error


def _unit(element):
    unit = {}
    for variant in element:
        segment = next((child for child in variant if child.tag.rpartition("}")[2] == "seg"), None)
        language = variant.get(LANGUAGE) or variant.get("lang")
        if segment is not None and language:
            unit.setdefault(language.lower(), []).append("".join(segment.itertext()))
    return unit
