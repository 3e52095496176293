#!/usr/bin/env python3
"""Breaks the code in one place at a time, and lists the places where no test notices.

    scripts/mutate.py [--seed 0] [--count 25] [--jobs 1] [--table docs/mutation.md] [archive flow ...]
    scripts/mutate.py --again --campaigns    # what survived before, with today's tests

Each mutant is one change to one file of a package: a comparison or a boolean turned round, a number one more, a
statement left out, a None returned. First the tests of the package, those of the folder of the same name, and with
--campaigns the small campaigns of tests/stress run once with unchanged code, and it is recorded which test runs which
line. Then each mutant is given to the tests that run its line, the nearest and fastest first, and those that start
processes last. A test that fails, or that takes ten times as long, has noticed. The same seed chooses the same mutants
of the same code.

Each survivor is examined: a test is missing, or the change makes no difference. The latter stand with their reason in
scripts/equivalent-mutants.txt, and are not counted. Needs Python 3.12 or later, and the dev extra.
"""

import argparse
import compileall
import contextlib
import importlib
import json
import os
import pickle
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from mutants import Mutant, mutants, plain
from mutation_tests import FAILED_HERE, Choice, Map, Recording, run_pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE, TESTS, BUILD = ROOT / "src" / "framework", ROOT / "tests", ROOT / "build" / "mutation"
EQUIVALENT = ROOT / "scripts" / "equivalent-mutants.txt"
PACKAGES = ("observe", "archive", "core", "reactive", "flow", "notebook")
LIBRARIES = ("hypothesis", "numpy", "pandas", "IPython", "ipywidgets", "anywidget", "networkx", "graphviz", "rocksdict",
             "tenacity", "cloudpickle", "nbformat", "pydantic", "attrs", "rich", "_pytest.assertion")  # fmt: skip
NOT_ASKED = "tests could not be run with"
PAGE = """\
# Mutation sample

Written by `scripts/mutate.py` with Python {python}. Each mutant is one change to one place of the code; it
counts as noticed when a test of the package's own folder, or a small campaign of `tests/stress`, fails with it.

| package | mutants | equivalent | noticed of the others | |
|---|---:|---:|---:|---:|
{rows}
## Not noticed

{survivors}
## Equivalent

These changes make no difference that a user could see.

{equivalent}"""


@dataclass
class Attempt:
    """A mutant in work."""

    mutant: Mutant
    folder: Path
    groups: list[tuple[list[str], Map]]
    limit: float = 0
    pid: int = 0
    asked: int = 0


def prepared() -> Path:
    """Return a folder with the package as mutants of it are written, compiled."""
    digest = sha256(b"".join(path.read_bytes() for path in sorted(SOURCE.rglob("*.py")))).hexdigest()[:12]
    folder = BUILD / f"plain-{digest}"
    if not folder.exists():
        shutil.copytree(SOURCE, folder / "framework", ignore=shutil.ignore_patterns("__pycache__"))
        for path in SOURCE.rglob("*.py"):
            (folder / "framework" / path.relative_to(SOURCE)).write_text(plain(path), encoding="utf-8")
        compileall.compile_dir(folder, quiet=2)
    return folder


def copied(base: Path, name: str) -> Path:
    """Return a copy of the prepared package."""
    folder = Path(tempfile.mkdtemp(prefix=f"mutation-{name}-"))
    shutil.copytree(base / "framework", folder / "framework")
    return folder


def recorded(tests: str, base: Path, *, anew: bool) -> Map:
    """Return which test of a folder runs which line, from a file where it is known of these tests and this code."""
    path = BUILD / f"{tests}-{base.name}.map"
    found = Map() if anew or not path.exists() else Map.load(path)
    digests = {
        str(file.relative_to(ROOT)): sha256(file.read_bytes()).hexdigest()
        for file in (TESTS / tests).rglob("test_*.py")
    }
    if changed := [file for file in digests if found.digests.get(file) != digests[file]]:
        folder, new = copied(base, tests), path.with_suffix(".new")
        started = time.perf_counter()
        arguments = [*changed, "--basetemp", str(folder / "pytest")]
        wait(run_pytest(folder, arguments, lambda: Recording(folder / "framework", new)))
        if not new.exists():
            sys.exit(f"the tests of {tests} could not be run: {folder / 'log'}")
        found.replace(Map.load(new), changed)
        found.digests = digests
        path.write_bytes(pickle.dumps(found))
        new.unlink()
        shutil.rmtree(folder, ignore_errors=True)
        print(f"{tests}: recorded in {time.perf_counter() - started:.0f} s", flush=True)
    for test in found.failed:
        print(f"{tests}: fails without any mutant, and is not asked: {test}", flush=True)
    return found


def wait(pid: int) -> int:
    """Return the exit code of a process."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def tried(chosen: list[Mutant], base: Path, options: argparse.Namespace) -> Iterator[tuple[Mutant, str]]:
    """Give each mutant to its tests, some of them at a time, and yield what became of it."""
    left, running = list(reversed(chosen)), list[Attempt]()
    maps = dict[str, Map]()
    while left or running:
        while left and len(running) < options.jobs:
            mutant = left.pop()
            folder = copied(base, "mutant")
            file = folder / "framework" / mutant.file
            file.write_text(mutant.text(SOURCE), encoding="utf-8")
            for stale in (file.parent / "__pycache__").glob(f"{file.stem}.*"):
                stale.unlink()
            groups = []
            for tests in [package_of(mutant), *(["stress"] if options.campaigns else [])]:
                if tests not in maps:
                    maps[tests] = recorded(tests, base, anew=options.record)
                groups += [(group, maps[tests]) for group in maps[tests].groups(mutant)]
            attempt = Attempt(mutant, folder, groups)
            running.append(attempt)
            ask(attempt)
        time.sleep(0.05)
        for attempt in list(running):
            answer = answered(attempt)
            if answer == "" and attempt.asked < len(attempt.groups):
                ask(attempt)
            elif answer is not None:
                running.remove(attempt)
                shutil.rmtree(attempt.folder, ignore_errors=True)
                yield attempt.mutant, answer


def ask(attempt: Attempt) -> None:
    """Start the next group of tests; a mutant that no test runs has none."""
    if not attempt.groups:
        return
    tests, known = attempt.groups[attempt.asked]
    attempt.limit = time.monotonic() + 90 + 10 * sum(known.seconds[test] for test in tests)
    attempt.asked += 1
    files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
    failure = attempt.folder / "failure"
    arguments = ["-x", "--basetemp", str(attempt.folder / "pytest"), *files]
    attempt.pid = run_pytest(attempt.folder, arguments, lambda: Choice(tests, failure))


def answered(attempt: Attempt) -> str | None:
    """Return the test that failed, nothing where all passed, and None while they run."""
    if not attempt.groups:
        return ""
    pid, status = os.waitpid(attempt.pid, os.WNOHANG)
    if not pid and time.monotonic() < attempt.limit:
        return None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(attempt.pid, signal.SIGKILL)
    if not pid:
        os.waitpid(attempt.pid, 0)
        return "time ran out"
    failure = attempt.folder / "failure"
    if failure.exists():
        return failure.read_text(encoding="utf-8")
    code = os.waitstatus_to_exitcode(status)
    if code in {0, 5}:  # 5: there are none
        return ""
    return NOT_ASKED if code == FAILED_HERE else f"pytest ended with {code}"  # 2 and 4: what tests import is broken


def package_of(mutant: Mutant) -> str:
    """Return the package that a mutant is in."""
    return mutant.file.partition("/")[0]


def candidates(package: str) -> list[Mutant]:
    """Return all mutants of a package."""
    files = sorted(set((SOURCE / package).rglob("*.py")) - set((SOURCE / package).rglob("__init__.py")))
    return [mutant for file in files for mutant in mutants(SOURCE, file)]


def sample(packages: list[str], seed: int, count: int) -> list[Mutant]:
    """Choose mutants of each package."""
    chosen = []
    for package in packages:
        found = candidates(package)
        chosen += random.Random(seed).sample(found, min(count, len(found)))
    return chosen


def equivalents() -> dict[str, str]:
    """Return the changes that make no difference, with the reason."""
    lines = EQUIVALENT.read_text(encoding="utf-8").splitlines() if EQUIVALENT.exists() else []
    return dict(line.split(" :: ", 1) for line in lines if " :: " in line)


def page(results: dict[str, str], known: dict[str, Mutant]) -> str:
    """Return the page with the score of each package, of the mutants that today's code still has."""
    reasons = equivalents()
    tried = [(known[key], noticed) for key, noticed in results.items() if key in known]
    rows = ""
    for package in PACKAGES:
        valid = [bool(noticed) for each, noticed in tried if package_of(each) == package and each.key not in reasons]
        equal = sum(package_of(each) == package and each.key in reasons for each, _ in tried)
        if valid:
            share = f"{sum(valid)} of {len(valid)} | {sum(valid) / len(valid):.0%}"
            rows += f"| {package} | {len(valid) + equal} | {equal} | {share} |\n"
    missed = [each for each, noticed in tried if not noticed and each.key not in reasons]
    survivors = "".join(f"- `{each.file}:{each.line}`: {each.what}\n" for each in missed)
    equal = "".join(f"- `{each.file}`: {each.what}: {reasons[each.key]}\n" for each, _ in tried if each.key in reasons)
    return PAGE.format(
        python=".".join(map(str, sys.version_info[:2])),
        rows=rows,
        survivors=survivors or "None.\n",
        equivalent=equal or "None.\n",
    )


def main() -> int:
    """Print what became of each mutant; the exit code says whether some survived that are not equivalent."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", default=PACKAGES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=25, help="mutants of each package")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="only what survived before")
    parser.add_argument("--campaigns", action="store_true", help="ask the small campaigns of tests/stress as well")
    parser.add_argument("--record", action="store_true", help="record anew which test runs which line")
    parser.add_argument("--table", type=Path, help="write the page with the scores of all that were tried so far")
    options = parser.parse_args()
    os.chdir(ROOT)
    BUILD.mkdir(parents=True, exist_ok=True)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a process with threads is not forked
    for library in LIBRARIES:
        importlib.import_module(library)
    path = BUILD / "results.json"
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known = {each.key: each for package in options.packages for each in candidates(package)}
    if options.again:
        chosen = [known[key] for key, noticed in results.items() if not noticed and key in known]
        chosen = [each for each in chosen if each.key not in equivalents()]
    else:
        chosen = sample(options.packages, options.seed, options.count)
        chosen = [each for each in chosen if each.key not in results]
    base = prepared()
    survivors = 0
    for mutant, noticed in tried(chosen, base, options):
        if noticed == NOT_ASKED:
            print(f"{noticed} {mutant.key}", flush=True)
            continue
        survivors += not noticed and mutant.key not in equivalents()
        outcome = f"killed    ({noticed})" if noticed else "SURVIVED "
        print(f"{outcome} src/framework/{mutant.file}:{mutant.line}: {mutant.what}", flush=True)
        results[mutant.key] = noticed
        path.write_text(json.dumps(results, indent=1), encoding="utf-8")
    if options.table:
        options.table.write_text(page(results, {each.key: each for p in PACKAGES for each in candidates(p)}), "utf-8")
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main())
