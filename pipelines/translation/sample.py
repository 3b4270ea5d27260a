"""The built-in sample of the translation pipeline: English sentences and their Spanish translations.

    from pipelines.translation import sample
    splits = sample.generate()
    splits["train"]                        # {"source": English, "target": Spanish, "alignment": links of words}

A small synchronous grammar of our own (`grammar.sentences`, with the words of `grammar.words`) writes both sides of a
pair at once. Where the languages differ, a translator has to look at the right word, often far away:

    order           the red doors -> las puertas rojas;  Ana's car -> el coche de Ana;  Are the doors open? ->
                    ¿Están abiertas las puertas?;  The girl likes hats -> A la chica le gustan los sombreros
    agreement       in gender and number, of article, adjective and pronoun, across whole clauses: The chairs that the
                    man painted yesterday are broken -> Las sillas que el hombre pintó ayer están rotas;  ... bought
                    two apples and washed them -> ... compró dos manzanas y las lavó.  The gender of a noun has to be
                    learned: el mapa, la llave. A man and a woman together are masculine, and so are "I", "you", "we"
                    and "they"; but in "My sisters say that they are tired" the sisters are meant.
    verbs           five persons, three tenses, changing stems, two verbs for "to be" (ser, estar)
    dropped words   pronouns (She was tired -> Estaba cansada), do, does, did, will
    added words     a before persons as objects: I see the man -> Veo al hombre

An English sentence has one translation here. A Spanish one, which drops its pronoun, may have several sources: compra
is "he buys" and "she buys".

A combination is an adjective with its noun or a verb with its object, in any form. A tenth of the combinations of each
adjective and verb occurs only in the validation split, another tenth only in the test split. So each sentence of these
splits holds at least one combination that training never showed, made of words that it did show. Every word of these
sentences stands in the training split in the same form.

`alignment` has one list per pair, of (position of a word in the source, position in the target), for each noun, verb
but "to be", adjective, adverb, number and question word; words are separated by white space. Writing 9,000 pairs takes
about 1 s.
"""

import random

from pipelines.translation.grammar import words
from pipelines.translation.grammar.sentences import write

VERSION = 1  # raised with each change of what `generate` gives
PARTS = ("train", "valid", "test")


def generate(seed=0, size=8000):
    """The sample: {"train": {...}, "valid": {...}, "test": {...}}, each of "source", "target" and "alignment".

    Args:
        seed: of the sentences and of the combinations that are held out.
        size: pairs of the training split; each of the others has a sixteenth of it.

    >>> {name: len(split["source"]) for name, split in generate(size=1600).items()}
    {'train': 1600, 'valid': 100, 'test': 100}
    """
    if size < 1600:
        raise ValueError(f"The sample's size must be 1600 or more, received {size}: try generate(size=8000).")
    rng = random.Random(seed)
    part_of = held_out(rng)
    pairs = {"train": _drawn(rng, "train", part_of, size)}
    for part in PARTS[1:]:
        pairs[part] = _drawn(rng, part, part_of, size // 16, _words(pairs["train"]))
    columns = ("source", "target", "alignment")
    return {part: {column: [getattr(pair, column) for pair in pairs[part]] for column in columns} for part in PARTS}


def held_out(rng):
    """{(Spanish adjective or verb, Spanish noun): the one of `PARTS` to which this combination belongs}."""
    part_of = {}
    for word in (*words.ADJECTIVES, *words.TRANSITIVE, words.LIKE):
        nouns = [noun["spanish"] for noun in words.NOUNS if noun["kind"] in word["kinds"].split()]
        rng.shuffle(nouns)
        tenth = round(len(nouns) / 10)
        for index, noun in enumerate(nouns):
            part_of[word["spanish"], noun] = PARTS[(index < 2 * tenth) + (index < tenth)]
    return part_of


def _drawn(rng, part, part_of, count, known=None):
    """Draws `count` different pairs for a part; if `known` is given, of these words only."""
    pairs = {}
    while len(pairs) < count:
        pair = write(rng)
        parts = {part_of[combination] for combination in pair.combinations}
        fits = parts <= {"train", part} and (part in parts or part == "train")
        if fits and 4 <= len(pair.source.split()) <= 14 and (known is None or _words([pair]) <= known):
            pairs.setdefault(pair.source, pair)
    return list(pairs.values())


def _words(pairs):
    return {word for pair in pairs for word in (*pair.source.split(), *pair.target.split())}
