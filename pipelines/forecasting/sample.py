"""The built-in sample."""

VERSION = 1


def generate(seed=0):
    raise NotImplementedError


SETTINGS = {}
