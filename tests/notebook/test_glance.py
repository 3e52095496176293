from framework.core import Event
from framework.notebook.widgets.short_text import LENGTH, attributes_of, glance


def test_a_short_value_is_shown_whole():
    assert glance({"a": [1, 2]}) == "{'a': [1, 2]}"


def test_a_long_value_is_cut():
    assert len(glance("x" * 10_000_000)) <= LENGTH
    assert len(glance(Event(name="x", text="y" * 10_000))) <= LENGTH


def test_of_a_huge_container_only_the_first_items_are_looked_at():
    class Item:
        looks = 0

        def __repr__(self):
            Item.looks += 1
            return "item"

    glance([[Item() for _ in range(100)] for _ in range(1_000)])

    assert 0 < Item.looks < 100


def test_a_repr_that_raises_is_shown_as_such():
    class Broken:
        def __repr__(self):
            raise ValueError

    assert "whose repr raised ValueError" in glance(Broken())
    assert "whose repr raised ValueError" in glance([Broken()])


def test_private_attributes_are_left_out():
    class Thing:
        def __init__(self):
            self.name, self.shown, self._hidden = "n", 1, 2

    assert attributes_of(Thing()) == {"shown": "1"}
