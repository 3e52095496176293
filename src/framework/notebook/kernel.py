"""The notebook that this process is the kernel of: whether there is one, its running cell and its variables."""

from __future__ import annotations

import sys
from typing import Any


def shell() -> Any:
    """Return IPython's shell, None outside of it; does not import IPython."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def in_notebook() -> bool:
    """Return whether this process is a kernel, Jupyter's or marimo's: IPython in a terminal shows no widgets."""
    return getattr(shell(), "kernel", None) is not None or in_marimo()


def in_marimo() -> bool:
    """Return whether a cell of a marimo notebook runs on this thread; does not import marimo."""
    marimo = sys.modules.get("marimo")
    return bool(getattr(marimo, "running_in_notebook", bool)())


def cell_name() -> str:
    """Return the name of the running cell, as in "In[14]"; empty outside of IPython."""
    running = shell()
    # The list of inputs, because the counter of IPython 9 is ahead of the cell that runs.
    return "" if running is None else f"In[{len(running.user_ns.get('In', ())) - 1}]"


def name_in_notebook(value: object) -> str | None:
    """Return the name of the notebook's variable that holds this very object, None where there is none."""
    running = shell()
    variables = {} if running is None else dict(running.user_ns)
    return next((name for name, held in variables.items() if held is value and not name.startswith("_")), None)
