"""Scenes of held.py with what others keep: the same events and items in their queues, and their idle parts."""

import asyncio
import queue
import threading

from framework.core import Event


def works(count):
    return (Event("work", value=value) for value in range(count))


def events_alone(count):
    yield
    events = list(works(count))
    yield
    del events


def events_in_queue(count):
    waiting = queue.Queue()
    yield
    for event in works(count):
        waiting.put(event)
    yield


def events_in_asyncio_queue(count):
    waiting = asyncio.Queue()
    yield
    for event in works(count):
        waiting.put_nowait(event)
    yield


def events_in_pykka(count):
    import pykka

    entered, gate = threading.Event(), threading.Event()

    class Waits(pykka.ThreadingActor):
        use_daemon_thread = True

        def on_receive(self, message):
            entered.set()
            gate.wait()

    actor = Waits.start()
    actor.tell(Event("first"))
    entered.wait()
    yield
    for event in works(count):
        actor.tell(event)
    yield


def events_in_reactivex(count):
    from reactivex import operators
    from reactivex.scheduler import EventLoopScheduler
    from reactivex.subject import Subject

    entered, gate = threading.Event(), threading.Event()

    def waits(_):
        entered.set()
        gate.wait()

    subject = Subject()
    subject.pipe(operators.observe_on(EventLoopScheduler())).subscribe(waits)
    subject.on_next(Event("first"))
    entered.wait()
    yield
    for event in works(count):
        subject.on_next(event)
    yield


def items_in_asyncio_queue(count):
    waiting = asyncio.Queue(count)
    yield
    for item in range(count):
        waiting.put_nowait(item)
    yield


def pykka_idle(count):
    import pykka

    class Idle(pykka.ThreadingActor):
        use_daemon_thread = True

    yield
    actors = [Idle.start() for _ in range(count)]
    yield
    del actors


def tasks_idle(count):
    """What a hand-written job is made of: a queue, and a task that waits for it."""
    kept = []

    async def start():
        for _ in range(count):
            waiting = asyncio.Queue(16)
            kept.append(asyncio.create_task(waiting.get()))
        await asyncio.sleep(0)

    with asyncio.Runner() as runner:
        runner.run(asyncio.sleep(0))
        yield
        runner.run(start())
        yield
