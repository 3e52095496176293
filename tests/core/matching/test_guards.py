import pytest

from framework.core import AbstractProcessor, Event, Pipeline
from framework.core.matching.cases import cases_of
from framework.core.matching.patterns import check_case

LIMIT = 30


class Broken(Exception):
    pass


class Guarded(AbstractProcessor):
    top = 5
    __hidden = 7

    def __init__(self):
        super().__init__()
        self.calls = 0

    def once(self, value):
        self.calls += 1
        return value

    def fails(self):
        raise Broken("no answer")

    def process(self, context, event):  # noqa: C901 - each case is one kind of guard
        seen = 1
        match event:
            case Event(name="and", x=x) if x > LIMIT and self.missing:
                pass
            case Event(name="chained", x=x) if 0 < self.once(x) < self.top:
                pass
            case Event(name="walrus", x=x) if (double := 2 * x) > 5 and double < 9:
                pass
            case Event(name="not", flags=flags) if not flags.get("off"):
                pass
            case Event(name="choice", x=x) if (x if x != 0 else self.top) == 5:
                pass
            case Event(name="any", words=[first, *rest]) if any(word == first for word in rest):
                pass
            case Event(name="private") if self.__hidden == event.x:
                pass
            case Event(name="kind", x=x) if isinstance(x, int | str):
                pass
            case Event(name="raises") if self.fails():
                pass
            case Event(name="local") if seen:
                pass
            case Event(name="context") if context.phase:
                pass


def reason(event, processor=None):
    processor = processor or Guarded()
    [case] = [case for case in cases_of(processor.process) if check_case(case, event, processor).receives != "no"]
    verdict = check_case(case, event, processor, guards=True)
    place = f" at {case.where}"
    return verdict.receives, verdict.reason.replace(place, "")


@pytest.mark.parametrize(
    ("event", "receives", "operands"),
    [
        (Event("and", x=20), "no", "x=20, LIMIT=30"),
        (Event("chained", x=3), "yes", "x=3, self.once(x)=3, self.top=5"),
        (Event("chained", x=-1), "no", "x=-1, self.once(x)=-1"),
        (Event("walrus", x=3), "yes", "x=3, double=6"),
        (Event("walrus", x=1), "no", "x=1, double=2"),
        (Event("not", flags={"off": 1}), "no", "flags={'off': 1}, flags.get('off')=1"),
        (Event("choice", x=0), "yes", "x=0, self.top=5"),
        (Event("private", x=7), "yes", "self.__hidden=7, event.x=7"),
        (Event("kind", x=1.5), "no", "x=1.5, int | str=int | str, isinstance(x, int | str)=False"),
    ],
)
def test_the_operands_that_were_evaluated_are_shown(event, receives, operands):
    found, text = reason(event)
    assert found == receives
    assert text.partition(" with ")[2] == operands


def test_a_comprehension_in_a_guard_shows_the_captures():
    receives, text = reason(Event("any", words=["a", "b", "a"]))
    assert receives == "yes"
    assert "first='a', rest=['b', 'a']" in text


def test_an_operand_is_evaluated_once_and_only_on_request():
    processor = Guarded()
    [case] = [case for case in cases_of(processor.process) if case.pattern.kwd_patterns[0].value.value == "chained"]
    check_case(case, Event("chained", x=3), processor)
    assert processor.calls == 0
    check_case(case, Event("chained", x=3), processor, guards=True)
    assert processor.calls == 1


def test_a_guard_that_raises_keeps_the_event_out_and_says_what_it_raised():
    receives, text = reason(Event("raises"))
    assert (receives, text) == ("no", "the guard `self.fails()` raises Broken: no answer")


@pytest.mark.parametrize(("name", "variable"), [("local", "seen"), ("context", "context")])
def test_a_variable_of_the_running_code_leaves_it_to_the_delivery(name, variable):
    receives, text = reason(Event(name))
    assert receives == "depends"
    assert text.endswith(f"which uses '{variable}' of the running code")


def test_a_guard_that_awaits_leaves_it_to_the_delivery():
    class Asks(AbstractProcessor):
        async def ask(self):
            return True

        async def process(self, context, event):
            match event:
                case Event("asked") if await self.ask():
                    pass

    receives, text = reason(Event("asked"), Asks())
    assert receives == "depends"
    assert text.endswith("which awaits")


def test_a_guard_sees_the_closure_and_the_imports_of_its_function():
    most = 3

    class Closed(AbstractProcessor):
        def process(self, context, event):
            import math

            match event:
                case Event("measured", x=x) if math.floor(x) > most:
                    pass

        def unlike(self):
            return super().__str__()

    processor = Closed()
    processor.process(None, Event("other"))
    assert reason(Event("measured", x=4.5), processor)[0] == "yes"
    assert reason(Event("measured", x=2.5), processor)[1].endswith("with x=2.5, math.floor(x)=2, most=3")


def test_a_capture_hides_a_global_of_its_name():
    class Shadows(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="shadow", LIMIT=LIMIT) if LIMIT == 1:  # noqa: N806
                    pass

    assert reason(Event("shadow", LIMIT=1), Shadows())[1].endswith("is True with LIMIT=1")


def test_a_value_whose_truth_raises_is_told():
    class Array:
        def __bool__(self):
            raise ValueError("ambiguous")

        def __repr__(self):
            return "Array"

    class Wants(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event("array", x=x) if x:
                    pass

    assert reason(Event("array", x=Array()), Wants()) == (
        "no",
        "the guard `x` raises ValueError: ambiguous with x=Array",
    )


def test_explain_evaluates_guards_up_to_the_case_that_takes_the_event():
    asked = []

    def ask(number, *, answer):
        asked.append(number)
        return answer

    class Several(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event("a") if ask(1, answer=False):
                    pass
                case Event("a") if ask(2, answer=True):
                    pass
                case Event("a") if ask(3, answer=True):
                    pass

    with Pipeline([Several()]) as pipeline:
        [row] = pipeline.explain(Event("a"))
        assert (row.receives, asked) == ("depends", [])
        [row] = pipeline.explain(Event("a"), guards=True)
    assert (row.receives, asked) == ("yes", [1, 2])
    assert "the guard `ask(2, answer=True)`" in row.reason


def test_an_event_that_all_guards_refuse_falls_through_with_their_reason():
    class Alarm(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event("measured", celsius=celsius) if celsius > LIMIT:
                    pass

    with Pipeline([Alarm()]) as pipeline:
        [row] = pipeline.explain(Event("measured", celsius=29), guards=True)
    assert (row.receives, row.near) == ("no", True)
    assert row.reason.startswith("falls through: the guard `celsius > LIMIT`")
    assert row.reason.endswith("is False with celsius=29, LIMIT=30")
