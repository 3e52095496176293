from collections import OrderedDict, deque
from types import SimpleNamespace

import pytest
from cells import run_cell
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from framework.core.event import Event
from framework.core.matching.cases import cases_of
from framework.core.matching.mismatch import find_mismatch
from framework.core.matching.patterns import check_case
from framework.core.matching.taken import case_finder
from framework.core.processor import AbstractProcessor


class Tick(Event):
    pass


class Tock(Event):
    pass


class Point:
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


class Whole:
    """No class for positions."""


class K:
    ONE = 1
    TEXT = "a"


NAMES = {"Tick": Tick, "Point": Point, "K": K, "Whole": Whole, "not_a_class": 3}


def process_with(*patterns, **names):
    """A processor whose `process` has one match statement with these cases."""
    cases = "".join(f"            case {pattern}: pass\n" for pattern in patterns)
    text = f"class P(AbstractProcessor):\n    def process(self, context, event):\n        match event:\n{cases}"
    return run_cell(text, NAMES | names)["P"]()


def fall_through_test(processor):
    """A function that says whether an event takes no case, None where that cannot be told."""
    find = case_finder(processor)
    return lambda event: None if (found := find(event)) is None else not found


def outcome(function, *args):
    try:
        return function(*args)
    except (TypeError, ValueError) as error:
        return type(error)


def by_python(pattern, value):
    namespace = {"Event": Event, **NAMES}
    exec(f"def f(value):\n match value:\n  case {pattern}: return True\n return False", namespace)
    return outcome(namespace["f"], value)


def by_interpreter(pattern, value):
    [case] = cases_of(process_with(pattern).process)
    return outcome(lambda: find_mismatch(case.pattern, value, case.scope) is None)


def assert_agreement(pattern, value):
    expected = by_python(pattern, value)
    assert by_interpreter(pattern, value) is expected
    quick = fall_through_test(process_with(pattern))(value)
    assert quick is (None if isinstance(expected, type) else not expected)


literals = ["1", "-1", "1.0", "2+1j", "'a'", "'b'", "b'a'", "None", "True", "False", "K.ONE", "K.TEXT"]
classes = ["Event()", "Point()", "Tick()", "int()", "str()", "list()", "Whole()"]
leaves = st.sampled_from([*literals, *classes, "_", "[]", "{}"])


def composed(parts):
    shapes = [
        "[{0}]",
        "[{0}, {1}]",
        "({0}, *_)",
        "[*_, {0}]",
        "[{0}, *_, {1}]",
        "[*_]",
        "{{'a': {0}}}",
        "{{'a': {0}, 'b': {1}}}",
        "{{K.TEXT: {0}, **rest}}",
        "Event({0})",
        "Event(name={0}, x={1})",
        "Event({0}, x={1})",
        "Tick(x={0})",
        "Point({0}, {1})",
        "Point({0}, y={1})",
        "Point(x={0})",
        "int({0})",
        "str({0})",
        "dict({0})",
        "list({0})",
        "bool({0})",
        "({0} as whole)",
        "({0} | {1})",
    ]
    return st.builds(str.format, st.sampled_from(shapes), parts, parts)


patterns = st.recursive(leaves, composed, max_leaves=6)
scalars = st.sampled_from([None, True, False, 0, 1, -1, 1.0, 3, 2 + 1j, "a", "b", "", b"a", bytearray(b"a"), Whole()])


def containers(values):
    keys = st.sampled_from(["a", "b", "c"])
    return st.one_of(
        st.lists(values, max_size=3),
        st.lists(values, max_size=3).map(tuple),
        st.lists(values, max_size=3).map(deque),
        st.dictionaries(keys, values, max_size=3),
        st.dictionaries(keys, values, max_size=2).map(OrderedDict),
        st.builds(Event, keys, x=values),
        st.builds(Tick, keys),
        st.builds(Tick, keys, x=values),
        st.builds(Point, values, values),
    )


values = st.recursive(scalars, containers, max_leaves=6)


@settings(max_examples=300)
@given(patterns, values)
def test_every_pattern_agrees_with_python(pattern, value):
    try:
        compile(f"match v:\n case {pattern}: pass", "", "exec")
    except SyntaxError:  # an alternative that takes anything is not the last, or two bind different names
        reject()
    assert_agreement(pattern, value)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("[a, *middle, z]", [1, 2, 3]),
        ("[a, [b, c]]", [1, (2, 3)]),
        ("{'a': a, **rest}", {"a": 1, "b": 2}),
        ("Point(x, y) as point", Point(1, 2)),
        ("Event(name=('a' | 'b') as which)", Event("b")),
        ("int(number) | str(number)", "a"),
        ("Point(1, x=2)", Point(1, 2)),
        ("Point(1, 2, 3)", Point(1, 2)),
        ("Whole(1)", Whole()),
        ("not_a_class()", 3),
        ("int(1, 2)", 1),
        ("{'a': 1, K.TEXT: 1}", {"a": 1}),
        ("Event(name='a', missing=not_a_class())", Event("a")),
        ("range() | [0, 1]", range(2)),
    ],
)
def test_captures_and_wrong_patterns_agree_with_python(pattern, value):
    assert_agreement(pattern, value)


@pytest.mark.parametrize(
    ("pattern", "event", "words"),
    [
        ("Event('start')", Event("stop"), "name='stop' is not 'start'"),
        ("Event('start' | 'go')", Event("stop"), "name='stop' is none of 'start', 'go'"),
        ("Event('start', who=_)", Event("start"), "has no attribute 'who'"),
        ("Tick()", Tock("a"), "is a Tock, not a Tick"),
        ("Tick()", Event("a"), "is an Event, not a Tick"),
        ("Event(x='17')", Event("a", x=17), "x=17 is not '17' (int and str)"),
        ("Event(x=1.5)", Event("a", x=None), "x=None is not 1.5"),
        ("Event(x=None)", Event("a", x=17), "x=17 is not None"),
        ("Event(x=K.ONE)", Event("a", x=2), "x=2 is not K.ONE (1)"),
        ("Event(x=int())", Event("a", x="17"), "x='17' is a str, not an int"),
        ("Event(x=int() | float())", Event("a", x="17"), "x='17' is a str, none of an int, a float"),
        ("Event(x=[])", Event("a", x="17"), "x='17' is not a sequence"),
        ("Event(x=[_, _])", Event("a", x=[1]), "x has 1 item, not 2"),
        ("Event(x=[_, _, *_])", Event("a", x=[1]), "x has 1 item, not at least 2"),
        ("Event(x=[1, *_, 3])", Event("a", x=[1, 2, 4]), "x[2]=4 is not 3"),
        ("Event(x={})", Event("a", x=[1]), "x=[1] is not a mapping"),
        ("Event(x={'k': _})", Event("a", x={}), "x has 0 keys, not at least 1"),
        ("Event(x={'k': _})", Event("a", x={"l": 1}), "x has no key 'k'"),
        ("Event(x={'k': 1})", Event("a", x={"k": 2}), "x['k']=2 is not 1"),
        ("Event(x=Point(y=[1]))", Event("a", x=Point(0, [2])), "x.y[0]=2 is not 1"),
        ("Event(x=Point(z=1))", Event("a", x=Point(0, 0)), "x has no attribute 'z'"),
        ("Tick('a') | Event('b', x=1)", Event("b", x=2), "x=2 is not 1"),
    ],
)
def test_a_miss_says_what_kept_the_event_out(pattern, event, words):
    [case] = cases_of(process_with(pattern).process)
    verdict = check_case(case, event)
    assert (verdict.receives, verdict.reason) == ("no", words)


def test_an_event_of_a_class_that_was_defined_again_says_so():
    again = run_cell("from framework.core import Event\nclass Tick(Event): pass")["Tick"]
    [case] = cases_of(process_with("Tick()", Tick=again).process)
    reason = check_case(case, Tick("a")).reason
    assert reason.startswith("is a Tick of another definition: that of test_patterns (test_patterns.py:")
    assert reason.endswith("not that of __cells__ (cell line 2)")


class Guarded(AbstractProcessor):
    asked = 0

    def guard(self):
        self.asked += 1
        return True

    def process(self, context, event):
        match event:
            case Event("a") if self.guard():
                pass
            case Event("b"):
                pass
        if self.asked:
            match event:
                case Event("c"):
                    pass
        match event, self.asked:
            case Event("d"), 0:
                pass
            case Event("e"), _:
                pass


def test_what_a_guard_decides_depends_and_the_guard_is_not_executed():
    processor = Guarded()
    case = cases_of(processor.process)[0]
    verdict = check_case(case, Event("a"), processor)
    assert verdict.receives == "depends"
    assert verdict.reason == f"depends on the guard `self.guard()` at test_patterns.py:{case.line}"
    assert fall_through_test(processor)(Event("a")) is None
    assert processor.asked == 0


@pytest.mark.parametrize(
    ("name", "reason"),
    [("c", "depends on the code around the match"), ("d", "depends on the other parts of the match")],
)
def test_what_else_decides_is_named(name, reason):
    processor = Guarded()
    [verdict] = [
        verdict
        for case in cases_of(processor.process)
        if (verdict := check_case(case, Event(name), processor)).receives != "no"
    ]
    assert (verdict.receives, verdict.reason) == ("depends", f"{reason} at {verdict.case.where}")


@pytest.mark.parametrize(
    ("name", "fell"), [("a", None), ("b", False), ("c", None), ("d", None), ("e", False), ("x", True)]
)
def test_falling_through_is_told_unless_something_else_decides(name, fell):
    assert fall_through_test(Guarded())(Event(name)) is fell


def test_a_later_case_without_a_guard_settles_it():
    class Settled(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event("a") if context:
                    pass
                case Event():
                    pass

    assert fall_through_test(Settled())(Event("a")) is False


def test_a_process_without_a_match_takes_everything():
    class Everything(AbstractProcessor):
        def process(self, context, event):
            pass

    assert fall_through_test(Everything())(Event("a")) is False


def test_without_source_nothing_is_told():
    namespace = {"AbstractProcessor": AbstractProcessor}
    exec("class P(AbstractProcessor):\n interests = []\n def process(self, context, event): pass", namespace)
    assert fall_through_test(namespace["P"]())(Event("a")) is None


def test_patterns_see_self_closures_local_imports_and_today_s_globals():
    local = Tick
    wanted = {"name": "closure"}

    class Names:
        global_name = "before"

    class Seeing(AbstractProcessor):
        def __init__(self, mine):
            self.mine = mine

        def process(self, context, event):
            from collections import OrderedDict as Ordered

            match event:
                case local(self.mine):
                    pass
                case Event(x=Ordered()):
                    pass
                case Event(Names.global_name):
                    context.submit(wanted)

    through = fall_through_test(Seeing("own"))
    assert through(Tick("own")) is False
    assert fall_through_test(Seeing("other"))(Tick("own")) is True
    assert through(Event("a", x=OrderedDict())) is False
    assert through(Event("after")) is True
    Names.global_name = "after"
    assert through(Event("after")) is False


def test_a_class_tells_all_that_does_not_depend_on_the_instance():
    class Own(AbstractProcessor):
        mine = "x"

        def process(self, context, event):
            match event:
                case Tick("a"):
                    pass
                case Event(self.mine):
                    pass

    assert fall_through_test(Own)(Tick("a")) is False
    assert fall_through_test(Own)(Event("y")) is None


def test_an_attribute_that_raises_leaves_it_to_the_delivery():
    class Broken(Event):
        @property
        def x(self):
            raise ValueError("broken")

    processor = process_with("Event(x=1)")
    assert fall_through_test(processor)(Broken("a")) is None
    [case] = cases_of(processor.process)
    assert check_case(case, Broken("a")).reason.endswith("raises ValueError: broken")


def test_a_match_on_the_name_is_judged_by_the_name():
    class ByName(AbstractProcessor):
        def process(self, context, event):
            match event.name:
                case "a" | "b":
                    pass

    [case] = cases_of(ByName().process)
    assert check_case(case, Event("a")).receives == "yes"
    assert check_case(case, Event("c")).reason == "name='c' is none of 'a', 'b'"
    assert fall_through_test(ByName())(Event("c")) is True


def test_a_name_that_only_running_code_knows_leaves_it_to_the_delivery():
    [case] = cases_of(process_with("Tick.Missing()").process)
    verdict = check_case(case, Tick("a"))
    assert verdict.receives == "depends"
    assert "which only the running code knows" in verdict.reason


def test_a_mapping_pattern_that_python_refuses_leaves_it_to_the_delivery():
    names = SimpleNamespace(first="k", second="k")
    [case] = cases_of(process_with("Event(x={names.first: 1, names.second: 2})", names=names).process)
    assert check_case(case, Event("a", x={"k": 1, "l": 2})).reason.endswith("checks duplicate key ('k')")
