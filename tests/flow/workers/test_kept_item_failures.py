"""What a report keeps of failures: the first of a kind whole, others as text."""

from __future__ import annotations

import asyncio
import logging
import tracemalloc

import pytest

from framework.flow import FixedCapacity, Flow, Retry, current_failure
from virtual_time import play

pytestmark = pytest.mark.timeout(60)

MEGABYTE = 1 << 20


async def plain(item):
    large = bytearray(MEGABYTE)
    raise ValueError(item, len(large))


async def chained(item):
    large = bytearray(MEGABYTE)
    try:
        await plain(item)
    except ValueError as error:
        raise RuntimeError(item, len(large)) from error


async def grouped(item):
    large = bytearray(MEGABYTE)
    async with asyncio.TaskGroup() as group:
        group.create_task(chained(item))
    return large


async def handled(item):
    large = bytearray(MEGABYTE)
    if item % 2:
        raise KeyError(item, len(large))


@pytest.mark.parametrize("fails", [plain, chained, grouped])
@pytest.mark.parametrize("extras", [{}, {"retry": Retry(2, wait=0)}, {"batch": 3}], ids=["plain", "retry", "batch"])
@pytest.mark.parametrize("with_error_job", [False, True])
def test_many_failures_with_large_locals_take_little_memory(fails, extras, with_error_job, caplog):
    caplog.set_level(logging.CRITICAL, "framework")  # pytest would keep a traceback of every failure

    async def batched(items):
        return await fails(items[0])

    flow = Flow(capacity=FixedCapacity(2)).add(batched if "batch" in extras else fails, **extras)
    if with_error_job:
        flow.error(handled)
    tracemalloc.start()
    try:
        report = play(flow.run(range(60)))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(report.failures) == 60 + (30 if with_error_job else 0)
    assert held < 20 * MEGABYTE
    assert report.failures[0].exception.__traceback__ is not None
    last = report.failures[-1]
    assert last.exception.__traceback__ is None
    assert "large = bytearray(MEGABYTE)" not in last.traceback.splitlines()[-1]
    assert "raise" in last.traceback


def test_what_the_error_job_of_a_limited_sub_flow_has_dealt_with_takes_little_memory():
    inner = Flow(name="inner", capacity=FixedCapacity(2)).add(plain).error(handled)
    tracemalloc.start()
    try:
        report = play(Flow().add(inner, timeout=10).run(range(60)))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(report.failures) == 60 + 30
    assert held < 20 * MEGABYTE


@pytest.mark.parametrize("is_limited", [False, True])
def test_what_an_error_job_raises_again_keeps_its_frames_where_it_is_the_first_of_its_kind(is_limited, caplog):
    async def fails(item):
        raise ValueError(item)

    async def again(item):
        if item == 2:
            raise current_failure().exception

    inner = Flow(name="inner", capacity=FixedCapacity(1)).add(fails).error(again)
    report = play((Flow().add(inner, timeout=9) if is_limited else inner).run(range(4)))
    [raised] = [failure for failure in report.failures if failure.processor.endswith("again")]
    assert "in again" in raised.traceback
    assert "in fails" in raised.traceback
    assert raised.exception.__traceback__ is not None
    [logged] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert logged.exc_info[2] is not None


def test_failures_at_another_line_are_of_another_kind():
    async def fails(item):
        if item % 2:
            raise ValueError(item)
        raise ValueError(item)

    report = play(Flow(capacity=FixedCapacity(1)).add(fails).run(range(6)))
    assert [failure.exception.__traceback__ is not None for failure in report.failures] == [True, True] + [False] * 4
