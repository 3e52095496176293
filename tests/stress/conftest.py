"""Campaigns have a small size for every test run and a large one for `make stress`."""

import pytest


@pytest.fixture
def size(request):
    """Chooses between the two: `size(30, 1000)`."""
    large = request.config.getoption("--large")
    return lambda few, many: many if large else few
