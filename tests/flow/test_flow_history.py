"""What a flow keeps of its items, and the ways that it tells of them."""

from __future__ import annotations

import asyncio
import random
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from framework.errors import OptionError
from framework.flow import FixedCapacity, Flow, Retry, RouteToErrorQueue, StopProcessing, router
from virtual_time import play

pytestmark = pytest.mark.timeout(60)


async def fetch(path):
    await asyncio.sleep(0.5)
    return f"<{path}>"


async def parse(page):
    if page == "<b>":
        raise ValueError("no page")
    if page == "<c>":
        raise StopProcessing
    return {"page": page}


async def store(found):
    return len(found)


async def words(text):
    for word in text.split():
        yield word


def ran(flow, items):
    play(flow.run(items))
    return flow.history


def test_a_flow_without_a_history_says_how_to_keep_one():
    with pytest.raises(OptionError, match=r"Flow\(history=True\)"):
        _ = Flow(history=False).history


@pytest.mark.parametrize("history", [-1, "yes", 0.0])
def test_the_bound_of_a_history_is_a_positive_number(history):
    with pytest.raises(OptionError, match="positive"):
        Flow(history=history)


def test_a_history_is_kept_where_the_notebook_layer_is_loaded(monkeypatch):
    monkeypatch.setitem(sys.modules, "framework.notebook", sys)
    assert len(ran(Flow().add(store), ["a"])) == 1


def test_items_tell_what_became_of_them_in_each_job():
    history = ran(Flow(history=True).add(fetch).add(parse).add(store), ["a", "b", "c"])
    assert sorted((one.job, one.item, one.outcome) for one in history.items("parse")) == [
        ("parse", "<a>", "done"),
        ("parse", "<b>", "failed"),
        ("parse", "<c>", "skipped"),
    ]
    [failed] = history.items(outcome="failed")
    assert failed.reason == "ValueError: no page"
    assert {one.seconds for one in history.items("fetch")} == {0.5}
    assert [one.result for one in history.items("store")] == [1]
    assert repr(history) == "<ItemHistory: 7 visits of items to jobs>"


@pytest.mark.parametrize("item", ["a", "<a>", {"page": "<a>"}, 1])
def test_the_lineage_of_an_item_is_found_from_what_any_job_got_or_the_last_one_returned(item):
    trace = ran(Flow(history=True).add(fetch).add(parse).add(store), ["a", "b"]).lineage(item)
    assert trace.jobs == ("fetch", "parse", "store")
    assert (trace.item, trace.outcome, trace.seconds, trace.parent) == ("a", "done", 0.5, None)


def test_an_item_that_was_never_seen_has_no_lineage():
    assert ran(Flow(history=True).add(fetch), ["a"]).lineage("z") is None


def test_the_way_of_a_failed_item_goes_on_in_the_error_job():
    async def note(page):
        return page

    trace = ran(Flow(history=True).add(fetch).add(parse).error(note), ["b"]).lineage("b")
    assert [(one.job, one.outcome) for one in trace] == [("fetch", "done"), ("parse", "failed"), ("note", "done")]
    assert trace.outcome == "failed"
    assert "ValueError: no page" in repr(trace)


def test_what_a_generator_yields_are_children_with_their_parent():
    history = ran(Flow(history=True).add(words).add(store), ["one three", "five"])
    trace = history.lineage("one three")
    assert [child.item for child in trace.children] == ["one", "three"]
    assert history.lineage("three").parent.item == "one three"
    assert trace[0].made == 2
    assert repr(trace).splitlines()[-1].startswith("    'three': done after ")


@pytest.mark.parametrize("plain", [True, False])
def test_what_a_processor_puts_has_the_item_as_its_parent_that_it_was_found_at(plain):
    links = {"/": ["/a", "/b"], "/a": ["/c"], "/b": [], "/c": []}
    flow = Flow(history=True)

    async def visit(path):
        for link in links[path]:
            await flow.put(link)
        return path

    history = ran(flow.add(visit, timeout=None if plain else 60), ["/"])
    assert [child.item for child in history.lineage("/").children] == ["/a", "/b"]
    assert repr(history.lineage("/c")).startswith("'/c': done after 0.000 s, made of '/a', made of '/'")


def test_a_router_an_attempt_and_a_limited_sub_flow_are_part_of_the_way():
    tries = []

    async def sometimes(item):
        tries.append(item)
        if len(tries) == 1:
            raise OSError
        return item

    part = Flow(name="part").add(store)
    flow = Flow(history=True).add(router(lambda _: "a", a=sometimes, name="kind"), retry=2).add(part, timeout=9)
    trace = ran(flow, ["x"]).lineage("x")
    assert "part.store" in trace.jobs or "part.store" in [job for child in trace.children for job in child.jobs]

    flow = Flow(history=True).add(sometimes, retry=Retry(3, wait=1))
    tries.clear()
    [visit] = ran(flow, ["x"]).items()
    assert visit.attempts == 2


def test_dropped_items_tell_why_and_rerouted_ones_where():
    async def away(item):
        raise RouteToErrorQueue("not ours")

    async def main():
        flow = Flow(history=True, capacity=FixedCapacity(1, 5)).add(fetch).add(away)
        running = asyncio.create_task(flow.run("abcdef"))
        await asyncio.sleep(0.7)
        await flow.stop()
        await running
        return flow.history

    history = play(main())
    assert [one.reason for one in history.items(outcome="rerouted")] == ["RouteToErrorQueue: not ours"]
    assert {one.reason for one in history.items(outcome="dropped")} == {"the flow was stopped"}


def test_runs_are_told_apart_and_the_frame_has_a_row_for_each_visit():
    flow = Flow(history=True).add(fetch).add(store)
    ran(flow, "ab")
    frame = ran(flow, "c").frame()
    assert list(frame.columns) == ["run", "at", "job", "item", "outcome", "seconds", "attempts", "made", "reason"]
    assert frame["run"].tolist() == [1, 1, 1, 1, 2, 2]
    assert frame["at"].tolist() == [0.5] * 6


def test_an_item_that_is_changed_is_shown_as_it_came():
    async def change(row):
        row["seen"] = True
        return row

    [visit] = ran(Flow(history=True).add(change), [{"n": 1}]).items()
    assert repr(visit.item) == "{'n': 1}"


class Page:
    def __init__(self, path, text):
        self.path, self.text = path, text


@pytest.mark.parametrize(
    ("item", "shown"),
    [
        ([1, "a"], "[1, 'a']"),
        ((1, "a"), "(1, 'a')"),
        (Page("/", "text"), "Page(path='/', text='text')"),
        ({"nested": {"n": 1}}, "{'nested': {'n': 1}}"),
        ("x" * 5000, f"'{'x' * 80}'... (5000)"),
    ],
    ids=["list", "tuple", "object", "nested", "long"],
)
def test_items_of_any_kind_are_kept_as_they_came_and_found_again(item, shown):
    history = ran(Flow(history=True).add(fetch), [item])
    assert repr(history.items()[0].item) == shown
    assert history.lineage(item).jobs == ("fetch",)


def test_a_history_stays_within_its_bound_and_drops_the_oldest():
    flow = Flow(history=300_000).add(store)
    history = ran(flow, (f"item {n}" for n in range(20_000)))
    assert len(history) + history.dropped == 20_000 + 1
    assert history.dropped > 15_000
    assert history.items()[-1].item == "item 19999"
    assert history.lineage("item 5") is None
    assert "older ones dropped" in repr(history)


def test_a_nested_flow_shows_the_history_of_the_outer_one():
    part = Flow(name="part").add(store)
    flow = Flow(history=True).add(part)
    assert ran(flow, ["a"]) is part.history


@given(seed=st.integers(0, 1 << 30))
@example(seed=58)  # a start, its end less its time, that seems to be before what was handed over at that very moment
@settings(max_examples=30, deadline=None)
def test_every_visit_but_the_first_follows_the_one_that_gave_its_item(seed):
    """With equal items in flight at once, and workers that end in any order, each way is whole and has one end."""
    chance = random.Random(seed)

    async def wander(item):
        await asyncio.sleep(chance.choice((0, 0.1, 0.2)))
        return item

    async def split(item):
        for _ in range(chance.randint(0, 2)):
            await asyncio.sleep(chance.choice((0, 0.1)))
            yield item

    flow = Flow(history=True, capacity=FixedCapacity(chance.randint(1, 3), chance.randint(1, 3)))
    flow.add(wander, name="first").add(split, name="second").add(wander, name="third")
    history = ran(flow, [chance.choice("ab") for _ in range(12)])
    visits = history.items()
    assert all(visit.before.job == "first" for visit in visits if visit.job == "second")
    assert all(visit.parent.job == "second" and visit.before is None for visit in visits if visit.job == "third")
    assert sum(len(visit.children) for visit in visits) == len(history.items("third"))
    assert all(visit.made == len(visit.children) for visit in visits)
    assert all(visit.parent.item == visit.item for visit in visits if visit.job == "third")
