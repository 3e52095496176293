"""The journal: what a kill leaves of it, wherever it ends."""

from __future__ import annotations

import pytest

from framework.archive.engine.journal import SIZE, Journal, read_journal
from framework.errors import WorkspaceDamaged


@pytest.fixture
def journal(tmp_path):
    """The path of a journal of five entries, for a store that has got 7 writes; and where each of them ends."""
    path = tmp_path / "journal"
    journal, ends = Journal(path, 7), []
    for number in range(5):
        assert journal.add(b"place %d" % number, b"%d" % number, b"key %d" % number, b"record" * number)
        ends.append(journal._at)
    journal._page.close()  # as a kill does
    journal._file.close()
    return path, ends


def test_an_entry_is_there_whole_or_not_at_all_wherever_the_file_ends(journal, tmp_path):
    path, ends = journal
    data, short = path.read_bytes(), tmp_path / "short"
    for size in range(ends[-1] + 20):
        short.write_bytes(data[:size])
        whole = sum(end <= size for end in ends)
        assert len(read_journal(short).rows) == 2 * whole


def test_entries_belong_to_the_write_that_they_follow(journal):
    left = read_journal(journal[0])
    assert left.write == 7
    assert left.after(7)[b"key 4"] == b"record" * 4
    assert left.after(8) == {}


def test_a_journal_that_is_not_there_holds_nothing(tmp_path):
    assert read_journal(tmp_path / "none").rows == {}


def test_a_journal_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(WorkspaceDamaged, match=r"cannot be read .*; restore the workspace from a copy"):
        read_journal(tmp_path)


def test_a_journal_that_is_full_takes_no_more_and_keeps_what_it_has(tmp_path):
    journal = Journal(tmp_path / "journal", 0)
    assert journal.add(b"p", b"0", b"k", bytes(SIZE // 2))
    assert not journal.add(b"p", b"1", b"k", bytes(SIZE // 2))
    journal.close()
    assert read_journal(tmp_path / "journal").rows == {b"p": b"0", b"k": bytes(SIZE // 2)}


def test_a_journal_without_entries_is_removed_when_it_is_closed(tmp_path):
    journal = Journal(tmp_path / "journal", 0)
    journal.add(b"p", b"0", b"k", b"r")
    journal.begin(1)
    journal.close()
    assert list(tmp_path.iterdir()) == []
