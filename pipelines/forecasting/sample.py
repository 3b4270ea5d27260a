"""The built-in samples: blood pressure and heart rate in a staged exercise test, and a price that nobody can forecast.

    from pipelines.forecasting import sample
    table = sample.generate()         # 80 tests; columns series, time, systolic, diastolic, mean, heart_rate, load
    table = sample.prices()           # 2,000 trading days; columns date, price

Exercise. A person pedals: rest, then stages of three minutes that each ask for more watts, then recovery. What is
measured every ten seconds follows the load as a first-order system does:

    target(t) = rest + gain load(t)        dx/dt = (target(t) - x) / tau        seen = x + drift + noise

with a rest, a gain and a time constant of each person, of the size that physiology books give: heart rate from 58-82 to
220 - age bpm at the highest load, with a tau of 25-50 s, twice that in recovery; systolic pressure from 108-134 mmHg by
about 0.30-0.45 mmHg a watt, tau 40-75 s; diastolic pressure from 66-84 mmHg, hardly changed. `drift` is a slow
first-order autoregression, and the mean pressure is a third of the way from the diastolic to the systolic one. One in a
hundred values is missing, some in runs, as when a cuff slips. The load ahead is known: it is the protocol of the test.

Prices. The logarithm of a price is a random walk whose volatility is itself a process (stochastic volatility, Taylor
1982):

    h_t = m + a (h_t-1 - m) + s n_t        log p_t = log p_t-1 + exp(h_t / 2) e_t        n, e standard normal

The best forecast of the price is the last one, whatever the model; only how far it may go can be told.

Generating takes 0.1 s.
"""

import numpy as np

VERSION = 1  # add one when `generate` returns something else
TARGETS, KNOWN = ("systolic", "diastolic", "mean", "heart_rate"), ("load",)
PERSONS, SECONDS = 80, 10  # tests; between two measurements
REST, STAGE, RECOVERY = 18, 18, 30  # measurements
MISSING = 0.01


def generate(seed=0):
    """The exercise tests, {column: array (rows,)}; times in seconds, loads in watts, NaN is missing."""
    draw = np.random.default_rng(seed)
    tests = [_test(draw) for _ in range(PERSONS)]
    table = {
        "series": np.concatenate([np.full(len(test["load"]), number) for number, test in enumerate(tests, 1)]),
        "time": np.concatenate([SECONDS * np.arange(len(test["load"])) for test in tests]),
    }
    return table | {name: np.concatenate([test[name] for test in tests]) for name in (*TARGETS, *KNOWN)}


def _test(draw):
    """{column: float64 (steps,)} of one person."""
    age, fitness = draw.uniform(25, 70), draw.uniform(0.7, 1.3)
    highest = 215 * fitness  # watts
    load = _protocol(draw, highest)
    recovering = np.arange(len(load)) >= len(load) - RECOVERY
    resting = draw.uniform(58, 82)
    rate = _followed(load, resting, (220 - age - resting) / highest, draw.uniform(25, 50) * (1 + recovering))
    systolic = _followed(load, draw.uniform(108, 134), draw.uniform(0.30, 0.45) / fitness, draw.uniform(40, 75))
    diastolic = _followed(load, draw.uniform(66, 84), draw.uniform(-0.03, 0.04), draw.uniform(40, 75))
    systolic, diastolic = systolic + _drift(draw, len(load), 2.5), diastolic + _drift(draw, len(load), 1.5)
    truth = {"systolic": systolic, "diastolic": diastolic, "mean": diastolic + (systolic - diastolic) / 3}
    truth["heart_rate"] = rate + _drift(draw, len(load), 1.5)
    noise = {"systolic": 3.0, "diastolic": 2.0, "mean": 1.5, "heart_rate": 1.2}
    seen = {name: np.round(values + noise[name] * draw.normal(size=len(load)), 1) for name, values in truth.items()}
    for values in seen.values():
        values[_lost(draw, len(load))] = np.nan
    return seen | {"load": load}


def _protocol(draw, highest):
    """float64 (steps,): watts, up to about nine tenths of the highest."""
    step = draw.choice([20, 25, 30])
    stages = int(0.9 * highest / step)
    rising = np.repeat(step * np.arange(1, stages + 1), STAGE)
    return np.concatenate([np.zeros(REST), rising, np.zeros(RECOVERY)]).astype(float)


def _followed(load, rest, gain, tau):
    """The response to a load: dx/dt = (rest + gain load - x) / tau, exact from one measurement to the next."""
    kept = np.broadcast_to(np.exp(-SECONDS / np.asarray(tau)), load.shape)
    x, values = rest, []
    for target, part in zip(rest + gain * load, kept, strict=True):
        x = target + (x - target) * part
        values.append(x)
    return np.array(values)


def _drift(draw, steps, size):
    """A first-order autoregression with this standard deviation, which forgets within two minutes."""
    kept = np.exp(-SECONDS / 120)
    x, values = size * draw.normal(), []
    for shock in size * np.sqrt(1 - kept**2) * draw.normal(size=steps):
        x = kept * x + shock
        values.append(x)
    return np.array(values)


def _lost(draw, steps):
    """bool (steps,): what is missing, in single values and in runs of up to six."""
    lost = draw.random(steps) < MISSING / 2
    for start in np.flatnonzero(draw.random(steps) < MISSING / 7):
        lost[start : start + draw.integers(1, 7)] = True
    return lost


def prices(seed=0, days=2_000):
    """The price of a stock, {"date": days of the week, "price"}; its steps cannot be forecast, see above."""
    draw = np.random.default_rng(seed)
    middle, kept, shock = 2 * np.log(0.012), 0.97, 0.2  # about 1.2 % a day
    h, logs = middle, []
    for one, other in draw.normal(size=(days, 2)):
        h = middle + kept * (h - middle) + shock * one
        logs.append(np.exp(h / 2) * other)
    dates = np.busday_offset("2010-01-04", np.arange(days))
    return {"date": dates, "price": np.round(50 * np.exp(np.cumsum(logs)), 2)}
