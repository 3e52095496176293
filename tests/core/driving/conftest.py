"""Runs a script and interrupts it: a real SIGINT to a real process."""

import signal
import subprocess
import sys
import textwrap

import pytest

HEAD = """
    import os, sys, threading, time
    from framework.core import AbstractProcessor, Event, Pipeline

    def say(*words):
        os.write(1, (" ".join(map(str, words)) + "\\n").encode())  # in one piece, whichever thread says it

    class Slow(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="work", seconds=seconds):
                    say("working")
                    ends = time.monotonic() + seconds
                    while time.monotonic() < ends:
                        time.sleep(0.01)
                    say("worked")

    class Hooked(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="__POISON__"):
                    say("hook")

    def pipeline(*processors, **options):
        return Pipeline(processors, name="interrupted", **options)

    def show(made):
        report = made.report
        say("report", report.interrupted, report.delivered, report.dropped)
"""


@pytest.fixture
def interrupted(tmp_path):
    """Runs a script, sends it SIGINT at each of the lines `marks`, and gives all that it printed."""

    def run(body, *marks):
        script = tmp_path / "script.py"
        script.write_text(textwrap.dedent(HEAD) + textwrap.dedent(body))
        seen, waiting = [], list(marks)
        output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        with subprocess.Popen([sys.executable, str(script)], **output) as process:
            for line in process.stdout:
                seen.append(line.rstrip())
                if waiting and seen[-1] == waiting[0]:
                    waiting.pop(0)
                    process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0, seen
        assert not waiting, seen
        return seen

    return run
