import asyncio
import io
import logging
import re
import sys

import pytest
from notebook_processors import make_pipeline

from framework.core import AbstractProcessor, Event, Pipeline
from framework.errors import RunFailed
from framework.flow import Flow
from framework.notebook import watch
from framework.notebook.monitor.monitor import ScalingMonitor
from framework.notebook.monitor.monitor_view import MonitorView
from framework.notebook.monitor.progress import progress
from framework.notebook.views import runtime_view
from framework.reactive import reactive

pytestmark = pytest.mark.timeout(30)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def screen(out):
    """Return the lines that a terminal shows in the end."""
    text = re.sub(r"\x1b\[\?25[lh]|\x1b\[[\d;]*m", "", out.getvalue())
    return [re.split(r"\r\x1b\[2K|\r", line)[-1].rstrip() for line in text.split("\n")]


def test_a_bar_in_a_terminal_ends_its_line():
    out = Terminal()
    pipeline = make_pipeline(on_error="keep")
    monitor = watch(pipeline, out)
    pipeline.run()
    monitor.sample()
    monitor.sample()

    *_, bar, after = screen(out)
    assert after == ""
    assert bar.startswith("demo ")
    assert "16 done, 1 failed" in bar


def test_a_run_that_has_not_begun_has_no_bar():
    out = Terminal()
    with progress(make_pipeline(), out) as monitor:
        monitor.sample()
    assert out.getvalue() == ""


def test_a_run_with_progress_shows_what_is_printed_above_the_bar(monkeypatch):
    out = Terminal()
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setattr(sys, "stdout", out)

    class Prints(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="a"):
                    monitor_of(pipeline).sample()
                    print("printed")  # noqa: T201 - what is tested

    pipeline = Pipeline([Prints()], name="prints")
    pipeline.submit(Event("a"))
    report = pipeline.run(progress=True)

    assert report.delivered == {"Prints": 1}
    *_, printed, bar, after = screen(out)
    assert (printed, after) == ("printed", "")
    assert bar.startswith("prints ")
    assert bar.endswith(" s")
    assert sys.stdout is out, "given back"


def monitor_of(pipeline):
    """Return the monitor that watches a pipeline now."""
    import gc

    return next(one for one in gc.get_objects() if type(one) is ScalingMonitor and one.runtime is pipeline)


@pytest.mark.parametrize("seed", [None, 1])
def test_a_run_with_progress_raises_and_returns_as_without(seed, capsys):
    class Failing(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="a"):
                    raise ValueError("no")

    pipeline = Pipeline([Failing()], seed=seed)
    pipeline.submit(Event("a"))
    with pytest.raises(RunFailed):
        pipeline.run(progress=True)
    assert re.search(r"pipeline: Finished \d\.\d s, 0 done, 1 failed\n$", capsys.readouterr().err)


def test_a_log_beside_the_bar_is_not_lost(monkeypatch):
    out = Terminal()
    monkeypatch.setattr(sys, "stderr", out)

    class Logs(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="a"):
                    logging.getLogger("user").warning("seen")

    handler = logging.StreamHandler(out)
    logging.getLogger("user").addHandler(handler)
    try:
        pipeline = Pipeline([Logs()])
        pipeline.submit(Event("a"))
        pipeline.run(progress=True)
    finally:
        logging.getLogger("user").removeHandler(handler)
    assert "seen" in "\n".join(screen(out))


def test_inputs_that_are_awaited_are_known_and_not_done():
    seen = []

    @reactive
    def number():
        yield from range(8)

    @reactive(max_concurrency=4)
    async def slow(number):
        monitor.sample()
        seen.append(MonitorView(monitor).progress())
        await asyncio.sleep(0.01)
        return number

    pipeline = Pipeline([number, slow])
    pipeline.resolve("slow")
    monitor = ScalingMonitor(pipeline)
    pipeline.run()

    assert all(done < known for done, known in seen)
    monitor.sample()
    done, known = MonitorView(monitor).progress()
    assert done == known == sum(pipeline.report.delivered.values())


def test_the_time_left_follows_from_the_rate_of_what_is_done():
    out = Terminal()

    class Waits(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="a", number=number):
                    if number == 5:
                        told.extend(view(monitor) for _ in range(2))

    def view(monitor):
        monitor.sample()
        return MonitorView(monitor).told()

    told = []
    pipeline = Pipeline([Waits()])
    pipeline.submit_all(Event("a", number=number) for number in range(10))
    with progress(pipeline, out) as monitor:
        pipeline.run()

    assert "waiting" in told[-1]
    assert re.search(r"\d/s, \d+ s left$", told[-1])


def test_items_of_a_flow_are_counted_once_however_many_jobs_they_go_through():
    async def fails(item):
        raise ValueError(item)

    async def passes(item):
        return item

    async def fails_on_some(item):
        if item == 1:
            raise ValueError(item)
        return item

    failing, passing = Flow().add(fails).error(fails), Flow().add(passes).add(fails_on_some)
    for flow in (failing, passing):
        asyncio.run(flow.run(range(3)))
    headers = [MonitorView(ScalingMonitor(flow)).header() for flow in (failing, passing)]
    lines = [runtime_view(flow)[1] for flow in (failing, passing)]

    assert [line.partition(" s, ")[2] for line in headers] == ["0 done, 3 failed", "2 done, 1 failed"]
    assert lines == ["flow: finished, 2 jobs, 3 failed", "flow: finished, 2 jobs, 2 done, 1 failed"]
