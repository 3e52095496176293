"""Scripts of this folder that need a Python of their own: their signals, their memory."""

import json
import subprocess
import sys
from pathlib import Path


def figures_of(script, *arguments, seconds=100):
    """The figures that a script prints; it is killed when the time is over."""
    command = [sys.executable, Path(__file__).with_name(script), *map(str, arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)
