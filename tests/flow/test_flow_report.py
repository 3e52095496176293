"""The report of a flow as text: one line, and what the workers did with their time."""

from __future__ import annotations

import asyncio

import pytest

from framework.flow import FixedCapacity, Flow
from virtual_time import play

pytestmark = pytest.mark.timeout(60)


async def quick(item):
    return item


async def slow(item):
    await asyncio.sleep(1)
    return item


async def fails(item):
    raise ValueError(item)


def test_a_report_is_one_line():
    report = play(Flow().add(quick).run(range(3)))
    assert repr(report) == str(report) == "Finished: 3 taken, 3 done, 0.00 s"
    assert repr(play(Flow().add(fails).run(range(2000)))) == "Finished: 2,000 taken, 2,000 failed, 0.00 s"
    assert repr(play(Flow().add(quick).run([]))) == "Finished: no items, 0.00 s"


def test_a_profile_ranks_the_jobs_by_their_work_and_tells_what_they_waited_for():
    async def main():
        flow = Flow(capacity=FixedCapacity(2)).add(quick, rate=1).add_job_with_lock(slow, asyncio.Lock())
        return await flow.run(range(4))

    profile = play(main()).profile()
    assert [one.job for one in profile] == ["slow", "quick"]
    assert (profile[0].working, profile[0].share, profile[0].per_item) == (4.0, 1.0, 1.0)
    assert profile[1].rate == pytest.approx(1 + 2 + 2)  # the third and the fourth each waited for two turns
    assert "1.0000 s an item" in repr(profile)
    frame = profile.frame()
    assert list(frame.columns) == ["job", "items", "working", "share", "per_item", "lock", "room", "rate", "idle"]
    assert frame.loc[0, "working"] == 4.0
