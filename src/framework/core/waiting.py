"""Why something is not finished, in words that tell what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Something that a processor still waits for.

    `kind` says how a report counts it: an `orphan` of a join, a `gap` of a sequence, an unmet `requirement`, or
    anything `else`.
    """

    kind: Literal["orphan", "gap", "requirement", "else"]
    text: str

    def __str__(self) -> str:
        """The text."""
        return self.text
