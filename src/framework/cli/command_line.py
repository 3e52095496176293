"""The command line: what can be typed, and what goes wrong in a line. Start at `main`.

Exit codes: 0 done, 1 what was run failed, 2 the command cannot be carried out as given.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from framework.cli import runtimes
from framework.cli.archives import archives
from framework.cli.console import FAILED, REFUSED
from framework.cli.running import run
from framework.errors import FrameworkError


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

    command = commands.add_parser("run", help="run a notebook headless; keep the executed copy and an HTML report")
    command.add_argument("notebook", type=Path)
    command.add_argument(
        "--output", type=Path, default=Path("build"), metavar="DIR", help="where to write (%(default)s)"
    )
    command.add_argument("--html", action=argparse.BooleanOptionalAction, default=True, help="write the report as well")
    command.add_argument(
        *("-p", "--parameter"),
        dest="parameters",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a variable of the cell with the tag 'parameters'; may be given again",
    )
    command.set_defaults(command=run)

    command = _about(commands, "graph", "draw a pipeline or a flow of a module in the current folder")
    command.add_argument("--format", choices=("mermaid", "dot", "svg"), default="mermaid", help="(%(default)s)")
    command.add_argument("-o", "--output", type=Path, metavar="FILE", help="write there instead of printing")
    command.set_defaults(command=runtimes.graph)

    command = _about(commands, "plan", "say what a run would replay and build for a target, and why")
    command.add_argument("wanted", metavar="TARGET")
    command.set_defaults(command=runtimes.plan)

    command = _about(commands, "diagnose", "say what is odd and is not an error; exits with 1 where it is serious")
    command.add_argument("--run", action="store_true", help="run it first")
    _with_items(command)
    command.set_defaults(command=runtimes.diagnose)

    command = _about(commands, "watch", "run it, and show while it runs what each processor or job does")
    _with_items(command)
    command.set_defaults(command=runtimes.watch)

    command = commands.add_parser("archives", help="list, prune or export what a workspace keeps")
    command.add_argument("workspace", type=Path)
    command.add_argument("--limit", type=_positive, metavar="N", help="show the first N only")
    what = command.add_mutually_exclusive_group()
    what.add_argument("--prune", action="store_true", help="delete the superseded archives")
    what.add_argument("--export", choices=("parquet", "csv"), help="write a file for each archive")
    command.add_argument("--dry-run", action="store_true", help="with --prune: only say what would be deleted")
    command.add_argument(
        "--output", type=Path, default=Path("build"), metavar="DIR", help="with --export: where to write (%(default)s)"
    )
    command.set_defaults(command=archives)
    return parser


def _about(commands: Any, name: str, purpose: str) -> argparse.ArgumentParser:
    """Add a command about a pipeline or flow of a module."""
    command: argparse.ArgumentParser = commands.add_parser(name, help=purpose)
    command.add_argument("target", metavar="MODULE:NAME", help="for example analysis:pipeline")
    return command


def _with_items(command: argparse.ArgumentParser) -> None:
    command.add_argument("--items", type=Path, metavar="FILE", help="feed a flow the lines of a file")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no positive number")
    return int(text)
