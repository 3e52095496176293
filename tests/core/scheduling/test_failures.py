import logging

import pytest
from samples import ignore, processor, run

from framework.core import AbstractProcessor, Event, Pipeline
from framework.errors import DeliveryAborted, NotAnEvent, RunFailed
from framework.observe import Failure

modes = pytest.mark.parametrize("options", [{}, {"seed": 1}], ids=["threads", "seed"])


def fail_on_odd(context, event):
    if event.n % 2:
        raise ValueError(f"odd {event.n}")


def failing(error):
    def fail(context, event):
        raise error

    return processor(fail, "a", name="Failing")


def numbered(count):
    return [Event("a", n=n) for n in range(count)]


@modes
def test_one_failure_stops_nothing_else(options):
    seen = []
    report = run(
        processor(fail_on_odd, "a"), processor(lambda _, event: seen.append(event.n), "a"),
        events=numbered(10), on_error="keep", **options,
    )  # fmt: skip
    assert (len(report.failures), seen, report.delivered["sample"]) == (5, list(range(10)), 10)


def test_the_error_of_a_run_names_the_first_failures_in_three_lines():
    with pytest.raises(RunFailed) as caught:
        run(processor(fail_on_odd, "a", name="Even"), events=numbered(10), name="sums")
    message = str(caught.value).splitlines()
    assert message[:4] == [
        "5 failed in sums",
        "  Even raised ValueError: odd 1 on Event(name='a', n=1)",
        "  Even raised ValueError: odd 3 on Event(name='a', n=3)",
        "  Even raised ValueError: odd 5 on Event(name='a', n=5)",
    ]
    assert "... and 2 more in .report.failures" in message[4]


def test_the_error_of_a_run_is_a_group_of_what_was_raised():
    with pytest.raises(RunFailed) as caught:
        run(processor(fail_on_odd, "a"), events=numbered(10))
    assert [str(error) for error in caught.value.exceptions] == ["odd 1", "odd 3", "odd 5", "odd 7", "odd 9"]


def test_the_error_of_a_run_can_be_taken_apart():
    caught = []
    try:
        run(processor(fail_on_odd, "a"), failing(KeyError("k")), events=numbered(2))
    except* ValueError as group:
        caught += group.exceptions
    except* KeyError as group:
        caught += group.exceptions
    assert sorted(type(error).__name__ for error in caught) == ["KeyError", "KeyError", "ValueError"]


def test_the_error_of_a_run_holds_the_report_and_the_failures():
    with pytest.raises(RunFailed) as caught:
        run(processor(fail_on_odd, "a"), events=numbered(4))
    assert caught.value.report.failures == caught.value.failures


def test_the_error_is_raised_after_the_hooks():
    seen = []
    with pytest.raises(RunFailed):
        run(failing(ValueError()), processor(lambda *_: seen.append(1), "__POISON__"), events=numbered(1))
    assert seen == [1]


def test_a_failure_knows_its_input_phase_and_traceback():
    def fail(context, event):
        if event.name == "__PHASE__" and event.phase == 1:
            context.submit(Event("late"))
        elif event.name == "late":
            raise KeyError("missing")

    failure = run(processor(fail, "__PHASE__", "late"), on_error="keep").failures[0]
    assert (failure.processor, failure.event.name, failure.phase) == ("sample", "late", 1)
    assert 'raise KeyError("missing")' in failure.traceback


def test_a_failure_keeps_its_frames():
    def fail(context, event):
        local = event.n * 2
        raise ValueError(local)

    trace = run(processor(fail, "a"), events=[Event("a", n=21)], on_error="keep").failures[0].exception.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    assert trace.tb_frame.f_locals["local"] == 42


@modes
@pytest.mark.parametrize("error", [SystemExit(3), GeneratorExit()], ids=lambda error: type(error).__name__)
def test_what_would_end_the_program_is_a_failure_like_any_other(error, options):
    with pytest.raises(RunFailed) as caught:
        run(failing(error), events=numbered(2), **options)
    aborted = caught.value.exceptions[0]
    assert isinstance(aborted, DeliveryAborted)
    assert aborted.__cause__ is error
    assert len(caught.value.failures) == 2


def test_an_error_whose_message_raises_is_reported():
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError

    with pytest.raises(RunFailed, match="Failing raised Mute \\(whose message raised RuntimeError\\)"):
        run(failing(Mute()), events=numbered(2))


def test_an_error_without_a_message_is_named_by_its_type():
    with pytest.raises(RunFailed, match="Failing raised ValueError on Event"):
        run(failing(ValueError()), events=numbered(1))


def test_only_the_first_line_of_a_long_message_is_shown():
    with pytest.raises(RunFailed) as caught:
        run(failing(ValueError("\nfirst\nsecond")), events=numbered(1))
    assert "ValueError: first on" in str(caught.value)


def test_an_input_whose_repr_raises_is_reported():
    class Hostile(Event):
        def __repr__(self):
            raise RuntimeError

    with pytest.raises(RunFailed, match="<Hostile whose repr raised RuntimeError>"):
        run(failing(ValueError()), events=[Hostile("a")])


def test_a_group_of_errors_is_one_failure():
    failures = run(failing(ExceptionGroup("two", [ValueError(), KeyError()])), events=numbered(1), on_error="keep")
    assert len(failures.failures) == 1


def test_the_first_failures_are_logged_and_then_one_line(caplog):
    run(failing(ValueError("boom")), events=numbered(1000), on_error="keep", name="busy")
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 11
    assert errors[0].startswith("busy: Failing raised ValueError: boom on Event(name='a', n=0)")
    assert "further failures are kept in report.failures" in errors[-1]


def test_failures_are_counted_in_the_snapshot():
    pipeline = Pipeline([processor(fail_on_odd, "a")])
    for event in numbered(10):
        pipeline.submit(event)
    pipeline.step()
    assert (pipeline.snapshot().failed, pipeline.snapshot().done) == (5, 10)


def test_failures_belong_to_the_phase_they_happened_in():
    def fail(context, event):
        if event.name == "more":
            raise ValueError
        if event.phase < 3:
            context.submit(Event("more"))

    report = run(processor(fail, "__PHASE__", "more"), on_error="keep")
    assert [len(phase.failures) for phase in report.phases] == [1, 1, 0]


# -- looking at one again


class Scaling(AbstractProcessor):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor
        self.calls = 0

    def process(self, context, event):
        match event:
            case Event(name="a", n=n):
                self.calls += 1
                context.submit(Event("b", n=10 / self.factor * n))


def test_rerun_repeats_exactly_that_delivery():
    scaling = Scaling(0)
    failure = run(scaling, events=[Event("a", n=2)], on_error="keep").failures[0]
    with pytest.raises(ZeroDivisionError):
        failure.rerun()
    assert scaling.calls == 2


def test_rerun_uses_the_processor_as_it_is_now_and_gives_what_it_submits():
    scaling = Scaling(0)
    failure = run(scaling, events=[Event("a", n=2)], on_error="keep").failures[0]
    scaling.factor = 5
    assert [(event.name, event.n) for event in failure.rerun()] == [("b", 4.0)]


def test_what_rerun_submits_goes_nowhere():
    scaling, seen = Scaling(0), []
    report = run(scaling, processor(lambda *_: seen.append(1), "b"), events=[Event("a", n=2)], on_error="keep")
    scaling.factor = 5
    report.failures[0].rerun()
    assert seen == []


def test_a_failure_without_its_processor_says_so():
    with pytest.raises(LookupError, match="this failure of Gone was kept without its processor"):
        Failure("Gone", Event("a"), 1, ValueError()).rerun()


def test_debug_opens_the_kept_frame_and_executes_nothing_again(typing, capsys):
    scaling = Scaling(0)
    failure = run(scaling, events=[Event("a", n=21)], on_error="keep").failures[0]
    typing("p n * 2", "q")
    failure.debug()
    assert "42" in capsys.readouterr().out
    assert scaling.calls == 1


def test_failed_inputs_can_be_delivered_again_to_the_same_processor_only():
    report = run(Scaling(0), events=numbered(3), on_error="keep")
    seen = []
    mended = Pipeline([Scaling(1), processor(lambda *_: seen.append(1), "a"), processor(ignore, "b")])
    assert report.failures.retry(mended) == 3
    assert mended.run().delivered == {"Scaling": 3, "sample": 0, "sample-2": 3}


def test_failures_are_a_sequence():
    failures = run(processor(fail_on_odd, "a"), events=numbered(10), on_error="keep").failures
    assert [failure.event.n for failure in failures[1:3]] == [3, 5]
    assert repr(failures[:1]) == "1 failure\n  sample raised ValueError: odd 1 on Event(name='a', n=1)"


def test_a_processor_that_cannot_say_what_it_waits_for_ends_no_run():
    class Confused(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="a"):
                    pass

        def _unfinished(self):
            raise ValueError

    assert "Confused._unfinished() raised ValueError" in run(Confused()).waiting


def outside(handle):
    """What a delivery gives that fails in its run and is repeated outside of it."""
    fails = [True]

    def process(context, event):
        if fails:
            raise ValueError(fails.pop())
        return handle(context, event)

    (failure,) = run(processor(process, "a", name="again"), events=[Event("a")], on_error="keep").failures
    return failure.rerun()


def test_outside_of_a_run_there_are_no_phases_and_archives_are_empty():
    def handle(context, event):
        context.archive["seen"] = True
        context.submit(Event("b", archived=list(context.archive.items()), at=(context.processor, context.phase)))

    assert [(event.archived, event.at) for event in outside(handle)] == [([("seen", True)], ("again", 0))]


def test_outside_of_a_run_what_a_hold_submits_is_collected_as_well():
    def handle(context, event):
        with context.hold() as hold:
            hold.submit(Event("held"))

    assert [event.name for event in outside(handle)] == ["held"]


def test_outside_of_a_run_a_submit_of_a_non_event_is_refused_too():
    with pytest.raises(NotAnEvent):
        outside(lambda context, event: context.submit("text"))


def test_failures_can_be_kept_in_a_set():
    failures = run(processor(fail_on_odd, "a"), events=numbered(2), on_error="keep").failures
    assert {failures, failures[:]} == {failures}
