from notebook_samples import chain, emits, event, processor, receives

from framework.notebook.graphs.collapse import READABLE, collapsed, members
from framework.notebook.graphs.drawing import Drawing
from framework.observe import Graph


def fan(count):
    workers = tuple(processor(f"Worker-{number}") for number in range(1, count + 1))
    return Graph("fan", (*workers, event("go")), tuple(receives("go", worker.key) for worker in workers))


def test_a_small_graph_stays_as_it_is():
    assert collapsed(fan(40)) == fan(40)


def test_nodes_that_differ_in_a_number_are_drawn_as_one():
    shown = collapsed(fan(100))

    assert [node.label for node in shown.nodes] == ["Worker-1..100 (100)", "go"]
    assert len(shown.edges) == 1


def test_a_group_knows_its_nodes():
    assert members(collapsed(fan(100)).nodes[0]) == tuple(f"Worker-{number}" for number in range(1, 101))


def test_nodes_that_share_their_first_word_are_drawn_as_one_where_numbers_do_not_help():
    nodes = tuple(processor(f"parse-{'x' * number}y") for number in range(READABLE + 1))

    assert [node.label for node in collapsed(Graph("words", nodes, ())).nodes] == [f"parse-* ({READABLE + 1})"]


def test_events_of_different_classes_are_not_mixed():
    nodes = tuple(event(f"e{number}", class_name=f"Class{number % 2}") for number in range(80))

    assert len(collapsed(Graph("classes", nodes, ())).nodes) == 2


def test_an_edge_of_a_group_was_observed_when_one_of_its_edges_was():
    workers = tuple(processor(f"W{number}") for number in range(80))
    edges = tuple(emits(worker.key, "out", observed=worker.key == "W7") for worker in workers)
    shown = collapsed(Graph("emits", (*workers, event("out")), edges))

    assert [edge.observed for edge in shown.edges] == [True]


def test_the_networkx_graph_keeps_every_node_of_a_collapsed_picture():
    drawing = Drawing(fan(100))

    assert len(drawing.nx) == 101
    assert len(drawing.shown.nodes) == 2


def test_names_that_have_nothing_in_common_are_all_drawn():
    assert len(collapsed(chain(300)).nodes) == 300
