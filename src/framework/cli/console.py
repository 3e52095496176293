"""What the commands print: tables with colours in a terminal, plain columns for other programs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

DONE, FAILED, REFUSED = 0, 1, 2
"""Exit codes: done, what was run failed, the command cannot be carried out as given."""

_SIZES = ("B", "kB", "MB", "GB")
_KILO = 1000


def console(*, stderr: bool = False) -> Console:
    """Return a console on standard output or standard error; it has colours where that is a terminal."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def is_terminal() -> bool:
    """Return whether standard output is a terminal."""
    return sys.stdout.isatty()


def show_table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[str] = ()) -> None:
    """Print rows under a head; a terminal wraps long cells and shows the columns of `numbers` to the right."""
    if is_terminal():
        from rich.markup import escape
        from rich.table import Table

        table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
        for name in head:
            table.add_column(name, justify="right" if name in numbers else "left", overflow="fold")
        for row in rows:
            table.add_row(*map(escape, row))
        console().print(table)
        return
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for line in (head, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def show_text(text: str, styles: dict[str, str]) -> None:
    """Print a text; in a terminal each match of a pattern gets its style."""
    if not is_terminal():
        print(text)
        return
    from rich.text import Text

    styled = Text(text)
    for pattern, style in styles.items():
        styled.highlight_regex(pattern, style)
    console().print(styled, soft_wrap=True)


def safe_name(name: str) -> str:
    """Return a name of any characters in a form that cannot steer a terminal."""
    return repr(name)[1:-1]


def size(count: float) -> str:
    """Return a number of bytes for a reader, as in "1.2 MB"."""
    for unit in _SIZES:
        if count < _KILO or unit == _SIZES[-1]:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= _KILO
    raise AssertionError
