"""SIGTERM ends a script's flow as Ctrl-C does."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no SIGTERM that could be handled"),
]

SCRIPT = """
import asyncio, os, signal
from contextlib import asynccontextmanager
from framework.flow import FixedCapacity, Flow

@asynccontextmanager
async def session():
    async def work(item):
        print("at work", flush=True)
        await asyncio.sleep(3600)
    try:
        yield work
    finally:
        print("released", flush=True)

async def main():
    flow = Flow().add_job_with_factory(session, FixedCapacity(1))
    try:
        {drive}
    finally:
        print(flow.report.counts["dropped"], flush=True)

async def fed(flow):
    async with flow.feeding() as feed:
        await feed(1)

async def streamed(flow):
    async for result in flow.stream([1]):
        print(result)

async def drained(flow):
    try:
        await flow.start()
        await flow.put(1)
        await flow.drain()
    finally:
        await flow.stop()

{before}
asyncio.run(main())
print("not reached")
"""


def terminated(drive="await flow.run([1])", before=""):
    script = [sys.executable, "-c", SCRIPT.format(drive=drive, before=before)]
    with subprocess.Popen(script, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "at work\n"
        process.send_signal(signal.SIGTERM)
        return process.stdout.read(), process.wait(30)


@pytest.mark.parametrize("drive", ["await flow.run([1])", "await streamed(flow)", "await drained(flow)"])
def test_sigterm_ends_a_script_after_its_resources_were_released(drive):
    assert terminated(drive) == ("released\n1\n", 128 + signal.SIGTERM)


def test_sigterm_ends_a_script_that_feeds():
    printed, status = terminated("await fed(flow)")
    assert sorted(printed.split()) == ["0", "released"]  # the end of its event loop ends the flow
    assert status == 128 + signal.SIGTERM


def test_a_handler_of_the_script_stays_in_charge():
    printed, status = terminated(before="signal.signal(signal.SIGTERM, lambda *_: os._exit(7))")
    assert (printed, status) == ("", 7)
