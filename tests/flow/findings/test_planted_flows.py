"""Planted bugs in flows of several modules: the first or second finding names the line."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from framework.observe.findings import Findings
from virtual_time import play

pytestmark = pytest.mark.timeout(60)

PROGRAMS = Path(__file__).parent / "planted_flows"
KINDS = {
    "ends_early": "dropped items",
    "forgotten_return": "empty result",
    "links_again": "queue beyond its bound",
    "low_rate": "waiting for a rate",
    "misspelled_label": "router miss",
    "missing_key": "failure",
    "narrow_end": "waiting for room",
    "never_released": "lock held elsewhere",
    "no_error_job": "no error job",
    "one_session": "waiting for a lock",
    "refused": "many retries",
    "swallowed": "swallowed cancellation",
}


def planted(program):
    """Where the comment stands that says what the bug is."""
    for path in sorted((PROGRAMS / program).glob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if "# the bug" in line:
                return f"{path.name}:{number}"
    raise LookupError(program)


def findings_of(program):
    """Run a program anew and return what is found."""
    for name in [name for name in sys.modules if name.startswith("planted_flows")]:
        del sys.modules[name]  # locks and sessions belong to one event loop
    done = play(importlib.import_module(f"planted_flows.{program}.main").main())
    return done if isinstance(done, Findings) else done.diagnose()


def test_every_program_is_tried():
    assert {path.name for path in PROGRAMS.iterdir() if (path / "main.py").exists()} == {*KINDS}


@pytest.mark.parametrize("program", KINDS)
def test_the_first_or_second_finding_names_the_line_of_a_planted_bug(program):
    first = [finding for finding in findings_of(program)[:2] if finding.kind == KINDS[program]]
    assert first, findings_of(program)
    assert planted(program) in str(first[0])
