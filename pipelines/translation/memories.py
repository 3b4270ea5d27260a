"""Translation memories, TMX: units of the same sentence in several languages.

    <tu><tuv xml:lang="en"><seg>Go.</seg></tuv><tuv xml:lang="es"><seg>Ve.</seg></tuv></tu>

Read unit by unit, whatever the size. Several variants of one language in a unit are several references.
Specification: TMX 1.4b, https://www.gala-global.org/tmx-14b.
"""

import itertools
import xml.etree.ElementTree
from collections.abc import Iterator

from pipelines.shared.data import containers
from pipelines.shared.data.faults import Faults
from pipelines.shared.data.rows import Rows
from pipelines.shared.messages import listed

SUFFIXES = (".tmx",)
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def opened(path, options) -> Iterator[Rows]:
    """Yields the `Rows` of each part of a file, whose columns are the languages of its first unit."""
    with containers.parts(path) as parts:
        for part in parts:
            faults = Faults(part.name, options.skip_bad)
            units = _units(part)
            number, first = next(units, (1, {}))
            names = list(first)
            if len(names) < 2:
                raise ValueError(
                    f"{part.name}: expected units of two languages, received {listed(names) or 'none'} in the first"
                )
            units = itertools.chain([(number, first)], units)
            yield Rows(part.name, names, faults.counting(_cells(names, units, faults)), faults, "unit")


def _cells(names, units, faults):
    def cells(places):
        chosen = [names[place] for place in places]
        for count, unit in units:
            if all(name in unit for name in chosen):
                texts = [unit[name] for name in chosen]
                yield count, [texts[0][0], *(text if len(text) > 1 else text[0] for text in texts[1:])]
            else:
                faults.add(f"unit {count}", f"expected {' and '.join(chosen)}, received {listed(list(unit)) or 'none'}")

    return cells


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
