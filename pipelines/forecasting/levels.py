"""The probabilities whose quantiles are answered, out of the setting `quantiles`."""

from pipelines.shared.messages import shown


def levels(config):
    """Ascending probabilities; 0.5, the forecast itself, is always among them.

    Raises:
        ValueError: something else than probabilities above 0 and below 1, with commas between.

    >>> import types
    >>> levels(types.SimpleNamespace(quantiles="0.9,0.1", output="quantiles"))
    [0.1, 0.5, 0.9]
    """
    try:
        chosen = {float(part) for part in config.quantiles.split(",") if part.strip()} | {0.5}
    except ValueError:
        chosen = {0.0}
    if not all(0 < level < 1 for level in chosen):
        raise ValueError(
            "quantiles: expected probabilities above 0 and below 1 with commas between, such as 0.1,0.5,0.9, received "
            f"{shown(config.quantiles)}"
        )
    if len(chosen) < 2 and config.output in ("gaussian", "student_t"):
        raise ValueError(
            f"quantiles: expected one besides 0.5 for output={config.output!r}, whose width it tells, received "
            f"{shown(config.quantiles)}"
        )
    return sorted(chosen)
