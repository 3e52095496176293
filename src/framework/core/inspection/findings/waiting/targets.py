"""Targets that are required under one name and provided under a similar one."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from framework.core.inspection.dependencies import is_builder
from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.places import handled_at
from framework.observe.findings import Finding


def targets(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each required target without a provider beside one that is provided and unused."""
    if evidence.forgotten.full:  # what it does not know may have been announced
        return
    builders = [inbox for inbox in evidence.interests if is_builder(inbox.processor)]
    provided = {inbox.processor.provides: inbox.name for inbox in builders}  # type: ignore[attr-defined]
    required = {
        target.removeprefix("*"): inbox.name
        for inbox in builders
        for target in inbox.processor.requires  # type: ignore[attr-defined]
    }
    unused = [target for target in provided if target not in required]
    for target, builder in required.items():
        near = difflib.get_close_matches(target, unused, n=1, cutoff=0.75)
        if target in provided or not near or target in _announced(evidence):
            continue
        yield Finding(
            "required target without a provider",
            f"{builder} requires {target!r}, which no builder provides; {provided[near[0]]} provides {near[0]!r}, "
            "which no builder requires: did you mean that",
            handled_at(evidence.processors.get(builder)),
            builder,
            remedy=f"write requires=[{near[0]!r}] or provides={target!r}",
        )


def _announced(evidence: Evidence) -> set[object]:
    """The targets of which artifacts were announced."""
    announced = {sent.attributes.get("target") for sent in evidence.submissions if sent.name == "built"}
    return announced | {sent.target for sent in evidence.forgotten.sent if sent.name == "built"}
