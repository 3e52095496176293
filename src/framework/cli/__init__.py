"""The console script: `framework run`, `graph`, `plan`, `diagnose`, `watch` and `archives`."""

from framework.cli.command_line import main

__all__ = ["main"]
__dir__ = __all__.copy
