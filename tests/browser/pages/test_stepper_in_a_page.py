"""The stepper in a page, at the width of a cell: every tab can be read, and nothing in it is cut off."""

import pytest

from framework.core import AbstractProcessor, Event, Pipeline
from framework.notebook import PhaseStepper
from framework.notebook.stepper.stepper_view import StepperView, StepperWidget
from framework.reactive import ReactiveBuilder, ReactiveEvent

TABS = ("Processors", "Inbox", "Attributes", "Events", "Failures", "Findings", "Timeline")
CELLS = {1280: 848, 1680: 1248}


class Stage(AbstractProcessor):
    def __init__(self, name, place):
        super().__init__(name)
        self.place = place
        self.seen = []

    def process(self, context, event):
        match event:
            case Event(name="item", number=number, stage=stage) if stage == self.place:
                self.seen.append(number)
                if number == 3 and stage == 5:
                    raise ValueError("a message of some length that says what was wrong with the third item")
                context.submit(Event("item", number=number, stage=stage + 1, text="some text that is rather long " * 3))


def stepped():
    pipeline = Pipeline([Stage(f"Stage{place}", place) for place in range(15)], strict_interest_inference=True)
    for number in range(4):
        pipeline.submit(Event("item", number=number, stage=0, text=""))
    view = StepperView(PhaseStepper(pipeline))
    view.handle({"do": "step"})
    return view


@pytest.mark.parametrize("screen", CELLS)
def test_every_letter_of_the_graph_can_be_read(bare, screen):
    bare.show(StepperWidget, stepped(), CELLS[screen], 1000)
    bare.picture(f"stepper-15-at-{screen}")

    assert min(bare.letters()) >= 11
    assert min(bare.letters_of(".fw")) >= 11


@pytest.mark.parametrize("screen", CELLS)
@pytest.mark.parametrize("tab", TABS)
def test_every_tab_can_be_read_and_nothing_is_cut_off(bare, tab, screen):
    bare.show(StepperWidget, stepped(), CELLS[screen], 1000)
    bare.page.get_by_role("tab", name=tab).click()
    bare.picture(f"stepper-{tab.lower()}-at-{screen}")

    assert not bare.illegible()
    assert not bare.overflows(".fw-rows")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_first_button_can_be_read_under_the_pointer(bare, dark):
    bare.show(StepperWidget, stepped(), 848)
    bare.page.get_by_role("button", name="Step", exact=True).hover()
    bare.picture(f"stepper-hover-{'dark' if dark else 'light'}", dark=dark)

    assert not bare.illegible()


def test_a_bar_of_the_timeline_tells_what_was_delivered(bare):
    bare.show(StepperWidget, stepped(), 848)
    bare.page.get_by_role("tab", name="Timeline").click()
    lanes = bare.page.locator(".fw-lane svg")

    assert lanes.count() == 15
    assert "ms: Event(name='item'" in lanes.first.locator("title").first.text_content()
    assert bare.page.locator(".fw-lane .b-failed").count() == 1


def test_a_click_in_the_graph_filters_the_tabs(bare):
    bare.show(StepperWidget, stepped(), 848)
    bare.page.locator('.node[data-names="Stage7"]').click()
    bare.page.locator(".fw-chosen", has_text="Stage7").wait_for()

    assert bare.page.locator(".fw-rows tbody tr").count() == 1
    assert "selected" in bare.page.locator('.node[data-names="Stage7"]').get_attribute("class")


@pytest.mark.parametrize(("width", "beside"), [(848, False), (1248, True)])
def test_the_panes_stand_beside_each_other_where_there_is_room(bare, width, beside):
    bare.show(StepperWidget, stepped(), width)
    left, right, whole = (bare.page.locator(part).bounding_box() for part in (".fw-left", ".fw-right", ".fw-stepper"))

    assert (left["y"] == right["y"]) == beside
    assert beside or left["y"] + left["height"] <= right["y"]
    assert max(part["y"] + part["height"] for part in (left, right)) <= whole["y"] + whole["height"]


class Words(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="words", requires=["text"])
        self.longest = "antidisestablishmentarianism"

    def build(self, context, text):
        return [text.split()]


@pytest.fixture
def built(bare):
    pipeline = Pipeline([Words()], strict_interest_inference=True)
    pipeline.submit(ReactiveEvent(name="resolve", target="words"))
    pipeline.submit(ReactiveEvent(name="built", target="text", artifact="to be or not"))
    view = StepperView(PhaseStepper(pipeline))
    view.handle({"do": "step"})
    bare.show(StepperWidget, view, 848)
    return bare


def test_attributes_of_the_user_come_first_and_those_of_the_framework_unfold(built):
    page = built.page
    page.get_by_role("tab", name="Attributes").click()
    names = page.locator(".fw-rows tbody td:nth-child(2)")
    assert names.all_inner_texts() == ["longest"]
    page.get_by_role("button", name="of the framework").click()
    built.picture("stepper-attributes-unfolded")

    assert names.all_inner_texts()[0] == "longest"
    assert {"provides", "requires", "persist"} <= set(names.all_inner_texts())
    assert not built.illegible()


def test_events_between_builders_are_called_by_their_target_with_the_artifact(built):
    built.page.get_by_role("tab", name="Events").click()
    rows = built.page.locator(".fw-rows tbody tr").all_inner_texts()

    assert any("words built" in row and "['to', 'be', 'or', 'not']" in row for row in rows)
    assert not any("ReactiveEvent" in row for row in rows)


def test_the_keyboard_stays_in_a_row_while_the_state_changes(bare):
    bare.show(StepperWidget, stepped(), 848)
    bare.page.get_by_role("tab", name="Events").click()
    row = bare.page.locator(".fw-rows tr.link").nth(3)
    row.focus()
    bare.refresh()

    assert row.evaluate("(row) => row === document.activeElement")
