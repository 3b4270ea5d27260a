import pytest
from servers import linked, made


@pytest.fixture(scope="session")
def client(trained, tmp_path_factory):
    """A client of a server of a classifier, called words."""
    with made(linked(tmp_path_factory.mktemp("served"), words=trained)) as client:
        yield client
