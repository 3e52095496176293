"""`ReactiveBuilder`: makes the artifacts of one target from those of others."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

from framework.core import AbstractProcessor, Context, Event
from framework.core.context import DetachedContext
from framework.core.event import INIT, PHASE, POISON
from framework.core.mailboxes.handler import Unfinished
from framework.core.processor import InterestDeclaration
from framework.core.reactive_event import ReactiveEvent
from framework.errors import WiringError
from framework.reactive.building.artifacts import artifacts_of
from framework.reactive.building.building import Build, Building, Note
from framework.reactive.building.pairing import checked, target_of


class ReactiveBuilder(AbstractProcessor):
    """Builds the target it `provides` from the targets it `requires`, once somebody resolves it.

    A subclass writes `build`; every combination of required artifacts is one input::

        class Doubles(ReactiveBuilder):
            def __init__(self):
                super().__init__(provides="doubles", requires=["numbers"])

            def build(self, context, number):
                yield 2 * number

    Several requirements are paired by arrival, `*name` expands a tuple into arguments, and a builder without
    requirements is a source: `build` is called once. Every input is answered, in order; a build that fails loses its
    own input. `provides` and `requires` are public.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the promised signature
        self,
        provides: str,
        requires: Iterable[str],
        persist: bool = False,  # noqa: FBT001, FBT002 - the order of these is promised
        dedupe: bool = False,  # noqa: FBT001, FBT002
        name: str | None = None,
        priority: int = 0,
    ) -> None:
        """Say what is built from what.

        Args:
            provides: the target that `build` announces.
            requires: the targets whose artifacts `build` gets, in the order of its arguments.
            persist: keep the results, and answer an input from the archive when it comes again, in later runs too.
            dedupe: build equal inputs of one run once, and announce the kept artifacts for the others.
            name: what graphs, reports and archives call it; the class's name by default.
            priority: lower runs first.

        Raises:
            WiringError: `provides` or `requires` make no sense.
        """
        super().__init__(name, priority)
        self.provides, self.requires = checked(self.name, provides, requires)
        self.persist = bool(persist)
        self.dedupe = bool(dedupe)
        self._building = self._begin()

    @abstractmethod
    def build(self, context: Context, *args: Any) -> Iterable[Any]:
        """Yield or return the artifacts for one input; None is an artifact like any other.

        Args:
            context: submits events, holds the phase open; valid while this input is built.
            args: one artifact of each requirement.
        """

    def phase(self, context: Context, phase: int) -> Iterable[Any] | None:
        """Called when everything is quiet; may yield artifacts. Phases count from 1."""

    def on_init(self, context: Context) -> Iterable[Any] | None:
        """Called once before anything else; may yield artifacts."""

    def on_terminate(self, context: Context) -> Iterable[Any] | None:
        """Called once at the end; may yield artifacts."""

    @property
    def interests(self) -> InterestDeclaration:  # type: ignore[override]
        """What it receives: resolves of its target, artifacts of those it requires, and the pipeline's own events.

        Raises:
            WiringError: a subclass did not call `super().__init__`.
        """
        if "provides" not in vars(self):
            name = type(self).__name__
            raise WiringError(f"{name}.__init__ must say what is built: super().__init__(provides=..., requires=[...])")
        return [
            (ReactiveEvent, "resolve", self.provides),
            *((ReactiveEvent, "built", target_of(required)) for required in self.requires),
            *((Event, control) for control in (INIT, PHASE, POISON)),
        ]

    @property
    def opens_archive(self) -> bool:
        """Whether results are kept; the pipeline asks before it runs."""
        return self.persist

    @property
    def backlog(self) -> int:  # type: ignore[override]
        """How many inputs and replays wait to be handled."""
        return len(self._building.pending)

    def reproduce(self, archived_input: tuple[Any, ...]) -> Iterable[Any]:
        """What `build` makes of archived inputs, outside of any run; writes nothing."""
        return list(artifacts_of(self.build(DetachedContext(self.name), *archived_input), self.build))

    def to_retry(self, failed: Event) -> Event:
        """What has this builder build a failed input again, whether or not anybody has resolved its target."""
        match failed:
            case ReactiveEvent(name="built", artifact=artifact) if len(self.requires) == 1:
                return Build((artifact,))
            case _:
                return failed

    def unfinished(self) -> Iterable[Unfinished]:
        """Requirements that are missing, and artifacts that wait for a partner."""
        return self._building.unfinished()

    def _begin(self) -> Building:
        """What one run takes; a builder that is run again begins anew."""
        return Building(self)

    def process(self, context: Context, event: Event) -> None:
        """Handle what concerns the targets, phases, and the notes that a builder sends itself."""
        match event:
            case ReactiveEvent(name="built", again=False):
                self._building.receive(context, event.target, event.artifact)
            case Note():
                self._building.handle(context, event)
            case ReactiveEvent(name="resolve", asker=asker):
                self._building.resolve(context, asker)
            case Event(name="__PHASE__"):
                self._building.judge(context)
                self._building.call(context, self.phase, context.phase)
            case Event(name="__INIT__"):
                self._building = self._begin()
                self._building.call(context, self.on_init)
            case Event(name="__POISON__"):
                try:
                    self._building.call(context, self.on_terminate)
                finally:
                    self._building.end()
