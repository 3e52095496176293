"""What a notebook sees of a workspace: names, catalog, size, pruning, and clear errors."""

from __future__ import annotations

import json
import os
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.archive import Description, Session, Workspace
from framework.errors import ArchiveError, NotAWorkspace, UnknownName, WorkspaceInUse

HOSTILE = [
    "../x",
    "/etc/passwd",
    "a\0b",
    "x" * 400,
    "",
    "..",
    ".",
    "a/b",
    "C:\\x",
    "\ud800",
    "\n",
    "💥",
    "store",
    "mark",
]


def fill(path, name="Parse", identity="", **records):
    with Session(path, "a test") as session:
        session.archive(Description(name=name, identity=identity)).update(records)


def files(folder):
    return {file: file.stat().st_mtime_ns for file in folder.rglob("*")}


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def test_a_hostile_name_is_an_ordinary_name_inside(tmp_path):
    path = tmp_path / "in" / "workspace"
    with Workspace(path) as workspace:
        for number, name in enumerate(HOSTILE):
            workspace.archive(name)["k"] = number
    workspace = Workspace(path)
    assert workspace.names() == HOSTILE
    assert [workspace.archive(name)["k"] for name in HOSTILE] == list(range(len(HOSTILE)))
    assert names(tmp_path) == ["in"]
    assert names(tmp_path / "in") == ["workspace"]
    assert names(path) == ["mark", "store", "workspace.json"]


@pytest.fixture(scope="module")
def names_workspace(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRAMEWORK_KEY_FILE", str(tmp_path_factory.mktemp("key") / "key"))
        with Workspace(tmp_path_factory.mktemp("names")) as workspace:
            yield workspace


@given(name=st.text(), other=st.text())
def test_archives_of_different_names_never_share_records(names_workspace, name, other):
    names_workspace.archive(name)["who"] = name
    names_workspace.archive(other)["who"] = other
    assert names_workspace.archive(name)["who"] == name


def test_looking_at_a_missing_path_creates_nothing(path, tmp_path):
    workspace = Workspace(path)
    assert "k" not in workspace.archive("a")
    assert list(workspace.archive("a")) == []
    for look in (workspace.names, workspace.catalog, lambda: workspace.archive("a", readonly=True)):
        with pytest.raises(NotAWorkspace, match=r"nothing is at .*run a pipeline"):
            look()
    assert names(tmp_path) == []


def test_looking_changes_no_file(path):
    fill(path, a=1)
    before = files(path)
    with Workspace(path) as workspace:
        assert dict(workspace.archive("Parse")) == {"a": 1}
        workspace.catalog()
    assert files(path) == before


def test_an_unknown_archive_suggests_the_nearest(path):
    fill(path, "Parse", a=1)
    with pytest.raises(UnknownName, match="did you mean 'Parse'"):
        Workspace(path).archive("Prase", readonly=True)


def test_a_file_is_not_a_workspace(tmp_path):
    file = tmp_path / "results.csv"
    file.write_text("x")
    for open_it in (Workspace, lambda path: Session(path, "a test")):
        with pytest.raises(NotAWorkspace, match="is a file"):
            open_it(file)
        with pytest.raises(NotAWorkspace, match="is a file"):
            open_it(file / "below")
    assert file.read_text() == "x"


def test_a_folder_with_other_things_is_not_a_workspace(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    for open_it in (Workspace, lambda path: Session(path, "a test")):
        with pytest.raises(NotAWorkspace, match=r"holds other things \(notes.txt\)"):
            open_it(tmp_path)
    assert names(tmp_path) == ["notes.txt"]


def test_an_empty_folder_becomes_a_workspace(tmp_path):
    fill(tmp_path, a=1)
    assert Workspace(tmp_path).archive("Parse")["a"] == 1


def test_a_newer_format_is_refused(path):
    fill(path, a=1)
    (path / "workspace.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(ArchiveError, match=r"format 99.*update framework"):
        Workspace(path)


def test_the_catalog_says_what_was_described(path):
    description = Description(
        name="Parse",
        identity="i1",
        source="class Parse: ...",
        provides=("tree",),
        requires=("file",),
        arguments="Parse(strict=True)",
        arguments_digest="d1",
    )
    with Session(path, "a test") as session:
        session.archive(description).update(a=1, b=2)
    (entry,) = Workspace(path).catalog()
    assert entry._describes(description)
    assert entry.records == 2
    assert entry.python.startswith("3.")
    assert entry.created <= entry.updated
    assert entry.superseded_by == ""
    assert "Parse" in str(entry)


@pytest.mark.parametrize(
    "write",
    [
        lambda archive: archive.__setitem__("b", 2),
        lambda archive: archive.__setitem__("a", 2),
        lambda archive: archive.__delitem__("a"),
        lambda archive: archive.update(b=2, c=3),
        lambda archive: archive.clear(),
    ],
    ids=["a value", "another value", "a deletion", "many values", "everything away"],
)
def test_the_catalog_says_when_an_archive_was_written_to(path, write, monkeypatch):
    fill(path, identity="i", a=1)
    (before,) = Workspace(path).catalog()
    later = before.updated + timedelta(hours=1)
    monkeypatch.setattr("framework.archive.records.catalog._now", lambda: later)
    with Session(path, "a test") as session:
        archive = session.archive(Description(name="Parse", identity="i"))
        assert "a" in archive
        session.sync()
        assert Workspace(path).catalog()[0].updated == before.updated  # reading is no writing
        write(archive)
    (after,) = Workspace(path).catalog()
    assert (after.updated, after.created) == (later, before.created)


def test_the_catalog_of_a_thousand_archives_opens_at_once(path):
    with Session(path, "a test") as session:
        for number in range(1000):
            session.archive(Description(name=f"n{number}", identity="i"))["k"] = number
    assert [entry.records for entry in Workspace(path).catalog()] == [1] * 1000
    assert len(names(path / "store")) < 20


def test_an_identity_starts_empty_and_is_found_again(path):
    fill(path, identity="old", a=1)
    fill(path, identity="new", b=2)
    workspace = Workspace(path)
    assert dict(workspace.archive("Parse")) == {"b": 2}
    assert dict(workspace.archive("Parse", identity="old")) == {"a": 1}
    fill(path, identity="old")
    assert dict(workspace.archive("Parse")) == {"a": 1}


def test_pruning_deletes_what_is_superseded(path):
    fill(path, identity="old", a=1)
    fill(path, identity="new", b=2)
    fill(path, "notes", c=3)
    workspace = Workspace(path)
    assert [entry.identity for entry in workspace.prune(dry_run=True)] == ["old"]
    assert len(workspace.catalog()) == 3
    assert [entry.identity for entry in workspace.prune()] == ["old"]
    assert [(entry.name, entry.identity) for entry in workspace.catalog()] == [("Parse", "new"), ("notes", "")]
    assert "a" not in workspace.archive("Parse", identity="old")
    assert workspace.prune() == []


def test_pruning_gives_the_space_back(path):
    fill(path, identity="old", a=os.urandom(3_000_000))
    fill(path, identity="new", b=2)
    workspace = Workspace(path)
    before = workspace.size()
    workspace.prune()
    assert workspace.size() < before - 2_500_000


def test_two_identities_that_are_both_in_use_are_both_current(path):
    with Session(path, "a test") as session:
        for identity in ("one", "two"):
            session.archive(Description(name="Parse", identity=identity))["k"] = identity
    assert Workspace(path).prune(dry_run=True) == []


def test_an_archive_in_use_is_not_pruned(path):
    fill(path, identity="old", a=1)
    with Session(path, "pipeline 'P'") as session:
        old = session.archive("Parse")
        with Session(path, "pipeline 'Q'") as other:
            other.archive(Description(name="Parse", identity="new"))
            assert Workspace(path).prune() == []
            with pytest.raises(WorkspaceInUse, match="pipeline 'P'"):
                other._drop([old._for_writing().uid])
    assert dict(Workspace(path).archive("Parse", identity="old")) == {"a": 1}


def test_a_workspace_shows_what_it_holds(path):
    assert repr(Workspace(path)).endswith("0 archives>")
    fill(path, a=1)
    assert repr(Workspace(path)).endswith("1 archive: 'Parse'>")
    (path / "mark").unlink()
    assert repr(Workspace(path)).endswith("WorkspaceDamaged>")


def test_verify_counts_every_record(path):
    fill(path, a=1, b=2)
    fill(path, "notes", c=3)
    assert Workspace(path).verify() == 3
