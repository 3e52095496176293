"""Builders that announced nothing although another one waits for their target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from framework.core.inspection.dependencies import BUILT, is_builder
from framework.core.inspection.findings.evidence import Evidence
from framework.core.inspection.findings.places import body_of, handled_at
from framework.observe.findings import Finding, times

FEWEST = 3  # inputs: one that comes to nothing is a filter's work


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
