"""A plugin of pytest: tests that share a trained artifact run in one worker, so that it is trained once.

Tests are grouped for `--dist loadgroup` by the session fixture that they need, or else by their file where it has
fixtures of its own for all its tests; all others are given to whichever worker is free.
"""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        group = _group(item)
        if group and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(group))


def _group(item):
    """The first session fixture that needs no other one, or the file, or None."""
    fixtures = {name: found[-1] for name, found in item._fixtureinfo.name2fixturedefs.items() if found[-1].baseid}
    of_session = {name for name, fixture in fixtures.items() if fixture.scope == "session"}
    roots = [name for name in sorted(of_session) if not of_session.intersection(fixtures[name].argnames)]
    if roots:
        return roots[0]
    return item.path.stem if any(fixture.scope == "module" for fixture in fixtures.values()) else None
