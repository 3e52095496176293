"""Exceptions come home from wherever they were raised: with their type, text and traceback, whatever their class."""

import dataclasses
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactive_samples import Source, outcome

from framework.errors import RemoteError
from framework.observe.recording.failure_kinds import kinds_of
from framework.reactive import offload, parallelize
from framework.reactive.offloading.remote import Raised, call_packed, pack, unpack


class Rejected(Exception):
    """Is made from other things than its message."""

    def __init__(self, row, why):
        super().__init__(f"row {row}: {why}")


class Defaulted(Exception):
    """Can be made from its message, and has another one then."""

    def __init__(self, row, why="unknown"):
        super().__init__(f"row {row}: {why}")


class Keyword(Exception):
    def __init__(self, *, row):
        super().__init__(f"row {row}")


class Holding(Exception):
    """Holds what cannot be pickled."""

    def __init__(self, row):
        super().__init__(f"row {row}")
        self.source = (number for number in range(3))


@dataclasses.dataclass(frozen=True)
class Frozen(Exception):
    """Takes no note."""

    row: int

    def __str__(self):
        return f"row {self.row}"


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("no text")


ERRORS = {
    "plain": lambda: ValueError("row 7"),
    "several arguments": lambda: Rejected(7, "no such station"),
    "another text": lambda: Defaulted(7, "no such station"),
    "keyword": lambda: Keyword(row=7),
    "holding a generator": lambda: Holding(7),
    "frozen": lambda: Frozen(7),
    "system exit": lambda: SystemExit("row 7"),
    "of the interpreter": lambda: UnicodeDecodeError("utf-8", b"row 7", 0, 1, "invalid"),
    "group": lambda: ExceptionGroup("row 7", [Rejected(7, "no such station")]),
}


@pytest.fixture(scope="module")
def pool():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        yield executor


def failing(kind):
    raise ERRORS[kind]()  # noqa: RSE102 - a call


class Failing:
    def build(self, context, kind):
        failing(kind)


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("place", ["processes", "threads"])
@pytest.mark.parametrize("balanced", [True, False])
def test_a_failure_tells_type_text_and_line(kind, place, balanced, pool):
    with ThreadPoolExecutor(1) as threads:
        executor = pool if place == "processes" else threads
        builders = (
            parallelize("out", ["kind"], Failing, 1, executor=executor)
            if balanced
            else [offload("out", ["kind"], failing, executor)]
        )
        _, report = outcome([Source("kind", [kind]), *builders], "out", on_error="keep")
    (failure,) = report.failures
    raised, told = ERRORS[kind](), failure.exception
    if isinstance(told, RemoteError):
        assert str(told) == f"{type(raised).__name__}: {raised}"
    else:
        assert (type(told).__name__, str(told)) == (type(raised).__name__, str(raised))
    assert "raise ERRORS[kind]()" in failure.traceback
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    number = next(number for number, line in enumerate(lines, start=1) if line.startswith("    raise ERRORS[kind]()"))
    assert kinds_of([failure])[0].where == f"{Path(__file__).name}:{number}"


def test_an_exception_that_cannot_tell_its_text_comes_home():
    assert type(Raised.of(Mute()).exception()) is Mute


@given(st.text(), st.integers())
def test_exceptions_made_from_their_message_come_home_as_they_are(text, number):
    error = Raised.of(ValueError(text, number)).exception()
    assert type(error) is ValueError
    assert error.args == (text, number)


def test_a_remote_error_travels_on():
    # importing distributed lets exceptions be pickled that could not be otherwise; a generator never can
    once = Raised.of(Holding(7)).exception()
    twice = Raised.of(once).exception()
    assert (str(twice), type(twice)) == (str(once), RemoteError)
    assert "Holding: row 7" in "".join(twice.__notes__)


def test_a_group_comes_home_as_a_group_whatever_is_in_it():
    group = ExceptionGroup("two rows", [ValueError(1), ExceptionGroup("inner", [Holding(7)])])
    told = Raised.of(group).exception()
    assert (type(told), told.message) == (ExceptionGroup, "two rows")
    assert [repr(part) for part in told.exceptions[:1]] == ["ValueError(1)"]
    assert str(told.exceptions[1].exceptions[0]) == "Holding: row 7"
    assert isinstance(told.subgroup(RemoteError), ExceptionGroup)


def test_a_part_of_a_group_that_pickle_would_give_another_text_comes_home_with_its_own():
    told = Raised.of(ExceptionGroup("rows", [Defaulted(7), ValueError(1)])).exception()
    assert str(told.exceptions[0]).endswith("row 7: unknown")
    assert "row row 7" not in str(told.exceptions[0])
    assert repr(told.exceptions[1]) == "ValueError(1)"


def test_notes_and_causes_of_the_parts_of_a_group_come_home():
    part = ValueError(1)
    part.add_note("in the second file")
    part.__cause__ = KeyError("a")
    told = Raised.of(ExceptionGroup("rows", [part])).exception().exceptions[0]
    assert (told.__notes__, repr(told.__cause__)) == (["in the second file"], "KeyError('a')")


class Rows(ExceptionGroup):
    pass


def test_a_group_of_a_class_of_its_own_is_named_where_it_cannot_be_made_again():
    told = Raised.of(Rows("two rows", [Holding(7)])).exception()
    assert str(told).startswith("Rows: two rows")


class Reduced(Exception):
    def __reduce__(self):
        return Reduced, self.args


@pytest.mark.parametrize("kind", [ValueError, Holding, Reduced])
def test_notes_and_the_cause_come_home(kind):
    error = kind(7)
    error.add_note("in the second file")
    error.__cause__ = Holding(8)
    told = Raised.of(error).exception()
    assert told.__notes__[0] == "in the second file"
    assert str(told.__cause__) == "Holding: row 8"


def counting(last):
    yield from range(last)
    raise Keyword(row=last)


def test_what_was_made_before_the_failure_comes_home():
    returned = unpack(call_packed(pack(counting, "a function"), pack((2,), "an input")))
    assert returned.artifacts == [0, 1]
    assert str(returned.error).endswith("row 2")  # as its own class where tblib has taught pickle to rebuild it
