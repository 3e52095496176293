from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notebook_samples import chain, emits, event, processor, receives

from framework.notebook.graphs.drawing import Drawing
from framework.notebook.graphs.figure import Figure, figure_of
from framework.notebook.graphs.groups import READABLE, Outline
from framework.observe import Edge, Graph, Node


def fan(count):
    workers = tuple(processor(f"Worker-{number}") for number in range(1, count + 1))
    return Graph("fan", (*workers, event("go")), tuple(receives("go", worker.key) for worker in workers))


def outline(graph):
    return Outline(figure_of(graph))


def labels(graph):
    shown = outline(graph)
    return [box.label for box in shown.shown(shown.opened).boxes]


def test_a_small_figure_stays_as_it_is():
    assert outline(fan(40)).shown(frozenset()) == figure_of(fan(40))


def test_boxes_with_the_same_neighbours_are_drawn_as_one():
    assert labels(fan(60)) == ["Worker-1 … Worker-60 (60)", "go"]


def test_a_group_has_no_more_boxes_than_a_picture():
    assert labels(fan(100)) == ["Worker-1 … Worker-60 (60)", "Worker-61 … Worker-100 (40)", "go"]


def test_a_series_is_drawn_as_one():
    assert labels(chain(130)) == ["e0x … P58x (60)", "P59x … P64x (6)"]


def test_a_group_stands_for_the_nodes_in_it():
    shown = outline(fan(60))

    assert shown.shown(frozenset()).boxes[0].keys == tuple(f"Worker-{number}" for number in range(1, 61))


def test_a_group_is_expanded_in_place_and_framed():
    shown = outline(fan(100))
    group = shown.shown(frozenset()).boxes[1]
    boxes = shown.shown(frozenset({group.group})).boxes

    assert [box.label for box in boxes] == ["Worker-1 … Worker-60 (60)", *(f"Worker-{n}" for n in range(61, 101)), "go"]
    assert {box.frames for box in boxes[1:-1]} == {((group.group, group.label),)}


def test_an_arrow_of_a_group_stands_for_the_edges_of_its_nodes():
    workers = tuple(processor(f"W{number}") for number in range(60))
    edges = tuple(emits(worker.key, "out", observed=True) for worker in workers)
    (arrow,) = outline(Graph("emits", (*workers, event("out")), edges)).shown(frozenset()).arrows

    assert len(arrow.hops) == 60


def test_sub_flows_are_framed_when_they_are_few_and_closed_when_they_are_many():
    def flow(count):
        jobs = ["read", *(f"dispatch.{number}" for number in range(count)), "store"]
        nodes = tuple(Node(job, "job", job) for job in jobs)
        edges = tuple(Edge(one, other, "next") for one, other in pairwise(jobs))
        return Graph("flow", nodes, edges)

    few = outline(flow(2))
    assert [box.frames for box in few.shown(few.opened).boxes][1] == (("2 from dispatch.0", "dispatch"),)
    assert labels(flow(60))[:2] == ["read", "dispatch"]


def test_the_networkx_graph_keeps_every_node_of_a_collapsed_picture():
    drawing = Drawing(fan(100))

    assert len(drawing.nx) == 101
    assert len(drawing.shown.boxes) == 3


edges = st.lists(st.tuples(st.integers(0, 199), st.integers(0, 199)), max_size=400)


@given(edges, st.booleans())
@settings(max_examples=40, deadline=None)
def test_no_grouping_makes_a_circle_or_loses_a_node(pairs, acyclic):
    pairs = [(min(pair), max(pair)) if acyclic else pair for pair in pairs]
    nodes = tuple(Node(f"j{number}", "job", f"j{number}") for number in range(200))
    arrows = tuple(Edge(f"j{one}", f"j{other}", "next") for one, other in pairs if one != other)
    figure = outline(Graph("any", nodes, arrows)).shown(frozenset())

    assert sorted(key for box in figure.boxes for key in box.keys) == sorted(node.key for node in nodes)
    assert len(figure.boxes) <= READABLE + 30
    if acyclic:
        assert nx.is_directed_acyclic_graph(nx.DiGraph((arrow.source, arrow.target) for arrow in figure.arrows))


@pytest.mark.parametrize("graph", [fan(1000), chain(600), fan(61)], ids=["fan", "chain", "just too many"])
def test_every_node_is_reached_in_three_clicks(graph):
    shown, clicks = outline(graph), 0
    expanded = frozenset()
    while groups := {box.group for box in shown.shown(expanded).boxes if box.group}:
        expanded |= groups
        clicks += 1

    assert clicks <= 2  # and the third on the node
    assert len(shown.shown(expanded).boxes) == len(figure_of(graph).boxes)


def test_an_empty_figure_has_no_groups():
    assert outline(Graph("empty", (), ())).shown(frozenset()) == Figure("empty", (), ())


def test_a_part_that_fills_a_picture_is_a_group():
    def tree(name):
        jobs = [f"{name}{number}" for number in range(READABLE)]
        edges = [Edge(jobs[(number - 1) // 2], jobs[number], "next") for number in range(1, READABLE)]
        return [Node(job, "job", job) for job in jobs], edges

    (left, left_edges), (right, right_edges) = tree("left"), tree("right")
    found = labels(Graph("apart", (*left, *right), (*left_edges, *right_edges)))

    assert [label.endswith(f"({READABLE})") for label in found] == [True, True]
