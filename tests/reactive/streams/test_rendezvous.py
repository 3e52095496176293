"""Joins by key against a plain model, under seeded schedules; orphans and duplicates."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactive_samples import Apply, Source, artifacts_of, outcome

from framework.errors import BuildError, OptionError, WiringError
from framework.reactive import MaxPendingRendezvousKeys, WaitForRendezvousOrphans, make_rendezvous

seeds = st.integers(0, 2**16)
records = st.lists(st.tuples(st.integers(0, 5), st.text("ab", max_size=2)), max_size=20)


def first(record):
    return record[0]


def joined(sides, join, **options):
    sources = [Source(f"side{number}", side) for number, side in enumerate(sides)]
    return outcome([*sources, *join], "pair", **options)


def join_of(count, keys=first, **options):
    return make_rendezvous("pair", [f"side{number}" for number in range(count)], keys, **options)


@given(st.lists(records, min_size=2, max_size=3), seeds)
def test_artifacts_of_equal_keys_meet_in_the_order_they_came(sides, seed):
    join = join_of(len(sides))
    pairs, report = joined(sides, join, seed=seed)
    by_key = [defaultdict(list) for _ in sides]
    for side, records in enumerate(sides):
        for record in records:
            by_key[side][record[0]].append(record)
    expected, orphans = [], {}
    for key in {key for side in by_key for key in side}:
        columns = [side[key] for side in by_key]
        count = min(map(len, columns))
        expected += zip(*columns, strict=False)
        if any(len(column) > count for column in columns):
            orphans[key] = tuple(tuple(column[count:]) for column in columns)
    assert sorted(pairs) == sorted(expected)
    assert join[0].orphans == orphans
    assert len(report.orphans) == len(orphans)


@pytest.mark.parametrize(
    ("policy", "pairs"),
    [("queue", ["a", "b"]), ("first", ["a"]), ("last", ["b"]), ("refuse", ["a"])],
)
def test_a_key_that_comes_again_before_its_partners_follows_the_policy(policy, pairs):
    class Late(Source):
        """Announces when the other side is done."""

        def __init__(self):
            super().__init__("side1", [])

        def phase(self, context, phase):
            return [(1, "x"), (1, "y")] if phase == 1 else None

    sources = [Source("side0", [(1, "a"), (1, "b")]), Late()]
    found, report = outcome([*sources, *join_of(2, duplicate_policy=policy)], "pair", on_error="keep")
    assert [left[1] for left, _ in found] == pairs
    assert [type(failure.exception) for failure in report.failures] == [BuildError] * (policy == "refuse")


def test_orphans_are_reported_with_their_side_and_are_inspectable():
    join = join_of(2)
    _, report = joined([[(1, "a"), (2, "b")], [(1, "c")]], join)
    assert report.orphans == ("rendezvous pair: key 2 came from 'side0', not from 'side1'",)
    assert join[0].orphans == {2: (((2, "b"),), ())}
    assert report.failures == ()


def test_keys_that_differ_only_in_type_are_hinted_at():
    _, report = joined([[(17, "a")], [("17", "b")]], join_of(2))
    hints = {text.partition("; ")[2] for text in report.orphans}  # in the order of arrival, which threads do not fix
    assert hints == {
        f"{other!r} came there, a {kind} and no {mine}: let the key functions return one type"
        for other, kind, mine in [("17", "str", "int"), (17, "int", "str")]
    }


def test_keys_that_differ_only_in_case_are_hinted_at():
    _, report = joined([[("Paris ", 1)], [("paris", 2)]], join_of(2))
    hints = {text.partition("; ")[2] for text in report.orphans}
    assert hints == {
        f"{other!r} came there: do the keys differ only in case or white space?" for other in ("paris", "Paris ")
    }


def test_a_key_is_hinted_at_only_where_it_has_what_the_other_lacks():
    _, report = joined([[("Paris", 1), ("paris", 2)], []], join_of(2))
    assert [text.partition("; ")[2] for text in report.orphans] == ["", ""]


def test_a_join_that_is_used_again_begins_with_an_empty_table():
    join = join_of(2)
    joined([[(1, "a")], []], join)
    found, _ = joined([[], [(1, "b")]], join)
    assert found == []
    assert list(join[0].orphans) == [1]
    assert join[0].orphans[1] == ((), ((1, "b"),))


def test_many_orphans_are_counted_after_the_first():
    _, report = joined([[(number, "") for number in range(100)], []], join_of(2))
    assert len(report.orphans) == 11
    assert report.orphans[-1] == "rendezvous pair: 90 more keys wait (.orphans has all)"


@given(st.integers(1, 5), st.integers(0, 20), seeds)
def test_a_bound_drops_the_oldest_keys_and_says_so(limit, count, seed):
    join = join_of(2, orphan_policy=MaxPendingRendezvousKeys(limit))
    _, report = joined([[(number, "") for number in range(count)], []], join, seed=seed)
    assert list(join[0].orphans) == list(range(count))[-limit:]
    dropped = [text for text in report.orphans if "dropped" in text]
    assert len(dropped) == min(max(0, count - limit), 10) + (count - limit > 10)


def test_waiting_for_orphans_drops_nothing():
    assert WaitForRendezvousOrphans().excess(10**9) == 0


def test_keys_of_expanded_tuples_get_their_parts():
    join = make_rendezvous("pair", ["*side0", "side1"], [lambda key, _: key, lambda number: number])
    pairs, _ = joined([[(1, "a")], [1]], join)
    assert pairs == [((1, "a"), 1)]


@pytest.mark.parametrize("key", [lambda record: 1 / record[0], lambda record: [1] if not record[0] else record[0]])
def test_a_key_that_fails_or_has_no_hash_loses_only_its_own_input(key):
    pairs, report = joined([[(0, "a"), (1, "b")], [(1, "c")]], join_of(2, [key, first]), on_error="keep")
    assert pairs == [((1, "b"), (1, "c"))]
    assert len(report.failures) == 1


def test_downstream_can_unpack_what_met():
    builders = [Source("l", [(1, "a")]), Source("r", [(1, "b")]), *make_rendezvous("pair", ["l", "r"], first)]
    assert artifacts_of([*builders, Apply("text", ["*pair"], lambda l, r: l[1] + r[1])], "text") == ["ab"]  # noqa: E741


@pytest.mark.parametrize(
    ("requires", "keys", "message"),
    [
        (["a"], [first], "joins two or more targets"),
        ("ab", [first, first], "joins two or more targets"),
        (["a", "b"], [first], "for each of 2 requirements, got 1"),
        (["a", "b"], [first, "key"], "key function"),
    ],
)
def test_sides_and_keys_that_do_not_fit_are_refused(requires, keys, message):
    with pytest.raises(WiringError, match=message):
        make_rendezvous("pair", requires, keys)


def test_unknown_policies_are_refused():
    with pytest.raises(OptionError, match="duplicate_policy is one of 'queue', 'first', 'last', 'refuse'"):
        join_of(2, duplicate_policy="ignore")
    with pytest.raises(OptionError, match="max_pending is a whole number"):
        MaxPendingRendezvousKeys(0)
