"""A column of sentences: each a list of words, or of their tags, in a byte a letter, on disk once they are many."""

from pipelines.shared.data import stored

_BETWEEN = "\n"  # which no word holds; see `reading.sentences`


class Sentences(stored.Texts):
    """Lists of strings without line feeds, none of them empty.

    >>> sentences = Sentences.of([["I", "can", "fish"], ["Go"]])
    >>> sentences[0], sentences[-1:], sentences.picked([1]) == [["Go"]]
    (['I', 'can', 'fish'], [['Go']], True)
    """

    @staticmethod
    def _encoded(text):
        return _BETWEEN.join(text).encode("utf-8", "surrogatepass")

    def _decoded(self, content):
        return content.decode("utf-8", "surrogatepass").split(_BETWEEN)
