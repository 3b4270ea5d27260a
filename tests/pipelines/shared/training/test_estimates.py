"""What is said of the time a training takes, by a clock of the test's own and by the time it took."""

import re
import time

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipelines.shared.training import estimates


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved on."""

    class Clock:
        now = 100.0

        def pass_by(self, seconds):
            self.now += seconds

    made = Clock()
    monkeypatch.setattr(estimates.time, "perf_counter", lambda: made.now)
    return made


def epoch(estimate, clock, batches, rest=0.0, number=0):
    """An epoch of batches that take so many seconds each, and `rest` seconds after them."""
    estimate.on_epoch_begin(number)
    for batch, seconds in enumerate(batches):
        clock.pass_by(seconds)
        estimate.on_train_batch_end(batch, {"loss": 1.0})
    clock.pass_by(rest)
    estimate.on_epoch_end(number, {"loss": 1.0})


def test_the_first_batches_tell_without_those_that_compile(clock, capsys):
    estimate = estimates.Estimate(0, 10, 100, 20)
    estimate.on_epoch_begin(0)
    for batch in range(9):
        clock.pass_by(30 if batch == 0 else 25 if batch == 4 else 2)  # two shapes are compiled
        estimate.on_train_batch_end(batch, {"loss": 1.0})
        if batch < 5:
            assert not capsys.readouterr().err
    # 120 batches of 2 s an epoch, of which 6 of 100 are done
    assert capsys.readouterr().err == (
        "about 40 minutes to go on this machine: 9.94 epochs of about 4 minutes, 2 s a batch; patience may end it "
        "earlier\n"
    )


def test_the_first_epoch_corrects_what_was_far_off(clock, capsys):
    for rest, corrected in ((8, False), (400, True)):
        epoch(estimates.Estimate(0, 3, 20, 2), clock, [9, *[2] * 19], rest)
        lines = capsys.readouterr().err.splitlines()
        assert lines[0].startswith("about 2 minutes to go on this machine: 2.7 epochs of about 44 seconds, 2 s a batch")
        after = "about 15 minutes to go on this machine: 2 epochs of about 7 minutes, 2 s a batch; patience may end"
        assert [line.startswith(after) for line in lines[1:]] == [True] * corrected


def test_quick_batches_are_told_at_the_end_of_the_first_epoch(clock, capsys):
    epoch(estimates.Estimate(2, 42, 10, 1), clock, [3, *[0.1] * 9], 0.9, number=2)
    said = "about 1 minute to go on this machine: 39 epochs of about 2 seconds, 100 ms a batch"
    assert capsys.readouterr().err.startswith(said)


def test_a_short_training_is_not_spoken_of_and_one_epoch_alone_neither(clock, capsys):
    epoch(estimates.Estimate(0, 10, 10, 1), clock, [5, *[0.1] * 9])
    epoch(estimates.Estimate(0, 1, 10, 1), clock, [5, *[0.1] * 9], 500)
    assert not capsys.readouterr().err


def test_an_estimate_is_near_the_time_that_a_training_takes(monkeypatch, capsys):
    monkeypatch.setattr(estimates, "WINDOW", 0.2)
    monkeypatch.setattr(estimates, "LEAST", 0)

    @keras.saving.register_keras_serializable(package="tests")
    class Slow(keras.layers.Layer):
        def call(self, inputs):
            def wait(x):
                time.sleep(0.02)
                return x

            return tf.ensure_shape(tf.numpy_function(wait, [inputs], tf.float32), inputs.shape)

    model = keras.Sequential([keras.Input([2]), keras.layers.Dense(1), Slow(), keras.layers.Dense(1)])
    model.layers[0].trainable = False
    model.compile(loss="mse", jit_compile=False)
    data = tf.data.Dataset.from_tensors((np.ones((4, 2), "float32"), np.ones((4, 1), "float32"))).repeat(30)
    said = []
    monkeypatch.setattr(estimates, "about", lambda seconds: said.append(seconds) or "about")
    started = time.perf_counter()
    model.fit(data, epochs=3, shuffle=False, verbose=0, callbacks=[estimates.Estimate(0, 3, 30, 0)])
    took = time.perf_counter() - started
    assert re.match("about to go on this machine", capsys.readouterr().err)
    assert 90 * 0.02 * 0.6 < said[0] < 1.2 * took
