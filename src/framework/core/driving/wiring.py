"""`check_wiring`: requirements that are misspelt, found before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from framework.core.mailboxes.inbox import Inbox
from framework.errors import WiringError

SHORTEST = 4  # letters of a target whose neighbours are suspicious: 'a' and 'b' differ by one, and are no misspellings


def check_wiring(inboxes: Sequence[Inbox]) -> None:
    """Raise WiringError for a requirement that is one letter off a provided target which nothing requires."""
    provided = {target for inbox in inboxes for target in provided_by(inbox)}
    unused = provided - {target for inbox in inboxes for target in required_by(inbox)}
    for inbox in inboxes:
        for target in required_by(inbox):
            if target in provided or any(getattr(event, "target", None) == target for event in inbox.queue):
                continue
            near = next((name for name in sorted(unused) if differ_by_a_letter(target, name)), None)
            if near is not None:
                provider = next(inbox.name for inbox in inboxes if near in provided_by(inbox))
                raise WiringError(
                    f"{inbox.name} requires {target!r}, which no builder provides, and nothing requires {near!r}, "
                    f"which {provider} provides: did you mean {near!r}?"
                )


def provided_by(inbox: Inbox) -> tuple[str, ...]:
    """Return the target that a processor provides, if it is a builder."""
    provides = getattr(inbox.processor, "provides", None)
    return (provides,) if isinstance(provides, str) else ()


def required_by(inbox: Inbox) -> Iterator[str]:
    """Yield the targets that a builder requires."""
    requires = getattr(inbox.processor, "requires", ())
    return (required.removeprefix("*") for required in requires if isinstance(required, str))


def differ_by_a_letter(one: str, other: str) -> bool:
    """Return whether one letter is added, left out or replaced."""
    short, long = sorted((one, other), key=len)
    if len(short) < SHORTEST or len(long) - len(short) > 1 or one == other or one.isdigit() != other.isdigit():
        return False
    start = next((place for place in range(len(short)) if short[place] != long[place]), len(short))
    if short[start:].isdigit() or long[start : start + 1].isdigit():  # 'part1' and 'part2' are two names
        return False
    return short[start + (len(long) == len(short)) :] == long[start + 1 :]
