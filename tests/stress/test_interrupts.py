"""Ctrl-C at any moment of a run: the report is there, hooks have run once, and nothing is lost uncounted."""

import subprocess
import sys

SCRIPT = """
import faulthandler, logging, os, random, signal, sys, threading, time
from collections import Counter
from framework.core import AbstractProcessor, Event, Pipeline

faulthandler.dump_traceback_later(100, exit=True)
logging.disable(logging.CRITICAL)

class Hop(AbstractProcessor):
    interests = [(Event, "hop"), (Event, "__POISON__")]

    def __init__(self):
        super().__init__()
        self.count = Counter()

    def process(self, context, event):
        self.count[event.name] += 1
        if event.name == "hop" and event.left:
            self.count["sent"] += 1
            context.submit(Event("hop", left=event.left - 1))

def drive(pipeline, way):
    if way == "run":
        pipeline.run()
    else:
        for _ in pipeline.phases():
            pass

choose = random.Random(int(sys.argv[2]))
interrupted = 0
for _ in range(int(sys.argv[1])):
    hop = Hop()
    pipeline = Pipeline([hop], max_workers=2, grace=20)
    for _ in range(200):
        pipeline.submit(Event("hop", left=10))
    def later(delay=choose.random() * 0.004):
        ends = time.perf_counter() + delay
        while time.perf_counter() < ends:
            pass
        os.kill(os.getpid(), signal.SIGINT)
    thread = threading.Thread(target=later)
    try:
        thread.start()
        drive(pipeline, choose.choice(("run", "phases")))
        thread.join()
        time.sleep(0.05)  # the signal is on its way and must find the try
    except KeyboardInterrupt:
        pass
    thread.join()
    if pipeline.report is None:  # interrupted before it drove
        assert not hop.count, hop.count
        pipeline.close()
    report = pipeline.report
    interrupted += report.interrupted
    assert hop.count["__POISON__"] <= 1, hop.count
    assert hop.count["__POISON__"] or not hop.count["hop"], hop.count
    assert hop.count["hop"] + report.dropped == 200 + hop.count["sent"], (hop.count, report)
assert interrupted, "no interrupt came in time"
"""


def test_an_interrupt_at_any_moment_loses_nothing(tmp_path, size):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    for seed in range(size(1, 10)):
        command = [sys.executable, str(script), "40", str(seed)]
        done = subprocess.run(command, check=False, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 0, done.stderr
