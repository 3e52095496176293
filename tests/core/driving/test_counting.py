import asyncio

import pytest

from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.observe import NodeSnapshot, PhaseSettled
from framework.reactive import ReactiveEvent, reactive


def sources(count):
    @reactive
    def number():
        yield from range(count)

    return number


@reactive(persist=True)
def double(number):
    return 2 * number


@reactive
async def awaited(number):
    await asyncio.sleep(0)
    return number


@reactive
def even(number):
    if number % 2 == 0:
        yield number


class Halves(AbstractProcessor):
    @caching
    def process(self, context, event):
        match event:
            case Event(name="halve", number=number):
                context.submit(Event(name="half", number=number / 2))


def resolved(pipeline, *targets):
    for target in targets:
        pipeline.resolve(target)
    return pipeline


@pytest.mark.parametrize("seed", [None, 3], ids=["threads", "simulation"])
@pytest.mark.parametrize("builder", [double, awaited, even], ids=["persisted", "awaited", "yields"])
def test_messages_of_a_builder_to_itself_are_no_work(builder, seed):
    builder = builder()
    phases = []
    pipeline = Pipeline([sources(600)(), builder], seed=seed)
    pipeline.observe(lambda seen: phases.append(seen.report) if isinstance(seen, PhaseSettled) else None)
    report = resolved(pipeline, builder.provides).run()
    controls = 1 + len(report.phases) + 1  # __INIT__, each __PHASE__ and __POISON__
    assert report.delivered[builder.name] == 600 + 1 + controls  # and the resolve
    assert report.delivered["number"] == 1 + controls
    assert sum(sum(phase.delivered.values()) for phase in phases) == sum(report.delivered.values()) - 2
    assert {name: node.done for name, node in pipeline.snapshot().nodes.items()} == report.delivered


def test_what_is_built_and_what_is_replayed_is_counted_apart(tmp_path):
    def run(count):
        return resolved(Pipeline([sources(count)(), double()], workspace=tmp_path), "double").run()

    first, second = run(3), run(5)
    assert (first.processors["double"].built, first.processors["double"].replayed) == (3, 0)
    assert (second.processors["double"].built, second.processors["double"].replayed) == (2, 3)
    assert [(phase.built, phase.replayed) for phase in second.phases] == [(3, 3)]  # the source is built too
    assert "(3 built, 3 replayed)" in repr(second)
    assert second.processors["double"].replay_seconds > 0
    assert second.processors["double"].build_seconds > 0


def test_an_awaited_build_that_is_archived_is_a_replay(tmp_path):
    @reactive(persist=True)
    async def slow(number):
        await asyncio.sleep(0)
        return number

    def run():
        return resolved(Pipeline([sources(4)(), slow()], workspace=tmp_path), "slow").run().processors["slow"]

    assert (run().built, run().replayed) == (4, 4)


def test_a_failing_build_is_neither_built_nor_replayed():
    @reactive
    def picky(number):
        return 1 / number

    @reactive
    async def awaited_picky(number):
        return 1 / number

    pipeline = Pipeline([sources(4)(), picky, awaited_picky], on_error="keep")
    report = resolved(pipeline, "picky", "awaited_picky").run()
    for name in ("picky", "awaited_picky"):
        assert (report.processors[name].built, report.processors[name].failed) == (3, 1)


def test_inputs_of_a_builder_without_an_artifact_are_silent():
    report = resolved(Pipeline([sources(5)(), even()]), "even").run()
    assert (report.processors["even"].silent, report.processors["number"].silent) == (2, 0)


def test_a_cached_process_counts_what_it_computed_and_what_it_replayed():
    with Pipeline([Halves()]) as pipeline:
        for number in (2, 4, 2, 2):
            pipeline.submit(Event(name="halve", number=number))
        report = pipeline.run()
    assert (report.built, report.replayed, report.delivered["Halves"]) == (2, 2, 4)


@pytest.mark.parametrize("observed", [False, True])
def test_silent_deliveries_are_counted_while_a_history_is_kept(observed):
    class Picky(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="a", number=number):
                    if number % 3:
                        context.submit(Event(name="b"))

    def run(**options):
        pipeline = Pipeline([Picky()], **options)
        if observed:
            pipeline.observe(lambda _: None)
        pipeline.submit_all(Event(name="a", number=number) for number in range(9))
        return pipeline.run()

    assert run(history=True).silent == 3
    assert run(history=False).processors["Picky"].silent is None


def test_inputs_that_are_under_way_are_running_and_not_done():
    at = []

    @reactive(max_concurrency=3)
    async def slow(number):
        at.append(pipeline.snapshot().nodes["slow"])
        await asyncio.sleep(0)
        return number

    pipeline = Pipeline([sources(10)(), slow])
    resolved(pipeline, "slow").run()
    assert all(isinstance(node, NodeSnapshot) and node.running >= 1 for node in at)
    assert max(node.running for node in at) <= 3
    final = pipeline.snapshot().nodes["slow"]
    assert (final.running, final.waiting) == (0, 0)


def test_a_paused_report_says_what_it_has():
    class Failing(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="a"):
                    raise ValueError("no")

    pipeline = Pipeline([Failing()], on_error="keep")
    assert pipeline.report is None
    pipeline.submit(Event(name="a"))
    pipeline.step()
    report = pipeline.report
    assert (report.paused, len(report.failures), report.delivered) == (True, 1, {"Failing": 1})
    assert repr(report).startswith("Paused: 1 phase, 1 delivered, 1 failure")
    assert pipeline.finish() is pipeline.report
    assert not pipeline.report.paused


def test_the_time_between_two_steps_is_no_time_of_the_run():
    pipeline = Pipeline([sources(1)()])
    resolved(pipeline, "number").step()
    first = pipeline.report.elapsed
    assert pipeline.report.elapsed == first
    assert pipeline.finish().elapsed >= first


def test_a_retried_input_is_work_again():
    report = Pipeline([sources(2)(), reactive(lambda_that_fails_once())], on_error="keep")
    run = resolved(report, "fails_once").run()
    renewed = report.renew()
    assert run.failures.retry(renewed) == 1
    again = renewed.run()
    assert again.processors["fails_once"].built == 1


def lambda_that_fails_once():
    seen = []

    def fails_once(number):
        if not seen:
            seen.append(number)
            raise ValueError("once")
        return number

    return fails_once


def test_a_profile_has_seconds_and_share_per_processor_the_slowest_first(tmp_path):
    def run():
        return resolved(Pipeline([sources(50)(), double()], workspace=tmp_path), "double").run().profile()

    run()
    profile = run()
    rows = {row.name: row for row in profile}
    assert rows["double"].replayed == 50
    assert sum(profile.share(row) for row in profile) == pytest.approx(1)
    assert [row.seconds for row in profile] == sorted((row.seconds for row in profile), reverse=True)
    assert repr(profile).splitlines()[0].split()[:4] == ["processor", "seconds", "share", "delivered"]
    assert "replay_seconds" in repr(profile)
    frame = profile.frame()
    assert frame.set_index("processor").loc["double", "replayed"] == 50


def test_awaited_seconds_belong_to_the_builder_that_awaits():
    @reactive
    async def sleeps(number):
        await asyncio.sleep(0.05)
        return number

    report = resolved(Pipeline([sources(4)(), sleeps]), "sleeps").run()
    assert report.processors["sleeps"].seconds >= 4 * 0.05


def test_an_artifact_that_is_announced_in_slices_is_one_input():
    @reactive
    def many(number):
        yield from range(700)

    report = resolved(Pipeline([sources(2)(), many]), "many").run()
    assert (report.processors["many"].built, report.processors["many"].emitted) == (2, 1401)


def test_archived_results_of_a_requirement_that_is_gone_are_replays(tmp_path):
    resolved(Pipeline([sources(3)(), double()], workspace=tmp_path), "double").run()
    alone = resolved(Pipeline([double()], workspace=tmp_path), "double").run()
    assert (alone.built, alone.replayed) == (0, 3)


def test_an_event_from_outside_that_answers_a_target_counts_as_delivered():
    pipeline = Pipeline([double()])
    pipeline.submit(ReactiveEvent("built", "number", artifact=2))
    report = resolved(pipeline, "double").run()
    assert report.processors["double"].built == 1
