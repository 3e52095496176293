"""How long an import takes beside the imports that it cannot do without, each in a process of its own."""

import os
import subprocess
import sys

# A setting that keeps bytecode from being written would measure the compiler.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
TIMED = "import time; t = time.perf_counter()\n{code}\nprint(time.perf_counter() - t)"
LOADED = "import sys; before = set(sys.modules); import {module}; print(*(n for n in sys.modules if n not in before))"
EACH = """
from importlib import import_module
for name in {names!r}:
    import_module(name)
"""


def importing(module):
    """Seconds that the import takes."""
    return _timed(f"import {module}")


def importing_beneath(module, *packages):
    """Seconds that the standard-library modules take which the import brings, and those of `packages` that it brings.

    They are imported one by one, in the order in which the import was done with them.
    """
    loaded = _output(LOADED.format(module=module)).split()
    names = [name for name in loaded if name.partition(".")[0] in sys.stdlib_module_names | set(packages)]
    return _timed(EACH.format(names=[name for name in names if _importable(name)]))


def _importable(name):
    return subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True, check=False).returncode == 0


def _timed(code):
    code = TIMED.format(code=code)
    _output(code)  # compiles what was not yet
    return lambda: float(_output(code))


def _output(code):
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout
