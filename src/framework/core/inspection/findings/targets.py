"""Targets of builders that never come: required under another name, or of a builder that yields nothing."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator

from framework.core.inspection.dependencies import BUILT, is_builder
from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.places import body_of, handled_at
from framework.observe.findings import Finding, times

FEWEST = 3  # inputs: one that comes to nothing is a filter's work


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


def empty(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each builder whose builds all returned without an artifact of a target that is required."""
    builders = {name: one for name, one in evidence.processors.items() if is_builder(one) and _is_of_user(one)}
    if not builders or evidence.history is None or evidence.forgotten.full:
        return
    announced = Counter(one.sender for one in evidence.submissions if one.name == BUILT)
    announced.update(one.sender for one in evidence.forgotten.sent if one.name == BUILT)
    askers: dict[str, str] = {}
    for name, builder in evidence.processors.items():
        for target in getattr(builder, "requires", ()) if is_builder(builder) else ():
            askers.setdefault(target.removeprefix("*"), name)
    for name, builder in builders.items():
        target, is_source = builder.provides, not builder.requires  # type: ignore[attr-defined]
        if announced[name] or target not in askers:
            continue
        names = {"build"} if is_source else {"build", BUILT}
        builds = [one for one in evidence.by_processor.get(name, ()) if one.name in names and one.error is None]
        if is_source or len(builder.requires) > 1:  # type: ignore[attr-defined]  # a build is a delivery of its own
            builds = [one for one in builds if one.name == "build"]
        total = evidence.totals[name]
        count = max(len(builds), total.built - total.failed) if evidence.history.dropped else len(builds)
        if count < (1 if is_source else FEWEST):
            continue
        made = "its one build" if is_source else f"{times(count, 'input')}"
        yield Finding(
            "builder without artifacts",
            f"{name} announced no {target!r} for {made}, which {askers[target]} requires: its build yielded nothing",
            handled_at(builder),
            name,
            count,
            remedy="see what build loops over, and under which condition it yields",
        )


def _is_of_user(builder: object) -> bool:
    source = body_of(builder)  # type: ignore[arg-type]
    module = getattr(getattr(type(builder), "build", None), "__module__", "") or ""
    return source is not None and module.partition(".")[0] != "framework"
