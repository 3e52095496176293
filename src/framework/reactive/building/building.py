"""`Building`: one run of one builder, from the artifacts that arrive to those that it announces."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from framework.archive import InMemCache
from framework.core import Context, Event
from framework.core.context import defer, receivers
from framework.core.mailboxes.handler import Unfinished
from framework.core.reactive_event import ReactiveEvent
from framework.errors import WiringError
from framework.reactive.building.artifacts import artifacts_of
from framework.reactive.building.build_context import BuildContext
from framework.reactive.building.build_records import BuildRecords
from framework.reactive.building.buildable import Buildable
from framework.reactive.building.deadlock import providers, starved
from framework.reactive.building.pairing import Pairing

SLICE = 256  # artifacts that a builder announces before it asks whether there is room for more


class SelfMessage(Event):
    """A message of a builder to its own mailbox; `inputs` are the artifacts that it is about, if any."""

    inputs: tuple[Any, ...] = ()


class BuildInput(SelfMessage):
    """Builds one input, or continues a build whose last slice ended."""

    def __init__(self, inputs: tuple[Any, ...]) -> None:
        """Take one artifact of each requirement."""
        self.name = "build"
        self.inputs = inputs


class ReplayRecords(SelfMessage):
    """Announces archived artifacts: those of this run's inputs if `again`, otherwise all."""

    def __init__(self, *, again: bool) -> None:
        """Select the records."""
        self.name = "replay"
        self.again = again


class _Remaining(NamedTuple):
    """Artifacts that are announced in a later slice, and the inputs that they were built from."""

    artifacts: Iterator[Any]
    inputs: tuple[Any, ...]
    again: bool


class Building:
    """Answers inputs one after another, in slices.

    An input that comes while the builder is idle is built at once; any other becomes a self-message in `pending`. One
    self-message at a time is in the mailbox, so that a slice, a build or a failure is one delivery, and other
    processors are delivered to in between.
    """

    def __init__(self, builder: Buildable) -> None:
        """Prepare a run in which the target is not resolved yet."""
        self.pairing = Pairing(builder.requires)
        self.pending: deque[SelfMessage] = deque()
        self.resolved = False
        self.context = BuildContext()
        self._builder = builder
        self._single = len(self.pairing.targets) == 1
        self._plain = tuple(builder.requires) == self.pairing.targets
        self._records = BuildRecords(builder.provides)
        self._kept = builder.persist or builder.dedupe
        self._memory = None if builder.persist else InMemCache()
        self._announcement = ReactiveEvent("built", builder.provides, artifact=None)
        self._room = SLICE
        self._current: SelfMessage | None = None
        self._remaining: _Remaining | None = None
        self._checked = False
        self._missing: list[str] = []
        self._starved: list[str] = []

    # -- input

    def resolve(self, context: Context, asker: str | None) -> None:
        """Start building and resolve the requirements; resolved again from outside, announce what is archived."""
        if self.resolved:
            if asker is None and self._builder.persist:
                self.queue(context, ReplayRecords(again=True))
            return
        self.resolved = True
        for target in self.pairing.targets:
            question = ReactiveEvent("resolve", target, asker=context.processor)
            if target != self._builder.provides and receivers(context, question):
                context.submit(question)
        inputs = self.pairing.take_all() if self.pairing.targets else [()]
        self.pending.extend(BuildInput(artifacts) for artifacts in inputs)
        if self._current is None:
            self._send_next(context)

    def receive(self, context: Context, target: str, artifact: Any) -> None:
        """Take an artifact; build when an input is complete."""
        if self._single and self.resolved:
            self.pairing.arrived.add(target)
            if self._current is not None:
                self.queue(context, BuildInput((artifact,)))
            else:
                self._answer(context, (artifact,))
            return
        self.pairing.add(target, artifact)
        if self.resolved and (inputs := self.pairing.take()) is not None:
            # A build of several artifacts is a delivery of its own, so that a failure is kept with all of them.
            self.queue(context, BuildInput(inputs))

    def queue(self, context: Context, message: SelfMessage) -> None:
        """Handle a self-message when everything before it is done."""
        self.pending.append(message)
        if self._current is None:
            self._send_next(context)

    # -- work

    def handle(self, context: Context, message: SelfMessage) -> None:
        """Begin with a self-message, or continue where its last slice ended; then send the next one."""
        if self._current not in (None, message):
            self.pending.append(message)  # a failed input that is retried: it comes from outside, at any time
            return
        self._current = message
        remaining, self._remaining = self._remaining, None
        try:
            if remaining is None:
                self.begin(context, message)
            else:
                self._announce(context, *remaining)
        finally:
            self._send_next(context)

    def begin(self, context: Context, message: SelfMessage) -> None:
        """Carry out a self-message."""
        if isinstance(message, ReplayRecords):
            artifacts = self._records.of_this_run if message.again else self._records.of_all_runs
            self._announce(context, artifacts(context.archive), (), again=message.again)
        else:
            self._answer(context, message.inputs)

    def call(self, context: Context, hook: Callable[..., Any], *arguments: Any) -> None:
        """Call a hook and announce what it yields, if anything."""
        self.context.current = context
        try:
            found = hook(self.context, *arguments)
        finally:
            self.context.current = None
        if found is not None:
            self._announce(context, artifacts_of(found, hook), ())

    def _answer(self, context: Context, inputs: tuple[Any, ...]) -> None:
        """Announce the artifacts of one input, archived or built."""
        arguments = inputs if self._plain else self.pairing.arguments(inputs)
        self.context.current = context
        try:
            if self._kept:
                archive = context.archive if self._memory is None else self._memory
                artifacts = self._records.artifacts(archive, arguments, self._build)
            else:
                artifacts = self._build(arguments)
        finally:
            self.context.current = None
        self._announce(context, artifacts, inputs)

    def _build(self, arguments: tuple[Any, ...]) -> Iterator[Any]:
        build = self._builder.build
        return artifacts_of(build(self.context, *arguments), build)

    def _announce(
        self,
        context: Context,
        artifacts: Iterator[Any],
        inputs: tuple[Any, ...],
        again: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        """Announce as many artifacts as there is room for; those that are left becomes the `_rest`."""
        target, submit, room = self._builder.provides, context.submit, self._room
        self.context.current = context
        try:
            for artifact in islice(artifacts, room):
                room -= 1
                event = ReactiveEvent("built", target, artifact=artifact)
                if again:
                    event.again = True
                submit(event)
        finally:
            self.context.current = None
            self._room = room
        if room <= 0:
            self._remaining = _Remaining(artifacts, inputs, again)
            if self._current is None:
                self._send_next(context)

    def _send_next(self, context: Context) -> None:
        """Send the next self-message, if there is anything left to do."""
        message = BuildInput(self._remaining.inputs) if self._remaining is not None else self._take_next()
        self._current = message
        if message is None:
            return
        if self._room > 0:
            defer(context, message)
        else:
            self._room = SLICE
            defer(context, message, room_for=self._announcement)

    def _take_next(self) -> SelfMessage | None:
        return self.pending.popleft() if self.pending else None

    # -- end

    def check_requirements(self, context: Context) -> None:
        """Find requirements that have not arrived and have no provider; call it when nothing waits or runs.

        The archive's results, if there are any, are announced in their place; otherwise the requirement is missing.
        """
        if not self.resolved or self._checked:
            return
        self._checked = True
        lacking = self.pairing.lacking()
        self._missing = [target for target in lacking if not providers(context, target)]
        self._starved = starved(context, lacking)
        if self._missing and self._builder.persist and len(context.archive):
            self._missing = []
            self.queue(context, ReplayRecords(again=False))

    def end(self) -> None:
        """Drop what a stopped run has not built.

        Raises:
            WiringError: a requirement is missing.
        """
        self.pending.clear()
        self._remaining = None
        missing = self._not_arrived(self._missing)
        if missing:
            names = ", ".join(map(repr, missing))
            raise WiringError(
                f"{self._builder.name} requires {names}, which no builder provides: add a builder with "
                f"provides={missing[0]!r}, or submit ReactiveEvent('built', target={missing[0]!r}, artifact=...)"
            )

    def unfinished(self) -> Iterable[Unfinished]:
        """Report requirements that are missing, and artifacts that wait for a partner."""
        name = self._builder.name
        for target in self._not_arrived(self._missing):
            yield Unfinished("requirement", f"{name} waits for {target!r}, which no builder provides")
        for target in self._not_arrived(self._starved):
            begin = f"submit ReactiveEvent('built', target={target!r}, artifact=...) to begin"
            yield Unfinished("requirement", f"{name} waits for {target!r}, which is built in a cycle: {begin}")
        waiting = self.pairing.waiting()
        lacking = [repr(target) for target, count in waiting.items() if not count]
        if self.resolved and lacking:
            for target, count in waiting.items():
                if count:
                    yield Unfinished("else", f"{name} has {count} of {target!r} that wait for {', '.join(lacking)}")

    def _not_arrived(self, targets: list[str]) -> list[str]:
        return [target for target in targets if target not in self.pairing.arrived]
