"""Who may watch."""

import pytest

from framework.observe import Observers


class Awaited:
    async def __call__(self, happening):
        raise AssertionError(happening)


async def awaited(happening):
    raise AssertionError(happening)


@pytest.mark.parametrize("callback", [awaited, Awaited()])
def test_an_observer_that_would_never_be_awaited_is_refused(callback):
    observers = Observers()
    with pytest.raises(TypeError, match="async"):
        observers.attach(callback)
    assert not observers.watched
