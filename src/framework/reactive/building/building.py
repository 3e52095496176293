"""`Building`: one run of one builder, from the artifacts that arrive to those that it announces."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from framework.archive import InMemCache
from framework.core import Context, Event
from framework.core.context import defer, receivers
from framework.core.mailboxes.handler import Unfinished
from framework.core.reactive_event import ReactiveEvent
from framework.errors import WiringError
from framework.reactive.building.artifacts import artifacts_of
from framework.reactive.building.build_context import BuildContext
from framework.reactive.building.build_records import Answers
from framework.reactive.building.deadlock import providers, starved
from framework.reactive.building.pairing import Pairing

if TYPE_CHECKING:
    from framework.reactive.builder import ReactiveBuilder

SLICE = 256  # artifacts that a builder announces before it asks whether there is room for more


class Note(Event):
    """What a builder sends to its own mailbox, about an input in most cases."""

    inputs: tuple[Any, ...] = ()


class Build(Note):
    """Build these inputs, or go on building them."""

    def __init__(self, inputs: tuple[Any, ...]) -> None:
        """Name the artifacts that the build takes."""
        self.name = "build"
        self.inputs = inputs


class Replay(Note):
    """Announce what is archived: `again` what this run has answered, or else everything."""

    def __init__(self, *, again: bool) -> None:
        """Say which."""
        self.name = "replay"
        self.again = again


class _Rest(NamedTuple):
    """Artifacts that wait for room, and the inputs that they were built from."""

    artifacts: Iterator[Any]
    inputs: tuple[Any, ...]
    again: bool


class Building:
    """Answers inputs one after another, in slices.

    An input that comes while nothing else is to be done is built at once; anything else becomes a note that waits in
    `pending`. One note at a time is under way through the mailbox, so that a slice, a build or a failure is one
    delivery, and other processors get their turn in between.
    """

    def __init__(self, builder: ReactiveBuilder) -> None:
        """Begin with nothing resolved."""
        self.pairing = Pairing(builder.requires)
        self.pending: deque[Note] = deque()
        self.resolved = False
        self.context = BuildContext()
        self._builder = builder
        self._single = len(self.pairing.targets) == 1
        self._plain = tuple(builder.requires) == self.pairing.targets
        self._answers = Answers(builder.provides)
        self._kept = builder.persist or builder.dedupe
        self._memory = None if builder.persist else InMemCache()
        self._announcement = ReactiveEvent("built", builder.provides, artifact=None)
        self._room = SLICE
        self._under_way: Note | None = None
        self._rest: _Rest | None = None
        self._judged = False
        self._missing: list[str] = []
        self._starved: list[str] = []

    # -- what comes in

    def resolve(self, context: Context, asker: str | None) -> None:
        """Begin to build, and ask for what is required; asked again from outside, announce what is archived."""
        if self.resolved:
            if asker is None and self._builder.persist:
                self.do(context, Replay(again=True))
            return
        self.resolved = True
        for target in self.pairing.targets:
            question = ReactiveEvent("resolve", target, asker=context.processor)
            if target != self._builder.provides and receivers(context, question):
                context.submit(question)
        inputs = self.pairing.take_all() if self.pairing.targets else [()]
        self.pending.extend(Build(artifacts) for artifacts in inputs)
        if self._under_way is None:
            self._send_next(context)

    def receive(self, context: Context, target: str, artifact: Any) -> None:
        """Take an artifact; build when an input is complete."""
        if self._single and self.resolved:
            self.pairing.arrived.add(target)
            if self._under_way is not None:
                self.do(context, Build((artifact,)))
            else:
                self._answer(context, (artifact,))
            return
        self.pairing.add(target, artifact)
        if self.resolved and (inputs := self.pairing.take()) is not None:
            # A build of several artifacts is a delivery of its own, so that a failure is kept with all of them.
            self.do(context, Build(inputs))

    def do(self, context: Context, note: Note) -> None:
        """Handle a note when everything before it is done."""
        self.pending.append(note)
        if self._under_way is None:
            self._send_next(context)

    # -- what is done about it

    def handle(self, context: Context, note: Note) -> None:
        """Begin with a note, or go on where its last slice ended; then send the next note."""
        if self._under_way not in (None, note):
            self.pending.append(note)  # a failed input that is tried again: it comes from outside, at any time
            return
        self._under_way = note
        rest, self._rest = self._rest, None
        try:
            if rest is None:
                self.begin(context, note)
            else:
                self._announce(context, *rest)
        finally:
            self._send_next(context)

    def begin(self, context: Context, note: Note) -> None:
        """Do what a note says."""
        if isinstance(note, Replay):
            source = self._answers.again if note.again else self._answers.everything
            self._announce(context, source(context.archive), (), again=note.again)
        else:
            self._answer(context, note.inputs)

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
                artifacts = self._answers.of(archive, arguments, self._build)
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
        """Announce as many artifacts as there is room for; what is left becomes the `_rest`."""
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
            self._rest = _Rest(artifacts, inputs, again)
            if self._under_way is None:
                self._send_next(context)

    def _send_next(self, context: Context) -> None:
        """Send the next note to this builder's own mailbox, if there is anything left to do."""
        note = Build(self._rest.inputs) if self._rest is not None else self._take_next()
        self._under_way = note
        if note is None:
            return
        if self._room > 0:
            defer(context, note)
        else:
            self._room = SLICE
            defer(context, note, room_for=self._announcement)

    def _take_next(self) -> Note | None:
        return self.pending.popleft() if self.pending else None

    # -- how it ends

    def judge(self, context: Context) -> None:
        """At a quiet moment: what is required, has not arrived and is provided by nobody is read from the archive.

        What the archive does not hold either is missing.
        """
        if not self.resolved or self._judged:
            return
        self._judged = True
        lacking = self.pairing.lacking()
        self._missing = [target for target in lacking if not providers(context, target)]
        self._starved = starved(context, lacking)
        if self._missing and self._builder.persist and len(context.archive):
            self._missing = []
            self.do(context, Replay(again=False))

    def end(self) -> None:
        """Forget what a stopped run left to do.

        Raises:
            WiringError: a requirement is missing.
        """
        self.pending.clear()
        self._rest = None
        missing = self._still(self._missing)
        if missing:
            names = ", ".join(map(repr, missing))
            raise WiringError(
                f"{self._builder.name} requires {names}, which nobody provides: add a builder with "
                f"provides={missing[0]!r}, or submit ReactiveEvent('built', target={missing[0]!r}, artifact=...)"
            )

    def unfinished(self) -> Iterable[Unfinished]:
        """Requirements that are missing, and artifacts that wait for a partner."""
        name = self._builder.name
        for target in self._still(self._missing):
            yield Unfinished("requirement", f"{name} waits for {target!r}, which nobody provides")
        for target in self._still(self._starved):
            begin = f"submit ReactiveEvent('built', target={target!r}, artifact=...) to begin"
            yield Unfinished("requirement", f"{name} waits for {target!r}, which is built in a circle: {begin}")
        waiting = self.pairing.waiting()
        lacking = [repr(target) for target, count in waiting.items() if not count]
        if self.resolved and lacking:
            for target, count in waiting.items():
                if count:
                    yield Unfinished("else", f"{name} has {count} of {target!r} that wait for {', '.join(lacking)}")

    def _still(self, targets: list[str]) -> list[str]:
        return [target for target in targets if target not in self.pairing.arrived]
