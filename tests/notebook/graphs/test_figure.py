from notebook_samples import chain, dependencies, emits, event, processor, receives, routing

from framework.notebook.graphs.figure import figure_of
from framework.observe import Edge, Graph, Node


def arrows(figure):
    return [(figure.boxes[a.source].label, a.labels, figure.boxes[a.target].label) for a in figure.arrows]


def test_an_event_between_one_sender_and_one_recipient_is_a_label():
    figure = figure_of(routing())

    assert [box.label for box in figure.boxes] == ["Find", "Parse", "start", "done"]
    assert arrows(figure) == [("start", (), "Find"), ("Find", ("file",), "Parse"), ("Parse", (), "done")]


def test_a_chain_of_n_processors_is_n_boxes_and_the_event_that_begins_it():
    assert len(figure_of(chain(30)).boxes) == 16


def test_a_target_with_one_provider_is_a_line_in_its_box():
    figure = figure_of(dependencies())

    assert [(box.label, box.lines) for box in figure.boxes] == [
        ("Words", ("words",)), ("Count", ("totals",)), ("Other", ("apart",)), ("text", ()),
    ]  # fmt: skip
    assert figure.boxes[0].keys == ("Words", ("target", "words"))
    assert arrows(figure) == [("text", (), "Words"), ("Words", (), "Count")]


def test_a_target_with_two_providers_keeps_its_box():
    target = ("target", "t")
    nodes = (Node("A", "builder", "A"), Node("B", "builder", "B"), Node(target, "target", "t"))
    edges = (Edge("A", target, "provides"), Edge("B", target, "provides"))

    assert len(figure_of(Graph("two", nodes, edges)).boxes) == 3


def test_an_event_of_two_recipients_keeps_its_box():
    nodes = (processor("A"), processor("B"), processor("C"), event("e"))
    edges = (emits("A", "e"), receives("e", "B"), receives("e", "C"))

    assert len(figure_of(Graph("fork", nodes, edges)).boxes) == 4


def test_arrows_name_the_target_where_their_box_has_several():
    nodes = (
        Node("A", "builder", "A"),
        Node("B", "builder", "B"),
        *(Node(("target", name), "target", name) for name in "xy"),
    )
    edges = (
        *(Edge("A", ("target", name), "provides") for name in "xy"),
        *(Edge(("target", name), "B", "requires") for name in "xy"),
    )
    figure = figure_of(Graph("several", nodes, edges))

    assert arrows(figure) == [("A", ("x", "y"), "B")]
    assert figure.arrows[0].keys == (("target", "x"), ("target", "y"))


def test_an_arrow_knows_the_edges_that_it_stands_for():
    (arrow,) = (arrow for arrow in figure_of(routing()).arrows if arrow.labels)

    assert arrow.hops == {("Find", ("event", "Event", "file")), (("event", "Event", "file"), "Parse")}


def test_an_event_that_its_sender_receives_is_an_arrow_to_itself():
    nodes = (processor("A"), event("again"))
    figure = figure_of(Graph("self", nodes, (emits("A", "again"), receives("again", "A"))))

    assert arrows(figure) == [("A", ("again",), "A")]


def test_events_that_lead_to_each_other_keep_their_boxes():
    nodes = tuple(Node(name, "event", name) for name in "abc")
    edges = (Edge("a", "b", "emits"), Edge("b", "c", "emits"))

    assert len(figure_of(Graph("lineage", nodes, edges)).boxes) == 3


def test_only_what_may_be_emitted_is_dashed_and_not_what_was_or_what_is_received():
    nodes = (processor("A"), processor("B"), processor("C"), event("seen"), event("told"))
    edges = (
        emits("A", "seen", observed=True),
        emits("B", "told"),
        *(receives(name, who) for name in ("seen", "told") for who in ("C", "A")),
    )
    figure = figure_of(Graph("dashes", nodes, edges))

    assert {figure.boxes[arrow.source].label for arrow in figure.arrows if arrow.dashed} == {"B"}
