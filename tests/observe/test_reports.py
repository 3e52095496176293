"""Reports and failures: their lines, their frames, and what is left of a traceback."""

import json
import re
from pathlib import Path

import pytest

from framework.core import Event
from framework.observe import Failure, PhaseReport, RunReport
from framework.observe.findings import Finding, Findings
from framework.observe.reports import Failures, drop_frames, phases_frame, without_frames


def raised(error, cause=None):
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def failure(error=None, **facts):
    return Failure("Parse", Event("line", text="7"), 2, error or raised(ValueError("no number")), **facts)


def phase(number=2, **facts):
    known = {"delivered": {"Read": 1000, "Parse": 234}, "emitted": 7, "failures": Failures(), "elapsed": 1.234}
    return PhaseReport(number, **known | {"settled": False} | facts)


def run_report(**facts):
    known = {"phases": (phase(1), phase(2)), "delivered": {"Read": 1200, "Parse": 4}, "failures": Failures()}
    counts = {"dead_letters": 0, "dropped": 0, "orphans": (), "gaps": (), "elapsed": 0.351, "waiting": ""}
    return RunReport(**known | counts | {"interrupted": False} | facts)


def test_a_phase_is_one_line():
    assert repr(phase()) == "Phase 2: 1,234 delivered, 7 emitted, 0 failures, 1.23 s"
    settled = phase(failures=Failures([failure()]), settled=True)
    assert repr(settled) == "Phase 2: 1,234 delivered, 7 emitted, 1 failure, 1.23 s, settled"


def test_a_run_is_one_line():
    assert repr(run_report()) == "Finished: 2 phases, 1,204 delivered, 0 failures, 0.35 s"


def test_a_run_that_lost_something_says_so_in_its_line():
    line = repr(run_report(interrupted=True, dead_letters=2, dropped=1500))
    assert line == "Interrupted: 2 phases, 1,204 delivered, 0 failures, 2 dead letters, 1,500 dropped, 0.35 s"


def test_a_report_asks_for_its_findings_when_they_are_read():
    found = Findings([Finding("silent", "nothing came")])
    assert run_report(_diagnosis=lambda: found).findings is found
    assert len(run_report().findings) == 0


def test_failures_are_counted_and_told_a_line_each():
    lines = repr(Failures([failure(), failure()])).splitlines()
    assert lines[0] == "2 failures"
    assert lines[1:] == ["  Parse raised ValueError: no number on Event(name='line', text='7')"] * 2


def test_a_slice_of_failures_is_failures():
    failures = Failures([failure(), failure(), failure()])
    assert isinstance(failures[1:], Failures)
    assert len(failures[1:]) == 2
    assert failures[0] is next(iter(failures))


def test_failures_are_equal_to_a_sequence_of_the_same():
    one = failure()
    assert Failures([one]) == [one]
    assert Failures([one]) != [one, one]
    assert Failures([one]) != 1
    assert hash(Failures([one])) == hash(Failures([one]))


def test_a_failure_that_was_kept_without_its_processor_says_what_to_do():
    with pytest.raises(LookupError, match="this failure of Parse was kept without its processor"):
        failure().rerun()
    assert failure(_repeat=lambda: "again").rerun() == "again"


@pytest.mark.parametrize("cause", [None, LookupError("before")])
def test_a_failure_without_frames_keeps_its_traceback_as_text(cause):
    heavy = failure(raised(ValueError("no number"), cause))
    told = heavy.traceback
    light = without_frames(heavy)
    assert light.exception.__traceback__ is None
    without_marks = [line for line in told.splitlines() if not re.fullmatch(r"\s*[~^]+", line)]
    assert [line for line in light.traceback.splitlines() if not re.fullmatch(r"\s*[~^]+", line)] == without_marks
    assert ("before" in light.traceback) == (cause is not None)


def test_a_failure_is_the_same_and_reads_the_same_however_it_is_repeated_and_told():
    error, event = raised(ValueError("no number")), Event("line")
    one, other = Failure("Parse", event, 2, error), Failure("Parse", event, 2, error, lambda: None, "told")
    assert one == other
    assert repr(one) == repr(other)
    assert "repeat" not in repr(other)


def test_a_text_that_was_kept_is_the_traceback():
    assert failure(_text="as it was").traceback == "as it was"
    assert without_frames(failure(_text="as it was")).traceback == "as it was"


def test_frames_are_dropped_of_causes_contexts_and_groups_also_in_a_circle():
    cause, member = raised(LookupError("cause")), raised(KeyError("member"))
    error = raised(ExceptionGroup("several", [member]), cause)
    cause.__context__ = error
    drop_frames(error)
    assert [each.__traceback__ for each in (error, cause, member)] == [None, None, None]


def test_failures_are_a_frame_with_the_place_in_the_code():
    frame = Failures([failure(), failure(ValueError("never raised"))]).frame()
    assert list(frame.columns) == ["processor", "event", "phase", "error", "message", "where"]
    first = frame.iloc[0]
    assert (first["processor"], first["phase"], first["error"], first["message"]) == (
        "Parse",
        2,
        "ValueError",
        "no number",
    )
    assert "test_reports.py" in first["where"]
    assert frame["where"].isna().tolist() == [False, True]


def test_phases_are_a_frame_that_names_the_busiest():
    frame = phases_frame([phase(1), phase(2, delivered={}, settled=True)])
    assert frame["delivered"].tolist() == [1234, 0]
    assert frame["busiest"].iloc[0] == "Read"
    assert frame["busiest"].isna().tolist() == [False, True]
    assert frame["settled"].tolist() == [False, True]
    assert frame["phase"].tolist() == [1, 2]


def test_a_frame_of_nothing_has_its_columns_and_types():
    frame = Failures().frame()
    assert len(frame) == 0
    assert str(frame["phase"].dtype) == "int64"


class Redelivers:
    def __init__(self):
        self.taken = []

    def _redeliver(self, processor, event):
        self.taken.append((processor, event))


def test_a_retry_delivers_each_failed_input_to_the_processor_of_its_name():
    pipeline, failures = Redelivers(), Failures([failure(), failure()])
    assert failures.retry(pipeline) == 2
    assert pipeline.taken == [("Parse", each.event) for each in failures]


def test_many_failures_are_printed_as_the_first_of_them():
    failures = Failures(Failure("Parse", number, 1, ValueError("odd")) for number in range(1000))

    assert len(repr(failures).splitlines()) == 12
    assert repr(failures).splitlines()[-1] == "  ... and 990 more: failures[10:], failures.frame()"


def test_a_frame_of_failures_names_the_users_line_also_without_frames():
    try:
        json.loads("{")
    except ValueError as error:
        failure = Failure("A", Event("x"), 1, error)
    expected = failure.where
    light = without_frames(failure)

    assert expected.startswith("test_reports.py:")
    assert light.exception.__traceback__ is None
    assert Failures([light]).frame()["where"].tolist() == [expected]


@pytest.mark.parametrize("notes", [5, ["Traceback", 5], [f'Traceback\n  File "a", line {"9" * 5000}'], "Traceback"])
def test_whatever_stands_for_the_notes_of_an_error_its_line_is_told(notes):
    error = raised(ValueError())
    error.__notes__ = notes
    assert Path(__file__).stem in failure(error).where
