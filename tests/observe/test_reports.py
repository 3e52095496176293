"""Short texts about values and errors: whatever they do when asked, only Ctrl-C gets through."""

import pytest

from framework.notebook.widgets.short_text import glance
from framework.observe.reports import error_line, message_of, short_repr


class Rude(Exception):
    """Raises something when it is asked for its text."""

    def __init__(self, raised):
        self.raised = raised

    def __repr__(self):
        raise self.raised

    __str__ = __repr__


@pytest.mark.parametrize("tell", [error_line, message_of, short_repr, glance])
@pytest.mark.parametrize("raised", [ValueError, SystemExit, GeneratorExit])
def test_a_value_that_raises_when_asked_for_its_text_is_told_of_anyway(tell, raised):
    assert raised.__name__ in tell(Rude(raised()))


@pytest.mark.parametrize("tell", [error_line, message_of, short_repr, glance])
def test_an_interrupt_while_a_value_is_asked_for_its_text_gets_through(tell):
    with pytest.raises(KeyboardInterrupt):
        tell(Rude(KeyboardInterrupt()))


def test_numbers_too_long_to_write_out_are_told_of_anyway():
    assert glance({10**5000: 1})
