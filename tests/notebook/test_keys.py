from notebook_samples import dependencies, event, processor, receives

from framework.core import Event
from framework.notebook.keys import keys_of, without_protocol
from framework.observe import Graph
from framework.reactive import ReactiveEvent


def test_an_event_belongs_to_its_node():
    assert keys_of(Event(name="line")) == (("event", "Event", "line"),)


def test_an_announced_artifact_belongs_to_its_target_as_well():
    assert keys_of(ReactiveEvent(name="built", target="words", artifact=1))[1] == ("target", "words")
    assert len(keys_of(ReactiveEvent(name="resolve", target="words"))) == 1


def with_protocol(*, plain):
    built, resolve = (event(name, "ReactiveEvent") for name in ("built", "resolve"))
    nodes, edges = (
        (built, resolve),
        (receives("built", "Words", "ReactiveEvent"), receives("resolve", "Words", "ReactiveEvent")),
    )
    if plain:
        nodes, edges = (*nodes, processor("Show")), (*edges, receives("built", "Show", "ReactiveEvent"))
    graph = dependencies()
    return Graph("all", graph.nodes + nodes, graph.edges + edges)


def test_what_builders_tell_each_other_is_shown_by_targets_alone():
    assert without_protocol(with_protocol(plain=False)).nodes == dependencies().nodes


def test_what_a_plain_processor_gets_is_still_shown():
    graph = without_protocol(with_protocol(plain=True))

    assert [edge for edge in graph.edges if edge.kind == "receives"] == [receives("built", "Show", "ReactiveEvent")]


def test_a_pipeline_without_builders_is_left_alone():
    graph = Graph(
        "plain", (processor("Show"), event("built", "ReactiveEvent")), (receives("built", "Show", "ReactiveEvent"),)
    )

    assert without_protocol(graph) == graph
