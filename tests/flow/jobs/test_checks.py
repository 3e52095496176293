"""What is handed in is looked at when it is added, and what comes back from executors arrives."""

from __future__ import annotations

import asyncio
import functools
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from unittest.mock import AsyncMock, Mock

import pytest
from flow_samples import outcome, results, same

from framework.errors import FlowError, RemoteError
from framework.flow import Flow, RouteToErrorQueue, StopProcessing
from virtual_time import play

pytestmark = pytest.mark.timeout(60)


class Proxy:
    """Answers every attribute, as stubs of remote objects do."""

    def __getattr__(self, name):
        return Proxy()

    async def __call__(self, item):
        return item


async def two(item, other):
    return item, other


async def optional(item, other=None):
    return item, other


async def keyword(item, *, other):
    return item


async def none():
    return None


def test_mocks_and_proxies_are_looked_at_once():
    assert outcome(AsyncMock(return_value=7)) == 7
    assert outcome(Proxy(), 5) == 5
    assert outcome(functools.partial(AsyncMock(return_value=3))) == 3
    with pytest.raises(FlowError, match="plain function"):
        Flow().add(Mock())


def test_an_object_that_its_class_marks_as_asyncio_does_is_taken_for_async():
    class Marked:
        _is_coroutine = asyncio.coroutines._is_coroutine

        def __call__(self, item):
            return same(item)

    class NotMarked(Marked):
        _is_coroutine = None

    assert outcome(Marked(), 5) == 5
    with pytest.raises(FlowError, match="plain function"):
        Flow().add(NotMarked())


@pytest.mark.parametrize(
    "processor", [two, none, keyword, functools.partial(same, 1)], ids=["two", "none", "keyword", "partial"]
)
def test_what_cannot_be_called_with_one_item_is_refused(processor):
    with pytest.raises(FlowError, match=r"functools\.partial"):
        Flow().add(processor)


def test_a_second_parameter_with_a_default_is_the_users():
    assert outcome(optional, 4) == (4, None)
    assert play(results(Flow().add_job_with_lock(optional, asyncio.Lock()), [4])) == [(4, None)]


def test_a_factory_of_what_cannot_be_called_ends_the_start():
    with pytest.raises(FlowError, match="cannot be called with the item alone"):
        play(Flow().add_job_with_factory(lambda: two).run([1]))


def test_what_the_resource_manager_gave_reaches_a_function_on_an_executor():
    @asynccontextmanager
    async def connection():
        yield "connection"

    def work(item, using):
        return item, using

    async def main():
        with ThreadPoolExecutor(1) as threads:
            return await results(Flow().add_job_with_lock(work, connection, executor=threads), [1])

    assert asyncio.run(main()) == [(1, "connection")]


def first(rows):
    return next(iter(rows))


def test_a_stop_iteration_in_a_thread_is_the_failure_of_its_item():
    async def main():
        with ThreadPoolExecutor(1) as threads:
            return await Flow().add(first, executor=threads).run([[1], [], [3]])

    report = asyncio.run(main())
    assert (report.counts["done"], report.counts["failed"]) == (2, 1)
    assert isinstance(report.failures[0].exception.__cause__, StopIteration)


class ApiError(Exception):
    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")


def call(number):
    if number == 1:
        raise ApiError(429, "slow down")
    if number == 2:
        raise ValueError(number)
    if number == 3:
        raise StopProcessing
    return first([number] if number else [])


def test_errors_of_other_processes_arrive_whatever_their_constructor_takes():
    async def main():
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as processes:
            return await Flow().add(call, executor=processes).run(range(9))

    report = asyncio.run(main())
    assert (report.counts["done"], report.counts["failed"], report.counts["skipped"]) == (5, 3, 1)
    errors = {failure.event: failure for failure in report.failures}
    assert type(errors[1].exception) is RemoteError
    assert "ApiError: 429: slow down" in str(errors[1].exception)
    assert type(errors[2].exception) is ValueError
    assert 'raise ApiError(429, "slow down")' in errors[1].traceback
    assert "StopIteration" in errors[0].traceback


def grouped(*errors):
    async def process(item):
        async def fail(error):
            raise error

        async with asyncio.TaskGroup() as group:
            for error in errors:
                group.create_task(fail(error))

    return process


@pytest.mark.parametrize(
    ("errors", "counted"),
    [
        ([StopProcessing()], "skipped"),
        ([RouteToErrorQueue()], "rerouted"),
        ([StopProcessing(), RouteToErrorQueue()], "rerouted"),
        ([StopProcessing(), ValueError()], "failed"),
        ([ExceptionGroup("deep", [StopProcessing()])], "skipped"),
    ],
    ids=["stop", "route", "both", "and an error", "nested"],
)
def test_signals_in_a_task_group_are_found(errors, counted):
    assert play(Flow().add(grouped(*errors)).run([1])).counts[counted] == 1
