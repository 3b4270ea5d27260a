"""Metrics of predicted numbers: one flat dictionary of floats under the field's names.

    metrics([1.0, 2.0, 4.0], [1.1, 2.0, 3.5])["mae"]

What is undefined is left out: r2 where the true numbers are all one, correlations where either are.
"""

import numpy as np
import scipy.stats


def metrics(truth, predicted) -> dict[str, float]:
    """Every number that describes predicted numbers, in the units of the data but for the last three.

        mae        mean |y - p|                           rmse       sqrt mean (y - p)^2
        r2         1 - sum (y - p)^2 / sum (y - mean y)^2, the share of the variance that is explained
        pearson    correlation of y and p                 spearman   correlation of their ranks

    truth, predicted: (examples,)

    >>> numbers = metrics([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
    >>> round(numbers["mae"], 3), round(numbers["rmse"], 3), numbers["r2"], numbers["spearman"]
    (0.333, 0.577, 0.5, 1.0)
    """
    truth, predicted = np.asarray(truth, np.float64), np.asarray(predicted, np.float64)
    if truth.ndim != 1 or not len(truth) or predicted.shape != truth.shape:
        raise ValueError(
            f"Expected `truth` and `predicted` of shape (examples,), with at least one example, received {truth.shape} "
            f"and {predicted.shape}. Give one number an example."
        )
    if not np.isfinite(truth).all() or not np.isfinite(predicted).all():
        raise ValueError("Expected finite numbers, received NaN or infinity. It means that training diverged.")
    errors, spread = truth - predicted, truth - truth.mean()
    numbers = {"examples": len(truth), "mae": np.abs(errors).mean(), "rmse": np.sqrt((errors**2).mean())}
    if spread.any():
        numbers["r2"] = 1 - (errors**2).sum() / (spread**2).sum()
    if spread.any() and np.ptp(predicted):
        numbers["pearson"] = np.corrcoef(truth, predicted)[0, 1]
        numbers["spearman"] = scipy.stats.spearmanr(truth, predicted).statistic
    return {name: float(value) for name, value in numbers.items()}
