"""`@reactive`: what is inferred from a function, and what its result means."""

import pytest

from framework.core import Pipeline
from framework.errors import WiringError
from framework.reactive import ReactiveBuilder, ReactiveEvent, reactive


@reactive
def number():
    yield from range(3)


@reactive
def double(number):
    return 2 * number


def test_names_are_inferred_from_the_function():
    assert (double.provides, double.requires, double.name) == ("double", ["number"], "double")
    assert Pipeline([number(), double()]).compute("double") == [0, 2, 4]


def test_what_is_given_wins_over_what_is_inferred():
    @reactive(provides="half", persist=True)
    def halves(number):
        return number / 2

    @reactive(requires=["number"])
    def triple(n):
        return 3 * n

    assert (halves.provides, halves.requires, halves.persist) == ("half", ["number"], True)
    assert (triple.provides, triple.requires) == ("triple", ["number"])


def test_the_context_is_passed_where_there_is_a_parameter():
    @reactive
    def phase(context, number):
        return (context.processor, number)

    assert Pipeline([number(), phase]).compute("phase") == [("phase", 0), ("phase", 1), ("phase", 2)]


@pytest.mark.parametrize("value", [[1, 2], (1, 2), None, "text", {"a": 1}])
def test_what_a_function_returns_is_one_artifact(value):
    @reactive
    def made():
        return value

    assert Pipeline([made]).compute("made") == [value]


def test_what_a_function_yields_are_many_also_through_another_generator():
    @reactive
    def many():
        return (n for n in range(3))

    assert Pipeline([many]).compute("many") == [0, 1, 2]


def test_a_parameter_with_a_default_is_no_requirement():
    @reactive
    def scaled(number, factor=10):
        return factor * number

    assert scaled.requires == ["number"]
    assert Pipeline([number(), scaled]).compute("scaled") == [0, 10, 20]


def test_a_tuple_is_unpacked_without_a_context():
    @reactive(requires=["*pair"])
    def total(a, b):
        return a + b

    assert Pipeline([total]).compute("total", inputs={"pair": [(1, 2), (3, 4)]}) == [3, 7]


def test_a_function_that_takes_another_number_of_artifacts_is_refused():
    with pytest.raises(WiringError, match=r"total requires \['a', 'b', 'c'\], and the artifacts it takes are: a"):

        @reactive(requires=["a", "b", "c"])
        def total(a):
            return a

    with pytest.raises(WiringError, match="names no target"):

        @reactive
        def loose(*args):
            return args


def test_a_build_that_takes_another_number_of_artifacts_is_refused():
    class Total(ReactiveBuilder):
        def __init__(self):
            super().__init__("total", ["a", "b"])

        def build(self, context, a):
            return [a]

    with pytest.raises(WiringError, match=r"Total requires \['a', 'b'\], and .* its build takes are: a"):
        Total()


def wages(target):
    class Wages(ReactiveBuilder):
        def __init__(self):
            super().__init__(target, [])

        def build(self, context):
            yield 10

    return Wages()


def tax():
    @reactive
    def tax(wage):
        return wage / 2

    return tax


@pytest.mark.parametrize("near", ["wages", "wqge", "wagee"])
def test_a_requirement_that_differs_by_a_letter_is_named_before_anything_runs(near):
    pipeline = Pipeline([wages(near), tax()])
    with pytest.raises(WiringError, match=f"tax requires 'wage'.*did you mean '{near}'"):
        pipeline.run()


@pytest.mark.parametrize("other", ["income", "hourly wage", "w"])
def test_targets_of_other_names_raise_no_alarm(other):
    pipeline = Pipeline([wages(other), tax()])
    pipeline.submit(ReactiveEvent("built", "wage", artifact=4))
    assert pipeline.compute("tax") == [2]


def test_a_target_that_was_submitted_raises_no_alarm():
    pipeline = Pipeline([wages("wages"), tax()])
    pipeline.submit(ReactiveEvent("built", "wage", artifact=4))
    assert pipeline.compute("tax") == [2]


def test_numbered_targets_raise_no_alarm():
    @reactive
    def tax(part1):
        return part1

    assert Pipeline([wages("part2"), tax]).compute("tax", inputs={"part1": [1]}) == [1]


def doubling(**options):
    @reactive("doubled", ["number"], **options)
    def double(number):
        return 2 * number

    return double


def identity_of(builder):
    return Pipeline([builder]).identity("double").digest


@pytest.mark.parametrize(("options", "doubled"), [({}, [2, 2, 4]), ({"dedupe": True}, [2, 4])])
def test_equal_inputs_are_built_once_where_a_function_says_dedupe(options, doubled):
    assert Pipeline([doubling(**options)]).compute("doubled", inputs={"number": [1, 1, 2]}) == doubled


def test_a_function_of_lower_priority_is_delivered_to_first():
    order = []

    @reactive(priority=1)
    def later():
        order.append("later")

    @reactive(priority=-1)
    def sooner():
        order.append("sooner")

    Pipeline([later, sooner], seed=0).compute("later", "sooner")
    assert order == ["sooner", "later"]


def test_what_a_function_depends_on_is_part_of_its_identity():
    one, other = (doubling(depends={"rate": rate}) for rate in (1, 2))
    assert identity_of(one) != identity_of(other)
    assert identity_of(one) == identity_of(doubling(depends={"rate": 1}))


def test_a_version_stands_for_the_code_of_a_function():
    @reactive("doubled", ["number"], version=2)
    def double(number):
        return number + number

    assert identity_of(double) == identity_of(doubling(version=2))
    assert identity_of(double) != identity_of(doubling(version=3))


def test_an_attribute_that_a_function_ignores_is_no_part_of_its_identity():
    counted, ignored = doubling(), doubling(ignore="session")
    before = identity_of(counted), identity_of(ignored)
    counted.session = ignored.session = 5
    assert (identity_of(counted) == before[0], identity_of(ignored) == before[1]) == (False, True)
