"""`framework run`: a notebook without a browser, with its progress in a terminal."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from framework.cli.console import DONE, FAILED, console
from framework.errors import OptionError

ANSI_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_WORDS = {"True": True, "False": False, "None": None}
_SHOWN = 40
"""Characters of a cell's last line beside the bar."""

Told = Callable[[int, int, str], None]
"""Told of each code cell as it starts: its number, how many there are, its source."""


def run(options: argparse.Namespace) -> int:
    """Run it; its results are printed as they come."""
    from framework.notebook.runner import run_notebook

    parameters = dict(map(parameter, options.parameters))
    if parameters:
        print("parameters: " + ", ".join(f"{name} = {value!r}" for name, value in parameters.items()))
    with _progress() as told:
        done = run_notebook(
            options.notebook, options.output, html=options.html, parameters=parameters, on_cell=told, echo=sys.stdout
        )
    written = " and ".join(str(path) for path in (done.executed, done.html) if path)
    if done.failure is not None:
        plain = done.failure if sys.stderr.isatty() else ANSI_COLOUR.sub("", done.failure)
        print(f"{plain.rstrip()}\n\n{done.notebook} failed in code cell {done.cells}; {written}", file=sys.stderr)
        return FAILED
    print(f"\n{done.notebook}: {done.cells} cells in {done.elapsed:.1f} s -> {written}")
    return DONE


def parameter(text: str) -> tuple[str, object]:
    """Return the name and the value of `name=value`, read as papermill reads it; raises OptionError."""
    name, given, value = text.partition("=")
    if not given or not name.isidentifier():
        raise OptionError(f"{text!r} is no parameter: write -p name=value, for example -p pages=3")
    if value in _WORDS:
        return name, _WORDS[value]
    for kind in (int, float):
        try:
            return name, kind(value)
        except ValueError:
            continue
    return name, value


@contextmanager
def _progress() -> Iterator[Told]:
    """Show in a terminal which cell runs, for how long, and how many are left; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("cell {task.fields[cell]} of {task.total:.0f}"), BarColumn(), TimeElapsedColumn())
    where = console(stderr=True)
    both = sys.stdout.isatty()  # else what cells print goes on to a pipe or a file
    with Progress(
        *columns, TextColumn("{task.fields[line]}"), console=where, transient=True, redirect_stdout=both
    ) as bar:
        task = bar.add_task("cells", total=None, cell=0, line="", visible=False)

        def told(number: int, total: int, source: str) -> None:
            last = source.rstrip().rpartition("\n")[2][:_SHOWN]
            bar.reset(task, total=total, completed=number - 1, cell=number, line=last.replace("[", r"\["), visible=True)

        yield told
