"""Whether an event fits a `case`, in words: `check_case` names the part of the pattern that kept the event out.

No guard is executed unless that is asked for; attributes are read, as the pattern does. `taken` has the quick answer,
without words.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from framework.core.matching.cases import MatchCase, Unresolved
from framework.core.matching.guards import Guard, ask_guard, guard_text
from framework.core.matching.mismatch import Mismatch, base_taken, find_mismatch
from framework.observe.text import error_line

Receives = Literal["yes", "no", "depends"]
EVERYTHING = 1_000_000
"""How many sub-patterns are said to fit where only the guard keeps an event out: more than in any other case."""


class Verdict(NamedTuple):
    """Whether one case takes an event, and the `reason` in words; `mismatch` says what keeps it out.

    `ends`: no later case of the `process` is tried, since this one takes the event or raises.
    """

    case: MatchCase
    receives: Receives
    reason: str
    mismatch: Mismatch | None = None
    ends: bool = False


def check_case(case: MatchCase, event: Any, instance: object = None, *, guards: bool = False) -> Verdict:
    """Return whether a case takes an event, and the reason; `instance` is for patterns that use `self`.

    With `guards` its guard is evaluated if the pattern fits.
    """
    base = None
    try:
        subject = event if case.aspect == "event" else event.name
        mismatch = find_mismatch(case.pattern, subject, case.scope, instance, "" if case.aspect == "event" else "name")
        if mismatch is None:
            base = base_taken(case.pattern, subject, case.scope, instance)
    except Unresolved as error:
        return Verdict(case, "depends", f"depends on {error}, which only the running code knows, at {case.where}")
    except Exception as error:  # noqa: BLE001 - Python's own match would raise it as well
        return Verdict(case, "depends", f"the case at {case.where} raises {error_line(error)}")
    if mismatch is not None:
        return Verdict(case, "no", mismatch.words, mismatch)
    taken = "" if base is None else f", as its base {base.__name__}"
    if guards and case.guard is not None:
        return _by_guard(case, ask_guard(case, event, instance), taken)
    if case.guard is not None:
        return Verdict(case, "depends", f"depends on {guard_text(case)}{taken}")
    return _by_rest(case, f"case at {case.where}{taken}")


def _by_guard(case: MatchCase, guard: Guard, taken: str) -> Verdict:
    if guard.holds is None:
        return Verdict(case, "depends", guard.words + taken)
    if not guard.holds:
        return Verdict(case, "no", guard.words, Mismatch(EVERYTHING, guard.words, label="guard"), ends=guard.raised)
    return _by_rest(case, f"case at {case.where}{taken}", f": {guard.words}")


def _by_rest(case: MatchCase, reason: str, also: str = "") -> Verdict:
    """Return the verdict on a case whose pattern fits and whose guard, if any, holds."""
    if case.other_condition is None:
        return Verdict(case, "yes", reason + also, ends=True)
    return Verdict(case, "depends", f"depends on {case.other_condition} at {case.where}{also}")
