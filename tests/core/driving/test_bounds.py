import asyncio
import time

import pytest
from samples import PATIENCE, ignore, processor, run

from framework.core import AbstractProcessor, Event, Pipeline
from framework.errors import DeadlineExceeded, OptionError, PhaseLimitReached, RunFailed
from framework.reactive import reactive


def endless():
    """Causes work in every phase."""
    return processor(lambda context, _: context.submit(Event("more")), "__PHASE__", name="Endless")


def selfish():
    """Never lets a phase end."""
    return processor(lambda context, _: context.submit(Event("again")), "again", name="Selfish")


def test_max_phases_ends_a_run_and_names_the_cause():
    with pytest.raises(PhaseLimitReached, match=r"max_phases=3:\nphase 3 caused 1 more delivery, begun by Endless"):
        run(endless(), processor(ignore, "more"), max_phases=3)


def test_the_error_of_a_limit_holds_the_report():
    with pytest.raises(PhaseLimitReached) as caught:
        run(endless(), processor(ignore, "more"), max_phases=3)
    assert len(caught.value.report.phases) == 3


def test_hooks_run_after_max_phases():
    seen = []
    with pytest.raises(PhaseLimitReached):
        run(endless(), processor(ignore, "more"), processor(lambda *_: seen.append(1), "__POISON__"), max_phases=1)
    assert seen == [1]


def test_a_run_that_settles_in_its_last_phase_is_within_the_limit():
    assert len(run(processor(ignore, "__PHASE__"), max_phases=1).phases) == 1


@pytest.mark.parametrize("options", [{}, {"seed": 1}])
def test_a_deadline_ends_a_processor_that_submits_to_itself(options):
    with pytest.raises(DeadlineExceeded, match=r"not finished after 0.05 s:\n.*Selfish"):
        run(selfish(), events=[Event("again")], deadline=0.05, **options)


def test_a_deadline_ends_a_run_that_waits_for_a_hold_and_says_so():
    kept = []
    with pytest.raises(DeadlineExceeded, match="Holding holds the phase open since") as caught:
        run(processor(lambda c, _: kept.append(c.hold()), "a", name="Holding"), events=[Event("a")], deadline=1)
    assert "Holding holds the phase open" in caught.value.report.waiting


def test_hooks_run_after_a_deadline():
    seen = []
    hook = processor(lambda *_: seen.append(1), "__POISON__")
    with pytest.raises(DeadlineExceeded):
        run(selfish(), hook, events=[Event("again")], deadline=0.05)
    assert seen == [1]


@pytest.mark.parametrize("options", [{}, {"seed": 1}])
def test_a_processor_that_submits_to_itself_is_ended_by_a_stop(options):
    pipeline = Pipeline([selfish()], **options)
    pipeline.submit(Event("again"))
    running = pipeline.start()
    while not pipeline.snapshot().done:
        time.sleep(0)
    running.stop()
    assert running.wait(PATIENCE).interrupted


def test_a_limit_with_failures_shows_both():
    def fail(context, event):
        raise ValueError

    with pytest.raises(PhaseLimitReached) as caught:
        run(endless(), processor(fail, "more"), max_phases=2)
    assert isinstance(caught.value.__cause__, RunFailed)


def test_a_limit_is_raised_when_failures_are_kept_as_well():
    def fail(context, event):
        raise ValueError

    with pytest.raises(PhaseLimitReached) as caught:
        run(endless(), processor(fail, "more"), max_phases=2, on_error="keep")
    assert len(caught.value.report.failures) == 2
    assert caught.value.__cause__ is None


def test_the_step_that_reaches_the_limit_ends_the_run():
    pipeline = Pipeline([endless(), processor(ignore, "more")], max_phases=2)
    assert len(list(pipeline.phases())) == 2


@pytest.mark.parametrize("options", [{}, {"seed": 1}])
def test_infinite_limits_are_no_limits(options):
    infinite = float("inf")
    assert run(processor(ignore, "a"), events=[Event("a")], deadline=infinite, grace=infinite, **options).delivered


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *[(option, value) for option in ("max_workers", "max_phases", "max_pending") for value in (0, -1, 1.5, "2")],
        *[(option, value) for option in ("deadline", "slow_after") for value in (0, -0.5, "1", float("nan"))],
        *[("grace", value) for value in (-1, "1", None, float("nan"))],
        *[("on_error", value) for value in ("ignore", None)],
    ],
)
def test_an_option_that_makes_no_sense_is_refused_by_name_and_value(option, value):
    with pytest.raises(OptionError, match=f"{option} .*{value!r}"):
        Pipeline([], **{option: value})


def test_a_slow_delivery_is_logged_once_with_its_stack(caplog):
    def slow(context, event):
        ends = time.monotonic() + PATIENCE
        while "takes longer than" not in caplog.text and time.monotonic() < ends:
            time.sleep(0.005)

    run(processor(slow, "a", name="Slow"), events=[Event("a")], slow_after=0.02)
    assert caplog.text.count("Slow: one delivery takes longer than 0.02 s") == 1
    assert "in slow" in caplog.text


@pytest.mark.parametrize("kind", ["process", "build"])
def test_a_coroutine_that_awaits_for_long_is_logged_once_with_what_it_awaits(caplog, kind):
    async def until_told():
        ends = time.monotonic() + PATIENCE
        while "awaits for longer" not in caplog.text and time.monotonic() < ends:  # noqa: ASYNC110 - a log has no event
            await asyncio.sleep(0.005)

    class Slow(AbstractProcessor):
        async def process(self, context, event):
            match event:
                case Event(name="a"):
                    await until_told()

    @reactive(name="Slow", provides="slow")
    async def build():
        await until_told()

    pipeline = Pipeline([Slow() if kind == "process" else build], slow_after=0.02)
    if kind == "build":
        pipeline.resolve("slow")
    pipeline.submit(Event("a"))
    pipeline.run()
    assert caplog.text.count("Slow awaits for longer than 0.02 s") == 1
    assert "in until_told" in caplog.text
