"""A workspace stays below a size only where that is asked for, and says what it deleted."""

import datetime as dt
import os

import pytest

from framework.archive import Description, Session, Workspace
from framework.archive.records import catalog
from framework.errors import OptionError

KILO = 1000
LIMIT = 700 * KILO  # four archives have some 820 KB: each record is there once more, in a page


@pytest.fixture
def filled(tmp_path, monkeypatch):
    """Four archives of 100 KB, opened on four days; the one of the user has no identity."""
    path = tmp_path / "workspace"
    for day, name in enumerate(("old", "mine", "middle", "new"), 1):
        monkeypatch.setattr(catalog, "_now", lambda day=day: dt.datetime(2026, 1, day, tzinfo=dt.UTC))
        with Session(path, "a test") as session:
            about = name if name == "mine" else Description(name=name, identity="i")
            session.archive(about).update((number, os.urandom(KILO)) for number in range(100))
    yield path, monkeypatch
    monkeypatch.undo()


def test_archives_that_no_pipeline_opened_for_the_longest_time_go_first(filled, caplog):
    path, _ = filled
    with Workspace(path) as workspace:
        planned = workspace.prune(dry_run=True, max_bytes=LIMIT)
        assert [entry.name for entry in planned] == ["old"]
        assert workspace.names() == ["old", "mine", "middle", "new"]
        assert [entry.name for entry in workspace.prune(max_bytes=LIMIT)] == ["old"]
        assert workspace.names() == ["mine", "middle", "new"]
        assert workspace.prune(max_bytes=LIMIT) == []
        assert workspace.verify() == 300
    [said] = [message for message in caplog.messages if "pruned old" in message]
    assert "least lately used" in said


def test_an_archive_that_was_opened_again_is_kept_longer(filled):
    path, monkeypatch = filled
    monkeypatch.setattr(catalog, "_now", lambda: dt.datetime(2026, 1, 9, tzinfo=dt.UTC))
    with Session(path, "a test") as session:
        session.archive(Description(name="old", identity="i"))
    with Workspace(path) as workspace:
        assert [entry.name for entry in workspace.prune(max_bytes=LIMIT)] == ["middle"]


def test_what_the_user_named_stays_and_a_limit_that_cannot_be_met_is_said(filled, caplog):
    path, _ = filled
    with Workspace(path) as workspace:
        workspace.prune(max_bytes=0)
        assert workspace.names() == ["mine"]
    assert "more than the 0 allowed" in caplog.text


@pytest.mark.parametrize("limit", [-1, 1.5, "1 GB", True])
def test_a_limit_is_a_number_of_bytes(filled, limit):
    with pytest.raises(OptionError, match="max_bytes"):
        Workspace(filled[0]).prune(max_bytes=limit)
