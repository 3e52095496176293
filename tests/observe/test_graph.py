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


def test_a_graph_is_written_as_mermaid():
    read = ("event", "Event", "read")
    kept = ("target", "kept")
    nodes = (
        Node("Read", "processor", 'Read "it" <now>'),
        Node(read, "event", "two\nlines & #1"),
        Node(kept, "target", "kept", missing=True),
    )
    edges = (
        Edge("Read", read, "emits"),
        Edge("Read", read, "emits", observed=True, label="3"),
        Edge(read, "Read", "receives"),
        Edge(kept, "Read", "requires"),
    )
    assert Graph("demo", nodes, edges).mermaid().splitlines() == [
        "flowchart LR",
        '    n0["Read #quot;it#quot; #lt;now#gt;"]',
        '    n1(["two lines #amp; #35;1"])',
        '    n2(["kept"])',
        "    n0 -.-> n1",
        '    n0 -->|"3"| n1',
        "    n1 --> n0",
        "    n2 --> n0",
        "    classDef missing stroke:#cf222e,stroke-width:2px",
        "    class n2 missing",
    ]


def test_a_graph_without_missing_nodes_has_no_class_for_them():
    assert "missing" not in GRAPH.mermaid()


def test_a_control_sign_in_a_label_is_replaced():
    assert '["\N{REPLACEMENT CHARACTER}"]' in Graph("demo", (Node("a", "job", "\x00"),), ()).mermaid()
