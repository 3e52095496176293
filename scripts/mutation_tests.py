"""Which tests to ask about a mutant: two plugins of pytest, and the `Map` that the first of them writes.

Python 3.12 or later: `sys.monitoring` tells each line once per test, in all threads, at little cost.
"""

import multiprocessing.util
import os
import pickle
import sys
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from mutants import Mutant

FAILED_HERE = 70
"""The exit code of a process that could not call pytest."""


@dataclass
class Map:
    """What the tests of one package run."""

    seconds: dict[str, float] = field(default_factory=dict)
    """How long each test takes that passes."""
    processor: dict[str, float] = field(default_factory=dict)
    """The same in seconds of the processor, those of ended child processes included."""
    setup: dict[str, float] = field(default_factory=dict)
    """The seconds of the processor that the fixtures of a test take, ended child processes included."""
    failed: list[str] = field(default_factory=list)
    """The tests that fail without any mutant: they are not asked."""
    tests: dict[tuple[str, int], set[str]] = field(default_factory=lambda: defaultdict(set))
    """The tests that run a line."""
    prepared: dict[tuple[str, int], set[str]] = field(default_factory=lambda: defaultdict(set))
    """The test files whose fixtures run a line."""
    spawning: set[str] = field(default_factory=set)
    """The test files that start processes, whose lines are not seen."""
    digests: dict[str, str] = field(default_factory=dict)
    """The contents of the test files that were run."""

    @classmethod
    def load(cls, path: Path) -> "Map":
        """Read what a `Recording` wrote."""
        return pickle.loads(path.read_bytes())

    def replace(self, other: "Map", files: list[str]) -> None:
        """Take what another map tells of these test files in place of what this one told."""
        for test in [test for test in self.seconds if _file(test) in files]:
            del self.seconds[test]
        self.failed = [test for test in self.failed if _file(test) not in files] + other.failed
        self.seconds |= other.seconds
        self.processor |= other.processor
        self.setup |= other.setup
        self.spawning = self.spawning - set(files) | other.spawning
        for mine, others in ((self.tests, other.tests), (self.prepared, other.prepared)):
            for place, names in others.items():
                mine[place] |= names

    def groups(self, mutant: Mutant) -> list[list[str]]:
        """Return the tests that can notice a mutant, in groups to run in this order, the nearest and fastest first."""
        stem = Path(mutant.file).stem
        running = self._running({(mutant.file, mutant.plain_line)})
        if not running and mutant.function is not None:
            first, last = mutant.function
            running = self._running((mutant.file, line) for line in range(first + 1, last + 1))
        if mutant.function is None:  # it ran when the module was imported, long before the test that needs it
            running = self._running(place for place in self.tests if place[0] == mutant.file)
            running |= {test for test in self.seconds if stem in _file(test)}  # what a decorator wrote has no lines
        spawning = {test for test in self.seconds if _file(test) in self.spawning} - running
        near = {test for test in running if stem in _file(test) or self.seconds[test] < 1}
        return [self._ordered(group, stem) for group in (near, running - near, spawning) if group]

    def _running(self, places: Iterable[tuple[str, int]]) -> set[str]:
        found = set()
        for place in places:
            found |= self.tests.get(place, set())
            found |= {test for test in self.seconds if _file(test) in self.prepared.get(place, set())}
        return found & self.seconds.keys()

    def _ordered(self, tests: set[str], stem: str) -> list[str]:
        cost = defaultdict(float)
        for test in tests:
            cost[_file(test)] += self.seconds[test]
        return sorted(tests, key=lambda test: (stem not in _file(test), cost[_file(test)], _file(test), test))


class Recording:
    """Writes the map of the tests that pytest runs."""

    TOOL = 4

    def __init__(self, package: Path, path: Path) -> None:
        """Watch the code below `package`; the map goes to `path`."""
        self._prefix, self._path, self._map = f"{package}/", path, Map()
        self._lines: set[tuple[str, int]] = set()
        self._file = ""
        sys.addaudithook(self._audit)
        multiprocessing.util.spawnv_passfds = self._spawning(multiprocessing.util.spawnv_passfds)  # of which no audit
        sys.monitoring.use_tool_id(self.TOOL, "mutation")
        sys.monitoring.register_callback(self.TOOL, sys.monitoring.events.LINE, self._line)
        sys.monitoring.set_events(self.TOOL, sys.monitoring.events.LINE)

    def _line(self, code, line: int):
        if code.co_filename.startswith(self._prefix):
            self._lines.add((code.co_filename[len(self._prefix) :], line))
        return sys.monitoring.DISABLE

    def _audit(self, event: str, _) -> None:
        if self._file and event in {"subprocess.Popen", "os.fork", "os.posix_spawn", "os.exec"}:
            self._map.spawning.add(self._file)

    def _spawning(self, spawn):
        def spawnv_passfds(*args):
            self._map.spawning.add(self._file)
            return spawn(*args)

        return spawnv_passfds

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item) -> Iterator[None]:
        """What fixtures run counts for all tests of the file, which may share them."""
        self._file, self._lines = _file(item.nodeid), set()
        sys.monitoring.restart_events()
        used = sum(os.times()[:4])
        try:
            return (yield)
        finally:
            self._map.setup[item.nodeid] = sum(os.times()[:4]) - used
            for place in self._lines:
                self._map.prepared[place].add(self._file)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item) -> Iterator[None]:
        """What the test itself runs."""
        self._lines = set()
        sys.monitoring.restart_events()
        started, used = time.perf_counter(), sum(os.times()[:4])
        try:
            result = yield
        except pytest.skip.Exception:
            raise
        except BaseException:
            self._map.failed.append(item.nodeid)
            raise
        self._map.seconds[item.nodeid] = time.perf_counter() - started
        self._map.processor[item.nodeid] = sum(os.times()[:4]) - used
        for place in self._lines:
            self._map.tests[place].add(item.nodeid)
        return result

    def pytest_sessionfinish(self) -> None:
        """Write the map."""
        sys.monitoring.free_tool_id(self.TOOL)
        self._path.write_bytes(pickle.dumps(self._map))


class Choice:
    """Runs the tests that were chosen, in their order, and writes down the first that fails."""

    def __init__(self, tests: list[str], failure: Path) -> None:
        """Name the tests, and the file for the failure."""
        self._order = {test: place for place, test in enumerate(tests)}
        self._failure = failure

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the others."""
        items[:] = sorted(
            (item for item in items if item.nodeid in self._order), key=lambda item: self._order[item.nodeid]
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the first failure."""
        if report.failed and not self._failure.exists():
            self._failure.write_text(report.nodeid, encoding="utf-8")


def run_pytest(folder: Path, arguments: list[str], plugin: Callable[[], object]) -> int:
    """Fork a process that runs tests with the package in `folder` before all others; return its id.

    What is imported here is imported there already: the libraries, and nothing of the package.
    """
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        log = os.open(folder / "log", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        (folder / "tmp").mkdir(exist_ok=True)
        os.environ |= {
            "PYTHONPATH": str(folder),
            "TMPDIR": str(folder / "tmp"),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
            "CI": "true",
        }
        sys.path.insert(0, str(folder))
        options = ["-o", "addopts=", "-q", "-p", "no:cacheprovider", "-p", "no:nbval", "--timeout", "60", "--tb=short"]
        options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of plugins that were imported before the fork
        os._exit(pytest.main([*options, *arguments], [plugin()]))
    except BaseException:  # noqa: BLE001 - it is a process of its own, which ends here
        traceback.print_exc()
    finally:
        os._exit(FAILED_HERE)


def _file(test: str) -> str:
    return test.partition("::")[0]
