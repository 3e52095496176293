"""`Calls`: one run of a builder whose inputs are built elsewhere: on an executor, a flow, an event loop."""

from __future__ import annotations

import functools
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from itertools import islice
from typing import Any, Protocol

from framework.core import Context
from framework.core.context import DetachedContext
from framework.core.identity.input_key import input_key
from framework.core.mailboxes.hold import Hold
from framework.errors import PipelineEnded
from framework.observe.text import short_repr
from framework.reactive.building.build_records import copies
from framework.reactive.building.buildable import Buildable
from framework.reactive.building.building import Building, BuildInput, Origins, SelfMessage
from framework.reactive.building.origin import Made


class Sends(Protocol):
    """Where inputs are built: an executor, a flow, an event loop."""

    max_pending: int
    ordered: bool

    def arrived(self, future: Future[Any]) -> tuple[list[Any], BaseException | None, float]:
        """Return the artifacts of a call, its error and the seconds that it took; raises if it was cut off."""

    def close(self) -> None:
        """Release what the run has used."""


class InputCall:
    """An input in flight; `artifacts` once it is completed."""

    __slots__ = ("arguments", "artifacts", "failed", "future", "inputs", "kept", "key", "made", "origins")

    def __init__(self, inputs: tuple[Any, ...], arguments: tuple[Any, ...], origins: Origins, made: Made) -> None:
        self.inputs = inputs
        self.origins = origins
        self.made = made
        self.failed = False
        self.arguments = arguments
        self.key = ""  # of the record, where results are kept
        self.kept: tuple[Any, ...] = ()  # the arguments as they came: a thread may change its own
        self.future: Future[Any] | None = None
        self.artifacts: Iterator[Any] | None = None


class Completed(SelfMessage):
    """The call for these inputs has completed."""

    __slots__ = ("call",)  # no attribute of the event, which a failure shows

    def __init__(self, call: InputCall) -> None:
        self.name = "completed"
        self.inputs = call.inputs
        self.call = call

    def __repr__(self) -> str:
        return f"inputs={short_repr(self.inputs)}"


class AnnounceCompleted(SelfMessage):
    """It is the turn of these inputs to be announced."""

    __slots__ = ("call",)

    def __init__(self, call: InputCall) -> None:
        self.name = "announce"
        self.inputs = call.inputs
        self.call = call


class Calls(Building):
    """Submits inputs while there is room, and announces completed ones; a class of it says how one is submitted."""

    def __init__(self, builder: Buildable, sends: Sends) -> None:
        super().__init__(builder)
        self._sends = sends
        self._calls: deque[InputCall] = deque()

    def _submit(self, hold: Hold, arguments: tuple[Any, ...]) -> Future[Any]:
        """Have one input built elsewhere; the phase stays open until the hold is released."""
        raise NotImplementedError

    def _arguments(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return what is sent of one input: the arguments of `build`."""
        return self.pairing.arguments(inputs)

    def _place(self, inputs: tuple[Any, ...]) -> int | None:  # noqa: ARG002 - for classes of it
        """Return the place of an input among those of the run, if it is told."""
        return None

    def _announced(self, inputs: tuple[Any, ...], artifacts: Iterator[Any]) -> Iterable[Any]:  # noqa: ARG002 - as above
        """Return what is announced for an input, of the artifacts that came back or were archived."""
        return artifacts

    def handle(self, context: Context, message: SelfMessage) -> None:
        """Take a completed call at once, whatever else waits."""
        if not isinstance(message, Completed):
            super().handle(context, message)
            return
        try:
            if message.call in self._calls:
                context._work().own += 1
                self._complete(context, message.call)
            else:  # a failure of a former run is retried
                self._answer(context, message.call.inputs, message.call.origins)
        finally:
            if self._current is None:
                self._send_next(context)

    def begin(self, context: Context, message: SelfMessage) -> None:
        """Carry out a self-message."""
        if isinstance(message, AnnounceCompleted):
            call = message.call
            context._work().under_way = len(self._calls)
            made = None if call.failed else call.made
            self.announce(context, call.artifacts or iter(()), call.inputs, made, call.origins)
        else:
            super().begin(context, message)

    def _take_next(self) -> SelfMessage | None:
        call = self._next_completed()
        if call is not None:
            self._calls.remove(call)
            return AnnounceCompleted(call)
        return super()._take_next() if self._has_room() else None

    def _next_completed(self) -> InputCall | None:
        """Return the call whose turn it is to be announced."""
        candidates = islice(self._calls, 1 if self._sends.ordered else None)
        return next((call for call in candidates if call.artifacts is not None), None)

    def _has_room(self) -> bool:
        return len(self._calls) < self._sends.max_pending

    def _answer(self, context: Context, inputs: tuple[Any, ...], origins: Origins) -> None:
        """Submit one input, unless its result is archived; outside of a run, build it here."""
        if isinstance(context, DetachedContext):
            super()._answer(context, inputs, origins)
            return
        if not self._has_room():
            self.pending.append(BuildInput(inputs, origins))
            return
        arguments = self._arguments(inputs)
        made = Made(self.made.builder, self.made.target) if self._kept else self.made
        call = InputCall(inputs, arguments, origins, made)
        self._calls.append(call)
        context._work().under_way = len(self._calls)
        try:
            self._begin_call(context, call)
        except Exception:
            self._fail(call)
            raise
        finally:
            if call.artifacts is not None and self._current is None:
                self._send_next(context)

    def _begin_call(self, context: Context, call: InputCall) -> None:
        if self._kept:
            call.key = input_key(call.arguments, name="inputs")
            started = time.perf_counter()
            found = self.records.archived(context.archive, call.key, call.made, self._place(call.inputs))
            if found is not None:
                context._work().replay_seconds += time.perf_counter() - started
                call.artifacts = iter(self._announced(call.inputs, found))
                return
            call.kept = copies(call.arguments)
        hold = context.hold()
        try:
            call.future = self._submit(hold, call.arguments)
        except Exception:
            hold.release()
            raise
        call.future.add_done_callback(functools.partial(report, hold, call))

    def _fail(self, call: InputCall) -> None:
        """Announce nothing for an input, which is told by its number where others wait for that."""
        call.failed = True
        call.artifacts = iter(self._announced(call.inputs, iter(())))

    def _complete(self, context: Context, call: InputCall) -> None:
        assert call.future is not None  # noqa: S101 - only submitted calls complete
        error: BaseException | None
        try:
            built, error, seconds = self._sends.arrived(call.future)
        except BaseException as raised:  # noqa: BLE001 - a cancelled future raises no Exception
            built, error, seconds = [], raised, 0.0
        context._work().away_seconds += seconds
        artifacts = iter(built)
        if self._kept and error is None:
            place = self._place(call.inputs)
            artifacts = self.records.record(
                context.archive, call.key, call.kept, artifacts, call.made, call.origins, place, seconds
            )
        try:
            call.artifacts = iter(self._announced(call.inputs, artifacts))
        except Exception:  # the record cannot be kept
            self._fail(call)
            raise
        if error is not None:
            call.failed = True
            raise error

    def end(self) -> None:
        """Cancel the calls that are still in flight, at the end of a run that was stopped."""
        for call in self._calls:
            if call.future is not None:
                call.future.cancel()
        self._calls.clear()
        self._sends.close()
        super().end()


def report(hold: Hold, call: InputCall, _: Future[Any]) -> None:
    """Tell the builder, from a thread of the executor."""
    try:
        hold._defer(Completed(call))
    except PipelineEnded:
        pass  # the run was stopped meanwhile: the result is not needed
    finally:
        hold.release()
