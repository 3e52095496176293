"""Values as bytes: pickle, and cloudpickle for what pickle cannot."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from framework.archive.records.placeholders import placeholder
from framework.errors import Unloadable, Unpicklable
from framework.observe.text import error_line

IMMUTABLE = frozenset({int, str, float, bool, type(None), bytes, complex})
"""Types whose values need no copy."""
PROTOCOL = 5
"""Read by every Python that we run on; fixed, so that a newer Python does not lock out an older one."""


def dumps(value: Any, *, name: str = "value") -> bytes:
    """Pickle a value; raises Unpicklable, which names the part that cannot be.

    Functions, classes and objects that exist only in this session go through cloudpickle, which stores their code; it
    is written in Python and slower, so that it only gets what pickle refused.
    """
    try:
        return pickle.dumps(value, PROTOCOL)
    except Exception:  # noqa: BLE001 - pickle raises whatever a __reduce__ raises
        return _with_cloudpickle(value, name)


def _with_cloudpickle(value: Any, name: str) -> bytes:
    import cloudpickle  # type: ignore[import-untyped]

    try:
        data: bytes = cloudpickle.dumps(value, PROTOCOL)
    except Exception as error:
        raise _refusal(value, name, error) from error
    return data


def _refusal(value: Any, name: str, error: Exception) -> Unpicklable:
    # cloudpickle raises a PicklingError for it; walking down to the culprit would take the square of the depth.
    if isinstance(error, RecursionError) or isinstance(error.__cause__, RecursionError):
        return Unpicklable(f"{name}: nested too deeply to be stored; flatten it")
    where, part, reason = _culprit(value, name, error)
    return Unpicklable(
        f"{where}: a {type(part).__qualname__} cannot be stored ({reason}); store plain data instead, "
        "or give its class a __reduce__"
    )


def loads(data: bytes | memoryview, *, placeholders: bool = False) -> Any:
    """Unpickle what `dumps` made; raises Unloadable. Only for verified bytes: unpickling runs code.

    With `placeholders`, classes and functions that do not exist here become stand-ins.
    """
    try:
        return pickle.loads(data)  # noqa: S301 - signed
    except (ImportError, AttributeError) as error:
        if placeholders:
            return _leniently(data)
        raise Unloadable(
            f"a stored value needs code that is not here ({error}); define or import it, "
            "or read with placeholders=True to see the data without it"
        ) from error
    except Exception as error:
        raise _unmakeable(error) from error


def loads_all(data: Sequence[bytes], *, placeholders: bool = False) -> list[Any]:
    """Unpickle many, as `loads` does, in nine tenths of the time."""
    try:
        return [*map(pickle.loads, data)]  # signed
    except Exception:  # noqa: BLE001 - whatever it was, it comes again one by one
        return [loads(one, placeholders=placeholders) for one in data]


def loads_each(data: Sequence[bytes]) -> Iterator[Any]:
    """Unpickle many, as `loads` does, and yield the error in place of a value that cannot be made."""
    try:
        yield from [*map(pickle.loads, data)]  # signed
    except Exception:  # noqa: BLE001 - as in loads_all
        yield from map(loaded, data)


def loaded(data: bytes | memoryview) -> Any:
    """Unpickle a value, or return the error if it cannot be made."""
    try:
        return loads(data)
    except Unloadable as error:
        return error


def _leniently(data: bytes | memoryview) -> Any:
    try:
        return _Lenient(io.BytesIO(data)).load()
    except Exception as error:
        raise _unmakeable(error) from error


def _unmakeable(error: Exception) -> Unloadable:
    return Unloadable(
        f"a stored value cannot be made again ({error_line(error)}); define its class as it was when it was stored"
    )


class _Lenient(pickle.Unpickler):
    def find_class(self, module: str, name: str, /) -> Any:
        try:
            return super().find_class(module, name)
        except (ImportError, AttributeError):
            return placeholder(module, name)


def _culprit(value: Any, where: str, error: Exception) -> tuple[str, Any, Exception]:
    """Return the innermost part that fails, the way to it, and why."""
    seen = {id(value)}
    while (found := _failing_part(value, seen)) is not None:
        step, value, error = found
        where += step
        seen.add(id(value))
    return where, value, error


def _failing_part(value: Any, seen: set[int]) -> tuple[str, Any, Exception] | None:
    import cloudpickle

    for step, part in _parts(value):
        if id(part) not in seen:
            try:
                cloudpickle.dumps(part, PROTOCOL)
            except Exception as error:  # noqa: BLE001 - as in dumps
                return step, part, error
    return None


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from ((f"[{key!r}]", part) for key, part in value.items())
    elif isinstance(value, list | tuple | set | frozenset):
        yield from ((f"[{number}]", part) for number, part in enumerate(value))
    state = getattr(value, "__dict__", None)
    if isinstance(state, dict) and not isinstance(value, type | Callable):
        yield from ((f".{name}", part) for name, part in state.items())
