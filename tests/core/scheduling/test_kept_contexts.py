"""A worker uses one context for many deliveries, unless a processor kept it: then that one refuses."""

import pytest
from samples import processor, run

from framework.core import Context, Event
from framework.core.scheduling import worker
from framework.errors import UnsafeSubmit


class Keeper:
    context: Context


def in_a_list(context):
    return [context]


def in_an_attribute(context):
    keeper = Keeper()
    keeper.context = context
    return keeper


def in_a_bound_method(context):
    return context.submit


def in_a_closure(context):
    return lambda: context


def in_a_suspended_generator(context):
    def generator(inner):
        yield
        inner.submit(Event("done"))

    suspended = generator(context)
    next(suspended)
    return suspended


def in_a_frame_of_a_traceback(context):
    try:
        return 1 / 0
    except ZeroDivisionError as error:
        return error.__traceback__


def in_a_cycle(context):
    cycle = [context]
    cycle.append(cycle)
    return cycle


WAYS = [
    in_a_list,
    in_an_attribute,
    in_a_bound_method,
    in_a_closure,
    in_a_suspended_generator,
    in_a_frame_of_a_traceback,
    in_a_cycle,
]


def submit_late(kept):
    """Find the context in what kept it, and submit through it."""
    thing = kept[0]
    if isinstance(thing, list):
        return thing[0].submit(Event("done"))
    if isinstance(thing, Keeper):
        return thing.context.submit(Event("done"))
    if hasattr(thing, "tb_frame"):
        return thing.tb_frame.f_locals["context"].submit(Event("done"))
    if hasattr(thing, "gi_frame"):
        return next(thing)
    return thing(Event("done")) if thing.__name__ == "submit" else thing().submit(Event("done"))


@pytest.fixture
def made(monkeypatch):
    """The number of contexts that workers make."""
    count = []

    class Counted(Context):
        __slots__ = ()

        def __init__(self, *args):
            count.append(1)
            super().__init__(*args)

    monkeypatch.setattr(worker, "Context", Counted)
    return count


def test_a_worker_uses_one_context_for_a_thousand_deliveries(made):
    run(processor(lambda context, event: context.phase, "go"), events=[Event("go")] * 1000, max_workers=1)
    assert len(made) <= 3  # one for each time that the worker is woken


@pytest.mark.parametrize("deliveries", [1, 1000])  # before and after the interpreter has adapted to the loop
@pytest.mark.parametrize("keep", WAYS)
def test_a_context_that_a_processor_kept_refuses_at_the_next_delivery(keep, deliveries, made):
    kept, outcomes = [], []

    def handle(context, event):
        if event.n < deliveries:
            if event.n == deliveries - 1:
                kept.append(keep(context))
            return
        try:
            outcomes.append(submit_late(kept))
        except UnsafeSubmit:
            outcomes.append(UnsafeSubmit)

    run(processor(handle, "go"), events=[Event("go", n=n) for n in range(deliveries + 1)], max_workers=1)
    assert outcomes == [UnsafeSubmit]
    assert len(made) <= 4
