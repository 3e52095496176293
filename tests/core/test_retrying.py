import asyncio

import pytest
from samples import ignore, processor, run

from framework.core import AbstractProcessor, Context, Event, Pipeline, retry
from framework.errors import NotAnEvent, OptionError


def flaky(failures, error=ValueError):
    """A function that fails so many times before it succeeds, and the list of its calls."""
    calls = []

    def call(*args, **kwargs):
        calls.append((args, kwargs))
        if len(calls) <= failures:
            raise error(len(calls))
        return "done"

    return call, calls


class Retrying(AbstractProcessor):
    def __init__(self, failures):
        super().__init__()
        self.left = failures

    @retry(3)
    def process(self, context: Context, event: Event):
        match event:
            case Event(name="a"):
                context.submit(Event("b", left=self.left))
                self.left -= 1
                if self.left >= 0:
                    raise ValueError(self.left)
                context.submit(Event("b", left=None))


def test_a_call_that_fails_is_made_again():
    call, calls = flaky(2)
    assert retry(3)(call)(1, key=2) == "done"
    assert calls == [((1,), {"key": 2})] * 3


def test_the_last_error_is_raised_as_it_is():
    call, _ = flaky(5)
    with pytest.raises(ValueError, match=r"^3$"):
        retry(3)(call)()


def test_one_attempt_is_no_retry():
    call, calls = flaky(1)
    with pytest.raises(ValueError):
        retry(1)(call)()
    assert len(calls) == 1


def test_other_errors_than_the_named_are_not_tried_again():
    call, calls = flaky(1, KeyError)
    with pytest.raises(KeyError):
        retry(3, on=ValueError)(call)()
    assert len(calls) == 1


@pytest.mark.parametrize(("attempts", "options"), [(0, {}), (-1, {}), (2, {"wait": -1})])
def test_what_makes_no_sense_is_refused(attempts, options):
    with pytest.raises(OptionError, match=r"at least 1; got|seconds >= 0; got -1"):
        retry(attempts, **options)


def test_the_decorated_function_keeps_its_name():
    call, _ = flaky(0)
    assert retry(2)(call).__name__ == "call"


def test_what_failed_attempts_yielded_does_not_escape():
    attempts = []

    @retry(3)
    def numbers():
        attempts.append(1)
        yield from range(3)
        if len(attempts) < 3:
            raise ValueError

    assert (list(numbers()), len(attempts)) == ([0, 1, 2], 3)


def test_a_processor_with_retry_keeps_its_interests():
    assert run(Retrying(0), processor(ignore, "b"), events=[Event("a"), Event("c")]).delivered["Retrying"] == 1


def test_what_failed_attempts_submitted_does_not_escape():
    seen = []
    run(Retrying(2), processor(lambda _, event: seen.append(event.left), "b"), events=[Event("a")])
    assert seen == [0, None]


def test_a_delivery_whose_attempts_all_fail_is_one_failure_and_submits_nothing():
    seen = []
    report = run(
        Retrying(9), processor(lambda _, event: seen.append(event.left), "b"), events=[Event("a")], on_error="keep"
    )
    assert ([str(failure.exception) for failure in report.failures], seen) == (["6"], [])


def test_a_submit_of_an_attempt_returns_the_number_of_recipients():
    counts = []

    @retry(2)
    def go(context, event):
        counts.append(context.submit(Event("b")))

    run(processor(go, "a"), processor(ignore, "b"), processor(ignore, "b"), events=[Event("a")])
    assert counts == [2]


def test_a_submit_of_an_attempt_without_recipients_is_one_dead_letter():
    go = retry(2)(lambda context, event: context.submit(Event("lost")))
    assert run(processor(go, "a"), events=[Event("a")]).dead_letters == 1


def test_the_context_of_a_failed_attempt_submits_nothing_more():
    kept = []

    @retry(2)
    def go(context, event):
        kept.append(context)
        if len(kept) == 1:
            raise ValueError
        kept[0].submit(Event("b"))

    report = run(processor(go, "a"), processor(ignore, "b"), events=[Event("a")], on_error="keep")
    assert [type(failure.exception).__name__ for failure in report.failures] == ["UnsafeSubmit"]


def test_the_holds_of_failed_attempts_are_released(caplog):
    attempts = []

    @retry(3)
    def go(context, event):
        attempts.append(1)
        hold = context.hold()
        if len(attempts) < 3:
            raise ValueError(hold)
        hold.release()

    assert not run(processor(go, "a"), events=[Event("a")], deadline=20).failures
    assert caplog.text.count("leaked a hold") == 2


def test_what_failed_attempts_deferred_does_not_escape():
    seen = []

    @retry(3)
    def go(context, event):
        if event.name == "later":
            seen.append(event.n)
            return
        seen.append("attempt")
        context._defer(Event("later", n=len(seen)))
        if len(seen) < 3:
            raise ValueError

    run(processor(go, "a"), events=[Event("a")])
    assert seen == ["attempt"] * 3 + [3]


def test_an_attempt_knows_all_that_its_delivery_knows():
    seen = []

    @retry(2)
    def go(context, event):
        context.archive["attempts"] = context.archive.get("attempts", 0) + 1
        if context.archive["attempts"] == 1:
            raise ValueError
        seen.append((context.processor, context.phase, context.event, context.archive["attempts"]))

    pipeline = Pipeline([processor(go, "a", name="trying")])
    pipeline.observe(lambda _: None)
    event = Event("a")
    pipeline.submit(event)
    pipeline.run()
    assert seen == [("trying", 1, event, 2)]


def test_a_submit_of_a_non_event_fails_with_the_remedy():
    go = retry(1)(lambda context, event: context.submit("text"))
    (failure,) = run(processor(go, "a"), events=[Event("a")], on_error="keep").failures
    assert isinstance(failure.exception, NotAnEvent)


def test_an_attempt_outside_of_a_run_collects_what_it_submits():
    calls = []

    @retry(2)
    def go(context, event):
        calls.append(context.submit(Event("b")))
        if len(calls) < 4:
            raise ValueError

    (failure,) = run(processor(go, "a"), processor(ignore, "b"), events=[Event("a")], on_error="keep").failures
    assert [event.name for event in failure.rerun()] == ["b"]
    assert calls == [1, 1, 0, 0]


def test_a_coroutine_function_is_awaited_again():
    calls = []

    @retry(3, wait=0.001, on=ConnectionError)
    async def fetch(number):
        calls.append(number)
        if len(calls) < 3:
            raise ConnectionError
        return number * 2

    assert asyncio.run(fetch(21)) == 42
    assert calls == [21] * 3


def test_what_a_failed_attempt_of_a_coroutine_function_submits_does_not_escape():
    class Flaky(AbstractProcessor):
        attempts = 0

        def process(self, context, event):
            match event:
                case Event(name="start"):
                    asyncio.run(self.work(context))

        @retry(2)
        async def work(self, context):
            self.attempts += 1
            context.submit(Event(name="made", attempt=self.attempts))
            if self.attempts == 1:
                raise ValueError

    class Sink(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="made", attempt=attempt):
                    seen.append(attempt)

    seen = []
    pipeline = Pipeline([Flaky(), Sink()])
    pipeline.submit(Event(name="start"))
    pipeline.run()
    assert seen == [2]


def test_an_async_generator_is_refused():
    async def numbers():
        yield 1

    with pytest.raises(OptionError, match="return a list"):
        retry(2)(numbers)
