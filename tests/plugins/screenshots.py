"""The option --screenshots FOLDER of the tests in a browser, which keeps a picture of each page there."""


def pytest_addoption(parser):
    parser.addoption("--screenshots", metavar="FOLDER", help="keep pictures of the pages that browser tests look at")
