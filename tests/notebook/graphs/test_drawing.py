import sys
from dataclasses import replace
from xml.etree import ElementTree as ET

import graphviz
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notebook_samples import Runtime, dependencies, event, node_snapshot, processor, receives, routing, snapshot

from framework.core import Pipeline
from framework.errors import LayoutUnavailable, MissingProgram, OptionError, UnknownName
from framework.notebook import Drawing, dependency_graph, flow_graph, routing_graph
from framework.notebook.graphs import drawing, layout
from framework.notebook.graphs.digraph import shortened
from framework.notebook.widgets.markup import printable
from framework.observe import Edge, Graph, Node
from framework.reactive import ReactiveBuilder

SVG = "{http://www.w3.org/2000/svg}"


def node_classes(svg):
    groups = ET.fromstring(svg).iter(f"{SVG}g")
    return {group.get("id"): group.get("class") for group in groups if group.get("id", "").startswith("node-")}


def test_the_networkx_graph_has_the_keys_of_the_nodes():
    graph = routing_graph(routing()).nx

    assert set(graph) == {"Find", "Parse"} | {("event", "Event", name) for name in ("start", "file", "done")}
    assert graph.has_edge("Find", ("event", "Event", "file"), "emits")
    assert graph.edges["Find", ("event", "Event", "file"), "emits"]["observed"] is True


def test_a_missing_provider_is_marked_in_the_networkx_graph():
    graph = dependency_graph(dependencies()).nx

    assert [key for key, missing in graph.nodes(data="missing") if missing] == [("target", "text")]


def test_a_routing_graph_shows_events_and_targets():
    both = Graph("both", routing().nodes + dependencies().nodes, routing().edges + dependencies().edges)

    assert set(routing_graph(both).nx) == {node.key for node in both.nodes}


def test_a_dependency_graph_shows_no_events():
    both = Graph("both", routing().nodes + dependencies().nodes, routing().edges + dependencies().edges)

    assert set(dependency_graph(both).nx) == {node.key for node in dependencies().nodes}


def test_a_dependency_graph_of_a_target_shows_what_it_is_made_from():
    assert set(dependency_graph(dependencies(), "words").nx) == {"Words", ("target", "text"), ("target", "words")}


def test_a_dependency_graph_of_a_cycle_ends():
    nodes = (Node("Grow", "builder", "Grow"), Node(("target", "tree"), "target", "tree"))
    edges = (Edge("Grow", ("target", "tree"), "provides"), Edge(("target", "tree"), "Grow", "requires"))

    assert len(dependency_graph(Graph("cycle", nodes, edges), "tree").nx) == 2


def test_an_unknown_target_suggests_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'words'"):
        dependency_graph(dependencies(), "wrods")


def test_a_flow_graph_shows_all_jobs():
    jobs = Graph("flow", (Node("a", "job", "a"), Node("b", "job", "b")), (Edge("a", "b", "next"),))

    assert list(flow_graph(jobs).nx.edges) == [("a", "b", "next")]


def test_equal_graphs_give_equal_bytes():
    layout.layout_svg.cache_clear()
    first = routing_graph(routing()).svg
    layout.layout_svg.cache_clear()

    assert routing_graph(routing()).svg == first


def test_the_picture_is_well_formed_and_every_node_has_an_id():
    assert set(node_classes(routing_graph(routing()).svg)) == {f"node-{number}" for number in range(4)}


def test_events_that_lead_nowhere_stand_out():
    classes = node_classes(routing_graph(routing()).svg)

    assert classes["node-3"] == "node event s-unreceived"
    assert classes["node-2"] == "node event s-unemitted"
    assert classes["node-1"] == "node processor"


def test_nodes_are_coloured_by_what_they_do():
    now = snapshot(node_snapshot("Find", done=3), node_snapshot("Parse", running=1, done=2))
    classes = node_classes(routing_graph(Runtime(routing(), now)).svg)

    assert classes["node-0"] == "node processor s-ran"
    assert classes["node-1"] == "node processor s-running"


def test_the_legend_names_only_the_states_that_occur():
    html = routing_graph(Runtime(routing(), snapshot(node_snapshot("Find", failed=1, done=1)))).html

    assert "✗ failed" in html
    assert "running" not in html


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", 'a"b', "a\\", "&lt;b&gt;", "tab\tnul\0", "a\nb", "naïve ☃", "\ud800"]
)
def test_a_name_cannot_break_out_of_the_picture(name):
    graph = Graph(name, (processor(name), event(name)), (receives(name, name),))
    svg = Drawing(graph).svg

    assert {element.tag for element in ET.fromstring(svg).iter()} <= {
        SVG + tag for tag in ("svg", "g", "title", "style", "rect", "polygon", "path", "text")
    }


def test_a_name_is_shown_as_it_is_written():
    texts = [
        text.text for text in ET.fromstring(Drawing(Graph("g", (processor(r"&lt; \N"),), ())).svg).iter(f"{SVG}text")
    ]

    assert texts == [r"&lt; \N"]


def test_an_empty_graph_has_a_picture():
    assert ET.fromstring(Drawing(Graph("empty", (), ())).svg).tag == f"{SVG}svg"


def test_the_bundle_holds_an_image_that_untrusted_notebooks_keep():
    bundle = routing_graph(routing())._repr_mimebundle_()

    assert '<img alt="pipeline: 2 processors, 3 events"' in bundle["text/html"]
    assert "<svg" not in bundle["text/html"]
    assert bundle["text/plain"] == "pipeline: 2 processors, 3 events"


def test_without_graphviz_the_bundle_is_mermaid_text(monkeypatch):
    def unavailable(*_):
        raise LayoutUnavailable(["none"])

    monkeypatch.setattr(drawing, "arranged", unavailable)
    bundle = routing_graph(routing())._repr_mimebundle_()

    assert bundle["text/vnd.mermaid"].startswith("flowchart LR")


@pytest.mark.parametrize(
    ("suffix", "start"), [("svg", "<svg"), ("dot", "digraph"), ("mmd", "flowchart"), ("html", "<!doctype")]
)
def test_a_drawing_is_saved_by_its_suffix(tmp_path, suffix, start):
    saved = routing_graph(routing()).save(tmp_path / f"picture.{suffix}")

    assert saved.read_text(encoding="utf-8").startswith(start)


def test_an_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(OptionError, match=r"not as '\.txt'"):
        routing_graph(routing()).save(tmp_path / "picture.txt")


def test_the_mermaid_text_names_every_arrow():
    assert len([line for line in routing_graph(routing()).mermaid.splitlines() if "->" in line]) == 4


def test_a_drawing_says_what_it_shows():
    assert repr(drawing.Drawing(routing())) == "pipeline: 2 processors, 3 events"


def test_a_job_shows_its_workers_and_its_queue():
    node = node_snapshot("fetch", workers=3, max_workers=5, waiting=7, capacity=10, done=2)
    flow = Graph("flow", (Node("fetch", "job", "fetch"),), ())

    assert "workers 3/5, queue 7/10" in flow_graph(Runtime(flow, snapshot(node))).svg


def test_a_drawing_can_be_explored():
    widget = routing_graph(Runtime(routing(), snapshot(node_snapshot("Find", done=1)))).explore()

    assert widget.picture.startswith("<svg")
    assert ["node-0", "ran", "✓ 1", [["ran", 1.0]]] in [list(node) for node in widget.state["nodes"]]


def test_the_legend_tells_what_the_second_line_of_a_builder_means():
    assert "keeps its results" in dependency_graph(dependencies()).html
    assert "keeps its results" not in dependency_graph(dependencies(), "words").html


def test_a_drawing_is_a_graphviz_digraph_with_nodes_named_by_us():
    graph = routing_graph(routing()).graphviz

    assert isinstance(graph, graphviz.Digraph)
    assert "n0 -> n1" in graph.source
    graph.attr(rankdir="TB")
    assert "rankdir=TB" in graph.source
    assert "rankdir=TB" not in routing_graph(routing()).dot


def test_a_digraph_is_shown_without_a_program(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert "data:image/svg+xml" in routing_graph(routing()).graphviz._repr_mimebundle_()["text/html"]


HOSTILE = st.text(st.sampled_from("ab:<>\\\"'&;#{}|[]\n\r\t -/%lNG\0\u2028\ud800é☃"), max_size=60)


@given(HOSTILE, HOSTILE, HOSTILE)
@settings(max_examples=60, deadline=None)
def test_any_name_is_drawn_as_it_is_written(one, other, label):
    nodes = (processor("a"), event("b"))
    nodes = (replace(nodes[0], label=one), replace(nodes[1], label=other))
    graph = Graph(label, nodes, (Edge("a", nodes[1].key, "emits", label=label),))
    root = ET.fromstring(Drawing(graph).svg)
    groups = {group.get("id"): group for group in root.iter(f"{SVG}g")}
    shown = [text_of(groups[name]) for name in ("node-0", "node-1", "edge-0")]

    assert shown == [written(one), written(other), written(label)]


def text_of(group):
    return squeezed(" ".join(element.text or "" for element in group.iter(f"{SVG}text")))


def written(name):
    """What can be seen of a name: Graphviz draws no empty lines and one blank for several."""
    return squeezed(printable(shortened(name)))


def squeezed(text):
    return " ".join(text.replace("\xa0", " ").split())


RENDERING = """#!{python}
import sys
sys.stdin.read()
sys.stdout.buffer.write(b"rendered " + sys.argv[-1].encode())
"""


@pytest.mark.parametrize("suffix", ["pdf", "png"])
def test_a_system_graphviz_renders_the_formats_that_need_one(tmp_path, monkeypatch, suffix):
    dot = tmp_path / "dot"
    dot.write_text(RENDERING.format(python=sys.executable))
    dot.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    saved = routing_graph(routing()).save(tmp_path / f"picture.{suffix}")

    assert saved.read_bytes() == f"rendered -T{suffix}".encode()


def test_without_a_system_graphviz_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingProgram, match=r"saving as \.pdf takes the program 'dot'.*apt install graphviz.*\.svg"):
        routing_graph(routing()).save(tmp_path / "picture.pdf")
    with pytest.raises(FileNotFoundError):
        routing_graph(routing()).save(tmp_path / "picture.png")


def test_builders_that_keep_their_results_have_two_outlines():
    class Kept(ReactiveBuilder):
        def build(self, context):
            yield 1

    drawn = [dependency_graph(Pipeline([Kept("a", [], persist=persist)])).dot for persist in (True, False)]
    assert ["peripheries=2" in dot for dot in drawn] == [True, False]
