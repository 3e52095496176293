"""SIGTERM ends a script's flow as Ctrl-C does."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from framework.flow import Flow

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no SIGTERM that could be handled"),
]

SCRIPT = """
import asyncio, os, signal, threading
from contextlib import asynccontextmanager
from framework.flow import FixedCapacity, Flow

@asynccontextmanager
async def session():
    async def work(item):
        if item:
            print("at work", flush=True)
            await asyncio.sleep(3600)
    try:
        yield work
    finally:
        print("released", flush=True)
        {release}

async def main():
    flow = Flow(grace=3600).add_job_with_factory(session, FixedCapacity(1))
    try:
        {drive}
    finally:
        print(flow.report.counts["dropped"], flush=True)

async def fed(flow):
    async with flow.feeding() as feed:
        await feed(1)

async def read(flow):
    async for result in flow.stream([0, 1]):
        await asyncio.sleep(3600)

async def drained(flow):
    try:
        await flow.start()
        await flow.put(1)
        await flow.drain()
    finally:
        await flow.stop()

async def threaded(flow):
    other = threading.Thread(target=lambda: asyncio.run(flow.run([1])))
    async def start(item):
        other.start()
        await asyncio.sleep(3600)
    try:
        await Flow().add(start).run([1])
    finally:
        other.join()

async def earlier(flow):
    begun, both = threading.Event(), threading.Event()
    async def source():
        begun.set()
        await asyncio.to_thread(both.wait)
        yield 1
    async def wait(item):
        both.set()
        await asyncio.sleep(3600)
    other = threading.Thread(target=lambda: asyncio.run(flow.run(source())))
    other.start()
    await asyncio.to_thread(begun.wait)
    try:
        await Flow().add(wait).run([1])
    finally:
        other.join()

async def in_its_thread(flow):
    over = threading.Event()
    def inner():
        try:
            asyncio.run(flow.run([1]))
        finally:
            over.set()
    async def outer(item):
        await asyncio.to_thread(inner)
    try:
        await Flow(grace=3600).add(outer).run([1])
    finally:
        over.wait()

async def nested(flow):
    async def outer(item):
        await flow.run([item])
    await Flow().add(outer).run([1])

{before}
asyncio.run(main())
print("not reached")
"""


@contextmanager
def told(drive="await flow.run([1])", before="", release=""):
    """A script that was told to terminate while it was at work."""
    script = [sys.executable, "-c", SCRIPT.format(drive=drive, before=before, release=release)]
    with subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "at work\n"
        process.send_signal(signal.SIGTERM)
        try:
            yield process
        finally:
            process.kill()  # one that hangs


def terminated(**how):
    with told(**how) as process:
        return *process.communicate(), process.returncode


@pytest.mark.parametrize(
    "drive",
    [
        "await flow.run([1])",
        "await fed(flow)",
        "await drained(flow)",
        "await read(flow)",
        "await nested(flow)",
        "await threaded(flow)",
        "await earlier(flow)",
        "await in_its_thread(flow)",
        "await asyncio.gather(threaded(flow), asyncio.to_thread(lambda: asyncio.run(asyncio.sleep(0))))",
        "await asyncio.wait_for(asyncio.gather(flow.run([1]), Flow().add(asyncio.sleep).run([3600])), 3600)",
        "await asyncio.gather(flow.run([1]), Flow().add(asyncio.sleep).run([3600]))",
    ],
)
def test_sigterm_ends_a_script_in_silence_after_its_resources_were_released(drive):
    assert terminated(drive=drive) == ("released\n1\n", "", 128 + signal.SIGTERM)


def test_a_second_sigterm_does_not_wait_for_the_resources():
    with told(release="await asyncio.sleep(3600)") as process:
        assert process.stdout.readline() == "released\n"
        process.send_signal(signal.SIGTERM)
        assert (*process.communicate(), process.returncode) == ("", "", -signal.SIGTERM)


def test_a_handler_of_the_script_stays_in_charge():
    assert terminated(before="signal.signal(signal.SIGTERM, lambda *_: os._exit(7))") == ("", "", 7)


def test_a_handler_that_is_set_during_a_run_stays():
    ours = signal.getsignal(signal.SIGTERM)

    def other(*_):
        raise AssertionError

    async def sets(item):
        signal.signal(signal.SIGTERM, other)

    try:
        asyncio.run(Flow().add(sets).run([1]))
        assert signal.getsignal(signal.SIGTERM) is other
    finally:
        signal.signal(signal.SIGTERM, ours)


def test_a_flow_of_another_thread_may_end_after_that_of_the_main_thread():
    started, may_end = threading.Event(), threading.Event()

    async def first(item):
        await asyncio.to_thread(started.wait)

    async def second(item):
        started.set()
        await asyncio.to_thread(may_end.wait)

    async def main():
        with ThreadPoolExecutor(1) as threads:
            other = threads.submit(asyncio.run, Flow().add(second).run([1]))
            await Flow().add(first).run([1])
            may_end.set()
            return await asyncio.wrap_future(other)

    assert asyncio.run(main()).ended == "finished"
