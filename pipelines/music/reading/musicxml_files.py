"""Scores in MusicXML, plain or compressed (.mxl), as pieces: the notes that sound, in the order they are played in.

Pitches sound as transposing instruments play them, ties make one note, repeats and endings are played, a measure is as
long as what is written in it (a pickup is short). Grace notes have no time of their own: they are left out and counted,
as drums are; so are chord symbols, trills and swing, which are not written as notes.

An XML file may ask its reader for other files, or define entities that grow without end: no file is opened, entities
are refused, and depth and sizes are limited. The format: https://www.w3.org/2021/06/musicxml40/
"""

import collections
import dataclasses
import io
import re
import xml.etree.ElementTree
import zipfile
from fractions import Fraction
from xml.parsers import expat

from pipelines.music.reading import playing_order
from pipelines.music.reading.midi_files import tempo
from pipelines.music.reading.pieces import LONGEST, Unreadable, checked_pitch, piece
from pipelines.shared.messages import brief, shown
from pipelines.shared.storage import damage

DEEPEST = 50  # elements one in another; scores have fifteen
LARGEST = 2**28  # bytes of XML; a symphony takes a tenth of it
NUMBER = re.compile(r"\s*[+-]?(\d{1,9}(\.\d{0,9})?|\.\d{1,9})\s*")
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
UNITS = {"whole": 4, "half": 2, "quarter": 1, "eighth": 1 / 2, "16th": 1 / 4}


def counted(content, name):
    """(the piece, {what was left out: how many}) of the bytes of a MusicXML file, plain or compressed.

    Raises:
        Unreadable: damaged, other XML, no note of a pitched instrument.
    """
    root = tree(_unpacked(content, name) if content.startswith(b"PK") else content, name)
    parts = [_Part(root, number, measures, name) for number, measures in _measures(root, name)]
    try:
        order = playing_order.order(_marks([part.elements for part in parts]))
    except ValueError as error:
        raise Unreadable(f"{name}: {error}") from error
    # The second of a pair, by the time signature, counts where nothing at all is written.
    longest = {at: max(part.lengths[at] for part in parts if at < len(part.lengths)) for at in order}
    lengths = {at: written or by_signature for at, (written, by_signature) in longest.items()}
    quarters = sum(lengths[at] for at in order)
    if quarters > LONGEST:
        raise Unreadable(
            f"{name}: expected up to {LONGEST:,} quarter notes with the repeats, received {float(quarters):,.0f}"
        )
    notes = [note for part in parts for note in part.played(order, lengths)]
    left_out = sum((part.left_out for part in parts), collections.Counter())
    if not notes:
        held = ", ".join(f"{number:,} {what}" for what, number in left_out.items()) or "none"
        raise Unreadable(f"{name}: expected notes of a pitched instrument, received {held}")
    return piece(name, notes, None, _tempo(root)), dict(left_out)


def tree(content, name):
    """The root element of the bytes of an XML file.

    Raises:
        Unreadable: no XML, entities of its own, elements too deep.
    """
    builder, depth, parser = xml.etree.ElementTree.TreeBuilder(), 0, expat.ParserCreate()

    def start(tag, attributes):
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise Unreadable(f"{name}: expected MusicXML, received elements more than {DEEPEST} deep")
        builder.start(tag, attributes)

    def end(tag):
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def entity(*_):
        raise Unreadable(f"{name}: expected MusicXML, received a file that defines entities of its own")

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.EntityDeclHandler = builder.data, entity
    try:
        parser.Parse(content.lstrip(), True)
        return builder.close()
    except (expat.ExpatError, ValueError, LookupError, AssertionError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"{name}: expected MusicXML, received damaged XML ({brief(error, 100)})") from error


def _unpacked(content, name):
    """The bytes of the score in an .mxl file: the one that its container names first, or the first one there is."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            scores = [inside for inside in names if inside.lower().endswith((".musicxml", ".xml"))]
            scores = [inside for inside in scores if not inside.startswith(("META-INF/", "__MACOSX/"))]
            if "META-INF/container.xml" in names:
                container = tree(_limited(archive, "META-INF/container.xml", 2**20, name), name)
                named = [element.get("full-path") for element in container.iter("rootfile")]
                scores = [inside for inside in named if inside in names] + scores
            if not scores:
                raise Unreadable(f"{name}: expected a score in it, received {brief(', '.join(names)) or 'nothing'}")
            return _limited(archive, scores[0], LARGEST, name)
    except Unreadable:
        raise
    except (*damage.ARCHIVES, ValueError, KeyError) as error:
        raise Unreadable(f"{name}: expected compressed MusicXML, received a damaged file") from error


def _limited(archive, member, most, name):
    with archive.open(member) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise Unreadable(f"{name}: expected up to {most // 2**20} MiB of XML in it, received more")
    return content


def _measures(root, name):
    """[(the name of a part, the elements of its measures), ...], of either way to write a score."""
    if root.tag == "score-partwise":
        return [(part.get("id"), part.findall("measure")) for part in root.findall("part")]
    if root.tag != "score-timewise":
        raise Unreadable(f"{name}: expected MusicXML, a score-partwise or score-timewise, received {shown(root.tag)}")
    measures = collections.defaultdict(list)
    for measure in root.findall("measure"):
        for part in measure.findall("part"):
            measures[part.get("id")].append(part)
    return list(measures.items())


@dataclasses.dataclass(slots=True)
class _Note:
    """A note as it is written: start within its measure and duration in quarter notes, pitch, whether it is tied to the
    next and to the one before."""

    start: Fraction
    duration: Fraction
    pitch: int
    on: bool
    before: bool


class _Part:
    """What a part holds: the notes of each measure, its lengths as written and by its signature; what was left out."""

    def __init__(self, root, number, elements, name):
        self.elements, self.called = elements, f"{name}, part {brief(number)}"
        self.drums = _is_drums(root, number)
        self.divisions, self.nominal, self.moved = Fraction(1), Fraction(4), {}
        self.left_out, self.lengths, self.notes = collections.Counter(), [], []
        for place, element in enumerate(elements, 1):
            self.where = f"{self.called}, measure {place}"
            self._read(element)

    def _read(self, measure):
        """Reads a measure: where it is in time goes forward with notes, and back for another voice."""
        at = begin = longest = Fraction(0)
        notes = []
        for element in measure:
            if element.tag == "note":
                if element.find("chord") is None:
                    begin = at
                duration = self._duration(element)
                self._add(notes, element, begin, duration)
                at = max(at, begin + duration)
            elif element.tag in ("backup", "forward"):
                at = max(Fraction(0), at + self._duration(element) * (1 if element.tag == "forward" else -1))
            elif element.tag == "attributes":
                self._attributes(element)
            longest = max(longest, at)
        self.notes.append(notes)
        self.lengths.append((longest, self.nominal))

    def _duration(self, element):
        if element.find("grace") is not None:
            return Fraction(0)
        return max(Fraction(0), self._number(element, "duration", Fraction(0)) / self.divisions)

    def _number(self, element, tag, default):
        text = element.findtext(tag)
        if text is None:
            return default
        if not NUMBER.fullmatch(text):
            raise Unreadable(f"{self.where}: expected a number of {tag}, received {shown(text)}")
        return Fraction(text.strip())

    def _attributes(self, element):
        divisions = self._number(element, "divisions", self.divisions)
        self.divisions = divisions if divisions > 0 else self.divisions
        beats, unit = element.findtext("time/beats"), element.findtext("time/beat-type")
        if re.fullmatch(r"\d{1,3}(\+\d{1,3})*", beats or "") and re.fullmatch(r"[1-9]\d{0,2}", unit or ""):
            self.nominal = sum(map(Fraction, beats.split("+"))) * 4 / int(unit)
        for change in element.findall("transpose"):
            steps = self._number(change, "chromatic", 0) + 12 * self._number(change, "octave-change", 0)
            if change.get("number") is None:
                self.moved = {None: steps}
            else:
                self.moved[change.get("number")] = steps

    def _add(self, notes, element, start, duration):
        """Adds a note, unless it does not sound."""
        pitch = element.find("pitch")
        if element.find("rest") is not None or element.find("cue") is not None:
            return
        if element.find("unpitched") is not None or (self.drums and pitch is not None):
            self.left_out["strokes of drums"] += 1
        elif element.find("grace") is not None:
            self.left_out["grace notes"] += 1
        elif not duration:
            self.left_out["notes of no length"] += 1
        elif pitch is not None:
            ties = element.findall("tie") or element.findall("notations/tied")
            kinds = {tie.get("type") for tie in ties}
            notes.append(_Note(start, duration, self._pitch(element, pitch), "start" in kinds, "stop" in kinds))

    def _pitch(self, note, pitch):
        step = (pitch.findtext("step") or "").strip().upper()
        if step not in STEPS or pitch.findtext("octave") is None:
            raise Unreadable(f"{self.where}: expected a pitch with a step and an octave, received {shown(step)}")
        number = STEPS[step] + self._number(pitch, "alter", 0) + 12 * (self._number(pitch, "octave", 0) + 1)
        number += self.moved.get((note.findtext("staff") or "1").strip(), self.moved.get(None, 0))
        return checked_pitch(int(number + Fraction(1, 2)) if number >= 0 else float(number), self.where)

    def played(self, order, lengths):
        """Notes (start, duration, pitch) of measures in an order; tied ones are one note.

        lengths: {number of a measure: its length in quarter notes}.
        """
        begin, written = Fraction(0), []
        for number in order:
            if number < len(self.notes):
                written += [(begin + note.start, note) for note in self.notes[number]]
            begin += lengths[number]
        held, notes = collections.defaultdict(list), []  # tied on, by pitch and end
        # Some programs write only where a tie begins: the end of one that is written goes first.
        for start, note in sorted(written, key=lambda pair: (pair[0], not pair[1].before)):
            waiting = held[note.pitch, start]
            sounding = waiting.pop() if waiting else [start, Fraction(0), note.pitch]
            if not sounding[1]:
                notes.append(sounding)
            sounding[1] += note.duration
            if note.on:
                held[note.pitch, start + note.duration].append(sounding)
        return [(float(start), float(duration), pitch) for start, duration, pitch in notes]


def _is_drums(root, number):
    """Whether all instruments of a part play on the channel of drums."""
    part = next((part for part in root.iterfind("part-list/score-part") if part.get("id") == number), None)
    channels = [] if part is None else [channel.text for channel in part.iterfind("midi-instrument/midi-channel")]
    return bool(channels) and all((channel or "").strip() == "10" for channel in channels)


def _marks(parts):
    """The `Marks` of the measures, of whichever part has them."""
    marks = [playing_order.Marks() for _ in range(max(map(len, parts), default=0))]
    for measures in parts:
        ending = frozenset()
        for mark, measure in zip(marks, measures, strict=False):
            begun, ended = _bars(mark, measure)
            ending = begun or (frozenset() if mark.forward else ending)
            mark.ending = mark.ending or ending
            if ended or mark.backward:
                ending = frozenset()
            for sound in measure.iter("sound"):
                _jumps(mark, sound)
    return marks


def _bars(mark, measure):
    """Adds the repeats of a measure to its marks; (times of an ending that begins, whether one ends)."""
    begun, ended = frozenset(), False
    for repeat in measure.iterfind("barline/repeat"):
        if repeat.get("direction") == "forward":
            mark.forward = True
        else:
            times = repeat.get("times", "2")
            mark.backward = max(2, int(times)) if re.fullmatch(r"\d{1,9}", times) else 2
    for ending in measure.iterfind("barline/ending"):
        if ending.get("type") == "start":
            begun = frozenset(map(int, re.findall(r"\d{1,4}", ending.get("number", ""))))
        else:
            ended = True
    return begun, ended


def _jumps(mark, sound):
    mark.da_capo |= sound.get("dacapo") == "yes"
    mark.dal_segno |= sound.get("dalsegno") is not None
    mark.segno |= sound.get("segno") is not None
    mark.to_coda |= sound.get("tocoda") is not None
    mark.coda |= sound.get("coda") is not None
    mark.fine |= sound.get("fine") is not None


def _tempo(root):
    """Quarter notes a minute at the beginning, as it is played, or else as it is written; None if neither is."""
    for sound in root.iter("sound"):
        if NUMBER.fullmatch(sound.get("tempo", "")):
            return tempo(float(sound.get("tempo")))
    for metronome in root.iter("metronome"):
        unit, minute = UNITS.get((metronome.findtext("beat-unit") or "").strip()), metronome.findtext("per-minute")
        if unit and NUMBER.fullmatch(minute or ""):
            dotted = 1.5 if metronome.find("beat-unit-dot") is not None else 1
            return tempo(float(minute) * unit * dotted)
    return None
