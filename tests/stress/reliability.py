"""The report of the campaigns, `docs/reliability.md`: what each tried, how often, and how it ended."""

import ast
import os
import platform
from collections import Counter
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
    # There is no line where a test process died.
    outcomes = sorted(outcomes, key=lambda outcome: (outcome.location[0], outcome.location[1] or 0))
    campaigns = [(place, list(cases)) for place, cases in groupby(outcomes, _place)]
    head = HEAD.format(
        date=datetime.now(tz=UTC).date().isoformat(),
        python=platform.python_version(),
        cores=os.cpu_count(),
        system=platform.system(),
        passed=sum(all(case.passed for case in cases) for _, cases in campaigns),
        all=len(campaigns),
        minutes=sum(outcome.duration for outcome in outcomes) / 60,
    )
    modules = groupby(campaigns, lambda campaign: campaign[0][0])
    return head + "".join(section(path, [row(name, cases) for (_, name), cases in group]) for path, group in modules)


def _place(outcome):
    """Module and name of a campaign, whichever of its cases this is."""
    path, _, test = outcome.location
    return path, test.partition("[")[0]


def section(path, rows):
    """A heading, the module's own words, and a line per campaign."""
    title = Path(path).stem.removeprefix("test_").replace("_", " ").capitalize()
    what = ast.get_docstring(ast.parse(Path(path).read_text(encoding="utf-8")))
    return TABLE.format(title=title, what=what, rows="\n".join(rows))


def row(name, cases):
    """One campaign; its name is the sentence that it shows. Figures of several cases are added."""
    sentence = name.removeprefix("test_").replace("_", " ")
    figures = Counter()
    for case in cases:
        figures.update(dict(case.user_properties))
    tried = ", ".join(f"{value:,} {figure}" for figure, value in figures.items())
    failed = [case for case in cases if not case.passed]
    outcome = f"{failed[0].outcome} ({len(failed)} of {len(cases)})" if failed else "passed"
    return f"| {sentence} | {tried} | {outcome} | {sum(case.duration for case in cases):.1f} |"
