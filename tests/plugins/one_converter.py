"""A plugin of pytest: conversions of a test run share one child process, which loads TensorFlow once."""

import pytest

from pipelines.shared.export import conversion


@pytest.fixture(scope="session", autouse=True)
def one_converter():
    """All conversions of this process in one child, which takes seconds to load TensorFlow."""
    with conversion.one_process():
        yield
