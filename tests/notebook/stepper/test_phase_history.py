from dataclasses import replace

from notebook_processors import make_pipeline

from framework.notebook.stepper.phase_history import (
    MOST_PHASES,
    PhaseHistory,
    attributes_of,
    phase_state,
    waiting_texts,
)


def test_a_history_keeps_the_latest_phases_and_counts_the_others():
    pipeline, history = make_pipeline(), PhaseHistory()
    first = phase_state(pipeline, pipeline.snapshot(), None, ())
    for phase in range(MOST_PHASES + 3):
        history.keep(replace(first, phase=phase))

    assert (len(history.states), history.dropped) == (MOST_PHASES, 3)
    assert (history.at(2), history.at(3).phase) == (None, 3)
    assert history.last.phase == MOST_PHASES + 2


def test_private_attributes_are_left_out():
    class Thing:
        def __init__(self):
            self.name, self.shown, self._hidden = "n", 1, 2

    assert attributes_of(Thing()) == {"shown": "1"}


def test_of_a_long_mailbox_the_first_fifty_events_are_shown():
    class Mailboxes:
        def inbox(self, name):
            return [f"{name} {number}" for number in range(60)]

    assert waiting_texts(Mailboxes(), "A") == tuple(repr(f"A {number}") for number in range(50))


def test_attributes_are_read_only_of_processors_with_deliveries():
    pipeline = make_pipeline()
    before = phase_state(pipeline, pipeline.snapshot(), None, ())
    pipeline["Total"].total = "changed without a delivery"

    assert phase_state(pipeline, pipeline.snapshot(), before, ()).attributes == before.attributes
    pipeline.step()
    assert phase_state(pipeline, pipeline.snapshot(), before, ()).attributes["Total"] != before.attributes["Total"]
