"""Runs every benchmark and writes `docs/benchmarks.md`: `make bench`, less than ten minutes.

Each `bench_*.py` runs as a script in a process of its own. Its docstring says what is measured; it measures us and our
peers in turns, prints Markdown tables with ratios, and ends with an exit code other than 0 when it missed a promise.
"""

import ast
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
REPORT = HERE.parent / "docs" / "benchmarks.md"
HEAD = """\
# Benchmarks

Written by `make bench` on {date}; run it to repeat them. Peers are measured in the same process and in turns with us,
so that a noisy machine disturbs both. Figures are medians; trust the ratios more than the times.

| Machine | |
|---|---|
| Processor | {processor}, {cores} cores |
| System | {system} |
| Python | {python} |
| framework | {framework} |

"""


def main() -> int:
    """Write the report; the exit code counts the benchmarks that failed or missed a promise."""
    parts, failed = [HEAD.format(**machine())], []
    for script in sorted(HERE.glob("bench_*.py")):
        started = time.perf_counter()
        done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
        elapsed = time.perf_counter() - started
        print(f"{script.name}: {elapsed:.0f} s, exit code {done.returncode}", flush=True)
        print(done.stdout, flush=True)
        what = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8")))
        parts.append(
            f"## {title(script)}\n\n{what}\n\n{done.stdout.strip()}\n\n`{script.name}` took {elapsed:.0f} s.\n\n"
        )
        if done.returncode:
            failed.append(script.name)
            print(done.stderr, file=sys.stderr, flush=True)
    REPORT.write_text("".join(parts).rstrip() + "\n", encoding="utf-8")
    print(f"{REPORT.name} is written; promises missed in: {', '.join(failed) or 'none'}")
    return len(failed)


def title(script: Path) -> str:
    """What the script is called in the report."""
    return script.stem.removeprefix("bench_").replace("_", " ").capitalize()


def machine() -> dict[str, object]:
    """What the figures depend on."""
    return {
        "date": datetime.now(tz=UTC).date().isoformat(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "framework": version("framework"),
    }


def processor() -> str:
    """The processor's name where the system tells it, its architecture elsewhere."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    sys.exit(main())
