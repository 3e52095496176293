"""Graphs in a page: what is measured here is what a reader sees, in px of the screen."""

import random

import pytest

from framework.notebook.graphs.canvas import DrawingView, DrawingWidget
from framework.observe import Edge, Graph, Node, NodeSnapshot, Snapshot

# a cell of JupyterLab beside its sidebar, on screens of 1280 and 1680 px
CELLS = {1280: 848, 1680: 1248}
NODE = ".fw-canvas .node"


def processors(count, senders=(1, 1, 2), seed=1):
    """Processors with an event from one or two of those before each, as pipelines have them."""
    chance = random.Random(seed)
    nodes = [Node(f"Processor{number}", "processor", f"Processor{number}") for number in range(count)]
    edges = []
    for number in range(1, count):
        for before in {chance.randrange(max(0, number - 6), number) for _ in range(chance.choice(senders))}:
            event = ("event", "Event", f"event{before}-{number}")
            nodes.append(Node(event, "event", event[2]))
            edges.append(Edge(f"Processor{before}", event, "emits", observed=True))
            edges.append(Edge(event, f"Processor{number}", "receives"))
    return Graph("a pipeline", tuple(nodes), tuple(edges))


def running(graph):
    nodes = {
        node.key: NodeSnapshot(node.key, 3, 1, 1, 1, 1, 1204, number % 7 == 0, 1.5)
        for number, node in enumerate(graph.nodes)
        if node.kind == "processor"
    }
    return Snapshot(graph.name, "running", 0.0, nodes)


def shown(bare, count, width, senders=(1, 1, 2)):
    graph = processors(count, senders)
    bare.show(DrawingWidget, DrawingView(graph, running(graph)), width)
    return graph


@pytest.mark.parametrize("screen", CELLS)
@pytest.mark.parametrize("count", [15, 60, 300])
def test_every_letter_can_be_read(bare, record_property, count, screen):
    shown(bare, count, CELLS[screen])
    letters, legend = bare.letters(), bare.letters_of(".fw-legend")
    record_property("smallest", min(letters))
    bare.picture(f"graph-{count}-at-{screen}")

    assert min(letters) >= 11
    assert min(legend) >= 12
    assert min(bare.letters_of(".fw")) >= 12
    assert not bare.illegible()


@pytest.mark.parametrize("screen", CELLS)
def test_a_graph_of_15_is_seen_as_a_whole(bare, screen):
    shown(bare, 15, CELLS[screen])

    assert bare.page.locator(NODE).count() == 15
    assert not bare.overflows(".fw-canvas")


def test_the_layout_follows_the_width_of_the_cell(bare):
    shown(bare, 15, 848)
    wide = bare.page.locator(".fw-canvas svg").get_attribute("width")
    bare.page.evaluate("() => { document.getElementById('cell').style.width = '500px'; }")
    bare.settle()

    assert float(bare.page.locator(".fw-canvas svg").get_attribute("width")) < min(500, float(wide))


def test_300_nodes_open_collapsed_and_expand_in_place(bare):
    shown(bare, 300, 848)
    before = bare.page.locator(NODE).count()
    assert before <= 60
    assert bare.page.locator(".fw-legend").inner_text().split() == ["▶", "running"]
    group = bare.page.locator(f"{NODE}[data-group]").first
    name = group.get_attribute("data-names").split("\t")[0]
    group.click()
    bare.page.locator(".fw-canvas .cluster").wait_for()
    bare.page.locator(f'{NODE}[data-names="{name}"]').wait_for()
    bare.picture("graph-300-expanded")
    assert min(bare.letters()) >= 11
    assert bare.page.locator(NODE).count() > before
    bare.page.locator(".fw-canvas .cluster").focus()
    bare.page.keyboard.press("Enter")
    bare.page.locator(".fw-canvas .cluster").wait_for(state="detached")

    assert bare.page.locator(NODE).count() == before


def test_each_of_300_nodes_is_reached_by_three_clicks(bare):
    graph = shown(bare, 300, 848)
    wanted = {node.key for node in graph.nodes if node.kind == "processor"}
    groups = bare.page.locator(f"{NODE}[data-group]").evaluate_all("(all) => all.map((one) => one.dataset.group)")
    reached = seen_names(bare)
    for group in groups:
        names = bare.page.locator(f'{NODE}[data-group="{group}"]').get_attribute("data-names").split("\t")
        clicks = expanded(bare, group)
        inner = bare.page.locator(f"{NODE}[data-group]").evaluate_all("(all) => all.map((one) => one.dataset.group)")
        assert set(names) <= seen_names(bare), "one click shows all of a group"
        assert clicks + len(set(inner) - set(groups)) <= 3
        reached |= seen_names(bare)
        expanded(bare, group)

    assert wanted <= reached


def seen_names(bare):
    """The names of the boxes that stand for one node."""
    single = f"{NODE}:not([data-group])"
    return set(bare.page.locator(single).evaluate_all("(all) => all.map((one) => one.dataset.names.split('\t')[0])"))


def expanded(bare, group):
    """Click on a group or on the frame around it; returns the number of clicks."""
    before = bare.page.locator(NODE).count()
    bare.page.locator(f'.fw-canvas [data-group="{group}"]').first.dispatch_event("click")
    bare.page.wait_for_function(f"(before) => document.querySelectorAll('{NODE}').length !== before", arg=before)
    return 1


def test_each_of_300_nodes_is_reached_by_one_search(bare):
    shown(bare, 300, 848)
    search = bare.page.get_by_label("Find a node")
    for number in range(0, 300, 23):
        search.fill(f"Processor{number}")
        bare.page.keyboard.press("Enter")
        bare.page.locator(f'{NODE}.selected[data-names="Processor{number}"]').wait_for()


def test_a_search_finds_a_node_inside_of_a_collapsed_group(bare):
    shown(bare, 300, 848)
    bare.page.get_by_label("Find a node").fill("Processor217")
    bare.page.keyboard.press("Enter")
    found = bare.page.locator(f'{NODE}[data-names="Processor217"]')
    found.wait_for()
    bare.settle()
    bare.picture("graph-300-found")

    assert "selected" in found.get_attribute("class")
    box, seen = found.bounding_box(), bare.page.locator(".fw-canvas").bounding_box()
    assert seen["x"] <= box["x"]
    assert box["x"] + box["width"] <= seen["x"] + seen["width"] + 1
    assert seen["y"] <= box["y"]
    assert box["y"] + box["height"] <= seen["y"] + seen["height"] + 1


def test_a_click_focuses_a_node_and_fades_what_does_not_belong_to_it(bare):
    graph = shown(bare, 15, 848)
    bare.page.locator(f'{NODE}[data-names="Processor7"]').click()
    bare.picture("graph-focused")
    faded = {name for name in faded_names(bare) if name}
    near = {"Processor7"} | {end for one, two in arrows(graph) if "Processor7" in (one, two) for end in (one, two)}
    assert faded
    assert not faded & near
    bare.page.get_by_label("What a focused node keeps").select_option("near")
    assert set(faded_names(bare)) == {f"Processor{number}" for number in range(15)} - near
    bare.page.get_by_title("Show everything").click()
    assert faded_names(bare) == []


@pytest.mark.parametrize("screen", CELLS)
def test_60_crowded_nodes_can_be_read_and_tell_their_events_when_they_are_focused(bare, screen):
    shown(bare, 60, CELLS[screen], senders=(3, 4, 5))
    assert min(bare.letters()) >= 11
    assert bare.page.locator(NODE).count() == 60
    assert bare.page.locator(".fw-canvas .edge text").count() == 0
    bare.page.locator(f'{NODE}[data-names="Processor7"]').focus()
    bare.page.keyboard.press("Enter")
    bare.picture(f"graph-60-crowded-at-{screen}")
    edges = bare.page.locator('.edge[data-from="node-7"], .edge[data-to="node-7"]')

    assert edges.locator("text").count() == edges.count() > 3
    assert min(bare.letters()) >= 11


def test_a_bar_in_each_box_shows_what_ran_failed_runs_and_waits(bare):
    shown(bare, 15, 848)
    box = bare.page.locator(f'{NODE}[data-names="Processor7"]')
    bars = {bar.get_attribute("class").split()[-1]: bar.bounding_box() for bar in box.locator(".bar").all()}
    frame = box.locator("polygon").bounding_box()

    assert list(bars) == ["b-ran", "b-failed", "b-running", "b-waiting"]
    assert sum(bar["width"] for bar in bars.values()) == pytest.approx(frame["width"], rel=0.08)
    assert all(bar["width"] >= 2 and frame["y"] < bar["y"] < frame["y"] + frame["height"] for bar in bars.values())


def test_the_legend_says_what_is_present(bare):
    shown(bare, 15, 848)
    assert bare.page.locator(".fw-legend span:visible").all_inner_texts() == ["▶ running"]


def test_bars_are_drawn_also_while_the_page_does_not_show_the_graph(bare):
    graph = processors(15)
    bare.page.add_init_script("document.addEventListener('DOMContentLoaded', () => { document.body.hidden = true; })")
    bare.show(DrawingWidget, DrawingView(graph, running(graph)), 848)
    bare.page.evaluate("() => { document.body.hidden = false; }")

    assert bare.page.locator(f"{NODE} .bar").first.bounding_box()["width"] > 20


def test_the_graph_fills_the_screen_and_goes_back(bare):
    shown(bare, 60, 848)
    before = bare.page.locator(".fw-canvas").bounding_box()
    bare.page.get_by_role("button", name="Full screen").click()
    bare.page.wait_for_function("() => document.fullscreenElement?.classList.contains('fw-graph')")
    bare.settle()
    bare.picture("graph-full-screen", dark=True)
    filled, window = bare.page.locator(".fw-canvas").bounding_box(), bare.page.viewport_size

    assert filled["width"] >= window["width"] - 2
    assert filled["height"] > before["height"]
    assert not bare.illegible()
    bare.page.get_by_role("button", name="Full screen").click()
    bare.page.wait_for_function("() => !document.fullscreenElement")
    bare.settle()
    assert bare.page.locator(".fw-canvas").bounding_box() == before


def test_a_reader_makes_the_graph_as_high_as_wanted(bare):
    shown(bare, 60, 848)
    graph = bare.page.locator(".fw-graph")
    box = graph.bounding_box()
    corner = (box["x"] + box["width"] - 4, box["y"] + box["height"] - 4)
    bare.page.mouse.move(*corner)
    bare.page.mouse.down()
    bare.page.mouse.move(corner[0], corner[1] + 150, steps=4)
    bare.page.mouse.up()

    assert graph.bounding_box()["height"] == pytest.approx(box["height"] + 150, abs=6)


def test_a_screen_reader_is_told_what_each_part_is(bare):
    shown(bare, 300, 848)
    page = bare.page
    assert page.get_by_role("toolbar", name="Graph").count() == 1
    assert page.get_by_role("searchbox", name="Find a node").count() == 1
    assert page.get_by_role("combobox", name="What a focused node keeps").count() == 1
    assert page.get_by_role("button", name="Zoom out").count() == 1
    boxes = page.locator(".fw-canvas").get_by_role("button")
    names = [box.get_attribute("aria-label") for box in boxes.all()]

    assert len(names) == page.locator(NODE).count()
    assert all(name.startswith("Processor0 … Processor25 (26)") for name in names[:1])
    assert all("running" in name and "expands" in name for name in names)


def faded_names(bare):
    return bare.page.locator(f"{NODE}.faded").evaluate_all("(nodes) => nodes.map((node) => node.dataset.names)")


def arrows(graph):
    after = {edge.source: edge.target for edge in graph.edges if edge.kind == "receives"}
    return [(edge.source, after[edge.target]) for edge in graph.edges if edge.kind == "emits"]


def test_nodes_are_reached_and_focused_with_the_keyboard(bare):
    shown(bare, 15, 848)
    assert bare.page.locator(f'{NODE}[tabindex="0"]').count() == 1
    bare.page.locator(f'{NODE}[tabindex="0"]').focus()
    bare.page.keyboard.press("ArrowRight")
    bare.page.keyboard.press("Enter")
    focused = bare.page.locator(f"{NODE}:focus")

    assert focused.get_attribute("data-names") != "Processor0"
    assert focused.get_attribute("role") == "button"
    assert focused.get_attribute("aria-pressed") == "true"
    assert "1,203" in focused.get_attribute("aria-label") or "1,204" in focused.get_attribute("aria-label")
    bare.page.keyboard.press("Escape")
    assert bare.page.locator(f"{NODE}.selected").count() == 0


def test_zooming_out_never_makes_letters_too_small(bare):
    shown(bare, 60, 848)
    for _ in range(5):
        bare.page.get_by_role("button", name="Zoom out").click()
    assert min(bare.letters()) >= 11
    bare.page.get_by_role("button", name="Zoom in").click()
    assert min(bare.letters()) >= 13


def test_a_graph_is_seen_in_the_dark_as_well(bare):
    shown(bare, 15, 848)
    bare.picture("graph-15-dark", dark=True)
    assert (
        bare.page.locator(f"{NODE} text").first.evaluate("(text) => getComputedStyle(text).fill")
        == "rgb(230, 237, 243)"
    )
