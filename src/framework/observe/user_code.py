"""Tell the user's own code from installed packages, and find its line in a traceback."""

from __future__ import annotations

import functools
import os
import re
import site
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any

from framework.source import place

_INSTALLED = frozenset({"site-packages", "dist-packages"})
_PACKAGE = str(Path(__file__).parents[1]) + os.sep
_NOTED = re.compile(r'^[ |]+File "(?P<file>.+)", line (?P<number>\d{1,9})\b', re.MULTILINE)
_LAYERS, _DEPTH = 20, 200  # of wrappers, and of coroutines that await each other


@functools.cache
def is_library(place: str) -> bool:
    """Whether a file or folder belongs to the interpreter or to an installed package."""
    path = Path(place)
    return not _INSTALLED.isdisjoint(path.parts) or os.path.normcase(path).startswith(_library_folders())


@functools.cache
def _library_folders() -> tuple[str, ...]:
    import sysconfig

    names = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = {*(sysconfig.get_path(name) for name in names), site.getusersitepackages()}
    return tuple(os.path.normcase(folder) + os.sep for folder in folders)


def is_own(file: str) -> bool:
    """Whether a file is the user's: neither of a library nor of this package."""
    return not (file.startswith((_PACKAGE, "<frozen")) or is_library(file))


def line_of(error: BaseException) -> str:
    """Return the last line of the user's own code that an error passed, or the last line at all."""
    lines, trace = list[tuple[str, int]](), error.__traceback__
    while isinstance(trace, TracebackType):
        lines.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    return last_own([*lines, *away(error)])


def away(error: BaseException) -> Iterator[tuple[str, int]]:
    """Yield the lines (file, number) that an error passed in another process, as its notes tell them."""
    for note in notes_of(error):
        if "Traceback" in note:
            yield from ((found["file"], int(found["number"])) for found in _NOTED.finditer(note))


def notes_of(error: BaseException) -> tuple[str, ...]:
    """Return the notes of an error; any object may have been set as such."""
    notes = getattr(error, "__notes__", ())
    return tuple(note for note in notes if isinstance(note, str)) if isinstance(notes, list | tuple) else ()


def last_own(lines: Iterable[tuple[str, int]]) -> str:
    """Return the last of those lines (file, number) that is the user's own, or the last at all; "" without any."""
    own, last = "", ""
    for file, number in lines:
        last = place(file, number)
        if is_own(file):
            own = last
    return own or last


def defined_at(subject: Any) -> str:
    """Return where a function, a class, a partial or an object that is called is defined; "" for one not in Python."""
    for _ in range(_LAYERS):
        if isinstance(subject, functools.partial):
            subject = subject.func
        inner = getattr(subject, "__wrapped__", None) or getattr(subject, "__func__", None)
        inner = inner or getattr(subject, "func", None)  # of a context manager that contextlib made
        if inner is None:
            break
        subject = inner
    code = _code(subject) or _code(getattr(subject, "__init__" if isinstance(subject, type) else "__call__", None))
    code = code or _code(getattr(subject, "__aenter__", None))
    return "" if code is None or not is_own(code.co_filename) else place(code.co_filename, code.co_firstlineno)


def _code(function: Any) -> CodeType | None:
    code = getattr(function, "__code__", None)
    return code if isinstance(code, CodeType) else None


def called_at() -> str:
    """Return the line of the user's code that called into this package; "" where there is none."""
    frame = sys._getframe(1)  # noqa: SLF001 - inspect.stack() reads the files of all frames
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back  # type: ignore[assignment]  # None ends the loop
    return "" if frame is None else place(frame.f_code.co_filename, frame.f_lineno)


def waits_at(coroutine: Any) -> str:
    """Return the line of the user's code at which a suspended coroutine waits; "" where it cannot be told."""
    lines = ((frame.f_code.co_filename, number) for frame, number in awaited(coroutine))
    return last_own([one for one in lines if is_own(one[0])])


def awaited(coroutine: Any) -> Iterator[tuple[FrameType, int]]:
    """Yield where a suspended coroutine awaits, and what that awaits, down to what is no Python code, with lines."""
    for _ in range(_DEPTH):
        kind = next((kind for kind in ("cr", "ag", "gi") if hasattr(coroutine, f"{kind}_frame")), None)
        frame = None if kind is None else getattr(coroutine, f"{kind}_frame")
        if frame is None:
            return
        yield frame, frame.f_lineno
        coroutine = getattr(coroutine, "gi_yieldfrom" if kind == "gi" else f"{kind}_await")
