"""The monitor in a page, at the width of a cell: of a flow that runs, of one that has ended, and of a pipeline."""

import asyncio
import time

import pytest

from framework.core import AbstractProcessor, Event, Pipeline
from framework.flow import Flow, UtilizationCapacity
from framework.notebook.monitor.monitor import ScalingMonitor
from framework.notebook.monitor.monitor_view import MonitorView, MonitorWidget

CELL = 848
ROW = ".fw-chart table:first-of-type tbody tr"


async def fetch(item):
    await asyncio.sleep(0.004)
    return item


async def parse(item, lock):
    await asyncio.sleep(0.004)
    if item % 97 == 0:
        raise ValueError("<b>no page</b>")
    return item


async def store(item):
    await asyncio.sleep(0.001)


def flow_of_two_seconds():
    capacity = UtilizationCapacity(initial_workers=1, max_workers=4, sampling=0.1, cooldown=0.2, dampening=0.1)
    inner = Flow(capacity=capacity, name="inner").add(fetch, name="get").add_job_with_lock(parse, asyncio.Lock())
    return Flow(capacity=capacity, name="crawl").add(fetch).add(inner, name="pages").add(store)


def watched(flow, items, looks=1.2):
    """Run a flow; return its monitor, and the view of it while it ran."""

    async def main():
        monitor = ScalingMonitor(flow, interval=0.1)
        monitor.start()
        running = asyncio.create_task(flow.run(range(items)))
        await asyncio.sleep(looks)
        during = MonitorView(monitor).state()
        await running
        monitor.close()
        monitor.sample()
        return monitor, during

    return asyncio.run(main())


class Frozen:
    """A view that stays as it was."""

    def __init__(self, state):
        self._state = state

    def state(self):
        return self._state

    def picture(self):
        return ""

    def handle(self, command):
        pass


@pytest.fixture(scope="module")
def run():
    # in a thread of its own: the browser's driver keeps an event loop on this one
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(watched, flow_of_two_seconds(), 400).result()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_running_flow_shows_what_its_workers_do(bare, run, dark):
    _, during = run
    bare.show(MonitorWidget, Frozen(during), CELL)
    bare.picture(f"monitor-running-{'dark' if dark else 'light'}", dark=dark)

    assert [name.strip() for name in bare.page.locator(f"{ROW} th").all_inner_texts()] == [
        "fetch", "pages", "get", "parse", "store",
    ]  # fmt: skip
    assert bare.page.locator(f"{ROW} svg .lock").count()
    assert bare.page.locator(f"{ROW} svg .rate").count() == 4
    assert min(bare.letters_of(".fw")) >= 12
    assert not bare.illegible()
    assert not bare.overflows(".fw-monitor")


def test_stages_of_a_sub_flow_are_indented(bare, run):
    bare.show(MonitorWidget, Frozen(run[1]), CELL)
    left = {
        name.inner_text(): name.evaluate("(cell) => parseFloat(getComputedStyle(cell).paddingLeft)")
        for name in bare.page.locator(f"{ROW} th").all()
    }

    assert left == {"fetch": 0, "pages": 0, "get": 16, "parse": 16, "store": 0}


def test_a_flow_that_has_ended_shows_its_last_state(bare, run):
    monitor, _ = run
    bare.show(MonitorWidget, MonitorView(monitor), CELL)
    bare.picture("monitor-ended")
    bars = bare.page.locator(f"{ROW} svg[aria-label^='time:']")

    assert bars.count() == 4
    assert "waiting for a lock" in bars.nth(2).get_attribute("aria-label")
    assert bare.page.locator(f"{ROW} svg .rate").count() == 4
    counts = bare.page.locator(f"{ROW} td:nth-child(6)").all_inner_texts()
    assert counts == ["400", "400", "395", "395"]
    assert "395 done, 5 failed" in bare.page.locator(".fw-header").inner_text()


class Sleep(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="go"):
                time.sleep(0.01)


def test_a_pipeline_shows_what_each_processor_does(bare):
    pipeline = Pipeline([Sleep("left"), Sleep("right")], strict_interest_inference=True)
    for _ in range(150):
        pipeline.submit(Event("go"))
    monitor = ScalingMonitor(pipeline, interval=0.1)
    monitor.start()
    run = pipeline.start()
    time.sleep(0.7)
    bare.show(MonitorWidget, Frozen(MonitorView(monitor).state()), CELL)
    bare.picture("monitor-pipeline")
    run.wait()
    monitor.close()

    assert "working" in " ".join(bare.page.locator(f"{ROW} td").all_inner_texts())
    assert "% of what is known, about" in bare.page.locator(".fw-header").inner_text()
    assert not bare.illegible()


def test_a_pipeline_that_has_ended_keeps_what_it_did(bare):
    pipeline = Pipeline([Sleep("left"), Sleep("right")], strict_interest_inference=True)
    for _ in range(60):
        pipeline.submit(Event("go"))
    monitor = ScalingMonitor(pipeline, interval=0.1)
    monitor.start()
    pipeline.run()
    monitor.close()
    monitor.sample()
    bare.show(MonitorWidget, MonitorView(monitor), CELL)
    bare.picture("monitor-pipeline-ended", dark=True)
    head = bare.page.locator(".fw-chart thead th").all_inner_texts()
    rows = [
        dict(zip(head, row.locator("th, td").all_inner_texts(), strict=True)) for row in bare.page.locator(ROW).all()
    ]

    assert "workers" not in head
    assert [row["done"] for row in rows] == ["60", "60"]
    assert all(float(row["busy s"]) >= 0.6 and int(row["done/s"]) > 0 for row in rows)
    assert bare.page.locator(f"{ROW} svg .rate").count() == 2
    assert "120 done, 0 failed" in bare.page.locator(".fw-header").inner_text()
    assert not bare.illegible()
