"""`ReactiveBuilder`: builds the artifacts of one target from those of others."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

from framework.core import AbstractProcessor, Context, Event
from framework.core.context import DetachedContext
from framework.core.event import INIT, PHASE, POISON
from framework.core.mailboxes.handler import Unfinished
from framework.core.processor import InterestDeclaration
from framework.core.reactive_event import ReactiveEvent
from framework.errors import WiringError
from framework.reactive.building.artifacts import artifacts_of
from framework.reactive.building.awaited import AwaitedBuilding, is_awaited, wait_for_artifacts
from framework.reactive.building.building import Building, BuildInput, SelfMessage
from framework.reactive.building.origin import origin_of
from framework.reactive.building.pairing import EXPAND, checked, target_of
from framework.reactive.checks import hint_of_keywords, positive


class ReactiveBuilder(AbstractProcessor):
    """Builds the target it `provides` from the targets it `requires`, once the target is resolved.

    A subclass writes `build`; every combination of required artifacts is one input::

        class Doubles(ReactiveBuilder):
            def __init__(self):
                super().__init__(provides="doubles", requires=["numbers"])

            def build(self, context, number):
                yield 2 * number

    Several requirements are paired by arrival, `*name` unpacks a tuple into arguments, and a builder without
    requirements is a source: `build` is called once. Every input is answered, in order; a build that fails loses its
    own input. `provides` and `requires` are public.
    """

    max_concurrency: int = 16
    """How many inputs an `async def build` may have under way."""
    _plumbing: ClassVar[bool] = False
    """Whether it passes artifacts on, such as the router of a load balancer: provenance looks through it."""

    _archived_as: ReactiveBuilder | None = None
    """The builder whose archive it uses in place of one of its own: of a load balancer, one of the equal workers."""

    _first_part: str = ""
    """Of several builders that do the work of `_archived_as`, the one that gets the inputs."""

    def __init__(  # noqa: PLR0913, PLR0917 - the promised signature
        self,
        provides: str,
        requires: Iterable[str],
        persist: bool = False,  # noqa: FBT001, FBT002 - the order of these is promised
        dedupe: bool = False,  # noqa: FBT001, FBT002
        name: str | None = None,
        priority: int = 0,
        *,
        max_concurrency: int | None = None,
    ) -> None:
        """Declare what is built from what.

        Args:
            provides: the target whose artifacts `build` returns.
            requires: the targets whose artifacts `build` gets, in the order of its arguments.
            persist: keep the results, and answer an input from the archive when it comes again, in later runs too.
            dedupe: answer equal inputs of one run once, so that a walk over a graph with cycles ends.
            name: what graphs, reports and archives call it; the class's name by default.
            priority: lower runs first.
            max_concurrency: how many inputs an `async def build` may have under way; 16 by default.

        Raises:
            OptionError: `max_concurrency` is not positive.
            WiringError: `provides` or `requires` are not valid.
        """
        super().__init__(name, priority)
        self.provides, self.requires = checked(self.name, provides, requires)
        self.persist = bool(persist)
        self.dedupe = bool(dedupe)
        if max_concurrency is not None:
            self.max_concurrency = positive(self.name, "max_concurrency", max_concurrency)
        self._check_arity()
        self._building = self._begin()

    def _check_arity(self) -> None:
        """Check that `build` takes one argument for each requirement; of those to unpack the number is not known.

        Raises:
            WiringError: it takes more or fewer.
        """
        if any(required.startswith(EXPAND) for required in self.requires):
            return
        try:
            signature = inspect.signature(self.build)
            signature.bind(None, *self.requires)
        except TypeError:
            taken = ", ".join(list(signature.parameters)[1:]) or "none"
            raise WiringError(
                f"{self.name} requires {self.requires}, and the artifacts that its build takes are: {taken}"
                + hint_of_keywords(signature)
            ) from None
        except ValueError:  # no signature: not written in Python
            return

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
        """Return what it receives: resolves of its target, artifacts of its requirements, and control events.

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
    def _opens_archive(self) -> bool:
        return self.persist

    @property
    def _backlog(self) -> int:  # type: ignore[override]
        return len(self._building.pending)

    def _reproduce(self, archived_input: tuple[Any, ...]) -> Iterable[Any]:
        """Return what `build` makes of archived inputs, outside of a run; writes nothing."""
        context = DetachedContext(self.name)
        if is_awaited(self.build):
            return wait_for_artifacts(self.build, context, archived_input)
        return list(artifacts_of(self.build(context, *archived_input), self.build))

    def _to_retry(self, failed: Event) -> Event:
        """Return the event that builds a failed input again, whether or not the target is resolved."""
        match failed:
            case ReactiveEvent(name="built", artifact=artifact) if len(self.requires) == 1:
                return BuildInput((artifact,), (origin_of(failed),))
            case _:
                return failed

    @property
    def resolved(self) -> bool:
        """Return whether its target was resolved in this run."""
        return self._building.resolved

    def lacking(self) -> list[str]:
        """Return the required targets of which no artifact has arrived in this run."""
        return self._building.pairing.lacking()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the state of the run: a copy, here or in another process, begins a run of its own."""
        return {key: value for key, value in vars(self).items() if key != "_building"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._building = self._begin()

    def _unfinished(self) -> Iterable[Unfinished]:
        """Report requirements that are missing, and artifacts that wait for a partner."""
        return self._building.unfinished()

    def _begin(self) -> Building:
        """Make the state of one run."""
        return AwaitedBuilding(self, self.max_concurrency) if is_awaited(self.build) else Building(self)

    def process(self, context: Context, event: Event) -> None:
        """Handle targets, phases and the self-messages of this builder."""
        match event:
            case ReactiveEvent(name="built", again=False):
                self._building.receive(context, event)
            case SelfMessage():
                self._building.handle(context, event)
            case ReactiveEvent(name="resolve", asker=asker):
                self._building.resolve(context, asker)
            case Event(name="__PHASE__"):
                self._building.check_requirements(context)
                self._building.call(context, self.phase, context.phase)
            case Event(name="__INIT__"):
                self._building = self._begin()
                self._building.call(context, self.on_init)
            case Event(name="__POISON__"):
                try:
                    self._building.call(context, self.on_terminate)
                finally:
                    context._work().under_way = 0
                    self._building.end()
