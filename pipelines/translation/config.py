"""Settings of the translation pipeline, and the options of its `predict`."""

import dataclasses

from pipelines import settings
from pipelines.settings import option


@dataclasses.dataclass(frozen=True, kw_only=True)
class Columns(settings.Reading):
    """Data"""

    source: str | None = option(None, "column or language to translate from, such as en (default: the first)")
    target: str | None = option(None, "column or language to translate to, such as es (default: the other)")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Data(settings.Splitting, Columns):
    """Data"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Text(settings.Settings):
    """Text"""

    SAME_IN_TRIALS = True

    vocabulary_size: int | None = option(
        None, "subwords learned from the training split (default: by the data, from 300 on)", at_least=10
    )
    shared_vocabulary: bool = option(True, "one vocabulary and one table of vectors for both languages")
    lowercase: bool = option(False, "drop letter case")
    max_length: int | None = option(
        None, "subwords of a side at the most; longer training pairs are left out (default: by the data, 120 to 500)",
        at_least=1,
    )  # fmt: skip


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decoding(settings.Settings):
    """Decoding"""

    SAME_IN_TRIALS = True

    beams: int = option(5, "hypotheses followed by beam search; 1 is greedy", at_least=1)
    length_penalty: float = option(1.0, "of beam search: 0 none, higher favours longer (Wu et al. 2016)", at_least=0)
    length_ratio: float = option(2.0, "subwords of a translation at the most: this times its source's, and 20", above=0)
    validation_sentences: int = option(2000, "sources translated after each epoch for val_bleu", at_least=1)
    bleu_tokenize: str | None = option(
        None, "sacreBLEU's tokenizer, for BLEU and val_bleu (none: zh, ja-mecab, ko-mecab, char or 13a, by the target "
        "language or else by the script of the training targets)",
        choices=("13a", "intl", "zh", "char", "ja-mecab", "ko-mecab", "flores101", "flores200"),
    )  # fmt: skip


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(settings.Training, Text, Decoding, Data, settings.Recurrent):
    """Network"""

    epochs: int | None = option(None, "passes over the training split at the most (default: by the data)", at_least=1)
    batch_size: int | None = option(
        None, "pairs a step on average; each step has about the same number of subwords (default: by the data)",
        at_least=1,
    )  # fmt: skip
    learning_rate: float | None = option(
        None, "of Adam, at its highest (default: by the size of the network)", above=0, at_most=10, search=(1e-3, 1e-2)
    )
    schedule: str = option("cosine", "of the learning rate", choices=("constant", "cosine"))
    patience: int | None = option(
        None, "epochs without improvement before training stops (default: all, since the rate falls to the end)",
        at_least=1,
    )  # fmt: skip
    monitor: str = option("val_bleu", "what decides on the best epoch", choices=("val_bleu", "val_loss"))
    label_smoothing: float = option(0.1, "part of a target spread over all subwords", at_least=0, below=1)
    subword_dropout: float = option(
        0.1, "part of the joins of subwords left out in training, so that a text falls apart in ever other ways; none "
        "in the last fifth of the epochs (Provilkov et al. 2020)", at_least=0, below=1,
    )  # fmt: skip
    average: int | None = option(
        None, "best epochs whose weights are averaged at the end (default: 3 of 20 or more)", at_least=1
    )
    embedding_size: int | None = option(
        None, "length of a subword's vector (default: as units)", at_least=1, search=[128, 256]
    )
    cell: str | None = option(
        None, "recurrent cell (default: gru of a small network, lstm of a large one)", choices=("rnn", "lstm", "gru"),
        search=["lstm", "gru"],
    )  # fmt: skip
    units: int | None = option(
        None, "size of the recurrent state, in each direction (default: by the data)", at_least=1,
        search=[128, 256, 512],
    )  # fmt: skip
    depth: int = option(1, "recurrent layers of the encoder, and of the decoder above attention", at_least=1)
    bidirectional: bool = option(True, "read the source backwards too")
    tied: bool = option(True, "one table for the target's vectors and for the scores of the next subword")
    input_feeding: bool = option(False, "give each step of the decoder the output of the one before; slower")
    word_dropout: float = option(0.0, "part of the subwords lost in training, of both sides", at_least=0, below=1)
    embedding_dropout: float | None = option(
        None, "part of the vectors' numbers dropped in training (default: by the data)", at_least=0, below=1
    )
    dropout: float | None = option(
        None, "part of the layers' outputs dropped in training (default: by the data)", at_least=0, below=1,
        search=(0.0, 0.5),
    )  # fmt: skip
    recurrent_dropout: float = option(0.0, "part of the recurrent state dropped in training", at_least=0, below=1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked(settings.Settings):
    """Translating"""

    method: str = option("beam", "how a translation is looked for", choices=("beam", "greedy", "sample"))
    beams: int | None = option(None, "hypotheses of beam search (none: as the artifact has it)", at_least=1)
    length_penalty: float | None = option(None, "of beam search (none: as the artifact has it)", at_least=0)
    n_best: int = option(1, "translations of a text, the best first", at_least=1)
    temperature: float = option(1.0, "of sampling; below 1 keeps nearer to the likeliest, 0 takes it", at_least=0)
    top_k: int | None = option(None, "sample from so many likeliest subwords", at_least=1)
    top_p: float | None = option(None, "sample from the likeliest subwords of this probability", above=0, at_most=1)
    seed: int = option(0, "of sampling", at_least=0)
    attention: str | None = option(None, "what was looked at, by subword or by word", choices=("subwords", "words"))
    copy_unknown: bool = option(False, "words with letters that the network does not know come through as they are")
