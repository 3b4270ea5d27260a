"""Keras's own tests of its recurrent layers, out of the installed package, with this package's in their place."""

import importlib
import types
import unittest

import keras
import keras.src.layers
import pytest

import layers

MODULES = (
    "lstm", "gru", "simple_rnn", "rnn", "stacked_rnn_cells", "time_distributed", "bidirectional", "conv_lstm1d",
    "conv_lstm2d", "conv_lstm3d",
)  # fmt: skip
OURS = (
    "LSTM", "GRU", "SimpleRNN", "RNN", "LSTMCell", "GRUCell", "SimpleRNNCell", "TimeDistributed", "Bidirectional",
    "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D",
)  # fmt: skip

# What is no part of what a user can call; `docs/layers.md` names them too.
SLOW = ("bidirectional.test_basics", "stacked_rnn_cells.test_basics")  # half a minute
PRIVATE = {
    "test_fused_lstm_eligibility": "asks `Bidirectional._can_attempt_fused_lstm`",
    "test_fused_gru_eligibility": "asks `Bidirectional._can_attempt_fused_gru`",
}


def own_tests():
    """(module, case) of each test that Keras's wheel holds."""
    for name in MODULES:
        module = importlib.import_module(f"keras.src.layers.rnn.{name}_test")
        for case in unittest.defaultTestLoader.loadTestsFromModule(module)._tests:
            for test in case:
                name_of_test = f"{name}.{test._testMethodName}"
                marks = [pytest.mark.slow] if name_of_test in SLOW else []
                yield pytest.param(module, test, id=name_of_test, marks=marks)


@pytest.fixture
def filtered_tracebacks():
    """Keras's tests switch the filter off for good."""
    yield
    keras.config.enable_traceback_filtering()


@pytest.mark.filterwarnings("ignore::UserWarning")  # of Keras, about generators that its tests train on
@pytest.mark.parametrize(("module", "test"), list(own_tests()))
def test_of_keras(module, test, monkeypatch, filtered_tracebacks):
    name = test._testMethodName
    method = getattr(test, name)
    if name in PRIVATE:
        pytest.skip(PRIVATE[name])
    for mark in getattr(method, "pytestmark", ()):
        if mark.name == "skipif" and mark.args[0]:
            pytest.skip(mark.kwargs["reason"])
    ours = {name: getattr(layers, name) for name in OURS}
    monkeypatch.setattr(module, "layers", types.SimpleNamespace(**{**vars(keras.src.layers), **ours}))
    result = unittest.TestResult()
    test.run(result)
    if result.skipped:
        pytest.skip(result.skipped[0][1])
    assert result.wasSuccessful(), "\n".join(report for _, report in result.errors + result.failures)
