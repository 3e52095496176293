import re

import pytest
from notebook_processors import make_pipeline

from framework.core import AbstractProcessor, Event, Pipeline
from framework.errors import OptionError
from framework.notebook import PhaseStepper, lineage, sequence_diagram
from framework.observe import EventSubmitted, Recorder


@pytest.fixture
def recorder():
    recorder = Recorder()
    pipeline = make_pipeline(count=0, on_error="keep")
    pipeline.observe(recorder)
    pipeline.submit(Event(name="start", count=2))
    pipeline.run()
    return recorder


def test_a_lineage_leads_back_to_the_outside(recorder):
    parsed = recorder.events(name="parsed")[0]

    assert str(lineage(parsed, recorder)).splitlines() == [
        "  outside: Event(name='start', count=2) -> Read",
        "    Read: Event(name='line', number=0) -> Parse",
        ">     Parse: Event(name='parsed', number=0) -> Total",
    ]


def test_a_lineage_shows_what_came_of_an_event(recorder):
    start = recorder.events(name="start")[0]
    names = [step.submitted.event.name for step in lineage(start, recorder)]

    assert names == ["start", "line", "parsed", "lost", "line", "parsed", "lost"]


def test_the_recorder_is_found_by_the_event(recorder):
    assert len(lineage(recorder.events(name="parsed")[0])) == 3


def test_an_event_that_was_not_recorded_is_said_to_be_so():
    assert "not recorded" in str(lineage(Event(name="x")))
    assert "not recorded" in str(sequence_diagram(Event(name="x")))


def test_a_stepper_knows_the_lineage_of_what_it_stepped():
    stepper = PhaseStepper(make_pipeline())
    stepper.step()

    assert len(lineage(stepper.recorder.events(name="parsed")[0], stepper)) == 2


def test_a_lineage_is_drawn_from_causes_to_effects(recorder):
    drawing = lineage(recorder.events(name="line")[0], recorder).drawing()

    assert len(drawing.nx) == 4
    assert [edge.label for edge in drawing.graph.edges] == ["Read", "Parse", "Parse"]


def test_an_event_that_causes_itself_again_has_an_end():
    recorder, event = Recorder(), Event(name="again")
    recorder(EventSubmitted(event, None, None, ("A",), 0, 0.0))
    recorder(EventSubmitted(event, "A", event, ("A",), 1, 1.0))

    assert len(lineage(event, recorder)) < 300


def test_a_sequence_has_its_messages_in_order(recorder):
    diagram = sequence_diagram(recorder.events(name="start")[0], recorder)

    assert diagram.participants[:3] == ("outside", "Read", "Parse")
    assert str(diagram).splitlines()[0] == "outside -> Read: start"
    assert "Parse -> no recipient: lost" in str(diagram)


def test_a_sequence_is_mermaid_text(recorder):
    diagram = sequence_diagram(recorder.events(name="line")[0], recorder)

    assert diagram.mermaid.splitlines()[0] == "sequenceDiagram"
    assert "p1->>p2: line" in diagram.mermaid


def test_arrows_of_a_sequence_go_down_from_lifeline_to_lifeline():
    recorder, event = Recorder(), Event(name="x")
    back = Event(name="y")
    recorder(EventSubmitted(event, None, None, ("A", "B"), 0, 0.0))
    recorder(EventSubmitted(back, "B", event, ("A",), 0, 1.0))
    recorder(EventSubmitted(Event(name="z"), "B", back, ("B",), 0, 2.0))
    diagram = sequence_diagram(event, recorder)
    places = dict(re.findall(r'^\t(\w+) \[.*?pos="([^"]*)!"', diagram.dot, re.MULTILINE))
    across, down = ({node: float(place.split(",")[at]) for node, place in places.items()} for at in (0, 1))
    columns = {across[f"n{number}"]: name for number, name in enumerate(diagram.participants)}
    arrows = re.findall(r"^\t(from\d) -> (\w+)", diagram.dot, re.MULTILINE)

    assert diagram.participants == ("outside", "A", "B")
    assert [(columns[across[start]], columns[across[end]]) for start, end in arrows] == [
        ("outside", "A"), ("outside", "B"), ("B", "A"), ("B", "B"),
    ]  # fmt: skip
    assert all(down[start] == down[end] for start, end in arrows)
    heights = [down[start] for start, _ in arrows]
    assert heights == sorted(heights, reverse=True)


def test_a_sequence_is_drawn_styled_and_saved_like_other_pictures(tmp_path):
    recorder, event = Recorder(), Event(name="x")
    recorder(EventSubmitted(event, None, None, ("A",), 0, 0.0))
    diagram = sequence_diagram(event, recorder)

    assert diagram.save(tmp_path / "x.svg").read_text().startswith("<svg")
    assert "sequenceDiagram" in diagram.save(tmp_path / "x.mmd").read_text()
    assert [text.strip() for text in re.findall(r">([^<]*)</text>", diagram.svg)] == ["outside", "A", "x"]
    assert "<img" in diagram.graphviz._repr_mimebundle_()["text/html"]


def test_the_names_of_a_sequence_have_room_between_its_lifelines():
    recorder, event = Recorder(), Event(name="a" * 40)
    recorder(EventSubmitted(event, None, None, ("A",), 0, 0.0))
    width = int(re.search(r'<svg width="(\d+)"', sequence_diagram(event, recorder).svg)[1])

    assert 240 < width < 600


def test_names_cannot_break_out_of_a_sequence():
    recorder, event = Recorder(), Event(name="</text><script>\n;end")
    recorder(EventSubmitted(event, '"><b>', None, ("A-->>B: x",), 0, 0.0))
    diagram = sequence_diagram(event, recorder)

    assert "<script" not in diagram._repr_mimebundle_()["text/html"]
    assert "<b>" not in diagram._repr_mimebundle_()["text/html"]
    assert len(diagram.mermaid.splitlines()) == 4
    assert "<" not in diagram.mermaid.replace("->>", "")


def test_a_lineage_escapes_what_the_user_wrote():
    recorder, event = Recorder(), Event(name="x", text="<script>")
    recorder(EventSubmitted(event, None, None, (), 0, 0.0))

    assert "<script>" not in lineage(event, recorder)._repr_mimebundle_()["text/html"]


def test_a_stepper_says_since_when_it_recorded():
    pipeline = make_pipeline(on_error="keep")
    pipeline.step()
    stepper = PhaseStepper(pipeline)
    stepper.attach()

    assert str(lineage(Event(name="x"), stepper)) == "not recorded before phase 2"


def test_an_event_whose_record_had_to_go_is_said_to_be_so():
    recorder, event = Recorder(max_bytes=2000), Event(name="old")
    recorder(EventSubmitted(event, None, None, (), 0, 0.0))
    for number in range(5):
        recorder(EventSubmitted(Event(name="new", n=number), None, None, (), 0, 1.0))

    assert str(lineage(event, recorder)) == "not recorded any more: 4 older records were dropped"


def test_the_picture_of_a_lineage_names_who_sent(recorder):
    assert 'label=" Read "' in lineage(recorder.events(name="line")[0], recorder).drawing().dot


def test_a_sequence_without_messages_says_why_where_the_picture_would_be():
    shown = sequence_diagram(Event(name="x"))._repr_mimebundle_()

    assert "not recorded" in shown["text/html"]
    assert "<img" not in shown["text/html"]


def html_of(shown):
    return shown._repr_mimebundle_()["text/html"]


def test_a_lineage_is_a_table_with_the_attributes_of_each_event(recorder):
    html = html_of(lineage(recorder.events(name="parsed")[0], recorder))
    rows = html.split("<tr>")[2:]

    assert [re.sub(r"<[^>]+>", "|", row).replace("\N{NO-BREAK SPACE}", "").split("|")[1] for row in rows] == [
        "outside", "Read", "Parse",
    ]  # fmt: skip
    assert "<b>parsed</b>" in rows[2]
    assert ">number=0</td>" in rows[1]


def test_a_history_knows_the_lineage_of_an_event_without_a_recorder():
    pipeline = make_pipeline(on_error="keep", history=True, count=0)
    start = Event(name="start", count=2)
    pipeline.submit(start)
    pipeline.run()

    for source in (None, pipeline, pipeline.history):
        assert [step.sent.name for step in lineage(start, source)][:3] == ["start", "line", "parsed"]
    assert str(sequence_diagram(start, pipeline)).splitlines()[0] == "outside -> Read: start"


def test_a_stepper_that_came_later_asks_the_history():
    pipeline = make_pipeline(on_error="keep", history=True, count=0)
    start = Event(name="start", count=2)
    pipeline.submit(start)
    stepper = PhaseStepper(pipeline)
    stepper.step()

    assert len(lineage(start, stepper)) == 7


def test_a_pipeline_without_a_history_says_how_to_keep_one():
    with pytest.raises(OptionError, match="history=True"):
        lineage(Event(name="x"), make_pipeline(history=False))


class Ticker(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="__PHASE__", phase=1):
                context.submit(Event("tick"))


class Bystander(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="__PHASE__") | Event(name="tick"):
                pass


def test_a_sequence_leaves_out_those_who_got_a_control_event_and_did_nothing():
    pipeline = Pipeline([Ticker(), Bystander("Hears"), Bystander("Idle")], strict_interest_inference=True)
    recorder = Recorder()
    pipeline.observe(recorder)
    pipeline.run()
    (tick,) = recorder.events(name="tick")

    assert sequence_diagram(tick, recorder).messages[0].recipient == "Ticker"
    assert [message.name for message in sequence_diagram(tick, recorder).messages] == ["__PHASE__", "tick", "tick"]


def test_a_sequence_of_a_control_event_that_nothing_answered_keeps_its_recipients():
    pipeline = Pipeline([Bystander("Idle")], strict_interest_inference=True)
    recorder = Recorder()
    pipeline.observe(recorder)
    pipeline.run()

    assert str(sequence_diagram(recorder.events(name="__PHASE__")[0], recorder)) == "outside -> Idle: __PHASE__"
