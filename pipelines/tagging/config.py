"""Settings of the tagging pipeline."""

import dataclasses

from pipelines import settings
from pipelines.settings import option


@dataclasses.dataclass(frozen=True, kw_only=True)
class Columns(settings.Reading):
    """Data"""

    tag_column: str | None = option(
        None,
        "the column of the tags: its name (upos, xpos, feats, deprel of CoNLL-U), or its number from 1 on (default: "
        "upos; the last one of other CoNLL; tags, ner_tags and such of a table)",
    )
    token_column: str | None = option(
        None,
        "the column of the words: its name, or its number from 1 on (default: the form; the first one; tokens, words)",
    )
    sentence_column: str | None = option(
        None, "of a table with a row a word, the column that tells sentences apart (default: sentence, sentence_id ...)"
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Words(settings.Settings):
    """Words"""

    SAME_IN_TRIALS = True

    vocabulary_size: int = option(50_000, "words kept, the most frequent of the training split", at_least=3)
    minimum_count: int = option(
        2, "times that a word must stand in the training split to be kept; others teach the unknown one", at_least=1
    )
    max_letters: int = option(
        20, "letters read of a word; of a longer one, its beginning and its end", at_least=2, at_most=200
    )
    max_length: int = option(512, "words of a sentence in training; a longer one is cut into parts", at_least=1)
    splitting: str | None = option(
        None, "how a text is split into words: treebank, or blanks alone (default: as the words of the data are)",
        choices=("treebank", "blanks"),
    )  # fmt: skip


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(settings.Training, Words, settings.Splitting, Columns, settings.Recurrent):
    """Network"""

    epochs: int | None = option(
        None, "passes over the training split at the most (default: 16 to 40, more of few sentences)", at_least=1
    )
    batch_size: int = option(32, "sentences a step", at_least=1, search=[16, 32, 64])
    learning_rate: float = option(3e-3, "of Adam, at its highest", above=0, at_most=10, search=(5e-4, 1e-2))
    schedule: str = option("cosine", "of the learning rate", choices=("constant", "cosine"))
    patience: int | None = option(
        None, "epochs without improvement before training stops (default: a third of all, at least 8)", at_least=1
    )
    monitor: str | None = option(
        None, "what decides on the best epoch (default: val_f1 where tags are those of entities, else val_accuracy)",
        choices=("val_accuracy", "val_f1", "val_loss"),
    )  # fmt: skip
    average: int = option(3, "best epochs whose weights are averaged at the end", at_least=1)
    valid_fraction: float = option(0.05, "cut off for validation when none is given", above=0, below=1)
    units: int = option(160, "size of the recurrent state", at_least=1, search=[96, 160, 224])
    depth: int = option(2, "recurrent layers one on another", at_least=1, search=[1, 2])
    dropout: float = option(0.5, "part of the outputs dropped in training", at_least=0, below=1, search=(0.2, 0.6))
    bidirectional: bool = option(True, "read backwards too")
    crf: bool | None = option(
        None, "a CRF chooses the best sequence of tags (default: where tags are those of entities)"
    )
    embedding_size: int = option(128, "length of a word's vector", at_least=1, search=[64, 128])
    vectors: str | None = option(None, "text file of pretrained vectors (GloVe, fastText); sets the embedding size")
    train_vectors: bool = option(True, "go on training pretrained vectors")
    letter_size: int = option(32, "length of a letter's vector", at_least=1)
    letter_units: int = option(48, "size of the state of each reader of letters; 0: none", at_least=0)
    affix_size: int = option(32, "length of the vector of a beginning or an end of a word; 0: none", at_least=0)
    affixes: int = option(16_384, "rows of the table of these vectors", at_least=2, at_most=65_536)
    word_dropout: float = option(0.25, "part of the words lost in training", at_least=0, below=1, search=(0.0, 0.4))
    input_dropout: float = option(0.3, "part of the vectors' numbers dropped in training", at_least=0, below=1)
