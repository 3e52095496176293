"""`persist=True` means the same however a build is arranged: in a worker, awaited, in a flow, away, balanced."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from reactive_samples import Source, outcome

from framework.bridge import FlowBuilder
from framework.core.processor import AbstractProcessor
from framework.errors import BuildError
from framework.flow import Flow
from framework.reactive import ReactiveBuilder, offload, parallelize, reactive

built = []


def tripled(number):
    """Two artifacts; where the environment says so, the build of 2 fails between them."""
    built.append(number)
    yield number * 3
    if number == 2 and "HALF_FAILED" in os.environ:
        raise BuildError("half of it")
    yield -number


def doubled(number):
    """The same builds after an edit."""
    built.append(number)
    yield number * 2
    yield -number


def in_a_class(work):
    class Kept(ReactiveBuilder):
        def build(self, context, number):
            yield from work(number)

    return Kept


def awaited_in_a_class(work):
    class Kept(ReactiveBuilder):
        async def build(self, context, number):
            for artifact in work(number):
                yield artifact

    return Kept


def awaited_coroutine(work):
    class Kept(ReactiveBuilder):
        async def build(self, context, number):
            return list(work(number))

    return Kept


def function(work):
    @reactive(provides="out", requires=["n"], persist=True)
    def kept(number):
        yield from work(number)

    return kept


def awaited_function(work):
    @reactive(provides="out", requires=["n"], persist=True)
    async def kept(number):
        for artifact in work(number):
            yield artifact

    return kept


def in_a_flow(work):
    async def job(number):
        for artifact in work(number):
            yield artifact

    return FlowBuilder("out", ["n"], Flow().add(job), persist=True)


ARRANGEMENTS = {
    "class": lambda work, _: [in_a_class(work)("out", ["n"], persist=True)],
    "async generator": lambda work, _: [awaited_in_a_class(work)("out", ["n"], persist=True)],
    "coroutine": lambda work, _: [awaited_coroutine(work)("out", ["n"], persist=True)],
    "function": lambda work, _: [function(work)],
    "awaited function": lambda work, _: [awaited_function(work)],
    "flow": lambda work, _: [in_a_flow(work)],
    "offloaded": lambda work, pool: [offload("out", ["n"], work, pool, persist=True, name="Kept")],
    "balanced": lambda work, _: parallelize("out", ["n"], in_a_class(work), 2, persist=True),
    "balanced away": lambda work, pool: parallelize("out", ["n"], in_a_class(work), 2, executor=pool, persist=True),
}


@pytest.fixture(params=ARRANGEMENTS)
def run(request, tmp_path):
    """Runs an arrangement on a workspace that stays; gives what was announced, built, and failed."""
    with ThreadPoolExecutor(2) as pool:

        def once(numbers, work=tripled):
            builders = ARRANGEMENTS[request.param](work, pool)
            if not isinstance(builders[0], AbstractProcessor):
                builders = [builders[0]()]
            built.clear()
            found, report = outcome([Source("n", numbers), *builders], "out", workspace=tmp_path, on_error="keep")
            return found, sorted(built), len(report.failures)

        yield once


def artifacts(numbers, factor=3):
    return [artifact for number in numbers for artifact in (number * factor, -number)]


def test_a_second_run_builds_only_what_is_new(run):
    assert run([1, 2, 3]) == (artifacts([1, 2, 3]), [1, 2, 3], 0)
    assert run([3, 2, 1]) == (artifacts([3, 2, 1]), [], 0)
    assert run([4, 1]) == (artifacts([4, 1]), [4], 0)


def test_of_a_build_that_failed_halfway_nothing_is_kept(run, monkeypatch):
    monkeypatch.setenv("HALF_FAILED", "1")
    found, calls, failures = run([1, 2, 3])
    assert (calls, failures) == ([1, 2, 3], 1)
    assert [artifact for artifact in found if artifact not in {6, -2}] == artifacts([1, 3])
    monkeypatch.delenv("HALF_FAILED")
    assert run([1, 2, 3]) == (artifacts([1, 2, 3]), [2], 0)


def test_after_an_edit_everything_is_built_again(run):
    run([1, 2])
    assert run([1, 2], doubled) == (artifacts([1, 2], 2), [1, 2], 0)
    assert run([1, 2], doubled) == (artifacts([1, 2], 2), [], 0)
    assert run([1, 2]) == (artifacts([1, 2]), [], 0)  # taken back
