"""`plan`: says what a run would replay and what it would build, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from framework.core import Pipeline
from framework.errors import UnknownName
from framework.observe.frames import RowSequence
from framework.observe.text import short_repr
from framework.reactive.planning import Planner

if TYPE_CHECKING:
    import pandas as pd

LEAST = 0.5  # seconds of building that are worth a word
Action = Literal["replay", "build", "unknown"]


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What happens to one input of one builder, and why.

    `input` holds the arguments of `build`, None where they are not known before the run; `diff` is a unified diff of
    what changed since the results were archived, None where nothing did. `seconds` is how long a build takes by what is
    recorded; where inputs are unknown, how long all recorded ones took; None where nothing is recorded.
    """

    builder: str
    input: tuple[Any, ...] | None
    action: Action
    reason: str
    diff: str | None = None
    seconds: float | None = None


class Plan(RowSequence[PlanRow]):
    """What a run would do for a target, a row per builder and input, upstream first; its text is a summary."""

    def __init__(self, target: str, rows: Iterable[PlanRow]) -> None:
        self.target = target
        self._rows = tuple(rows)

    @property
    def seconds(self) -> float | None:
        """How long the builds take together, None where archives know nothing; several workers share it."""
        known = [row.seconds for row in self._rows if row.seconds is not None]
        return sum(known) if known else None

    @property
    def estimate(self) -> str:
        """The time in words; empty where nothing is known, or it is not worth a word."""
        seconds = self.seconds or 0.0
        is_open = any(row.action != "replay" and row.seconds is None for row in self._rows)
        more = ", and more where nothing is recorded" if is_open else ""
        return f"about {seconds:,.2f} s of building by what is recorded{more}" if seconds >= LEAST else ""

    def frame(self) -> pd.DataFrame:
        """Return a DataFrame with a row per builder and input: builder, input, action, reason, diff."""
        from framework.notebook.frames.frames import plan_frame

        return plan_frame(self)

    def __repr__(self) -> str:
        counts: dict[str, Counter[tuple[str, str]]] = {}
        diffs: dict[str, dict[str, None]] = {}
        for row in self._rows:
            counts.setdefault(row.builder, Counter())[row.action, row.reason] += 1
            if row.diff is not None:
                diffs.setdefault(row.builder, {})[row.diff] = None
        lines = [f"plan for {self.target!r}:"]
        for builder, counted in counts.items():
            parts = [f"{action} {count:,} ({reason})" for (action, reason), count in counted.items()]
            lines.append(f"  {builder}: {', '.join(parts)}")
            lines += [f"    {line}" for diff in diffs.get(builder, ()) for line in diff.splitlines()]
        return "\n".join([*lines, f"  {self.estimate}"] if self.estimate else lines)


def plan(pipeline: Pipeline, target: str) -> Plan:
    """Say what a run that resolves `target` would do; builds nothing and writes nothing.

    Results that are archived are read, so that what is built from them is known as well; what a build will announce
    is not, hence neither are the inputs behind it.

    Args:
        pipeline: one that has not run yet; artifacts that were submitted to it count.
        target: what would be resolved.

    Returns:
        Rows with the actions `replay`, `build` and `unknown`. Reasons: `archived`; `never built`, `new input`,
        `code changed`, `arguments changed`, `not persisted`; `upstream unknown`, `not provided`.

    Raises:
        TypeError: `pipeline` is not a Pipeline.
        UnknownName: no builder provides the target.
        ArchiveError: what is archived cannot be read.
    """
    if not isinstance(pipeline, Pipeline):
        raise TypeError(f"plan takes a pipeline and a target, got {short_repr(pipeline)}: plan(pipeline, 'words')")
    planner = Planner(pipeline)
    if target not in planner.providers:
        raise UnknownName("target", target, list(planner.providers))
    planner.artifacts(target)
    return Plan(target, (PlanRow(*facts) for facts in planner.rows))
