import logging

import pytest

from framework.core import timeit


def test_the_seconds_of_a_block_are_logged_with_its_label(caplog):
    with caplog.at_level(logging.INFO), timeit("parsing"):
        pass
    [record] = caplog.records
    label, seconds = record.getMessage().split(": ")
    assert (label, record.name, record.levelno) == ("parsing", "framework.core.timing", logging.INFO)
    assert 0 <= float(seconds.removesuffix(" s")) < 10


def test_a_block_that_raises_is_logged_too(caplog):
    with caplog.at_level(logging.INFO), pytest.raises(ValueError), timeit("failing"):
        raise ValueError
    assert "failing: 0.0" in caplog.text


def test_the_line_goes_to_the_given_logger_and_level(caplog):
    with caplog.at_level(logging.DEBUG, "mine"), timeit("x", logger=logging.getLogger("mine"), level=logging.DEBUG):
        pass
    assert [(record.name, record.levelno) for record in caplog.records] == [("mine", logging.DEBUG)]


def test_a_function_can_be_timed(caplog):
    @timeit("call")
    def double(n):
        return 2 * n

    with caplog.at_level(logging.INFO):
        assert [double(2), double(3)] == [4, 6]
    assert caplog.text.count("call: 0.0") == 2
