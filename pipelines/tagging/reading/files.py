"""From any source to sentences: files of CoNLL, tables of any kind, lists of pairs, data sets.

    for sentence in sentences("train.conllu", config): sentence.tokens, sentence.tags

What a file is, is told by its first lines, whatever it is called; see `conll` and `rows`.
"""

import itertools
import logging
import os

from pipelines.shared.data import columnar, containers, in_memory, json_rows, sources, tables
from pipelines.shared.data.encodings import Survey
from pipelines.shared.data.faults import Faults
from pipelines.shared.data.rows import finishing
from pipelines.shared.messages import listed, shown
from pipelines.tagging.reading import conll, rows
from pipelines.tagging.reading.sentence import Sentence, wrong

log = logging.getLogger("unroll")

ENDINGS = (".conllu", ".conll", ".conllx", ".conll03", ".iob", ".iob2", ".bio", ".bioes", ".tags")  # files of CoNLL
_TABLES = (".csv", *columnar.SUFFIXES, *json_rows.SUFFIXES)
_BETWEEN_COLUMNS = (None, "tab", "\t", "space", "blanks", " ")  # delimiters of CoNLL


def sentences(source, config, download=False, role="data", tagged=True):
    """Yields the `Sentence`s of a source.

    Args:
        source: a file, a pattern, a list of files, `tfds:<name>`; a list of sentences, each a list of (word, tag); a
            pair (sentences, tags) of lists of lists; or any table of `shared.data.sources`.
        config: settings with those of `config.Columns`.
        download: of a tfds set. role: what errors call a source that is no file.
        tagged: whether tags are read too.

    Raises:
        FileNotFoundError, TypeError, ValueError: in one line that names the source, its line and what is expected.
    """
    if isinstance(source, sources.PATHS):
        yield from _of_name(source, config, download, tagged)
    elif isinstance(source, (list, tuple)) and source and all(isinstance(one, sources.PATHS) for one in source):
        for one in source:
            yield from _of_name(one, config, download, tagged)
    else:
        yield from _in_memory(source, config, role, tagged)


def _of_name(name, config, download, tagged):
    if str(name).startswith("tfds:"):
        for part in sources.opened(str(name), _names(config), config, download):
            yield from rows.sentences(part, config, tagged)
        return
    for path in containers.expanded(name):
        if os.path.isdir(path):
            inside = sorted({one.suffix for one in path.rglob("*.*") if one.suffix in (*ENDINGS, *_TABLES, ".txt")})
            hint = f"; {str(path / '**' / f'*{inside[0]}')!r} is all such files in it" if inside else ""
            raise ValueError(f"{path}: expected a file, received a folder{hint}")
        with containers.parts(path) as parts:
            for part in _chosen(parts, path):
                yield from of_part(part, config, tagged)


def _chosen(parts, path):
    """The parts of an archive that hold sentences; what stands beside them, such as a README, is passed over."""
    known = [part for part in parts if part.suffix in (*ENDINGS, *_TABLES)]
    others = [part.member for part in parts if part not in known]
    if len(parts) < 2 or not known or not others:
        return parts
    log.warning("%s: passed over: %s", path, listed(others))
    return known


def of_part(part, config, tagged=True):
    """Yields the `Sentence`s of a file, or of a member of an archive."""
    if part.suffix in columnar.SUFFIXES:
        yield from _of_table(part, config, tagged)
        return
    survey = Survey.of(part, config.encoding)
    lines = first_lines(survey)
    if not lines:
        raise ValueError(f"{part.name}: expected sentences, received blank lines alone")
    if _is_table(survey, part.suffix, lines, config):
        yield from _of_table(part, config, tagged)
        return
    faults = Faults(part.name, config.skip_bad)
    layout = conll.told(lines, part.suffix, config, part.name, tagged)
    yield from conll.sentences(_checked(survey), layout, faults)
    faults.finish()


def first_lines(survey):
    """The first lines of a file with what is no blank line before them left out; none of a blank file."""
    lines = itertools.dropwhile(lambda line: not line.strip(), survey.lines())
    return list(itertools.islice(lines, conll.LOOKED_AT))


def _checked(survey):
    """Yields the lines, if they are text.

    Raises:
        ValueError: bytes that do not decode, with the line.
    """
    for number, line in enumerate(survey.lines(), 1):
        what = None if survey.clean else survey.wrong(line)
        if what:
            raise ValueError(f"{survey.part.name}, line {number}: {what}")
        yield line


def _is_table(survey, suffix, lines, config):
    """Whether a file of text has a row a sentence, or a row a word and a column that tells sentences apart."""
    if suffix in json_rows.SUFFIXES or (suffix not in ENDINGS and json_rows.is_json(survey)):
        return True
    if suffix in ENDINGS or conll.is_universal(lines, suffix):
        return False
    if suffix == ".csv" or config.delimiter not in _BETWEEN_COLUMNS or config.sentence_column is not None:
        return True
    header = [cell.strip().lower() for cell in lines[0].split("\t")]
    named = any(name in header for name in rows.SENTENCES) and any(name in header for name in rows.TOKENS)
    return len(header) > 1 and (named or {"tokens", "tags"} <= set(header))


def _of_table(part, config, tagged):
    with sources.of_part(part, _names(config), config) as opened:
        for one in finishing([opened]):
            yield from rows.sentences(one, config, tagged)


def _names(config):
    return [config.token_column or "tokens", config.tag_column or "tags"]


def _in_memory(source, config, role, tagged):
    source = tables.unfolded(source, role)
    if isinstance(source, tuple) and len(source) == 2 and all(map(_is_lists, source)):
        source = {"tokens": source[0], "tags": source[1]}
    if isinstance(source, list) and source and all(map(_is_pairs, source[:10])):
        yield from _of_pairs(source, config, role)
        return
    if isinstance(source, list) and source and _is_pairs(source):
        raise ValueError(
            f"{role}: expected a list of sentences, each a list of (word, tag), received (word, tag); put each "
            "sentence in a list of its own"
        )
    for part in finishing([in_memory.opened(source, _names(config), config, role)]):
        yield from rows.sentences(part, config, tagged)


def _is_lists(value):
    """Whether a value is a list of lists of texts."""
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(one, (list, tuple)) for one in value)


def _is_pairs(sentence):
    """Whether a value is a list of (word, tag)."""
    pair = sentence[0] if isinstance(sentence, (list, tuple)) and len(sentence) else None
    return isinstance(pair, (list, tuple)) and len(pair) == 2 and all(isinstance(one, str) for one in pair)


def _of_pairs(source, config, role):
    faults = Faults(role, config.skip_bad)
    for number, sentence in enumerate(source, 1):
        what = _wrong_pairs(sentence)
        if what:
            faults.add(f"sentence {number}", what)
        elif len(sentence):
            faults.read += 1
            yield Sentence([word for word, _ in sentence], [tag for _, tag in sentence])
    faults.finish()


def _wrong_pairs(sentence):
    if not isinstance(sentence, (list, tuple)):
        return f"expected a list of (word, tag), received {shown(sentence)}"
    for pair in sentence:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            return f"expected (word, tag), received {shown(pair)}"
        fault = wrong(pair[0]) or wrong(pair[1], "a tag")
        if fault:
            return fault
    return None
