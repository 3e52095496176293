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


def test_an_observer_that_cannot_be_called_is_refused():
    with pytest.raises(TypeError, match=r"got int: observe\(print\)"):
        Observers().attach(7)


def test_an_observer_is_called_until_its_subscription_is_closed():
    observers, seen = Observers(), []
    subscription = observers.attach(seen.append)
    assert observers.watched
    observers.notify(1)
    subscription.close()
    subscription.close()
    observers.notify(2)
    assert (seen, observers.watched) == ([1], False)


def test_a_subscription_ends_with_its_block():
    observers, seen = Observers(), []
    with observers.attach(seen.append) as subscription:
        assert subscription is not None
        observers.notify(1)
    observers.notify(2)
    assert seen == [1]


@pytest.mark.parametrize("error", [ValueError("broken"), SystemExit(3)])
def test_an_observer_that_raises_is_logged_and_called_no_more(caplog, error):
    observers, seen = Observers(), []

    def broken(happening):
        raise error

    observers.attach(broken)
    observers.attach(seen.append)
    observers.notify(1)
    observers.notify(2)
    assert seen == [1, 2]
    assert caplog.text.count("failed and is called no more") == 1


def test_a_trait_is_wanted_if_one_observer_has_it():
    observers = Observers()
    observers.attach(lambda happening: None)
    assert not observers.any_wants("_wants_matches")

    def wanting(happening):
        pass

    wanting._wants_matches = True
    observers.attach(wanting)
    assert observers.any_wants("_wants_matches")
