"""Enqueue-and-schedule is written out in several places, because a call would cost a tenth of a delivery.

Each of them keeps the same contract: the event goes to the end of the queue of each recipient, a mailbox is listed as
ready once and only while no worker drains it, and a parked worker is woken (announcements are made between drains).
"""

import threading

import pytest
from samples import PATIENCE, ignore, processor

from framework.core import Event, Pipeline
from framework.core.context import Context, RecordingContext, WatchedContext
from framework.observe.recording.log import Log


def through_context(pipeline, sender, event):
    Context(pipeline._scheduler, sender).submit(event)


def through_watched_context(pipeline, sender, event):
    WatchedContext(pipeline._scheduler, sender, Event("cause")).submit(event)


def through_recording_context(pipeline, sender, event):
    context = RecordingContext(pipeline._scheduler, sender, Log(1e6).writer())
    context._event = Event("cause")
    context.submit(event)


def from_outside(pipeline, sender, event):
    pipeline.submit(event)


def all_at_once(pipeline, sender, event):
    pipeline.submit_all([event])


def as_announcement(pipeline, sender, event):
    pipeline._scheduler.announce(event)


def through_hold(pipeline, sender, event):
    with pipeline._scheduler.hold(sender, None) as hold:
        hold.submit(event)


def deferred(pipeline, sender, event):
    for inbox in recipients(pipeline):
        pipeline._scheduler.defer(event, inbox, None, room_for=Event("a"))


def redelivered(pipeline, sender, event):
    for inbox in recipients(pipeline):
        pipeline._redeliver(inbox.name, event)


ROUTES = [
    through_context,
    through_watched_context,
    through_recording_context,
    from_outside,
    all_at_once,
    as_announcement,
    through_hold,
    deferred,
    redelivered,
]
routes = pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.__name__)
schedulers = pytest.mark.parametrize("options", [{"max_workers": 2}, {"seed": 1}], ids=["threads", "seed"])


def recipients(pipeline):
    return [inbox for inbox in pipeline._inboxes if inbox.name != "sender"]


def made(options):
    pipeline = Pipeline(
        [processor(ignore, "go", name="sender"), *(processor(ignore, "a", name=n) for n in "xy")], **options
    )
    return pipeline, pipeline._inboxes["sender"]


@schedulers
@routes
def test_each_recipient_gets_the_events_in_order_and_is_listed_as_ready_once(options, route):
    pipeline, sender = made(options)
    events = [Event("a", n=n) for n in range(3)]
    for event in events:
        route(pipeline, sender, event)
    for inbox in recipients(pipeline):
        assert list(inbox.queue) == events
        assert (list(inbox.level).count(inbox), inbox.token) == (1, [])


@schedulers
@routes
def test_a_mailbox_that_is_being_drained_is_listed_when_it_is_released(options, route):
    pipeline, sender = made(options)
    for inbox in recipients(pipeline):
        inbox.token.pop()
    route(pipeline, sender, Event("a"))
    for inbox in recipients(pipeline):
        assert (len(inbox.queue), list(inbox.level).count(inbox)) == (1, 0)
        inbox.release()
        assert (list(inbox.level).count(inbox), inbox.token) == (1, [])


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route is not as_announcement], ids=lambda route: route.__name__
)
def test_parked_workers_are_woken(route):
    holds, taken, arrived = [], threading.Event(), threading.Semaphore(0)

    def take(context, event):
        holds.append(context.hold())
        taken.set()

    receivers = [processor(lambda *_: arrived.release(), "a", name=name) for name in "xy"]
    pipeline = Pipeline([processor(take, "go", name="sender"), *receivers], max_workers=2)
    pipeline.submit(Event("go"))
    run, scheduler = pipeline.start(), pipeline._scheduler
    assert taken.wait(PATIENCE)
    with scheduler.quiet:
        assert scheduler.quiet.wait_for(lambda: len(scheduler.idle) == scheduler.size, PATIENCE)
    route(pipeline, pipeline._inboxes["sender"], Event("a"))
    for _ in receivers:
        assert arrived.acquire(timeout=PATIENCE)
    holds.pop().release()
    assert run.wait(PATIENCE).delivered == {"sender": 1, "x": 1, "y": 1}


@schedulers
def test_what_waits_for_the_first_announcement_is_listed_afterwards(options):
    pipeline, sender = made(options)
    for event in (first := [Event("a", n=n) for n in range(2)]):
        pipeline.submit(event)
    pipeline._scheduler.announce_first(Event("go"))
    pipeline.submit(later := Event("a", n=2))
    assert (pipeline._scheduler.next_ready(), len(recipients(pipeline)[0].queue)) == (sender, 0)
    through_hold(pipeline, sender, held := Event("a", n=3))
    assert pipeline._scheduler.restore_waiting()
    for inbox in recipients(pipeline):
        assert list(inbox.queue) == [*first, later, held]
        assert (list(inbox.level).count(inbox), inbox.token) == (1, [])
