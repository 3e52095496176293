from framework.core import Event
from framework.notebook.lineage.selection import key_of
from framework.reactive import ReactiveEvent


def test_an_event_belongs_to_its_node():
    assert key_of(Event(name="line")) == ("event", "Event", "line")


def test_what_builders_tell_each_other_belongs_to_the_target():
    assert key_of(ReactiveEvent(name="built", target="words", artifact=1)) == ("target", "words")
    assert key_of(ReactiveEvent(name="resolve", target="words")) == ("target", "words")
