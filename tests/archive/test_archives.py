"""Every archive behaves as a dict, in memory and stored."""

from __future__ import annotations

import itertools
import pickle
import threading
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from framework.archive import Description, InMemCache, Session, Workspace
from framework.errors import ArchiveError, Undigestable, Unpicklable


@pytest.fixture(params=["memory", "stored"])
def archive(request, path):
    if request.param == "memory":
        yield InMemCache()
    else:
        with Session(path, "a test") as session:
            yield session.archive("results")


class ArchiveModel(RuleBasedStateMachine):
    """An archive beside a dict whose keys are pairs of type and value."""

    make: Callable[[], object]

    def __init__(self):
        super().__init__()
        self.archive = self.make()
        self.model = {}

    keys = st.sampled_from(["a", "b", "", "x" * 100, "\ud800", 0, 1, 1.0, True, None, b"a", (1, "a"), [1, 2]])
    values = st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=3)

    @staticmethod
    def of(key):
        return type(key), repr(key)

    @rule(key=keys, value=values)
    def put(self, key, value):
        self.archive[key] = value
        self.model[self.of(key)] = (key, value)

    @rule(numbers=st.lists(st.integers(2, 60), min_size=8, max_size=30, unique=True))
    def put_many(self, numbers):
        for number in numbers:
            self.put(number, -number)

    @rule(entries=st.lists(st.tuples(keys | st.integers(2, 60), values), max_size=30))
    def update(self, entries):
        self.archive.update(entries)
        self.model.update({self.of(key): (key, value) for key, value in entries})

    @rule(key=keys | st.integers(2, 60))
    def delete(self, key):
        if self.of(key) in self.model:
            del self.archive[key]
            del self.model[self.of(key)]
        else:
            with pytest.raises(KeyError):
                del self.archive[key]

    @rule(key=keys | st.integers(2, 60))
    def get(self, key):
        assert (key in self.archive) == (self.of(key) in self.model)
        _, value = self.model.get(self.of(key), (None, "missing"))
        assert self.archive.get(key, "missing") == value

    @rule(key=keys, value=values)
    def setdefault(self, key, value):
        _, expected = self.model.setdefault(self.of(key), (key, value))
        assert self.archive.setdefault(key, value) == expected

    @precondition(lambda self: self.model)
    @rule()
    def clear(self):
        self.archive.clear()
        self.model.clear()

    @rule()  # not an invariant: what is not read meanwhile is written together
    def look(self):
        assert list(self.archive.pairs()) == list(self.model.values())
        assert list(map(self.of, self.archive)) == list(self.model)
        assert len(self.archive) == len(self.model)

    def teardown(self):
        self.look()


class MemoryModel(ArchiveModel):
    def make(self):
        return InMemCache()


TestMemoryModel = MemoryModel.TestCase
TestMemoryModel.settings = settings(max_examples=40, stateful_step_count=25)


class StoredModel(ArchiveModel):
    session: Session
    numbers = itertools.count()

    def make(self):
        return self.session.archive(f"archive {next(self.numbers)}")

    @rule()
    def sync(self):
        self.session.sync()

    def teardown(self):
        self.archive.verify()
        super().teardown()


@pytest.fixture(scope="module")
def stored_models(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRAMEWORK_KEY_FILE", str(tmp_path_factory.mktemp("key") / "key"))
        with Session(tmp_path_factory.mktemp("models"), "the model") as session:  # one store: opening takes longest
            StoredModel.session = session
            yield


@pytest.mark.usefixtures("stored_models")
class TestStoredModel(StoredModel.TestCase):
    settings = settings(max_examples=40, stateful_step_count=25)


def test_the_order_is_that_of_first_writing(archive):
    for key in "cab":
        archive[key] = key
    archive["c"] = "again"
    assert list(archive.items()) == [("c", "again"), ("a", "a"), ("b", "b")]
    del archive["c"]
    archive["c"] = "new"
    assert list(archive) == ["a", "b", "c"]


def test_keys_of_other_types_are_other_keys(archive):
    for key in (1, True, 1.0, "1", np.int64(1)):
        archive[key] = type(key).__name__
    assert len(archive) == 5
    assert archive[True] == "bool"


def test_a_value_is_a_copy_when_put_and_when_got(archive):
    value = [1]
    archive["a"] = value
    value.append(2)
    archive["a"].append(3)
    assert archive["a"] == [1]


def test_a_key_is_a_copy_as_well(archive):
    key = [1]
    archive[key] = "x"
    key.append(2)
    assert list(archive) == [[1]]
    assert archive[[1]] == "x"


def test_more_records_than_a_page_are_read_in_order(archive):
    archive.update((n, n * n) for n in range(5000))
    assert list(archive.pairs()) == [(n, n * n) for n in range(5000)]
    assert list(archive.values())[-1] == 4999**2


def test_a_function_without_a_name_can_be_stored(archive):
    factor = 3
    archive["f"] = lambda x: x * factor
    assert archive["f"](2) == 6


def test_a_value_that_cannot_be_stored_is_refused_by_the_name_of_its_part(archive):
    with pytest.raises(Unpicklable, match=r"^value\['rows'\]\[1\]: a lock cannot be stored"):
        archive["a"] = {"rows": [1, threading.Lock()]}
    assert "a" not in archive
    assert len(archive) == 0


def test_a_value_that_is_nested_too_deeply_is_refused_by_name():
    deep = []
    for _ in range(50_000):
        deep = [deep]
    with pytest.raises(Unpicklable, match=r"^value: nested too deeply to be stored"):
        InMemCache()["key"] = {"deep": deep}


def test_a_key_without_a_digest_is_refused(archive):
    with pytest.raises(Undigestable, match=r"^key: an iterator"):
        archive[iter([])] = 1
    with pytest.raises(Undigestable):
        archive.get(iter([]))


def test_a_record_may_be_put_while_iterating(archive):
    archive.update({n: n for n in range(3000)})
    seen = []
    for key in archive:
        seen.append(key)
        if key == 0:
            archive["late"] = 1
    assert seen[:3000] == list(range(3000))


def test_threads_may_share_an_archive(archive):
    start = threading.Barrier(4)

    def work(number):
        start.wait()
        for n in range(200):
            archive[f"{number} {n}"] = n
            archive["shared"] = number

    threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(archive) == len(list(archive)) == 801
    assert all(archive[f"{number} {n}"] == n for number in range(4) for n in range(200))


def test_a_read_only_archive_refuses_writing(path):
    with Session(path, "a test") as session:
        session.archive("a")["k"] = 1
        archive = session.archive("a", readonly=True)
        assert archive.readonly
        assert archive["k"] == 1
        for write in (lambda: archive.update(k=2), lambda: archive.pop("k"), archive.clear):
            with pytest.raises(ArchiveError, match="readonly=True"):
                write()


def test_an_archive_survives_its_session(path):
    with Session(path, "a test") as session:
        archive = session.archive("a")
        archive["k"] = 1
    assert archive["k"] == 1
    assert list(archive) == ["k"]
    with pytest.raises(ArchiveError, match="to write to it, open it again"):
        archive["k"] = 2


def test_large_values_are_read_some_at_a_time(path):
    with Session(path, "a test") as session:
        archive = session.archive("results")
        archive.update((number, bytes([number]) * 2_000_000) for number in range(20))
        assert [len(keys) for keys, _ in archive.batches()] == [9, 9, 2]
        assert [(key, value[0]) for key, value in archive.pairs()] == [(number, number) for number in range(20)]


def test_large_values_come_back_whole(path):
    value = np.arange(2_000_000)
    with Workspace(path) as workspace:
        workspace.archive("a")["k"] = value
    assert (Workspace(path).archive("a")["k"] == value).all()


def test_an_archive_says_how_much_it_holds(archive):
    archive.update(a=1, b=2)
    assert repr(archive).endswith("2 records>")
    assert not archive.readonly


def test_a_stored_archive_stays_where_it_is(path):
    with Session(path, "a test") as session:
        archive = session.archive("a")
        assert repr(archive).startswith("<archive 'a' of ")
        with pytest.raises(TypeError, match="an archive cannot be pickled; send the workspace's path"):
            pickle.dumps(archive)


class Stubborn:
    """Can be stored, and not be made again."""

    def __reduce__(self):
        return int, ("no number",)


def test_a_value_that_cannot_be_made_again_is_told_by_its_error(path):
    with Session(path, "a test") as session:
        session.archive("a")["k"] = Stubborn()
    for placeholders in (False, True):
        with pytest.raises(ArchiveError, match=r"cannot be made again \(ValueError: invalid literal"):
            Workspace(path).archive("a", placeholders=placeholders)["k"]


def test_a_part_that_cannot_be_stored_is_found_in_a_cycle(archive):
    knot = {"name": "knot"}
    knot["self"], knot["lock"] = knot, threading.Lock()
    with pytest.raises(Unpicklable, match=r"\['lock'\]"):
        archive["k"] = knot


def test_an_archive_that_was_pruned_meanwhile_begins_again(path):
    with Session(path, "at rest", busy=lambda: False) as first:
        old = first.archive(Description(name="a", identity="old"))
        old["k"] = 1
        with Session(path, "a test") as second:
            second.archive(Description(name="a", identity="new"))["k"] = 2
            Workspace(path).prune()
        old["l"] = 2
        assert dict(old) == {"l": 2}


def test_more_puts_than_a_batch_and_values_larger_than_the_journal_outlive_a_kill(path, run):
    run(
        """
        import os, sys
        from framework.archive import Session
        archive = Session(sys.argv[1], "a test").archive("a")
        for n in range(5000):
            archive[n] = n
        archive["large"] = bytes(1_000_000)
        os._exit(0)
        """,
        path,
    )
    archive = Workspace(path).archive("a", readonly=True)
    assert [archive[n] for n in range(5000)] == list(range(5000))
    assert len(archive["large"]) == 1_000_000
