"""Nothing that another user put into a workspace is executed, and nothing outside of it is touched.

Every hostile pickle is slipped into every kind of record, and loaded once with `trust=True` to see that it would have
worked. After each attack the user does everything: lists, reads, loads frames, plans, compares, resumes, writes and
prunes. The answer is the right one or a named error.
"""

import contextlib
import gc
import shutil

import pytest
from hostile_attacks import ATTACKS, pickle_slipped_in
from hostile_pickles import PICKLES, Canary, pickled
from hostile_visits import NOTES, READING, WRITING, fill, notes, results, visit, written

from framework.archive import Workspace
from framework.errors import FrameworkError

EVERYTHING = (*READING, *WRITING)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A workspace with its key, and what every visit gives without an attack."""
    folder = tmp_path_factory.mktemp("filled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRAMEWORK_KEY_FILE", str(folder / "key"))
        fill(folder / "workspace")
        shutil.copytree(folder / "workspace", folder / "visited")
        visited = visit(folder / "visited", EVERYTHING)
    gc.collect()
    gc.freeze()  # what other tests left would be looked through after each attack, which takes most of the time
    return folder, visited


@pytest.fixture
def copied(filled, tmp_path, monkeypatch):
    """Makes copies to tamper with, each in a folder of its own, which holds the key and a canary as well."""
    canary = None

    def copied(number):
        nonlocal canary
        folder = tmp_path / str(number)
        shutil.copytree(filled[0] / "workspace", folder / "workspace")
        shutil.copy(filled[0] / "key", folder / "key")
        (folder / "canary").mkdir()
        monkeypatch.setenv("FRAMEWORK_KEY_FILE", str(folder / "key"))
        monkeypatch.syspath_prepend(folder / "canary")
        canary = Canary(folder / "canary")
        return folder / "workspace", canary

    yield copied
    canary.reset()


def refusals(found, expected, attack):
    """How many visits ended with a named error; all others gave the right answer."""
    wrong = {name: answer for name, answer in found.items() if answer != expected[name]}
    others = {name: answer for name, answer in wrong.items() if not isinstance(answer, FrameworkError)}
    assert not others, attack
    return len(wrong)


def read_as_one_who_trusts(path):
    with Workspace(path, trust=True) as workspace:
        archive = workspace.archive("notes")
        for key in NOTES:
            with contextlib.suppress(FrameworkError):
                archive[key]
    gc.collect()  # some pickles act when what they made goes


def test_hostile_pickles_are_refused_and_never_executed(copied, filled, size, figure):
    pickles, visits = size((PICKLES[::6], (notes, results)), (PICKLES, EVERYTHING))
    refused = executed = 0
    for number, name in enumerate(pickles):
        path, canary = copied(number)
        pickle_slipped_in(path, pickled(name, canary))
        shutil.copytree(path, path.with_name("trusted"))
        refused += refusals(visit(path, visits), filled[1], name)
        gc.collect()
        executed += canary.sings
        assert not executed, name
        read_as_one_who_trusts(path.with_name("trusted"))
        assert canary.sings, name
        canary.reset()
    figure("pickles that work", len(pickles))
    figure("visits", len(pickles) * len(visits))
    figure("of them refused", refused)
    figure("executions", executed)


def test_tampered_workspaces_are_refused_or_right(copied, filled, size, figure):
    visits, refused = size((notes, written), EVERYTHING), 0
    for number, (name, attack) in enumerate(ATTACKS.items()):
        path, canary = copied(number)
        attack(path, pickled("os.system", canary))
        before = around(path)
        refused += refusals(visit(path, visits), filled[1], name)
        assert not canary.sings, name
        assert around(path) == before, name
    figure("attacks", len(ATTACKS))
    figure("visits", len(ATTACKS) * len(visits))
    figure("of them refused", refused)


def around(path):
    """The files beside a workspace, and what they hold."""
    return {file: file.read_bytes() for file in path.parent.rglob("*") if file.is_file() and path not in file.parents}
