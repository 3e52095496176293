"""Records that were written together are read together, and never when one of them has changed since."""

from __future__ import annotations

import pickle

import pytest

from framework.archive import Session, Workspace
from framework.archive.records.trust import MAC_BYTES
from framework.errors import UntrustedWorkspace
from tampering import Bomb, edit, fill

ROWS = {str(number): number for number in range(50)}


def pages(rows):
    return {key: row for key, row in rows.items() if key.startswith(b"P")}


def found(path):
    seen = {}
    edit(path, lambda rows: seen.update(pages(rows)) or {})
    return len(seen)


def test_what_is_put_in_a_row_makes_a_page(path):
    fill(path, **ROWS)
    assert found(path) == 1
    with Session(path, "a test") as session:
        session.archive("a").update((-number, number) for number in range(1, 20))
    assert found(path) == 2
    assert list(Workspace(path).archive("a").pairs()) == [*ROWS.items(), *((-n, n) for n in range(1, 20))]


def test_large_values_are_not_kept_twice(path):
    fill(path, **dict.fromkeys("abcdefghij", "x" * 100_000))
    assert found(path) == 0


@pytest.mark.parametrize("key", ["0", "25", "49"])
def test_a_page_ends_with_the_first_change_of_a_record(path, key):
    fill(path, **ROWS)
    with Session(path, "a test") as session:
        session.archive("a")[key] = "new"
    assert found(path) == 0
    assert dict(Workspace(path).archive("a").pairs()) == ROWS | {key: "new"}


def test_a_page_ends_with_the_first_delete_of_a_record(path):
    fill(path, **ROWS)
    with Session(path, "a test") as session:
        del session.archive("a")["25"]
    assert found(path) == 0
    assert "25" not in dict(Workspace(path).archive("a").pairs())


def test_a_payload_in_a_page_is_never_executed(path, tmp_path):
    fill(path, **ROWS)
    bomb = Bomb(tmp_path / "executed")
    edit(path, lambda rows: {key: row[:MAC_BYTES] + pickle.dumps(bomb) for key, row in pages(rows).items()})
    with pytest.raises(UntrustedWorkspace):
        list(Workspace(path).archive("a").pairs())
    assert not (tmp_path / "executed").exists()


def test_a_page_cannot_move_to_another_place(path):
    fill(path, **ROWS)
    edit(path, lambda rows: {key[:-1] + bytes([key[-1] + 50]): row for key, row in pages(rows).items()})
    with pytest.raises(UntrustedWorkspace):
        list(Workspace(path).archive("a").pairs())
