"""Campaigns have a small size for every test run and a large one for `make stress`, which keeps their figures."""

import sys
from pathlib import Path

import pytest
from reliability import page


@pytest.fixture
def size(request):
    """Chooses between the two: `size(30, 1000)`."""
    large = request.config.getoption("--large")
    return lambda few, many: many if large else few


@pytest.fixture
def figure(record_property):
    """Keeps one figure of a campaign for the report: `figure("kills", 500)`."""
    return record_property


@pytest.fixture(params=[5e-3, 1e-6], ids=["long slices", "short slices"])
def slices(request):
    """Runs the test twice; with the short slices threads take turns a thousand times as often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(request.param)
    yield
    sys.setswitchinterval(before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """What a campaign logged goes to another process, which no lone surrogate does: hostile names have some."""
    report = yield
    report.sections = [(title, text.encode("utf-8", "backslashreplace").decode()) for title, text in report.sections]
    return report


def pytest_terminal_summary(terminalreporter, config):
    """Write the report where the outcomes of all test processes come together."""
    place = config.getoption("--reliability")
    if place and config.getoption("--large"):
        outcomes = [
            outcome
            for kind in ("passed", "failed", "error")
            for outcome in terminalreporter.stats.get(kind, ())
            if outcome.when == "call" or kind != "passed"
        ]
        Path(place).write_text(page(outcomes), encoding="utf-8")
