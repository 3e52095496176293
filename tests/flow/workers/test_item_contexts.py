"""Context variables that one item sets do not reach the next."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar

import pytest

from framework.flow import FixedCapacity, Flow
from virtual_time import play

pytestmark = pytest.mark.timeout(60)

VARIABLE = ContextVar("variable", default="unset")


class Incomparable:
    def __eq__(self, other):
        raise ValueError("the truth of an array is ambiguous")

    __hash__ = None


@pytest.mark.parametrize("value", ["set", Incomparable()], ids=["plain", "incomparable"])
@pytest.mark.parametrize("when", [0, 7])
def test_what_an_item_sets_is_unset_for_the_next(when, value):
    seen = []

    async def look(item):
        seen.append(VARIABLE.get())
        if item == when:
            VARIABLE.set(value)
            await asyncio.sleep(0)
            assert VARIABLE.get() is value
        if item == when + 1:
            VARIABLE.set(Incomparable())

    report = play(Flow(capacity=FixedCapacity(1)).add(look).run(range(20)))
    assert report.counts["done"] == 20
    assert seen == ["unset"] * 20


def test_batches_generators_and_error_jobs_keep_apart_as_well():
    seen = []

    def look(item):
        seen.append(VARIABLE.get())
        VARIABLE.set(item)

    async def split(item):
        look(item)
        yield item
        yield item

    async def several(items):
        look(items)
        return items

    async def fails(item):
        look(item)
        raise ValueError(item)

    async def handle(item):
        look(item)

    flow = Flow(capacity=FixedCapacity(1)).add(split).add(several, batch=3).add(fails).error(handle)
    play(flow.run(range(9)))
    assert set(seen) == {"unset"}


def test_what_a_resource_sets_when_it_is_entered_is_there_for_every_item():
    seen = []

    class Session:
        async def __aenter__(self):
            VARIABLE.set("session")
            return self

        async def __aexit__(self, *_):
            seen.append(VARIABLE.get())

        async def __call__(self, item):
            seen.append(VARIABLE.get())
            VARIABLE.set(item)

    play(Flow(capacity=FixedCapacity(1)).add_job_with_factory(Session).run(range(3)))
    assert seen[:3] == ["session"] * 3
