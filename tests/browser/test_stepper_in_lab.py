import nbformat
import pytest
from visit import SOON

PIPELINE = """\
import logging
from framework.core import AbstractProcessor, Event, Pipeline
import framework.notebook

logging.getLogger("framework").setLevel(logging.CRITICAL)


class Read(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="start", count=count):
                for number in range(count):
                    context.submit(Event(name="line", number=number))


class Parse(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.seen = 0

    def process(self, context, event):
        match event:
            case Event(name="line", number=number):
                self.seen += 1
                print("parsing", number)
                if number == 3:
                    raise ValueError("<b>three</b>")
                context.submit(Event(name="parsed", number=number))
                context.submit(Event(name="lost"))


class Total(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.total = 0

    def process(self, context, event):
        match event:
            case Event(name="parsed", number=number):
                self.total += number
            case Event(name="__PHASE__", phase=phase) if phase < 4:
                context.submit(Event(name="start", count=phase))


pipeline = Pipeline([Read(), Parse(), Total()], strict_interest_inference=True, name="demo")
pipeline.submit(Event(name="start", count=5))"""
STEPPER = ".fw-stepper"


def button(lab, name):
    return lab.page.locator(STEPPER).get_by_role("button", name=name, exact=True)


def summary(lab, text):
    lab.page.locator(STEPPER).get_by_text(text).first.wait_for(timeout=SOON)


@pytest.fixture
def stepped(lab):
    lab.open("stepper.ipynb", PIPELINE, "stepper = pipeline.stepper()\nstepper")
    lab.run_all()
    lab.page.wait_for_selector(f"{STEPPER} svg .node")
    return lab


def test_a_reader_steps_to_the_end_and_looks_back(stepped):
    lab = stepped
    summary(lab, "Not started, 0 delivered, 0 failed")
    button(lab, "One delivery").click()
    summary(lab, "delivered Event(name='start', count=5) to Read")
    button(lab, "Step").click()
    summary(lab, "Phase 1, 14 delivered, 1 failed")
    lab.both_themes("stepper", STEPPER)
    for phase in (2, 3):
        button(lab, "Step").click()
        summary(lab, f"Phase {phase},")
    button(lab, "Run to end").click()
    summary(lab, "Finished: 4 phases, 1 failure")
    assert button(lab, "Step").is_disabled()

    lab.page.locator(STEPPER).focus()
    lab.page.keyboard.press("ArrowLeft")
    summary(lab, "Looking at phase 3. Nothing is re-executed.")
    lab.page.locator(f"{STEPPER} input[type=range]").fill("1")
    summary(lab, "Looking at phase 1. Nothing is re-executed.")
    lab.both_themes("stepper-past", STEPPER)
    button(lab, "Back to now").click()
    summary(lab, "now, phase 4")


def test_what_a_click_prints_lands_under_the_stepper(stepped):
    lab = stepped
    button(lab, "Step").click()
    lab.page.locator(".jp-CodeCell:last-of-type .jp-OutputArea-output", has_text="parsing 4").wait_for(timeout=SOON)


def test_keys_drive_the_stepper_and_not_the_notebook(stepped):
    lab = stepped
    cells = lab.page.locator(".jp-Cell").count()
    lab.page.locator(STEPPER).focus()
    lab.page.keyboard.press("d")
    summary(lab, "delivered Event(name='start'")
    lab.page.keyboard.press("d")
    lab.page.keyboard.press("s")
    summary(lab, "Phase 1,")
    lab.page.keyboard.press("?")
    summary(lab, "S step")
    lab.page.keyboard.press("Escape")
    summary(lab, "Stopped: 1 phase")
    assert lab.page.locator(".jp-Cell").count() == cells


def test_failures_show_input_and_code_to_debug(stepped):
    lab = stepped
    button(lab, "Until").click()
    summary(lab, "Parse raised ValueError: <b>three</b>")
    lab.page.locator(STEPPER).get_by_role("tab", name="Failures").click()
    summary(lab, "ValueError('<b>three</b>')")
    button(lab, "Copy debug code").click()
    assert lab.page.evaluate("navigator.clipboard.readText()") == "stepper.failures[0].debug()"
    assert lab.page.locator(f"{STEPPER} b:has-text('three')").count() == 0
    lab.both_themes("stepper-failures", STEPPER)


def test_a_node_filters_the_tabs_and_an_event_opens_its_causes(stepped):
    lab = stepped
    button(lab, "Step").click()
    summary(lab, "Phase 1,")
    lab.page.locator(f"{STEPPER} .node", has_text="Total").click()
    lab.page.locator(f"{STEPPER} .fw-chosen", has_text="Total").wait_for()
    lab.page.locator(STEPPER).get_by_role("tab", name="Events").click()
    lab.page.locator(f"{STEPPER} tbody tr", has_text="parsed").first.click()
    lab.page.locator(f"{STEPPER} .fw-tree", has_text="Read: Event(name='line'").wait_for()
    lab.both_themes("stepper-events", STEPPER)


BUSY = """\
import time
from pathlib import Path

ends = time.monotonic() + 60
while time.monotonic() < ends and not Path("enough").exists():
    time.sleep(0.02)"""


def test_a_click_is_answered_while_a_cell_is_busy(lab, folder):
    lab.open("busy.ipynb", PIPELINE, "stepper = pipeline.stepper()\nstepper", BUSY)
    lab.run_all(wait=False)
    lab.page.wait_for_selector(f"{STEPPER} svg .node")
    lab.page.wait_for_function(
        "() => [...document.querySelectorAll('.jp-InputPrompt')].some(e => e.textContent === '[*]:')"
    )
    button(lab, "One delivery").click()
    summary(lab, "delivered Event(name='start', count=5) to Read")

    assert lab.page.locator(".jp-InputPrompt", has_text="[*]:").count() == 1
    (folder / "enough").touch()


def test_a_stepper_that_is_shown_again_moves(lab):
    lab.open("moved.ipynb", PIPELINE, "stepper = pipeline.stepper()\nstepper", "stepper")
    lab.run_all()
    lab.page.get_by_text("moved to In[3]").wait_for()
    button(lab, "Step").click()
    summary(lab, "Phase 1,")


def test_the_tabs_stand_in_one_line_beside_the_file_browser(stepped):
    tabs = stepped.page.locator(f"{STEPPER} [role=tab]")
    assert len({tab.bounding_box()["y"] for tab in tabs.all()}) == 1


def test_a_wide_page_shows_graph_and_panes_beside_each_other(stepped):
    lab = stepped
    lab.page.set_viewport_size({"width": 1700, "height": 1000})
    lab.page.wait_for_function(
        """() => {
            const [left, right] = ['left', 'right'].map((name) => document.querySelector(`.fw-stepper .fw-${name}`));
            return left.getBoundingClientRect().top === right.getBoundingClientRect().top;
        }"""
    )
    lab.picture("stepper-wide", STEPPER)


def test_a_narrow_page_stacks_the_panes(stepped):
    lab = stepped
    button(lab, "Step").click()
    summary(lab, "Phase 1,")
    lab.page.set_viewport_size({"width": 700, "height": 1000})
    left, right = (lab.page.locator(f"{STEPPER} {pane}").bounding_box() for pane in (".fw-left", ".fw-right"))

    assert right["y"] > left["y"]
    lab.picture("stepper-narrow", STEPPER)


def test_a_saved_notebook_shows_the_stepper_without_a_kernel(stepped, folder):
    lab = stepped
    button(lab, "Step").click()
    summary(lab, "Phase 1,")
    lab.save()
    saved = nbformat.read(folder / "stepper.ipynb", 4)
    outputs = [output.data for cell in saved.cells for output in cell.get("outputs", []) if "data" in output]

    assert "widgets" not in saved.metadata
    assert any("data:image/svg+xml;base64," in data.get("text/html", "") for data in outputs)

    for cell in saved.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    nbformat.write(saved, folder / "cloned.ipynb")
    lab.visit("cloned.ipynb")
    picture = '.jp-RenderedHTMLCommon:has(img[src^="data:image/svg"])'
    lab.page.locator(picture).first.wait_for()
    lab.both_themes("stepper-without-kernel", picture)
