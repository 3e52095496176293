"""Tables of what many rows say: the news first, a row per kind, and the rest behind a click."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from framework.notebook.graphs.theme import LOOKS
from framework.notebook.widgets.markup import Markup, block, details, line, preformatted, table
from framework.observe import Failure, PhaseReport
from framework.observe.recording.failure_kinds import kinds_of
from framework.observe.text import error_line, short_repr

MOST_ROWS = 50
MOST_UNFOLDED = 100
"""Inputs that are listed behind a click."""
MOST_MESSAGE = 200
"""Characters of an error's message in a row."""

HINT = "failures[0].debug() opens the debugger there, .rerun() repeats it; failures.retry(pipeline) delivers again"

Rendering = tuple[str, str]
"""HTML and text."""


def long_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return the first rows as a table without empty columns, and how many more there are."""
    hidden, shown = len(rows) - MOST_ROWS, rows[:MOST_ROWS]
    filled = [at for at in range(len(head)) if not shown or any(row[at] != "" for row in shown)]
    more = line(f"... and {hidden:,} more") if hidden > 0 else ""
    return table([head[at] for at in filled], [[row[at] for at in filled] for row in shown]) + more


def failure_table(failures: Iterable[Failure], hint: str = HINT) -> str:
    """Return a row per kind of failure: how many, the message, the line of the user's code and the first input."""
    kinds = sorted(kinds_of(failures), key=lambda kind: -len(kind))
    rows = [
        (
            f"{LOOKS['failed'].icon} {kind.processor}",
            len(kind),
            _cut(error_line(kind.first.exception)),
            kind.where,
            _unfolding(short_repr(kind.first.event), [short_repr(one.event) for one in kind.failures[1:]]),
        )
        for kind in kinds
    ]
    if not rows:
        return ""
    return long_table(("failed", "times", "error", "where", "first input"), rows) + line(hint)


def phase_table(phases: Iterable[PhaseReport]) -> str:
    """Return a row per phase."""
    head = ("phase", "delivered", "emitted", "failed", "seconds", "")
    rows = [
        (p.phase, sum(p.delivered.values()), p.emitted, len(p.failures), p.elapsed, "settled" if p.settled else "")
        for p in phases
    ]
    return long_table(head, rows)


def share_bar(share: float) -> Markup:
    """Return a share as a bar with its percentage."""
    bar = f'<div style="width:{100 * share:.0f}%;height:10px;background:{LOOKS["running"].light}"></div>'
    whole = f'<div style="width:80px;background:#8b949e40;display:inline-block;margin-right:6px">{bar}</div>'
    return Markup(f"{whole}{share:.0%}")


def plan_view(plan: Any) -> Rendering:
    """Show a plan: one line of counts, then a row per builder and reason, whose inputs unfold."""
    groups: dict[tuple[str, str, str], list[Any]] = defaultdict(list)
    for row in plan:
        groups[row.builder, row.action, row.reason].append(row)
    counts = Counter(dict.fromkeys(("replay", "build", "unknown"), 0))
    counts.update(row.action for row in plan)
    target = getattr(plan, "target", "")
    text = f"plan for {target!r}: " + (
        ", ".join(f"{count:,} {action}" for action, count in counts.items() if count) or "nothing"
    )
    rows = [
        (builder, action, len(same), reason, _inputs([row.input for row in same if row.input is not None]))
        for (builder, action, reason), same in groups.items()
    ]
    parts = [line(text, strong=True), long_table(("builder", "action", "inputs", "reason", ""), rows) if rows else ""]
    parts += [line(plan.estimate)] if getattr(plan, "estimate", "") else []
    for builder, diff in dict.fromkeys((row.builder, row.diff) for row in plan if row.diff):
        parts.append(details(f"What changed in {builder}", preformatted(diff)))
    return block(*parts), repr(plan)


def comparison_view(comparison: Any) -> Rendering:
    """Show how outputs of new code differ: one line, then a row per input, those that differ first."""
    text = f"{comparison.name}: {len(comparison.changed):,} of {len(comparison):,} archived inputs come out otherwise"
    rows = sorted(comparison, key=lambda row: row.same)
    icons = {True: f"{LOOKS['ran'].icon} same", False: f"{LOOKS['failed'].icon} differs"}
    cells = [(icons[row.same], short_repr(row.input), short_repr(row.old), short_repr(row.new)) for row in rows]
    return block(line(text, strong=True), long_table(("", "input", "old", "new"), cells)), repr(comparison)


def _inputs(inputs: Sequence[object]) -> str:
    texts = [short_repr(value) for value in inputs]
    return texts[0] if len(texts) == 1 else _unfolding("inputs", texts) if texts else ""


def _unfolding(first: str, others: Sequence[str]) -> str:
    if not others:
        return first
    hidden = len(others) - MOST_UNFOLDED
    more = line(f"... and {hidden:,} more") if hidden > 0 else ""
    return details(first, "".join(map(line, others[:MOST_UNFOLDED])) + more)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_MESSAGE else f"{text[: MOST_MESSAGE - 3]}..."
