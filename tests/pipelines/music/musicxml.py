"""A small writer of MusicXML for tests: a measure is a line of words.

C4 C4:2 C#4:0.5     a note, its duration in quarter notes (1 if it is not said); # sharp, b flat
+E4:2               struck with the note before
C4:2~ ~C4           tied to the next, to the one before
r:2 cue:C4 grace:C4 drum back:2 skip:1
<...>               XML as it stands (without spaces: _ stands for one)
"""

import re

DIVISIONS = 48
WORD = re.compile(r"(\+?)(~?)([A-G])([#b]?)(-?\d+)(?::([\d.]+))?(~?)")
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 ' \
    'Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'  # fmt: skip
FORWARD = '<barline_location="left"><repeat_direction="forward"/></barline>'
BACKWARD = '<barline_location="right"><repeat_direction="backward"/></barline>'


def ending(number, kind="start"):
    return f'<barline><ending_number="{number}"_type="{kind}"/></barline>'


def sound(**marks):
    return "<sound" + "".join(f"_{name}='{value}'" for name, value in marks.items()) + "/>"


def score(*parts, divisions=DIVISIONS, attributes="", head=""):
    """The bytes of a score; a part is a list of measures. attributes: of the first measure of each part."""
    listed = "".join(f'<score-part id="P{number}"><part-name/></score-part>' for number in range(len(parts)))
    written = "".join(
        f'<part id="P{number}">{"".join(_measures(part, divisions, attributes))}</part>'
        for number, part in enumerate(parts)
    )
    inside = f"{head}<part-list>{listed}</part-list>{written}"
    return f"{HEAD}<score-partwise version='4.0'>{inside}</score-partwise>".encode()


def _measures(part, divisions, attributes):
    first = f"<attributes><divisions>{divisions}</divisions>{attributes.replace('_', ' ')}</attributes>"
    for number, measure in enumerate(part, 1):
        words = "".join(element(word, divisions) for word in measure.split())
        yield f'<measure number="{number}">{first if number == 1 else ""}{words}</measure>'


def element(word, divisions=DIVISIONS):
    """The XML of a word."""
    if word.startswith("<"):
        return word.replace("_", " ")
    kind, _, value = word.partition(":")
    if kind in ("back", "skip", "r"):
        duration = f"<duration>{_whole(value or 1, divisions)}</duration>"
        inside = {"back": "<backup>{}</backup>", "skip": "<forward>{}</forward>", "r": "<note><rest/>{}</note>"}
        return inside[kind].format(duration)
    if kind == "drum":
        return f"<note><unpitched/><duration>{_whole(value or 1, divisions)}</duration></note>"
    if kind in ("cue", "grace"):
        return element(value, divisions).replace("<note>", f"<note><{kind}/>", 1)
    chord, stop, step, alter, octave, duration, start = WORD.fullmatch(word).groups()
    ties = "<tie type='stop'/>" * bool(stop) + "<tie type='start'/>" * bool(start)
    moved = {"#": "<alter>1</alter>", "b": "<alter>-1</alter>", "": ""}[alter]
    return (
        f"<note>{'<chord/>' if chord else ''}<pitch><step>{step}</step>{moved}<octave>{octave}</octave></pitch>"
        f"<duration>{_whole(duration or 1, divisions)}</duration>{ties}</note>"
    )


def _whole(quarters, divisions):
    return round(float(quarters) * divisions)
