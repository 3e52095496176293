"""What is read before it is asked for, as replays do, is what is there when it is asked for."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.archive import Session, digest
from framework.archive.archive import loaded
from framework.archive.records.trust import MAC_BYTES
from framework.errors import UntrustedWorkspace
from tampering import edit, fill, records

COUNT = 80
KEYS = [digest(number) for number in range(COUNT)]
ROWS = {key: [number] for number, key in enumerate(KEYS)}
numbers = st.integers(0, COUNT - 1)
changes = st.one_of(
    st.tuples(st.sampled_from(["walk"]), numbers, st.integers(1, COUNT)),
    st.tuples(st.sampled_from(["put", "update", "delete"]), numbers, st.integers(0, 3)),
    st.tuples(st.sampled_from(["clear"]), st.just(0), st.just(0)),
)


def garbled(row):
    return bytes([row[0] ^ 1]) + row[1:]


def test_records_that_are_asked_for_in_order_are_read_from_their_page(path):
    fill(path, **ROWS)
    last = KEYS[-1].encode()
    edit(path, lambda rows: {key: garbled(row) for key, row in records(rows) if last in row})
    with Session(path, "a test") as session:
        archive = session.archive("a")
        with pytest.raises(UntrustedWorkspace):
            loaded(archive, KEYS[-1])
        assert [loaded(archive, key) for key in KEYS] == [*ROWS.values()]


def test_a_value_is_a_copy_each_time(path):
    fill(path, **ROWS)
    with Session(path, "a test") as session:
        archive = session.archive("a")
        for _ in range(2):
            found = [loaded(archive, key) for key in KEYS]
            assert found == [*ROWS.values()]
            for value in found:
                value.append("changed")


@pytest.mark.parametrize(
    ("change", "then"),
    [
        (lambda archive: archive.__setitem__(KEYS[30], "new"), "new"),
        (lambda archive: archive.update({KEYS[30]: "new"}), "new"),
        (lambda archive: archive.__delitem__(KEYS[30]), None),
        (lambda archive: archive.clear(), None),
    ],
    ids=["put", "update", "delete", "clear"],
)
def test_a_record_that_changes_after_it_was_read_ahead_is_read_again(path, change, then):
    fill(path, **ROWS)
    with Session(path, "one", busy=lambda: False) as one, Session(path, "two", busy=lambda: False) as two:
        archive, other = one.archive("a"), two.archive("a")
        assert [loaded(archive, key) for key in KEYS[:20]] == [*ROWS.values()][:20]
        change(other)
        assert loaded(archive, KEYS[30]) == then


@pytest.mark.parametrize("clears", [True, False])
def test_threads_never_read_what_was_there_before_a_write_that_has_returned(path, clears):
    fill(path, **dict.fromkeys(KEYS, 0))
    written, older, ends = dict.fromkeys(KEYS, 0), [], threading.Event()

    def read(archive):
        while not ends.is_set():
            for key in KEYS:
                before, found = written[key], loaded(archive, key)
                if found is not None and found < before:
                    older.append(key)

    with Session(path, "a test") as session:
        archive = session.archive("a")
        readers = [threading.Thread(target=read, args=[archive]) for _ in range(3)]
        for reader in readers:
            reader.start()
        for version in range(1, 120, 2):
            if clears:
                archive.clear()
            archive.update(dict.fromkeys(KEYS, version))  # after a clear they stand in one page
            written.update(dict.fromkeys(KEYS, version))
            for key in KEYS[version % 7 :: 20]:
                archive[key] = version + 1
                written[key] = version + 1
        ends.set()
        for reader in readers:
            reader.join()
    assert older == []


@settings(max_examples=25, deadline=None)
@given(script=st.lists(st.tuples(changes, st.booleans()), max_size=12), sizes=st.lists(st.sampled_from([1, 9, 40])))
def test_any_changes_between_reads_are_seen_by_all_readers(script, sizes, tmp_path_factory):
    path, expected = tmp_path_factory.mktemp("workspace") / "ws", dict(ROWS)
    rest = iter(ROWS.items())
    for size in (*sizes, COUNT):  # several pages, and records that are in none
        fill(path, **dict(pair for _, pair in zip(range(size), rest, strict=False)))
    with (
        Session(path, "one", busy=lambda: False) as one,
        Session(path, "two", busy=lambda: False) as two,
    ):
        archives = one.archive("a"), two.archive("a")
        for (change, number, extent), second in script:
            archive, key = archives[second], KEYS[number]
            match change:
                case "walk":
                    for asked in KEYS[number : number + extent]:
                        assert loaded(archive, asked) == expected.get(asked)
                case "put":
                    archive[key] = expected[key] = [number, extent]
                case "update":
                    few = {key: [number, "u"] for key in KEYS[number : number + extent]}
                    archive.update(few)
                    expected |= few
                case "delete":
                    assert (archive.pop(key, None) is None) == (expected.pop(key, None) is None)
                case "clear":
                    archive.clear()
                    expected.clear()
        for archive in archives:
            assert {key: loaded(archive, key) for key in KEYS} == {key: expected.get(key) for key in KEYS}
            assert dict(archive.pairs()) == expected


def test_large_records_which_are_in_no_page_are_found(path):
    large = dict.fromkeys(KEYS[:20], "x" * 50_000)
    fill(path, **large, **dict.fromkeys(KEYS[20:], "small"))
    with Session(path, "a test") as session:
        archive = session.archive("a")
        assert {key: loaded(archive, key) for key in KEYS} == large | dict.fromkeys(KEYS[20:], "small")


def test_what_one_reader_trusts_is_not_given_to_another_that_does_not(path):
    fill(path, **ROWS)
    edit(path, lambda rows: {key: garbled(row) for key, row in rows.items() if key[:1] in b"RP"})
    with (
        Session(path, "one", trust=True, busy=lambda: False) as one,
        Session(path, "two", busy=lambda: False) as two,
    ):
        trusting, careful = one.archive("a"), two.archive("a")
        assert [loaded(trusting, key) for key in KEYS[:20]] == [*ROWS.values()][:20]
        with pytest.raises(UntrustedWorkspace):
            loaded(careful, KEYS[30])


def test_a_forged_page_is_refused(path):
    fill(path, **ROWS)
    edit(path, lambda rows: {key: bytes(MAC_BYTES) + row[MAC_BYTES:] for key, row in rows.items() if key[:1] == b"P"})
    with Session(path, "a test") as session:
        archive = session.archive("a")
        with pytest.raises(UntrustedWorkspace):
            [loaded(archive, key) for key in KEYS]
