"""A second run equals a run from nothing, whatever was edited; where nothing reachable was edited, it builds nothing.

Projects are random: two to five modules whose code is reached over some 90 links (`rarer_links.py` holds all), with a
processor that caches or a builder that persists. One thing is edited: code that is reached, code that is not, or a
comment.
"""

import importlib
import json
import subprocess
import sys
from collections import Counter

import pytest
from edited_projects import edited, imported, random_project, visited
from hypothesis import given, settings
from hypothesis import strategies as st
from rarer_links import ALL_LINKS

UNREACHED = {"dead", "comment"}


@pytest.fixture(autouse=True)
def no_bytecode(monkeypatch):
    """Two versions of a file in one second look alike to Python's cache of compiled files."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)


def test_a_run_after_an_edit_equals_a_run_from_nothing(tmp_path_factory, size, figure):
    outcomes = Counter()
    for seed in range(size(40, 2000)):
        edit, stale, needless, _ = visited(tmp_path_factory.mktemp("project"), seed)
        outcomes["edits of what is reached" if edit in ALL_LINKS else "edits of what is not"] += 1
        outcomes["stale"] += stale
        outcomes["needless"] += needless and edit in UNREACHED
        outcomes["needless beside a module that counts as a whole"] += needless and edit not in UNREACHED
        assert not stale, (seed, edit)
        assert not (needless and edit in UNREACHED), (seed, edit)
    for name, count in outcomes.items():
        figure(name, count)


@settings(max_examples=15)
@given(random=st.randoms(use_true_random=False))
def test_an_edit_is_noticed_and_taking_it_back_finds_the_former_results(tmp_path_factory, random):
    folder = tmp_path_factory.mktemp("project")
    project = random_project(random)
    with imported(folder, project) as main:
        first, _ = main.run(folder / "workspace")
    before = [place.constant for place in project.places]
    edited(project, random)
    with imported(folder, project) as main:
        again, identities = main.run(folder / "workspace")
        assert again == main.run(None)[0]
    for place, constant in zip(project.places, before, strict=True):
        place.constant = constant
    with imported(folder, project) as main:
        assert main.run(folder / "workspace") == (first, identities)


def test_fresh_processes_agree_with_reloaded_modules(tmp_path_factory, size):
    from random import Random

    for seed in range(size(2, 40)):
        folder = tmp_path_factory.mktemp("project")
        random = Random(seed)
        project = random_project(random)
        for _ in range(2):
            with imported(folder, project) as main:
                here = main.run(folder / "workspace")
            there = fresh(folder, "workspace")
            assert there == here, seed
            assert fresh(folder, None)[0] == here[0], seed
            edited(project, random)


def fresh(folder, workspace):
    """What a process of its own computes or replays."""
    program = f"import json, main; print(json.dumps(main.run({workspace!r})))"
    done = subprocess.run(
        [sys.executable, "-B", "-c", program], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    return tuple(json.loads(done.stdout))


@pytest.mark.parametrize("link", ALL_LINKS)
def test_each_link_leads_to_the_constant_at_its_end(link, tmp_path):
    define, imports, use, _ = ALL_LINKS[link]
    slots = {"n": 0, "d": "m1", "v": "x", "inner": "x"}
    found = []
    for constant in (5, 6, 5):
        (tmp_path / "m1.py").write_text(define.format(**slots, k=constant))
        (tmp_path / "hub_m1.py").write_text("from m1 import *")
        (tmp_path / "main.py").write_text(
            "from framework.core import AbstractProcessor\n"
            "from framework.core.identity.identity import identity_of\n"
            f"{imports.format(**slots)}\n"
            "class P(AbstractProcessor):\n    def process(self, context, event):\n"
            f"        x = event.x\n        return {use.format(**slots)}\n"
        )
        importlib.invalidate_caches()
        sys.path.insert(0, str(tmp_path))
        try:
            found.append(importlib.import_module("main").identity_of(sys.modules["main"].P()).digest)
        finally:
            sys.path.remove(str(tmp_path))
            for name in ("main", "m1", "hub_m1"):
                sys.modules.pop(name, None)
    assert found[0] == found[2] != found[1]
