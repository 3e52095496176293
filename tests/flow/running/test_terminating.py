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
        await flow.run([1])
    finally:
        print(flow.report.ended, flow.report.counts["dropped"], flush=True)

{before}
asyncio.run(main())
print("not reached")
"""


def terminated(before=""):
    script = [sys.executable, "-c", SCRIPT.format(before=before)]
    with subprocess.Popen(script, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "at work\n"
        process.send_signal(signal.SIGTERM)
        return process.stdout.read(), process.wait(30)


def test_sigterm_ends_a_script_after_its_resources_were_released():
    assert terminated() == ("released\ncancelled 1\n", 128 + signal.SIGTERM)


def test_a_handler_of_the_script_stays_in_charge():
    printed, status = terminated("signal.signal(signal.SIGTERM, lambda *_: os._exit(7))")
    assert (printed, status) == ("", 7)
