"""What the tests of flows share."""

from __future__ import annotations

import pytest

from virtual_time import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()
