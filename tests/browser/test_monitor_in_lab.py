import pytest
from visit import SOON

FLOW = """\
import asyncio
import logging
from framework.flow import Flow, UtilizationCapacity
import framework.notebook

logging.getLogger("framework").setLevel(logging.CRITICAL)


async def fetch(item):
    await asyncio.sleep(0.004)
    return item


async def parse(item):
    await asyncio.sleep(0.02)
    if item % 97 == 0:
        raise ValueError("<b>no page</b>")
    return item


async def store(item):
    await asyncio.sleep(0.002)


capacity = UtilizationCapacity(initial_workers=1, max_workers=6, sampling=0.5, cooldown=1, dampening=0.5)
flow = Flow(capacity=capacity, name="crawl").add(fetch).add(parse).add(store)
monitor = flow.watch()
monitor"""
RUN = "running = asyncio.create_task(flow.run(range(100_000)))"
MONITOR = ".fw-monitor"


def number_in(lab, column):
    text = lab.page.locator(f"{MONITOR} tbody tr").nth(1).locator("td").nth(column).inner_text()
    return int(text.replace(",", "").replace("✗ ", ""))


@pytest.fixture
def watched(lab):
    lab.open("monitor.ipynb", FLOW, RUN)
    lab.run_all()
    lab.page.locator(MONITOR, has_text="Running").wait_for(timeout=SOON)
    return lab


def test_a_reader_sees_the_flow_move_and_why_it_was_scaled(watched):
    lab = watched
    before = number_in(lab, 4)
    lab.page.wait_for_function(
        """(before) => {
            const cell = document.querySelectorAll('.fw-monitor tbody tr')[1].querySelectorAll('td')[4];
            return Number(cell.textContent.replaceAll(',', '')) > before;
        }""",
        arg=before,
        timeout=SOON,
    )
    for text in ("0.70", "<b>no page</b>"):
        lab.page.locator(f"{MONITOR} tr", has_text=text).first.wait_for()
    lab.page.wait_for_timeout(2000)  # let the charts grow for the picture
    lab.both_themes("monitor", MONITOR)
    lab.page.locator(MONITOR).get_by_role("button", name="Stop").click()
    lab.page.locator(MONITOR, has_text="Finished").wait_for(timeout=SOON)


def test_a_monitor_says_when_nothing_comes_any_more(watched):
    lab = watched
    lab.shut_down()
    lab.page.locator(MONITOR, has_text="Last update").wait_for(timeout=SOON)


def test_a_flow_that_has_not_started_says_so(lab):
    lab.open("idle.ipynb", FLOW)
    lab.run_all()
    lab.page.locator(MONITOR, has_text="Flow not started").wait_for()


PIPELINE = """\
import time
from pathlib import Path
from framework.core import AbstractProcessor, Event, Pipeline
import framework.notebook


class Wait(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="go", number=number):
                while number == 200 and time.monotonic() < ends and not Path("seen").exists():
                    time.sleep(0.02)


ends = time.monotonic() + 60
pipeline = Pipeline([Wait("left"), Wait("right")], strict_interest_inference=True)
for number in range(300):
    pipeline.submit(Event(name="go", number=number))
pipeline.watch()"""


def test_a_pipeline_is_watched_while_its_cell_is_busy(lab, folder):
    lab.open("pipeline.ipynb", PIPELINE, "report = pipeline.run()\nreport")
    lab.run_all(wait=False)
    lab.page.locator(MONITOR, has_text="Running").wait_for()
    assert lab.page.locator(".jp-InputPrompt", has_text="[*]:").count() == 1
    (folder / "seen").touch()
    lab.page.locator(MONITOR, has_text="600 done, 0 failed").wait_for()
    lab.page.get_by_text("Finished: 1 phase, 600 delivered").wait_for()


def test_a_run_with_progress_shows_a_monitor_in_its_own_cell_until_its_end(lab, folder):
    pipeline = PIPELINE.replace("pipeline.watch()", "").replace("seen", "looked")
    lab.open("progress.ipynb", pipeline, "report = pipeline.run(progress=True)\nreport")
    lab.run_all(wait=False)
    lab.page.locator(MONITOR, has_text="Running").wait_for()
    assert lab.page.locator(MONITOR).count() == 1
    lab.both_themes("progress", MONITOR)
    (folder / "looked").touch()
    lab.page.locator(MONITOR, has_text="Finished").wait_for()
    lab.page.locator(MONITOR, has_text="600 done, 0 failed").wait_for()
    lab.page.get_by_text("Finished: 1 phase, 600 delivered").wait_for()
