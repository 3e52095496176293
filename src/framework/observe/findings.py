"""`Finding`: one sentence about what is odd in a run and is not an error, with the place in the code and what to do."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeVar

from framework.observe.frames import RowSequence

logger = logging.getLogger(__name__)

EvidenceT = TypeVar("EvidenceT")
Severity = Literal["serious", "notable"]
MOST_FINDINGS = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """What is odd: `text` is the sentence, `where` the file and line (or cell and line) in the user's code.

    `count` says how often, `examples` has at most three, `remedy` what to do. `serious` findings mean that something
    was lost, stale or unheard.
    """

    kind: str
    text: str
    where: str = ""
    processor: str | None = None
    count: int = 1
    examples: tuple[str, ...] = ()
    remedy: str = ""
    severity: Severity = "serious"

    def __str__(self) -> str:
        place = f" [{self.where}]" if self.where and self.where not in self.text else ""
        example = f" First: {self.examples[0]}." if self.examples and self.examples[0] not in self.text else ""
        remedy = f" {self.remedy[0].upper()}{self.remedy[1:]}." if self.remedy else ""
        return f"{self.text}.{place}{example}{remedy}"


class Findings(RowSequence[Finding]):
    """The findings of a run, the most serious first, at most ten; obtained from `diagnose()` or `report.findings`."""

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        folded: dict[tuple[str, str, str], Finding] = {}
        for finding in findings:
            folded.setdefault((finding.kind, finding.text, finding.where), finding)
        kinds = list(dict.fromkeys(finding.kind for finding in folded.values()))
        ranked = sorted(folded.values(), key=lambda one: (one.severity != "serious", kinds.index(one.kind), -one.count))
        self._rows = tuple(ranked[:MOST_FINDINGS])

    def __repr__(self) -> str:
        return "\n".join(f"{number}. {finding}" for number, finding in enumerate(self, start=1)) or "no findings"


def found_by(kinds: Iterable[Callable[[EvidenceT], Iterable[Finding]]], evidence: EvidenceT) -> list[Finding]:
    """Return the findings of all kinds; a kind that fails is logged and left out."""
    found: list[Finding] = []
    for kind in kinds:
        try:
            found += kind(evidence)
        except Exception:
            logger.exception("the finding %s failed", getattr(kind, "__name__", kind))
    return found


def times(count: int, noun: str) -> str:
    """Return a count with its noun: "1 event", "3 events", "2 deliveries"."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"
