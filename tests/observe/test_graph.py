import pytest

from framework.observe import Edge, Graph, Node

GRAPH = Graph(
    "demo",
    (Node("Read", "processor", "Read"), Node(("event", "Event", "line"), "event", "line")),
    (Edge("Read", ("event", "Event", "line"), "emits"),),
)


def test_a_node_is_found_by_its_key():
    assert GRAPH.node("Read").kind == "processor"
    assert GRAPH.node(("event", "Event", "line")).label == "line"


def test_an_unknown_key_is_a_key_error():
    with pytest.raises(KeyError, match="Write"):
        GRAPH.node("Write")
