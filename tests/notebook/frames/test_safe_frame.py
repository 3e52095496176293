import pickle

import pytest

from framework.core import AbstractProcessor, Event, Pipeline
from framework.notebook.frames.safe_frame import SafeFrame


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no repr")


class Leaving:
    def __repr__(self):
        raise SystemExit


class Huge:
    def __repr__(self):
        return "x" * 3_000_000


class Markup:
    def __repr__(self):
        return "<script>alert(1)</script>"


@pytest.mark.parametrize("kind", [Unprintable, Leaving])
def test_a_repr_that_raises_does_not_break_the_display(kind):
    frame = SafeFrame({"value": [1, kind()], "text": ["<b>", "plain"]})

    assert f"<{kind.__name__} whose repr raised" in repr(frame)
    assert f"&lt;{kind.__name__} whose repr raised" in frame._repr_html_()
    assert "&lt;b&gt;" in frame._repr_html_()


def test_a_repr_of_megabytes_is_cut():
    assert len(SafeFrame({"value": [Huge()]})._repr_html_()) < 2000


def test_a_repr_of_markup_is_escaped():
    assert "<script>" not in SafeFrame({"value": [Markup()]})._repr_html_()


def test_a_part_of_a_frame_is_shown_safely_too():
    frame = SafeFrame({"value": [Unprintable()] * 100, "other": range(100)})

    assert "whose repr raised" in repr(frame[frame.other > 3].head(2))
    assert "100 rows" in frame._repr_html_()


def test_it_survives_pickling():
    assert pickle.loads(pickle.dumps(SafeFrame({"a": [1]}))).equals(SafeFrame({"a": [1]}))


class Emits(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="start"):
                context.submit(Event("made", value=Unprintable()))


def test_what_was_collected_and_what_waits_are_shown_safely():
    pipeline = Pipeline([Emits()])
    made = pipeline.collect("made")
    pipeline.submit(Event("start", value=Unprintable()))

    assert "whose repr raised" in pipeline.inbox("Emits").frame()._repr_html_()
    pipeline.run()
    assert "whose repr raised" in made.frame()._repr_html_()
