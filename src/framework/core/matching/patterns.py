"""Whether an event fits a `case`, in words: `check_case` names the part of the pattern that kept the event out.

No guard is executed; attributes are read, as the pattern does. `taken` has the quick answer, without words.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from framework.core.matching.cases import MatchCase, Unresolved
from framework.core.matching.mismatch import Mismatch, find_mismatch
from framework.observe.text import error_line

Receives = Literal["yes", "no", "depends"]


class Verdict(NamedTuple):
    """Whether one case takes an event, and the `reason` in words; `mismatch` where the pattern does not fit."""

    case: MatchCase
    receives: Receives
    reason: str
    mismatch: Mismatch | None = None


def check_case(case: MatchCase, event: Any, instance: object = None) -> Verdict:
    """Return whether a case takes an event, and the reason; `instance` is for patterns that use `self`."""
    try:
        subject = event if case.aspect == "event" else event.name
        mismatch = find_mismatch(case.pattern, subject, case.scope, instance, "" if case.aspect == "event" else "name")
    except Unresolved as error:
        return Verdict(case, "depends", f"depends on {error}, which only the running code knows, at {case.where}")
    except Exception as error:  # noqa: BLE001 - Python's own match would raise it as well
        return Verdict(case, "depends", f"the case at {case.where} raises {error_line(error)}")
    if mismatch is not None:
        return Verdict(case, "no", mismatch.words, mismatch)
    if case.condition is not None:
        return Verdict(case, "depends", f"depends on {case.condition}")
    return Verdict(case, "yes", f"case at {case.where}")
