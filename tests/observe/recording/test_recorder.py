import gc
import threading
import weakref

import numpy as np
import pytest

from framework.core import AbstractProcessor, Event, Pipeline
from framework.observe import DeliveryFinished, EventSubmitted, Recorder


class Relay(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="start", n=n):
                context.submit(Event("middle", n=n))
            case Event(name="middle", n=n):
                context.submit(Event("end", n=n))


class Last(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="end", n=n) if n > 0:
                pass
            case Event(name="end", n=0, special=True):
                pass
            case Event(name="never", n=1):
                pass


def recorded(*events, processors=(), **options):
    recorder = Recorder(**options)
    pipeline = Pipeline(processors or [Relay(), Last()], on_error="keep")
    pipeline.observe(recorder)
    for event in events:
        pipeline.submit(event)
    pipeline.run()
    return recorder


def submitted(event, sender=None, cause=None, recipients=("Reader",)):
    return EventSubmitted(event, sender, cause, recipients, 1, 0.0)


def test_lineage_leads_from_an_event_back_to_the_outside():
    recorder = recorded(Event("start", n=1))
    [end] = recorder.events(name="end")
    assert [origin.event.name for origin in recorder.lineage(end)] == ["end", "middle", "start"]
    assert [origin.sender for origin in recorder.lineage(end)] == ["Relay", "Relay", None]


def test_lineage_of_an_event_that_was_not_recorded_is_empty():
    assert recorded(Event("start", n=1)).lineage(Event("end")) == []


def test_lineage_of_a_long_chain_is_quick():
    recorder, cause = Recorder(), None
    for n in range(20_000):
        event = Event("link", n=n)
        recorder(submitted(event, cause=cause))
        cause = event
    assert len(recorder.lineage(cause)) == 20_000


def test_lineage_of_an_event_that_was_submitted_again_by_its_own_effect_ends():
    recorder, event = Recorder(), Event("again")
    recorder(submitted(event, cause=event))
    assert len(recorder.lineage(event)) == 1


def test_each_event_has_its_own_lineage_in_a_run_of_many():
    recorder = recorded(*[Event("start", n=n) for n in range(50)])
    for end in recorder.events(name="end"):
        assert {origin.event.n for origin in recorder.lineage(end)} == {end.n}


def test_an_event_without_recipients_is_a_dead_letter():
    [letter] = recorded(Event("lost")).dead_letters
    assert (letter.event.name, letter.reason, letter.phase) == ("lost", "no processor is interested", 0)


def test_a_delivery_that_falls_through_every_case_is_a_dead_letter():
    [letter] = recorded(Event("never", n=2)).dead_letters
    assert letter.reason == "fell through every case of Last"


def test_the_pipelines_own_events_are_no_dead_letters():
    class Broad(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(value=_):
                    pass

    assert recorded(Event("a", value=1), processors=[Broad()]).dead_letters == ()


def test_a_delivery_that_a_guard_decides_is_no_dead_letter():
    assert recorded(Event("end", n=-1)).dead_letters == ()


def test_guards_are_not_executed_to_find_dead_letters():
    calls = []

    class Guarded(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="a") if calls.append(1):
                    pass

    recorded(Event("a"), processors=[Guarded()])
    assert calls == [1]


def test_events_can_be_asked_for_by_name_and_phase():
    recorder = recorded(Event("start", n=1))
    assert [event.name for event in recorder.events(phase=1)] == ["middle", "end"]
    assert [event.n for event in recorder.events(name="start")] == [1]


def test_reprs_are_frozen_when_something_happens():
    event = Event("start", n=1)
    recorder = recorded(event)
    event.n = 99
    assert recorder.records[0].text == "Event(name='start', n=1)"


def test_the_history_keeps_the_newest_within_its_bound():
    recorder = Recorder(max_bytes=100_000)
    for n in range(1000):
        recorder(submitted(Event("e", n=n)))
    kept = [event.n for event in recorder.events()]
    assert kept == list(range(1000 - len(kept), 1000))
    assert recorder.dropped == 1000 - len(recorder) > 0


def test_payloads_count_towards_the_bound():
    recorder = Recorder(max_bytes=1_000_000)
    for _ in range(20):
        recorder(submitted(Event("big", data=b"x" * 100_000)))
    assert len(recorder) < 10


def test_one_record_is_kept_however_big():
    recorder = Recorder(max_bytes=1)
    recorder(submitted(Event("big", data=b"x" * 100_000)))
    assert len(recorder) == 1


def test_what_is_dropped_is_let_go():
    class Marked(Event):
        pass

    recorder, event = Recorder(max_bytes=10_000), Marked("first")
    gone = weakref.ref(event)
    recorder(submitted(event, recipients=()))
    del event
    for _ in range(100):
        recorder(submitted(Event("next")))
    gc.collect()
    assert gone() is None
    assert recorder.dead_letters == ()


def test_the_dead_letter_of_a_kept_delivery_stays_when_its_submission_is_dropped():
    recorder = recorded(Event("never", n=2), max_bytes=7000)
    while isinstance(recorder.records[0].happening, EventSubmitted):
        recorder(submitted(Event("next")))
    assert len(recorder.dead_letters) == 1


def test_an_event_whose_repr_or_attributes_raise_is_recorded():
    class Hostile:
        def __repr__(self):
            raise ValueError

        @property
        def nbytes(self):
            raise ValueError

    assert len(recorded(Event("start", n=Hostile())).events(name="end")) == 1


def test_a_recorder_takes_happenings_of_many_threads():
    recorder = Recorder()

    def tell():
        for n in range(500):
            recorder(submitted(Event("e", n=n)))

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [record.number for record in recorder.records] == list(range(1, 2001))


@pytest.mark.parametrize("bound", [0, -1])
def test_a_bound_must_be_positive(bound):
    with pytest.raises(ValueError, match=f"max_bytes must be positive, got {bound}"):
        Recorder(max_bytes=bound)


def test_a_recorder_may_watch_several_pipelines():
    recorder = Recorder()
    for n in range(2):
        pipeline = Pipeline([Relay(), Last()])
        pipeline.observe(recorder)
        pipeline.submit(Event("start", n=n))
        pipeline.run()
    assert [event.n for event in recorder.events(name="end")] == [0, 1]


def test_dead_letters_go_with_their_records():
    recorder = recorded(*[Event("never", n=2, padding="x" * 500) for _ in range(20)], max_bytes=20_000)
    assert recorder.dropped
    assert 0 < len(recorder.dead_letters) < 20
    kept = {id(record.happening.event) for record in recorder.records if isinstance(record.happening, DeliveryFinished)}
    assert {id(letter.event) for letter in recorder.dead_letters} <= kept


def test_an_array_counts_with_its_size():
    recorder = Recorder(max_bytes=100_000)
    for _ in range(5):
        recorder(submitted(Event("image", pixels=np.zeros(10_000))))
    assert len(recorder) == 1


def test_an_event_that_was_submitted_twice_is_let_go_with_its_last_record():
    class Marked(Event):
        pass

    recorder, event = Recorder(max_bytes=3000), Marked("twice")
    gone = weakref.ref(event)
    recorder(submitted(event))
    recorder(submitted(event))
    del event
    for _ in range(10):
        recorder(submitted(Event("next")))
    gc.collect()
    assert gone() is None


def test_a_dead_letter_tells_its_reason_and_phase():
    lost, fell = recorded(Event("lost"), Event("never", n=2)).dead_letters
    assert (lost.event.name, lost.reason, lost.phase) == ("lost", "no processor is interested", 0)
    assert (fell.event.name, fell.phase, fell.reason) == ("never", 1, "fell through every case of Last")


def test_a_record_is_a_row_with_its_cause_recipients_and_detail():
    class Fails(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="middle"):
                    raise ValueError("broken")

    recorder = recorded(Event("start", n=1), processors=[Relay(), Fails()])
    frame = recorder.frame()
    assert list(frame["number"]) == [record.number for record in recorder.records]
    assert frame["seconds"].iloc[0] == 0
    assert (frame["seconds"] >= 0).all()  # two threads need not write in the order of their clocks
    submitted = frame[frame["what"] == "EventSubmitted"].set_index("event")
    middle = submitted.loc["Event(name='middle', n=1)"]
    assert (middle["processor"], middle["cause"], middle["recipients"]) == (
        "Relay",
        "Event(name='start', n=1)",
        "Relay, Fails",
    )
    failed = frame[frame["what"] == "DeliveryFailed"].iloc[0]
    assert failed["detail"] == "Fails raised ValueError: broken on Event(name='middle', n=1)"
    assert frame[frame["what"] == "DeliveryFinished"]["elapsed"].notna().all()


def test_a_cause_that_is_not_recorded_any_more_is_said():
    recorder = Recorder()
    recorder(EventSubmitted(Event("b"), "A", Event("a"), (), 1, 0.0))
    assert recorder.frame()["cause"].tolist() == ["not recorded"]


def test_a_recorder_says_how_much_it_holds():
    recorder = Recorder(max_bytes=2000)
    recorder(submitted(Event("a")))
    assert repr(recorder) == "<Recorder: 1 record>"
    for _ in range(5):
        recorder(submitted(Event("a")))
    assert repr(recorder) == f"<Recorder: {len(recorder)} records, {6 - len(recorder)} older ones dropped>"
