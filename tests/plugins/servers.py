"""Servers in this process, for the tests of serving."""

from fastapi.testclient import TestClient

from pipelines.shared.serving import application, asking, batching, shelves

ADDRESS = "http://127.0.0.1:8501"


def made(directory, names=None, sizes=None, limits=None, hosts=(), token=None, memory=2**40):
    """A client of a server of the artifacts in a directory; a block around it is the server's life."""
    shelf = shelves.Shelf(directory, names, memory, sizes or batching.Sizes())
    app = application.made(shelf, limits or asking.Limits(), hosts, token, first=names or ())
    client = TestClient(app, base_url=ADDRESS, raise_server_exceptions=False)
    client.shelf = shelf
    return client


def linked(directory, **artifacts):
    """The directory, in which artifacts stand under these names."""
    for name, artifact in artifacts.items():
        (directory / name).symlink_to(artifact.path)
    return directory
