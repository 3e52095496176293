"""The report of the campaigns, `docs/reliability.md`: what each tried, how often, and how it ended."""

import ast
import os
import platform
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

HEAD = """\
# Reliability

Written by `make stress` on {date}, with Python {python} on {cores} cores under {system}; run it to repeat them. Each
line is a campaign against a promise of the [guarantees](guarantees.md), in its large size; `make test` runs all of
them in a small one.

{passed} of {all} campaigns passed, in {minutes:.0f} minutes of test time.
"""
TABLE = """\

## {title}

{what}

| campaign | tried | outcome | s |
|---|---|---|---:|
{rows}
"""


def page(outcomes):
    """Markdown of pytest's reports, a section per test module."""
    outcomes = sorted(outcomes, key=lambda outcome: outcome.location[:2])
    head = HEAD.format(
        date=datetime.now(tz=UTC).date().isoformat(),
        python=platform.python_version(),
        cores=os.cpu_count(),
        system=platform.system(),
        passed=sum(outcome.passed for outcome in outcomes),
        all=len(outcomes),
        minutes=sum(outcome.duration for outcome in outcomes) / 60,
    )
    return head + "".join(section(path, list(group)) for path, group in groupby(outcomes, lambda one: one.location[0]))


def section(path, outcomes):
    """A heading, the module's own words, and a line per campaign."""
    title = Path(path).stem.removeprefix("test_").replace("_", " ").capitalize()
    what = ast.get_docstring(ast.parse(Path(path).read_text(encoding="utf-8")))
    return TABLE.format(title=title, what=what, rows="\n".join(map(row, outcomes)))


def row(outcome):
    """One campaign; its name is the sentence that it shows."""
    sentence = outcome.location[2].removeprefix("test_").replace("_", " ").replace("|", "\\|")
    tried = ", ".join(f"{value:,} {name}" for name, value in outcome.user_properties)
    return f"| {sentence} | {tried} | {outcome.outcome} | {outcome.duration:.1f} |"
