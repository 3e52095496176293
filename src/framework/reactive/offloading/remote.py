"""Calls in another process: a pickled function on pickled arguments."""

from __future__ import annotations

import functools
import pickle
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from framework.errors import BuildError, Unpicklable
from framework.reactive.building.artifacts import artifacts_of

Function = Callable[..., Iterable[Any]]

_PLAIN = frozenset({bool, bytes, complex, float, int, str, type(None)})


class Returned(NamedTuple):
    """The result of a call: artifacts or an error, and the seconds it took."""

    artifacts: list[Any]
    error: Exception | None
    seconds: float


def pack(value: Any, name: str) -> bytes:
    """Pickle a value; functions and classes of a notebook by value.

    Raises:
        Unpicklable: it cannot be pickled.
    """
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
    """Return whether a value consists of scalars: pickle takes a tenth of the time of cloudpickle then."""
    kind = type(value)
    if kind is tuple or kind is list:
        return all(type(part) in _PLAIN for part in value)  # type: ignore[attr-defined]
    return kind in _PLAIN


def call_packed(function: bytes, arguments: bytes) -> bytes:
    """Call a packed function in this process; the result is a packed `Returned`."""
    returned = call(_unpacked(function), pickle.loads(arguments))  # noqa: S301 - made by pack, in the parent
    if returned.error is None and _is_plain(returned.artifacts):
        return pickle.dumps(returned)
    try:
        return pack(returned, "a result")
    except Unpicklable as error:
        unsent = BuildError(str(error if returned.error is None else returned.error))
        return pack(Returned([], unsent, returned.seconds), "an error")


def call(function: Function, arguments: tuple[Any, ...]) -> Returned:
    """Call a function and gather its artifacts."""
    started = time.perf_counter()
    artifacts: list[Any] = []
    error: Exception | None = None
    try:
        artifacts.extend(artifacts_of(function(*arguments), function))
    except Exception as raised:  # noqa: BLE001 - it is raised again where the input is known
        error = raised
        error.add_note("".join(traceback.format_exception(raised)))
    return Returned(artifacts, error, time.perf_counter() - started)


@functools.lru_cache(maxsize=16)
def _unpacked(function: bytes) -> Function:
    unpacked: Function = pickle.loads(function)  # noqa: S301 - made by pack, in the parent
    return unpacked
