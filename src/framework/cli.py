"""The console script: `framework run`, `framework graph` and `framework archives`. Start at `main`.

Exit codes: 0 done, 1 what was run failed, 2 the command cannot be carried out as given.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framework.errors import FrameworkError, OptionError, UnknownName
from framework.observe import Graph

if TYPE_CHECKING:
    from framework.archive import CatalogEntry

DONE, FAILED, REFUSED = 0, 1, 2
ANSI_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line, that of the process by default, and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        code = int(options.command(options))
        sys.stdout.flush()  # here, so that a closed pipe is noticed here
    except FrameworkError as error:
        print(f"framework: {error}", file=sys.stderr)
        return REFUSED
    except BrokenPipeError:
        # the pipe was closed, as `framework graph ... | head` does; Python would report it once more at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        print(f"framework: {error.filename}: {error.strerror}; name a place that can be written", file=sys.stderr)
        return REFUSED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("framework", description="Interactive dataflow: dataflow you can watch.")
    parser.add_argument("--version", action="version", version=f"framework {version('framework')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="run a notebook headless; keep the executed copy and an HTML report")
    run.add_argument("notebook", type=Path)
    run.add_argument("--output", type=Path, default=Path("build"), metavar="DIR", help="where to write (%(default)s)")
    run.add_argument("--html", action=argparse.BooleanOptionalAction, default=True, help="write the report as well")
    run.set_defaults(command=_run)

    graph = commands.add_parser("graph", help="draw a pipeline or a flow of a module in the current folder")
    graph.add_argument("target", metavar="MODULE:NAME", help="for example analysis:pipeline")
    graph.add_argument("--format", choices=("mermaid", "dot", "svg"), default="mermaid", help="(%(default)s)")
    graph.add_argument("-o", "--output", type=Path, metavar="FILE", help="write there instead of printing")
    graph.set_defaults(command=_graph)

    archives = commands.add_parser("archives", help="list what a workspace keeps")
    archives.add_argument("workspace", type=Path)
    archives.add_argument("--limit", type=_positive, metavar="N", help="show the first N only")
    archives.set_defaults(command=_archives)
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no positive number")
    return int(text)


def _run(options: argparse.Namespace) -> int:
    from framework.notebook.runner import run_notebook

    done = run_notebook(options.notebook, options.output, html=options.html)
    written = " and ".join(str(path) for path in (done.executed, done.html) if path)
    if done.failure is not None:
        plain = done.failure if sys.stderr.isatty() else ANSI_COLOUR.sub("", done.failure)
        print(f"{plain.rstrip()}\n\n{done.notebook} failed in code cell {done.cells}; {written}", file=sys.stderr)
        return FAILED
    print(f"\n{done.notebook}: {done.cells} cells in {done.elapsed:.1f} s -> {written}")
    return DONE


def _graph(options: argparse.Namespace) -> int:
    module_name, colon, path = options.target.partition(":")
    if not (module_name and colon and path):
        raise OptionError(f"{options.target!r} names no pipeline: write MODULE:NAME, for example analysis:pipeline")
    module = _imported(module_name)
    if module is None:
        return FAILED
    text = _drawn(_attribute(module, path, options.target).graph(), options.format)
    if options.output is None:
        print(text)
    else:
        options.output.write_text(f"{text}\n", encoding="utf-8")
    return DONE


def _imported(name: str) -> Any:
    """The module, looked for in the current folder first; None when its own code failed, which has been printed."""
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise UnknownName("module", name, sorted(path.stem for path in Path.cwd().glob("*.py"))) from error
        traceback.print_exc()
    except (Exception, SystemExit):  # noqa: BLE001 - a user's module may raise anything; it is printed
        traceback.print_exc()
    print(f"framework: importing {name} failed, see above", file=sys.stderr)
    return None


def _attribute(module: Any, path: str, target: str) -> Any:
    found = module
    for name in path.split("."):
        if not hasattr(found, name):
            owner = getattr(found, "__name__", type(found).__name__)
            raise UnknownName(f"attribute of {owner}", name, [known for known in vars(found) if known[0] != "_"])
        found = getattr(found, name)
    if isinstance(found, type) or not callable(getattr(found, "graph", None)):
        kind = found.__name__ if isinstance(found, type) else type(found).__name__
        raise OptionError(f"{target} is {kind}, which has no graph(): name a Pipeline or a Flow")
    return found


def _drawn(graph: Graph, form: str) -> str:
    if form == "mermaid":
        return graph.mermaid()
    from framework.notebook.graphs.drawing import Drawing

    drawing = Drawing(graph)
    return drawing.dot if form == "dot" else drawing.svg


def _archives(options: argparse.Namespace) -> int:
    from framework.archive import Workspace

    with Workspace(options.workspace) as workspace:
        entries = workspace.catalog()
    rows: list[tuple[str, ...]] = [("ARCHIVE", "RECORDS", "UPDATED (UTC)", "MADE BY", "CODE")]
    rows += [_row(entry) for entry in entries[: options.limit]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    if len(rows) <= len(entries):
        print(f"... and {len(entries) - len(rows) + 1} more")
    return DONE


def _row(entry: CatalogEntry) -> tuple[str, ...]:
    name = repr(entry.name)[1:-1]  # any string may be a name; control characters stay out of the terminal
    code = entry.identity[:8] + (" (superseded)" if entry.superseded_by else "")
    return name, str(entry.records), f"{entry.updated:%Y-%m-%d %H:%M}", f"Python {entry.python}", code
