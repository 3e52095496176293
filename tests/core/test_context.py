import threading

import pytest
from samples import ignore, processor, run

from framework.core import Event
from framework.errors import NotAnEvent, UnsafeSubmit


def outcomes(handle, *events, **options):
    """What each call of `handle` returned or raised, in order."""
    found = []

    def process(context, event):
        try:
            found.append(handle(context, event))
        except Exception as error:  # noqa: BLE001
            found.append(type(error))

    run(processor(process, "go", "__POISON__"), processor(ignore, "done", name="other"), events=events, **options)
    return found


def test_submit_returns_the_number_of_recipients():
    assert outcomes(lambda context, _: context.submit(Event("done")), Event("go"))[0] == 1


def test_submit_of_a_non_event_is_refused():
    assert outcomes(lambda context, _: context.submit("done"), Event("go"))[0] is NotAnEvent


@pytest.mark.parametrize("options", [{}, {"seed": 1}])
def test_a_kept_context_refuses_a_late_submit(options):
    kept = []

    def handle(context, event):
        if kept:
            return kept[0].submit(Event("done"))
        kept.append(context)
        return 0

    assert outcomes(handle, Event("go"), Event("go"), **options)[:2] == [0, UnsafeSubmit]


def test_a_kept_context_refuses_after_the_run():
    kept = []
    run(processor(lambda context, _: kept.append(context), "go"), events=[Event("go")])
    with pytest.raises(UnsafeSubmit, match=r"late/unsafe context\.submit.*context\.hold\(\)"):
        kept[0].submit(Event("done"))


def test_a_context_kept_by_a_failure_refuses():
    def fail(context, event):
        raise ValueError

    report = run(processor(fail, "go"), events=[Event("go")] * 2, on_error="keep")
    frame = report.failures[0].exception.__traceback__.tb_next.tb_frame
    with pytest.raises(UnsafeSubmit):
        frame.f_locals["context"].submit(Event("done"))


def test_a_submit_from_another_thread_is_refused_during_the_delivery():
    refused = []

    def elsewhere(context):
        try:
            context.submit(Event("done"))
        except UnsafeSubmit as error:
            refused.append(str(error))

    def handle(context, event):
        thread = threading.Thread(target=elsewhere, args=(context,))
        thread.start()
        thread.join()

    run(processor(handle, "go"), events=[Event("go")])
    assert len(refused) == 1


def test_a_hold_from_another_thread_is_refused():
    refused = []

    def elsewhere(context):
        with pytest.raises(UnsafeSubmit):
            context.hold()
        refused.append(True)

    def handle(context, event):
        thread = threading.Thread(target=elsewhere, args=(context,))
        thread.start()
        thread.join()

    run(processor(handle, "go"), events=[Event("go")])
    assert refused == [True]


def test_a_context_that_was_kept_costs_the_next_delivery_nothing():
    kept = []

    def handle(context, event):
        kept.append(context)
        return context.submit(Event("done"))

    assert outcomes(handle, Event("go"), Event("go"), Event("go"))[:3] == [1, 1, 1]


def test_a_context_knows_its_processor_and_phase():
    assert outcomes(lambda context, _: (context.processor, context.phase), Event("go"))[0] == ("sample", 1)


def test_a_context_gives_each_processor_its_own_archive():
    sizes = {}

    def keep(context, event):
        context.archive[event.n] = context.processor
        sizes[context.processor] = len(context.archive)

    both = [processor(keep, "go", name=name) for name in "ab"]
    run(*both, events=[Event("go", n=1), Event("go", n=2)])
    assert sizes == {"a": 2, "b": 2}
