"""Runs every benchmark and writes `docs/benchmarks.md`: `make bench`, less than ten minutes.

Each `bench_*.py` runs as a script in a process of its own. Its docstring says what is measured; it measures us and our
peers in turns, prints Markdown tables with ratios, and ends with an exit code other than 0 when it missed a promise.
What it promises, and which peers do better, it also appends to a file of JSON lines: the two tables at the top.
"""

import ast
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from promises import MISSED, NOISE, RESULTS

HERE = Path(__file__).parent
REPORT = HERE.parent / "docs" / "benchmarks.md"
HEAD = """\
# Benchmarks

Written by `make bench` on {date}; run it to repeat them. Peers are measured in turns with us, round after round, so
that a noisy machine disturbs both. Times are medians of the rounds; a ratio is the median of the rounds' ratios, each
of two that ran close together: trust the ratios more than the times.

| Machine | |
|---|---|
| Processor | {processor}, {cores} cores |
| System | {system} |
| Python | {python} |
| framework | {framework} |

"""
PROMISES = """\
## Promises

{kept} of {all} promises hold.

| benchmark | promise | reached | promised | |
|---|---|---:|---:|---|
"""
BEATEN = f"""\
## Where we are slower than a peer, and why

Every peer that takes less than we, by more than {NOISE:.0%}: as much may lie between two runs of the same code. It
takes time, or memory where that is measured.

| benchmark | peer | takes, times ours | why |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Outcome:
    """What came of one script."""

    script: Path
    process: subprocess.CompletedProcess[str]
    results: list[dict[str, Any]]
    seconds: float

    @property
    def title(self) -> str:
        """What the script is called in the report."""
        return self.script.stem.removeprefix("bench_").replace("_", " ").capitalize()

    @property
    def broken(self) -> bool:
        """Whether it ended with an error."""
        return self.process.returncode not in {0, MISSED}


def main() -> int:
    """Write the report; the exit code counts the benchmarks that failed or missed a promise."""
    outcomes = []
    for script in sorted(HERE.glob("bench_*.py")):
        outcome = run(script)
        outcomes.append(outcome)
        print(f"{script.name}: {outcome.seconds:.0f} s\n{outcome.process.stdout}", flush=True)
        print(outcome.process.stderr, end="", file=sys.stderr, flush=True)
    REPORT.write_text(report(outcomes), encoding="utf-8")
    failed = [outcome.script.name for outcome in outcomes if outcome.process.returncode]
    print(f"{REPORT.name} is written; failed, or promises missed: {', '.join(failed) or 'none'}")
    return len(failed)


def run(script: Path) -> Outcome:
    """Run a script, and gather what it printed and what it told."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "results.jsonl")
        path.touch()
        environment = {**os.environ, RESULTS: str(path)}
        started = time.perf_counter()
        done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=False)
        elapsed = time.perf_counter() - started
        results = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return Outcome(script, done, results, elapsed)


def report(outcomes: list[Outcome]) -> str:
    """The whole page: the machine, the promises, the peers that do better, and each benchmark's part."""
    parts = [HEAD.format(**machine()), promises(outcomes), beaten(outcomes), *map(section, outcomes)]
    return re.sub("\n{3,}", "\n\n", "\n\n".join(parts)).strip() + "\n"


def promises(outcomes: list[Outcome]) -> str:
    """Every promise with the figure that was reached, and the benchmarks that broke down."""
    found = [(outcome, result) for outcome in outcomes for result in outcome.results if result["kind"] == "promise"]
    rows = [
        (outcome.title, it["text"], f"{it['value']:,.2f}", it["bound"], "holds" if it["holds"] else "**MISSED**")
        for outcome, it in found
    ]
    broken = [f"\n**{outcome.title} ended with an error.**\n" for outcome in outcomes if outcome.broken]
    kept = sum(it["holds"] for _, it in found)
    return PROMISES.format(kept=kept, all=len(found)) + lines(rows) + "".join(broken)


def beaten(outcomes: list[Outcome]) -> str:
    """Every peer that does better than we, a line for each reason."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for outcome in outcomes:
        for it in outcome.results:
            if it["kind"] == "beaten":
                group = groups.setdefault((outcome.title, it["peer"], it["reason"]), [])
                group.append(f"{it['what']} {it['ratio']:.2f}")
    return BEATEN + lines([(title, peer, ", ".join(where), why) for (title, peer, why), where in groups.items()])


def lines(rows: list[tuple[str, ...]]) -> str:
    """Rows of a Markdown table."""
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def section(outcome: Outcome) -> str:
    """A benchmark's part of the report."""
    what = ast.get_docstring(ast.parse(outcome.script.read_text(encoding="utf-8")))
    took = f"`{outcome.script.name}` took {outcome.seconds:.0f} s."
    return f"## {outcome.title}\n\n{what}\n\n{outcome.process.stdout}\n\n{took}"


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
