import pytest
from notebook_samples import node_snapshot

from framework.notebook.graphs.theme import FAINT, GROUND, INK, LOOKS, SURFACE, picture_css, state_of, worst

READABLE_TEXT = 4.5  # WCAG 2.2, 1.4.3
VISIBLE_SHAPE = 3.0  # WCAG 2.2, 1.4.11


def luminance(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", [GROUND, SURFACE])
@pytest.mark.parametrize("text", [INK, FAINT])
def test_text_can_be_read_on_every_ground(text, ground, scheme):
    assert contrast(getattr(text, scheme), getattr(ground, scheme)) >= READABLE_TEXT


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", LOOKS)
def test_the_colour_of_a_state_stands_out_from_the_ground(state, scheme):
    assert contrast(getattr(LOOKS[state], scheme), getattr(GROUND, scheme)) >= VISIBLE_SHAPE


def test_no_state_is_told_by_its_colour_alone():
    assert all(look.icon and look.meaning for look in LOOKS.values())


@pytest.mark.parametrize(
    ("numbers", "state"),
    [
        ({}, "idle"),
        ({"done": 2}, "ran"),
        ({"waiting": 1, "done": 2}, "waiting"),
        ({"blocked": 1}, "waiting"),
        ({"failed": 1, "done": 2, "waiting": 3}, "failed"),
        ({"running": 1, "failed": 1}, "running"),
    ],
)
def test_the_state_of_a_node_follows_its_numbers(numbers, state):
    assert state_of(node_snapshot("a", **numbers)) == state


def test_several_nodes_show_the_most_urgent_state():
    assert worst(["idle", "failed", "ran"]) == "failed"


def test_the_style_sheet_knows_both_themes():
    css = picture_css()

    assert LOOKS["ran"].light in css.split("@media")[0]
    assert LOOKS["ran"].dark in css.split("@media")[1]
