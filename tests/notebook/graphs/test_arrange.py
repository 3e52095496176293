import re

import pytest
from notebook_samples import chain, routing

from framework.notebook.graphs.arrange import PAGE, arranged
from framework.notebook.graphs.canvas import Canvas
from framework.notebook.graphs.figure import figure_of


def size(svg):
    return tuple(map(int, re.search(r'width="(\d+)(?:pt)?" height="(\d+)', svg).groups()))


def laid_out(graph, width=PAGE):
    return size(arranged(figure_of(graph), width))


def test_what_fits_stays_in_a_row():
    width, height = laid_out(routing())

    assert width <= PAGE
    assert height < 60


@pytest.mark.parametrize("width", [400, 820, 1220])
def test_a_chain_is_wrapped_into_the_width(width):
    across, down = laid_out(chain(30), width)

    assert across <= width
    assert down < 700


def test_a_narrow_page_has_the_figure_from_top_to_bottom():
    across, down = laid_out(routing(), 150)

    assert across <= 150 < down


def test_equal_figures_are_laid_out_alike():
    assert arranged(figure_of(chain(30)), 820) == arranged(figure_of(chain(30)), 820)


def test_no_letter_of_a_picture_is_smaller_than_11_px():
    svg = Canvas(chain(30)).picture(lambda _: "✓ 1,000")

    assert size(svg)[0] == float(re.search(r'viewBox="0 0 (\d+)', svg)[1])  # one unit is one px
    assert min(map(float, re.findall(r'font-size="([\d.]+)"', svg))) >= 11


def test_a_canvas_is_laid_out_for_the_width_that_the_page_has():
    canvas = Canvas(chain(30))
    wide = size(canvas.picture(lambda _: ""))
    assert canvas.handle({"do": "width", "width": 400.5})
    narrow = size(canvas.picture(lambda _: ""))

    assert narrow[0] <= 400 < wide[0]


def test_a_canvas_expands_a_group_and_collapses_it_again():
    canvas = Canvas(chain(300))
    collapsed = canvas.figure
    group = canvas.figure.boxes[0].group
    assert canvas.handle({"do": "toggle", "group": group})
    assert len(canvas.figure.boxes) > len(collapsed.boxes)
    assert 'id="frame-' in canvas.picture(lambda _: "")
    canvas.handle({"do": "toggle", "group": group})

    assert canvas.figure == collapsed


def test_a_canvas_finds_the_box_or_the_arrow_that_stands_for_a_node():
    canvas = Canvas(routing())

    assert canvas.keys(canvas.find("Parse")) == ("Parse", ("Parse",))
    assert canvas.keys(canvas.find(("event", "Event", "file"))) == ("file", (("event", "Event", "file"),))
    assert canvas.find("unknown") is None
    assert canvas.keys("node-99") == ("", ())


def test_arrows_and_boxes_of_a_picture_tell_what_they_stand_for():
    svg = Canvas(routing()).picture(lambda _: "")

    assert re.search(r'<g id="edge-1"[^>]* data-from="node-0" data-to="node-1" data-names="file">', svg)
    assert re.search(r'<g id="node-1"[^>]* data-names="Parse"><title>Parse</title>', svg)
