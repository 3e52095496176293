"""`Building`: one run of one builder, from the artifacts that arrive to those that it announces."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from framework.archive.archive import records
from framework.core import Context, Event
from framework.core.context import ForwardingContext
from framework.core.identity.input_key import input_key
from framework.core.mailboxes.handler import Unfinished
from framework.core.reactive_event import ReactiveEvent
from framework.errors import UnsafeSubmit, WiringError
from framework.reactive.building.artifacts import artifacts_of
from framework.reactive.building.build_records import BuildRecords, StoredBuild
from framework.reactive.building.buildable import Buildable
from framework.reactive.building.deadlock import providers, seedless
from framework.reactive.building.origin import Derived, Made, Origin, followed, origin_of
from framework.reactive.building.pairing import Pairing

SLICE = 256  # artifacts that a builder announces before it asks whether there is room for more
REPLAYED_TOGETHER = 32  # inputs that wait and are answered from the archive in one delivery

Origins = tuple[Origin, ...]
_new: Callable[[type[ReactiveEvent]], ReactiveEvent] = object.__new__


class BuildContext(ForwardingContext):
    """Forwards to the context of the delivery that continues a build; a build may take several."""

    __slots__ = ("current", "origins")

    def __init__(self) -> None:
        self.current: Context | None = None
        self.origins: Origins = ()  # of the input that is being built

    @property
    def inner(self) -> Context:  # type: ignore[override]
        """The context of the present delivery; raises UnsafeSubmit outside of one."""
        if self.current is None:
            raise UnsafeSubmit
        return self.current

    def _check_owner(self) -> None:
        """Leave it to the context of the delivery, which may be on another thread than the one before."""


class SelfMessage(Event):
    """A message of a builder to its own mailbox; `inputs` are the artifacts that it is about, if any."""

    inputs: tuple[Any, ...] = ()

    def __getstate__(self) -> dict[str, Any]:
        """Return what a failure shows: slots hold the state of the run."""
        return self.__dict__


class BuildInput(SelfMessage):
    """Builds one input, or continues a build whose last slice ended."""

    __slots__ = ("origins",)

    def __init__(self, inputs: tuple[Any, ...], origins: Origins = ()) -> None:
        self.name = "build"
        self.inputs = inputs
        self.origins = origins


class ReplayRecords(SelfMessage):
    """Announces archived artifacts: those of this run's inputs if `again`, otherwise all."""

    def __init__(self, *, again: bool) -> None:
        self.name = "replay"
        self.again = again


class Remaining(NamedTuple):
    """Artifacts that are announced in a later slice: the arguments of `Building.announce`."""

    artifacts: Iterator[Any]
    inputs: tuple[Any, ...]
    made: Made
    sources: Origins
    key: str
    again: bool
    place: int


class Building:
    """Answers inputs one after another, in slices.

    An input that comes while the builder is idle is built at once; any other becomes a self-message in `pending`. One
    self-message at a time is in the mailbox, so that a slice, a build or a failure is one delivery, and other
    processors are delivered to in between.
    """

    def __init__(self, builder: Buildable) -> None:
        self.pairing = Pairing(builder.requires)
        self.pending: deque[SelfMessage] = deque()
        self.resolved = False
        self.context = BuildContext()
        self._builder = builder
        self.made = Made(builder.name, builder.provides, plumbing=builder._plumbing)
        self._single = len(self.pairing.targets) == 1
        self._plain = tuple(builder.requires) == self.pairing.targets
        self.records = BuildRecords(builder.provides)
        self._kept = builder.persist
        self._answered: set[str] | None = set() if builder.dedupe else None
        self._announcement = ReactiveEvent("built", builder.provides, artifact=None)
        self._room = SLICE
        self._current: SelfMessage | None = None
        self._remaining: Remaining | None = None
        self._checked = False
        self._missing: list[str] = []
        self._seedless: list[str] = []

    # -- input

    def resolve(self, context: Context, asker: str | None) -> None:
        """Start building and resolve the requirements; resolved again from outside, announce what is archived."""
        if self.resolved:
            if asker is None and self._builder._opens_archive:
                self.queue(context, ReplayRecords(again=True))
            return
        self.resolved = True
        for target in self.pairing.targets:
            question = ReactiveEvent("resolve", target, asker=context.processor)
            if target != self._builder.provides and context._receivers(question):
                context.submit(question)
        inputs = self.pairing.take_all() if self.pairing.targets else [()]
        self.pending.extend(input_of(events) for events in inputs)
        if self._current is None:
            self._send_next(context)

    def receive(self, context: Context, event: ReactiveEvent) -> None:
        """Take an artifact; build when an input is complete."""
        if self._single and self.resolved:
            self.pairing.arrived.add(event.target)
            inputs, origins = (event.artifact,), (origin_of(event),)
            if self._current is not None:
                self.pending.append(BuildInput(inputs, origins))
            else:
                self._answer(context, inputs, origins)
            return
        self.pairing.add(event)
        if self.resolved and (events := self.pairing.take()) is not None:
            # A build of several artifacts is a delivery of its own, so that a failure is kept with all of them.
            self.queue(context, input_of(events))

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
        if self._current is message:
            context._work().own += 1
        self._current = message
        remaining, self._remaining = self._remaining, None
        try:
            if remaining is None:
                self.begin(context, message)
            else:
                self.announce(context, *remaining)
        finally:
            self._send_next(context)

    def begin(self, context: Context, message: SelfMessage) -> None:
        """Carry out a self-message."""
        if isinstance(message, ReplayRecords):
            self._replay(context, again=message.again)
        else:
            self._answer(context, message.inputs, getattr(message, "origins", ()))

    def call(self, context: Context, hook: Callable[..., Any], *arguments: Any) -> None:
        """Call a hook and announce what it yields, if anything."""
        self.context.current = context
        try:
            found = hook(self.context, *arguments)
        finally:
            self.context.current = None
        if found is not None:
            self.announce(context, artifacts_of(found, hook))

    def _replay(self, context: Context, *, again: bool) -> None:
        """Announce the artifacts of records: those of this run's inputs if `again`, otherwise of all."""
        found = self.records.of_this_run if again else self.records.of_all_runs
        work = context._work()

        def artifacts() -> Iterator[Derived]:
            for key, record in found(context.archive):
                work.replayed += not again
                made = self.records.made(self._builder.name, key, record, context.archive)
                yield from (Derived(artifact, made, (), place) for place, artifact in enumerate(record.artifacts))

        self.announce(context, artifacts(), again=again)

    def _answer(self, context: Context, inputs: tuple[Any, ...], origins: Origins) -> None:
        """Announce the artifacts of one input, archived or built."""
        arguments = inputs if self._plain else self.pairing.arguments(inputs)
        made, key, own = self.made, "", self.context
        if self._kept or self._answered is not None:
            key = input_key(arguments, name="inputs")
            if self._answered is not None and key in self._answered:
                return
        if self._kept:
            made = Made(made.builder, made.target, plumbing=made.plumbing)
            started = time.perf_counter()
            archived = self.records.archived(context.archive, key, made)
            if archived is not None:
                context._work().replay_seconds += time.perf_counter() - started
                self.announce(context, archived, inputs, made, origins, key)
                if self.pending and context.__class__ is Context and self._answered is None and self._remaining is None:
                    self.announce(context, self._archived_further(context))
                return
        own.current, own.origins = context, origins
        try:
            if self._kept:
                artifacts = self.records.built(context.archive, key, arguments, self._build, made, origins)
            else:
                artifacts = self._build(arguments)
        finally:
            own.current = None
        self.announce(context, artifacts, inputs, made, origins, key)

    def _archived_further(self, context: Context) -> Iterator[Derived]:
        """Yield the artifacts of further inputs while they are archived: a delivery for each would take a third more.

        Inputs that fail or that are to be built have deliveries of their own, and so has each one in a run that is
        watched.
        """
        archive, work, pending, clock = context.archive, context._work(), self.pending, time.perf_counter
        builder, target = self.made.builder, self.made.target
        for _ in range(REPLAYED_TOGETHER):
            if not pending or pending[0].__class__ is not BuildInput:
                return
            message, started = pending[0], clock()
            made = Made(builder, target)
            try:
                arguments = message.inputs if self._plain else self.pairing.arguments(message.inputs)
                archived = self.records.archived(archive, input_key(arguments, name="inputs"), made)
            except Exception:  # noqa: BLE001 - raised again in a delivery of that input
                return
            if archived is None:
                return
            work.replay_seconds += clock() - started
            pending.popleft()
            work.replayed += 1
            place = -1
            for place, artifact in enumerate(archived):
                yield Derived(artifact, made, message.origins, place)
            work.fruitless += place < 0

    def _build(self, arguments: tuple[Any, ...]) -> Iterator[Any]:
        build = self._builder.build
        return artifacts_of(build(self.context, *arguments), build)

    def announce(  # noqa: PLR0913, PLR0917 - facts of one input
        self,
        context: Context,
        artifacts: Iterator[Any],
        inputs: tuple[Any, ...] = (),
        made: Made | None = None,
        origins: Origins = (),
        key: str = "",
        again: bool = False,  # noqa: FBT001, FBT002
        place: int = 0,
    ) -> None:
        """Announce as many artifacts as there is room for; the others wait for the next slice.

        All are of the input `inputs`, from `origins`, unless they are `Derived`. `key` is that of an input that is not
        answered again; `again` says that builders have had them; `place` is that of the first among the artifacts of
        the input.
        """
        answers, made = made is not None, made or self.made
        target, submit, room, own = self._builder.provides, context.submit, self._room, self.context
        sources, depth = followed(origins) if origins else ((), 0)
        own.current, own.origins = context, origins
        replayed = made.recorded is not None
        if made.recorded is not None:
            context._note_replay(made.recorded)
        try:
            for artifact in islice(artifacts, room):
                room -= 1
                event = _new(ReactiveEvent)  # its constructor would cost a tenth of the whole build
                event.name = "built"
                event.target = target
                if artifact.__class__ is Derived:
                    event.artifact = artifact.artifact
                    if artifact.made is not None and artifact.made.recorded is not None:
                        context._note_replay(artifact.made.recorded)
                        replayed = True
                    event.origin = Origin(artifact.made or made, *followed(artifact.sources), artifact.place, event)
                else:
                    event.artifact = artifact
                    event.origin = Origin(made, sources, depth, place, event)
                    place += 1
                if again:
                    event.again = True
                submit(event)
        finally:
            own.current = None
            own.origins = ()
            self._room = room
        if room <= 0:
            self._remaining = Remaining(artifacts, inputs, made, origins, key, again, place)
            if self._current is None:
                self._send_next(context)
            return
        if answers:
            self._count(context, place, replayed=replayed)
        if key and self._answered is not None:
            self._answered.add(key)

    def _count(self, context: Context, announced: int, *, replayed: bool) -> None:
        """Count an input that is answered, with so many artifacts."""
        work = context._work()
        work.replayed += replayed
        work.built += not replayed
        work.fruitless += not announced

    def _send_next(self, context: Context) -> None:
        """Send the next self-message, if there is anything left to do."""
        message = BuildInput(self._remaining.inputs) if self._remaining is not None else self._take_next()
        self._current = message
        if message is None:
            return
        if self._room > 0:
            context._defer(message)
        else:
            self._room = SLICE
            context._defer(message, room_for=self._announcement)

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
        self._seedless = seedless(context, lacking)
        keeps = self._builder._opens_archive
        if self._missing and keeps and any(records(context.archive, StoredBuild)):
            self._missing = []
            self.queue(context, ReplayRecords(again=False))

    def end(self) -> None:
        """Drop what a stopped run has not built; raises WiringError."""
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
        for target in self._not_arrived(self._seedless):
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


def input_of(events: tuple[ReactiveEvent, ...]) -> BuildInput:
    """Return the self-message that builds the artifacts of events."""
    return BuildInput(tuple([event.artifact for event in events]), tuple([origin_of(event) for event in events]))
