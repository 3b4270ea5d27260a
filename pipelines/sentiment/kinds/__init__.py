"""What a text classifier predicts: one class of several, several labels a text, or a number.

    class     softmax over the classes, cross entropy                       -> probabilities (batch, classes)
    several   a sigmoid for each label, binary cross entropy                -> probabilities (batch, labels)
    number    one output, squared error in standard deviations              -> value (batch, 1)

Each is a module with the same functions, and `of` finds it by the setting `target`.
"""

from pipelines.sentiment.kinds import classes, number, several

KINDS = {"class": classes, "several": several, "number": number}


def of(holder):
    """The module of what a config or a preprocessor predicts; artifacts of 0.1 predict classes.

    >>> from pipelines import sentiment
    >>> of(sentiment.Config(target="number")).OUTPUT, of(sentiment.Config()).OUTPUT
    ('value', 'probabilities')
    """
    return KINDS[getattr(holder, "target", None) or "class"]


def of_answers(answers):
    """The module of answers as `predict` gives them."""
    first = answers[0] if answers else {}
    return KINDS["number" if "value" in first else "several" if "labels" in first else "class"]
