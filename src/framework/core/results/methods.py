"""The methods of `Pipeline` that ask for values: `resolve`, `compute`, `collect`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, overload

from framework.archive import digest
from framework.core.driving.methods import DrivingMethods
from framework.core.driving.status import unfinished
from framework.core.driving.wiring import differ_by_a_letter, provided_by, required_by
from framework.core.event import INIT, Event
from framework.core.inspection.directory import Directory
from framework.core.mailboxes.inbox import Inbox
from framework.core.mailboxes.routing import RoutingTable
from framework.core.matching.interests import Interests
from framework.core.reactive_event import ReactiveEvent
from framework.core.results.collected import Collected
from framework.core.results.generations import Artifacts
from framework.core.scheduling.intake import EventIntake
from framework.errors import OptionError, PipelineEnded, Undigestable, UnknownName, WiringError


class ValueMethods(DrivingMethods):
    """The part of `Pipeline` that gives values."""

    name: str
    _inboxes: Directory
    _intake: EventIntake
    _interests: dict[Inbox, Interests]
    _routes: RoutingTable
    _artifacts: Artifacts

    def resolve(self, target: str) -> int:
        """Ask for a target of `framework.reactive`; returns the number of recipients.

        Raises:
            UnknownName: no processor provides it; the message suggests the nearest.
            PipelineEnded: the run is over.
        """
        event = ReactiveEvent("resolve", target)
        provided = self._provided()
        recipients = self._routes.preview(event)
        # A processor without recognised interests receives everything, also what was misspelt.
        meant = [inbox for inbox in recipients if inbox not in self._interests or not self._interests[inbox].generic]
        if provided and not meant:
            raise UnknownName("target", target, provided)
        return self._intake.submit(event)

    @overload
    def compute(  # type: ignore[overload-overlap]  # a string is an iterable of strings
        self, target: str, /, *, inputs: Mapping[str, Iterable[Any]] | None = None
    ) -> list[Any]: ...
    @overload
    def compute(
        self, target: str | Iterable[str], /, *more: str, inputs: Mapping[str, Iterable[Any]] | None = None
    ) -> dict[str, list[Any]]: ...
    def compute(
        self, target: str | Iterable[str], /, *more: str, inputs: Mapping[str, Iterable[Any]] | None = None
    ) -> Any:
        """Run what a target needs, and return the list of its artifacts; the pipeline stays open.

        What was built in this pipeline is not built again. With other `inputs` than before, what depends on them
        begins anew, and all else is reused.

        Args:
            target: whose artifacts to return; several targets, or a list of them, give a dict.
            more: further targets.
            inputs: artifacts by target, which stand in for its providers.

        Raises:
            UnknownName: no processor provides or requires such a target.
            WiringError: something that is required is provided neither by a builder nor by `inputs`.
            RunFailed: builds failed, unless the pipeline keeps failures.
            PipelineEnded: the run is over.
            PipelineRunning: it is running.
        """
        single = isinstance(target, str) and not more
        if not isinstance(target, Iterable):
            raise OptionError(f"compute takes the names of targets, got {target!r}: compute('pair')")
        targets = [target, *more] if isinstance(target, str) else [*target, *more]
        given = _checked(inputs)
        self._check_targets([*targets, *given])
        key = _key(given)
        found = self._artifacts.former(key, targets) if self._runner.phases.settled else None
        if found is None or key is None:
            self._artifacts.use(given, key, begun=self._runner.phases.begun)
            found = self._computed(targets)
            self._artifacts.computed(found)
        return found[targets[0]] if single else found

    def _computed(self, targets: list[str]) -> dict[str, list[Any]]:
        self._artifacts.ask(targets)
        failed = len(self._scheduler.failures)
        for target in targets:
            # A builder that has been asked already would announce again what it keeps.
            if target not in self._artifacts.inputs and not self._asked(target):
                self._intake.submit(ReactiveEvent("resolve", target))
        while not self._runner.is_over:
            self.step()
        if self._runner.report is not None:
            self._runner.outcome(self._runner.report)
            raise PipelineEnded(f"{self.name} was ended before {', '.join(targets)} was computed")
        self._runner.raise_failures(failed)
        self._check_requirements(targets)
        return {target: self._artifacts.of(target) for target in targets}

    def _asked(self, target: str) -> bool:
        providers = [inbox for inbox in self._inboxes if target in provided_by(inbox)]
        # Before the first step a builder may be resolved by the run of another pipeline: __INIT__ begins it anew.
        return (
            self._runner.phases.begun
            and bool(providers)
            and all(getattr(inbox.processor, "resolved", False) and not _begins_anew(inbox) for inbox in providers)
        )

    def _removed(self, target: str) -> None:
        """Have what results of were removed computed anew in this pipeline too, where it is still open."""
        from framework.core.results.forgetting import parts_of

        if self._runner.phases.begun and self._runner.report is None:
            self._artifacts.begin_anew(parts_of([*self._inboxes], target))

    def collect(self, what: str | type[Event] | None = None, /, *, target: str | None = None) -> Collected:
        """Return a view like a list that fills with what is submitted from now on; ask before the run for all of it.

        Args:
            what: the name of events, or a class of them.
            target: collect its artifacts instead.

        Raises:
            OptionError: not exactly one of them is given.
            UnknownName: the target is a misspelt one.
        """
        if (what is None) == (target is None):
            raise OptionError('collect takes a name, an event class or a target: collect("greet"), collect(target="a")')
        if target is not None:
            self._check_spelling(target)
            collected = Collected(ReactiveEvent, "built", target)
        elif isinstance(what, type) and issubclass(what, Event):
            collected = Collected(what)
        elif isinstance(what, str):
            collected = Collected(name=what)
        else:
            raise OptionError(f"collect takes the name of events, a class of them or target=, got {what!r}")
        self._routes.tap(collected)
        return collected

    def _before_run(self) -> None:
        if self._scheduler.driver is None:  # a second run is refused, and forgets nothing
            self._artifacts.forget()

    def _provided(self) -> list[str]:
        return list(dict.fromkeys(target for inbox in self._inboxes for target in provided_by(inbox)))

    def _check_spelling(self, target: str) -> None:
        """Raise UnknownName for a target that is one letter beside a known one: a processor may announce any other."""
        known = dict.fromkeys([*self._provided(), *(name for inbox in self._inboxes for name in required_by(inbox))])
        if target not in known and any(differ_by_a_letter(target, name) for name in known):
            raise UnknownName("target", target, list(known))

    def _check_targets(self, targets: Iterable[str]) -> None:
        known = dict.fromkeys([*self._provided(), *(name for inbox in self._inboxes for name in required_by(inbox))])
        for target in targets:
            if target not in known and not self._artifacts.of(target):
                raise UnknownName("target", target, list(known))

    def _check_requirements(self, targets: Iterable[str]) -> None:
        upstream, missing = [*targets], list[str]()
        for target in upstream:  # which grows
            for inbox in self._inboxes:
                if target in provided_by(inbox) and target not in self._artifacts.inputs:
                    upstream += [name for name in required_by(inbox) if name not in upstream]
                    missing += [str(one) for one in unfinished((inbox,)) if one.kind == "requirement"]
        if missing:
            raise WiringError(
                "; ".join(dict.fromkeys(missing)) + ": add a builder of it, or compute(..., inputs={'target': [...]})"
            )


def _begins_anew(inbox: Inbox) -> bool:
    return any(event.name == INIT for event in inbox.queue)


def _checked(inputs: Mapping[str, Iterable[Any]] | None) -> dict[str, tuple[Any, ...]]:
    if inputs is None:
        return {}
    if not isinstance(inputs, Mapping):
        raise OptionError(f"inputs are lists of artifacts by target, got {inputs!r}: inputs={{'number': [1, 2]}}")
    for target, artifacts in inputs.items():
        if isinstance(artifacts, str | bytes) or not isinstance(artifacts, Iterable):
            raise OptionError(f"inputs[{target!r}] is a list of artifacts, got {artifacts!r}: [{artifacts!r}]")
    return {target: tuple(artifacts) for target, artifacts in inputs.items()}


def _key(given: Mapping[str, tuple[Any, ...]]) -> object:
    if not given:
        return None
    try:
        return digest(dict(given), name="inputs")
    except Undigestable:
        return object()  # unlike any other: it begins anew
