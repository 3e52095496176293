"""A history after its run: what it answers, and what it says of itself."""

import numpy as np
import pytest

from framework.core import AbstractProcessor, Event, Pipeline
from framework.errors import OptionError
from framework.observe.recording.dead_letters import DeadLetters
from framework.observe.recording.history import History


class Other(Event):
    pass


class Double(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="n", value=int(value)):
                if value < 0:
                    raise ValueError(value)
                context.submit(Event("doubled", value=2 * value))


class Sum(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.total = 0

    def process(self, context, event):
        match event:
            case Event(name="doubled", value=value):
                self.total += value


@pytest.fixture
def pipeline():
    pipeline = Pipeline([Double(), Sum()], history=True, on_error="keep")
    for value in (1, -1, 2):
        pipeline.submit(Event("n", value=value))
    pipeline.submit(Event("unheard"))
    pipeline.run()
    return pipeline


def test_events_are_asked_for_by_name_class_and_phase(pipeline):
    history = pipeline.history
    assert [one.attributes["value"] for one in history.events("n")] == [1, -1, 2]
    assert {one.name for one in history.events(kind="Event", phase=1)} >= {"doubled"}
    assert history.events(kind="Other") == history.events("n", phase=99) == []


def test_deliveries_are_asked_for_by_what_came_of_them(pipeline):
    history = pipeline.history
    assert len(history.deliveries("Double", name="n")) == 3
    assert [one.event.value for one in history.deliveries("Double", name="n", emitted=0)] == [-1]
    assert [one.event.value for one in history.deliveries("Double", name="n", failed=True)] == [-1]
    assert [one.event.value for one in history.deliveries("Double", name="n", failed=False)] == [1, 2]
    assert history.deliveries("Double", replayed=True) == history.deliveries("Sum", phase=99) == []
    assert len(history.deliveries("Sum", name="doubled", replayed=False)) == 2


def test_a_submission_and_a_delivery_are_a_line_each(pipeline):
    sent, failed = pipeline.history.events("n")[0], pipeline.history.deliveries("Double", failed=True)[0]
    assert repr(sent) == "Event('n', value=1) from outside to Double"
    assert repr(pipeline.history.events("unheard")[0]) == "Event('unheard') from outside to no recipient"
    assert repr(failed) == "Double raised ValueError on Event('n', value=-1)"
    assert repr(pipeline.history.deliveries("Double", name="n")[0]) == "Double emitted 1 on Event('n', value=1)"


def test_a_history_says_how_much_it_keeps(pipeline):
    history = pipeline.history
    events, deliveries = len(history.events()), len(history.deliveries())
    assert repr(history) == f"<History: {events} events, {deliveries} deliveries>"
    assert len(history) == events + deliveries


def test_a_history_that_dropped_rows_says_how_many():
    pipeline = Pipeline([Double(), Sum()], history=1)
    pipeline.submit_all(Event("n", value=value) for value in range(2000))
    pipeline.run()
    assert pipeline.history.dropped > 0
    assert repr(pipeline.history).endswith(f", {pipeline.history.dropped:,} older rows dropped>")


def test_the_lineage_of_an_event_leads_to_its_causes_back_to_the_outside():
    found = []

    class Keep(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="doubled"):
                    found.append(event)

    pipeline = Pipeline([Double(), Keep()], history=True)
    pipeline.submit(Event("n", value=4))
    pipeline.run()
    chain = pipeline.history.lineage(found[0])
    assert [(one.name, one.sender) for one in chain] == [("doubled", "Double"), ("n", None)]
    found[0].value = 9  # it is another event than the one that was submitted
    assert pipeline.history.lineage(found[0]) == []
    assert pipeline.history.lineage(Event("doubled", value=8)) == []


def test_an_event_of_another_class_under_the_id_of_one_that_is_gone_has_no_lineage():
    history, event = History(), Event("n")
    history.log.writer().add(event, None, 0, (), 1)
    assert len(history.lineage(event)) == 1
    event.__class__ = Other
    assert history.lineage(event) == []


def test_a_history_is_a_frame_of_what_happened(pipeline):
    frame = pipeline.history.frame()
    assert len(frame) == len(pipeline.history)
    failed = frame[frame["what"] == "failed"].iloc[0]
    assert (failed["processor"], failed["error"], failed["attributes"]) == ("Double", "ValueError", "value=-1")
    sent = frame[(frame["what"] == "submitted") & (frame["name"] == "n")].iloc[0]
    assert (sent["event"], sent["recipients"], sent["processor"]) == ("Event", "Double", None)


@pytest.mark.parametrize("bound", [0, -1, True, "64", float("nan")])
def test_a_bound_of_a_history_must_be_positive(bound):
    with pytest.raises(OptionError, match="max_bytes must be positive"):
        History(bound)


def test_dead_letters_are_counted_by_kind_with_their_first_examples():
    letters = DeadLetters()
    for number in range(5):
        letters.add(Event("lost", number=number))
    letters.add(Event("lost"), "Sum")
    count = letters.count()
    assert count == 6
    lost, fell = count
    assert (lost.count, lost.kind, lost.name, lost.processor) == (5, "Event", "lost", None)
    assert lost.examples == ("Event('lost', number=0)", "Event('lost', number=1)", "Event('lost', number=2)")
    assert str(lost) == "5 x Event 'lost': no processor receives it, first Event('lost', number=0)"
    assert lost.event.number == 0
    assert fell.reason == "no case of Sum takes it"


def test_a_dead_letter_with_a_value_that_can_change_has_no_event():
    letters = DeadLetters()
    letters.add(Event("lost", array=np.arange(3)))
    assert next(iter(letters.count())).event is None


def test_an_event_with_a_value_that_was_described_is_not_made_again(pipeline):
    history, event = History(), Event("n", values=[1, 2])
    history.log.writer().add(event, None, 0, (), 1)
    assert history.events()[0].event is None
    assert repr(history.events()[0]).startswith("Event('n', values=[1, 2])")
