"""Calls in another process: a pickled function on pickled arguments."""

from __future__ import annotations

import pickle
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, NamedTuple

from framework.errors import BuildError, RemoteError, Unpicklable
from framework.observe.user_code import notes_of
from framework.reactive.building.artifacts import artifacts_of

Function = Callable[..., Iterable[Any]]

KEPT_FUNCTIONS = 16

_DEEPEST = 20  # of groups in groups, and of causes

_PLAIN = frozenset({bool, bytes, complex, float, int, str, type(None)})
_copies = threading.local()  # a thread has copies of its own: objects of users need not be thread-safe


class Returned(NamedTuple):
    """The result of a call: artifacts or an error, and the seconds it took."""

    artifacts: list[Any]
    error: BaseException | None
    seconds: float


class Raised(NamedTuple):
    """An exception on its way home: its pickle where there is one, and all that can be said of it in text.

    `parts` are the exceptions in a group, whose message is `text` then; `notes` its notes, and `cause` what it was
    raised from.
    """

    pickled: bytes | None
    kind: str
    text: str
    trace: str
    parts: tuple[Raised, ...] = ()
    notes: tuple[str, ...] = ()
    cause: Raised | None = None

    @classmethod
    def of(cls, error: BaseException, depth: int = 0) -> Raised:
        """Describe an exception."""
        try:
            pickled = pack(error, "an error")
        except Unpicklable:
            pickled = None
        parts: tuple[Raised, ...] = ()
        text = _text(error)
        if isinstance(error, BaseExceptionGroup) and depth < _DEEPEST:
            parts, text = tuple(cls.of(part, depth + 1) for part in error.exceptions), str(error.message)
        cause = None if error.__cause__ is None or depth >= _DEEPEST else cls.of(error.__cause__, depth + 1)
        notes = notes_of(error)
        trace = "" if depth else "".join(traceback.format_exception(error))
        return cls(pickled, type(error).__name__, text, trace, parts, notes, cause)

    def exception(self) -> BaseException:
        """Return the exception with its remote traceback as a note, or one that tells the same.

        That is a RemoteError; of a group, a group of what its parts are.
        """
        with suppress(Exception):  # what users' exceptions raise when they are unpickled; a frozen one takes no note
            error = pickle.loads(self.pickled or b"")  # noqa: S301 - made by `of`
            if self._is(error):
                return self._told(error)
        return self._told(self._stand_in())

    def _is(self, error: BaseException) -> bool:
        """Whether it came home as it was: one that is made from its message alone may come out with another text."""
        if type(error).__name__ != self.kind:
            return False
        if not self.parts:
            return _text(error) == self.text
        assert isinstance(error, BaseExceptionGroup)  # noqa: S101 - as its kind says
        parts = zip(self.parts, error.exceptions, strict=True)
        return error.message == self.text and all(part._is(one) for part, one in parts)  # noqa: SLF001 - of this class

    def _told(self, error: BaseException) -> BaseException:
        """Add what pickle leaves out: causes, notes and the remote traceback, in the parts of a group too."""
        if isinstance(error, BaseExceptionGroup):
            for part, one in zip(self.parts, error.exceptions, strict=False):
                part._told(one)  # noqa: SLF001 - of this class
        if self.cause is not None and error.__cause__ is None:
            error.__cause__ = self.cause.exception()
        for note in (*self.notes, self.trace):
            if note and note not in notes_of(error):
                error.add_note(note)
        return error

    def _stand_in(self) -> BaseException:
        told = f"{self.kind}: {self.text}"
        if not self.parts:
            return RemoteError(told)
        plain = self.kind in {"ExceptionGroup", "BaseExceptionGroup"}
        return BaseExceptionGroup(self.text if plain else told, [part.exception() for part in self.parts])


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a `__str__` of the user's
        return "<no text>"


def pack(value: Any, name: str) -> bytes:
    """Pickle a value; functions and classes of a notebook by value; raises Unpicklable."""
    if _is_plain(value):
        return pickle.dumps(value)
    import cloudpickle  # type: ignore[import-untyped]

    try:
        packed: bytes = cloudpickle.dumps(value)
    except Exception as error:
        raise Unpicklable(
            f"{name} cannot be sent to another process ({error}); give it plain data, or use a ThreadPoolExecutor"
        ) from error
    return packed


def _is_plain(value: object) -> bool:
    """Return whether a value consists of scalars: pickle does for those, and cloudpickle is not asked."""
    kind = type(value)
    if kind is tuple or kind is list:
        return all(type(part) in _PLAIN for part in value)  # type: ignore[attr-defined]
    return kind in _PLAIN


def call_packed(function: bytes, *arguments: bytes) -> bytes:
    """Call a function made by `pack` with pickled tuples of arguments; `unpack` reads the result."""
    values = tuple(value for packed in arguments for value in pickle.loads(packed))  # noqa: S301 - as above
    returned = call(_own_copy(function), values)
    if returned.error is None:
        if _is_plain(returned.artifacts):
            return pickle.dumps(returned)
        try:
            return pack(returned, "a result")
        except Unpicklable as error:
            returned = Returned([], BuildError(str(error)), returned.seconds)
    assert returned.error is not None  # noqa: S101 - see above
    try:
        before = pack(returned.artifacts, "a result")
    except Unpicklable:
        before = pack([], "no result")
    return pickle.dumps((Raised.of(returned.error), returned.seconds, before))


def unpack(result: bytes) -> Returned:
    """Return the result of `call_packed`; raises BuildError."""
    try:
        found = pickle.loads(result)  # noqa: S301 - made by call_packed
    except Exception as error:
        raise BuildError(f"a result cannot be unpickled here ({type(error).__name__}: {error})") from error
    if isinstance(found, Returned):
        return found
    raised, seconds, before = found
    try:
        artifacts = pickle.loads(before)  # noqa: S301 - made by call_packed
    except Exception:  # noqa: BLE001 - the error of the call is the one that counts
        artifacts = []
    return Returned(artifacts, raised.exception(), seconds)


def call(function: Function, arguments: tuple[Any, ...]) -> Returned:
    """Call a function and collect its artifacts."""
    started = time.perf_counter()
    artifacts: list[Any] = []
    error: BaseException | None = None
    try:
        artifacts.extend(artifacts_of(function(*arguments), function))
    except KeyboardInterrupt:
        raise  # Ctrl-C reaches the processes of a terminal as well
    except BaseException as raised:  # noqa: BLE001 - raised again where the input is known; SystemExit would end a worker
        error = raised
    return Returned(artifacts, error, time.perf_counter() - started)


def _own_copy(function: bytes) -> Function:
    """Return this thread's copy of a packed function."""
    copies: dict[bytes, Function] = vars(_copies).setdefault("functions", {})
    copy = copies.pop(function, None)
    if copy is None:
        copy = pickle.loads(function)  # noqa: S301 - made by pack, in the parent
        if len(copies) >= KEPT_FUNCTIONS:
            del copies[next(iter(copies))]  # the one that was not used for the longest time
    copies[function] = copy
    return copy
