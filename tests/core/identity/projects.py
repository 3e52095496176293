"""Small projects of several files, imported again after an edit."""

import importlib
import sys
from contextlib import contextmanager

HEAD = """\
import dataclasses, functools
from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.core.identity.identity import identity_of
"""


@contextmanager
def project(folder, **texts):
    """Write modules and import `main`, which begins with the usual imports; they are forgotten afterwards."""
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(HEAD + text if name == "main" else text, encoding="utf-8")
    importlib.invalidate_caches()
    sys.path.insert(0, str(folder))
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield importlib.import_module("main")
    finally:
        sys.dont_write_bytecode = before
        sys.path.remove(str(folder))
        for name in [name for name, module in sys.modules.items() if is_below(module, folder)]:
            del sys.modules[name]


def is_below(module, folder):
    """Whether a module was imported from the folder."""
    return (getattr(module, "__file__", None) or "").startswith(str(folder))


def identity_in(folder, make="P()", **texts):
    """The identity of a processor that `main` defines."""
    with project(folder, **texts) as main:
        return main.identity_of(eval(make, vars(main)))
