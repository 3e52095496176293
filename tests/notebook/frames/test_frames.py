import pytest

from framework.core.event import Event
from framework.notebook import failures_frame, phases_frame, plan_frame, trace_frame
from framework.observe import (
    DeliveryFailed,
    DeliveryFinished,
    EventSubmitted,
    Failure,
    Failures,
    PhaseReport,
    PhaseSettled,
    Recorder,
    RunReport,
    WorkersScaled,
)


def failure(event=None):
    try:
        int("x")
    except ValueError as error:
        return Failure("Parse", event or Event(name="line", text="x"), 2, error)


def phase(number, *failures, settled=False, **delivered):
    return PhaseReport(number, delivered, 3, Failures(failures), 0.5, settled)


def run(*phases):
    failures = Failures(failure for report in phases for failure in report.failures)
    return RunReport(phases, {}, failures, 0, 0, (), (), 1.0, "", interrupted=False)


def recorded(*happenings):
    recorder = Recorder()
    for happening in happenings:
        recorder(happening)
    return recorder


def test_a_trace_has_a_row_for_each_happening_with_the_cause_of_each_event():
    start, line = Event(name="start"), Event(name="line", text="x")
    frame = trace_frame(
        recorded(
            EventSubmitted(start, None, None, ("Read",), 0, 10.0),
            EventSubmitted(line, "Read", start, ("Parse", "Count"), 1, 10.5),
            DeliveryFinished("Parse", line, 1, 11.0, 0.25),
        )
    )

    assert frame["what"].tolist() == ["EventSubmitted", "EventSubmitted", "DeliveryFinished"]
    assert frame["seconds"].tolist() == [0.0, 0.5, 1.0]
    assert frame["cause"].tolist()[1] == "Event(name='start')"
    assert frame["recipients"].tolist()[1] == "Parse, Count"
    assert frame["elapsed"].tolist()[2] == 0.25


def test_a_trace_shows_why_workers_were_scaled_and_deliveries_failed():
    broken = failure()
    frame = trace_frame(
        recorded(
            WorkersScaled("fetch", 3, 5, "0.93 > 0.70 for 10 s", 1.0),
            DeliveryFailed("Parse", broken.event, 2, 1.5, 0.1, broken),
            PhaseSettled(phase(2, broken), 2.0),
        )
    )

    assert frame["detail"].tolist()[:2] == ["0.93 > 0.70 for 10 s", broken.summary]
    assert frame["processor"].tolist()[:2] == ["fetch", "Parse"]
    assert frame["phase"].tolist()[2] == 2


def test_a_cause_that_was_not_recorded_is_said_to_be_so():
    frame = trace_frame(recorded(EventSubmitted(Event(name="b"), "A", Event(name="a"), (), 1, 0.0)))

    assert frame["cause"].tolist() == ["not recorded"]


def test_failures_come_with_input_error_and_place():
    row = failures_frame([failure()]).iloc[0]

    assert (row["processor"], row["phase"], row["error"], row["message"]) == (
        "Parse",
        2,
        "ValueError",
        "invalid literal for int() with base 10: 'x'",
    )
    assert row["event"] == "Event(name='line', text='x')"
    assert "test_frames.py:" in row["where"]


def test_failures_of_a_report_are_those_of_its_phases():
    assert len(failures_frame(run(phase(1, failure()), phase(2, failure())))) == 2


def test_a_failure_whose_message_cannot_be_printed_has_a_row():
    class Broken(Exception):
        def __str__(self):
            raise RuntimeError

    assert failures_frame([Failure("A", Event(name="x"), 1, Broken())])["message"].tolist() == [
        "<message raised RuntimeError>"
    ]


def test_phases_have_a_row_each_with_the_busiest_processor():
    frame = phases_frame(run(phase(1, Read=1, Parse=7), phase(2, settled=True)))

    assert frame["delivered"].tolist() == [8, 0]
    assert frame["busiest"].tolist()[0] == "Parse"
    assert frame["settled"].tolist() == [False, True]


def test_one_phase_report_is_one_row():
    assert phases_frame(phase(4))["phase"].tolist() == [4]


@pytest.mark.parametrize("frame", [trace_frame(Recorder()), failures_frame(()), phases_frame(()), plan_frame(())])
def test_an_empty_frame_keeps_its_columns(frame):
    assert len(frame) == 0
    assert len(frame.columns) >= 5


def test_columns_have_the_types_of_what_they_hold():
    kinds = {name: str(dtype) for name, dtype in phases_frame([phase(1)]).dtypes.items()}

    assert kinds["delivered"] == "int64"
    assert kinds["elapsed"] == "float64"
    assert kinds["settled"] == "bool"


def test_the_methods_of_reports_give_the_same_frames():
    failures = Failures([failure()])

    assert failures.frame().equals(failures_frame(failures))
    assert Recorder().frame().equals(trace_frame(Recorder()))


def test_a_trace_shows_what_a_phase_still_waited_for():
    report = PhaseReport(1, {}, 0, Failures(), 0.5, settled=False, waiting="Fetch holds the phase open")
    frame = trace_frame(recorded(PhaseSettled(report, 1.0)))

    assert frame["detail"].tolist() == ["Fetch holds the phase open"]
