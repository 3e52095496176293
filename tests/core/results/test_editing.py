import threading

import pytest

from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.errors import ArchiveError, OptionError, PipelineRunning, UnknownName


class Halves(AbstractProcessor):
    def __init__(self, factor=1):
        self.factor = factor

    @caching
    def process(self, context, event):
        match event:
            case Event(name="number", value=value):
                context.submit(Event("half", value=value * self.factor // 2))


class Exact(AbstractProcessor):
    def __init__(self, factor=1):
        self.factor = factor

    def process(self, context, event):
        match event:
            case Event(name="number", value=value):
                context.submit(Event("half", value=value * self.factor / 2 if value % 2 else value * self.factor // 2))


class Picky(AbstractProcessor):
    @caching
    def process(self, context, event):
        match event:
            case Event(name="number", value=value):
                context.submit(Event("inverse", value=1 / value))


class Needy(AbstractProcessor):
    def __init__(self, given):
        self.given = given.pop()

    def process(self, context, event):
        match event:
            case Event(name="number"):
                pass


def numbers(pipeline, *values):
    for value in values:
        pipeline.submit(Event("number", value=value))
    return pipeline


@pytest.fixture
def halved(tmp_path):
    pipeline = numbers(Pipeline([Halves(3)], workspace=tmp_path), 2, 3)
    pipeline.run()
    return pipeline


def test_compare_shows_which_archived_inputs_come_out_otherwise(halved):
    assert [(row.input.value, row.same) for row in halved.compare("Halves", Exact)] == [(2, True), (3, False)]


def test_compare_makes_the_new_class_with_the_arguments_of_the_old(halved):
    assert halved.compare(Halves, Exact)[1].new[0].value == 4.5


def test_compare_of_cached_code_runs_it_and_writes_nothing(halved, tmp_path):
    comparison = halved.compare("Halves", Halves)
    assert [row.same for row in comparison] == [True, True]
    assert len(halved.results()["Halves"]) == 2


def test_compare_keeps_what_new_code_raises_as_its_result(tmp_path):
    pipeline = numbers(Pipeline([Picky()], workspace=tmp_path), 4)
    pipeline.run()

    class Refusing(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="number", value=value):
                    raise ValueError(value)

    (row,) = pipeline.compare("Picky", Refusing)
    assert isinstance(row.new, ValueError)
    assert not row.same


def test_compare_takes_at_most_so_many_inputs(halved):
    assert len(halved.compare("Halves", Exact, limit=1)) == 1


def test_a_comparison_is_a_frame_with_a_row_for_each_input(halved):
    frame = halved.compare("Halves", Exact).frame()
    assert list(frame.columns) == ["input", "old", "new", "same"]
    assert list(frame["same"]) == [True, False]


def test_a_comparison_shows_how_many_differ_and_the_first_of_them(halved):
    comparison = halved.compare("Halves", Exact)
    assert comparison.changed == (comparison[1],)
    assert repr(comparison).splitlines() == [
        "Halves: 1 of 2 archived inputs come out otherwise",
        "  Event(name='number', value=3)",
        "    old (Event(name='half', value=4),)",
        "    new (Event(name='half', value=4.5),)",
    ]


def test_what_cannot_be_compared_is_not_the_same(halved):
    class Locked(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="number"):
                    context.submit(Event("half", value=threading.Lock()))

    assert not any(row.same for row in halved.compare("Halves", Locked()))


@pytest.mark.parametrize("workspace", [True, False], ids=["workspace", "memory"])
def test_compare_without_archived_inputs_says_how_to_get_some(tmp_path, workspace):
    pipeline = Pipeline([Halves()], workspace=tmp_path if workspace else None)
    pipeline.run()
    with pytest.raises(ArchiveError, match="Halves has no archived inputs to compare: run it once with @caching"):
        pipeline.compare("Halves", Exact)


def test_a_failure_of_a_cached_processor_is_repeated_outside_of_the_run():
    pipeline = numbers(Pipeline([Picky()], on_error="keep"), 0)
    (failure,) = pipeline.run().failures
    with pytest.raises(ZeroDivisionError):
        failure.rerun()


def test_a_renewed_pipeline_makes_the_others_again_from_their_arguments():
    pipeline = Pipeline([Halves(3), Picky()])
    renewed = pipeline.renew(Picky())
    assert renewed["Halves"].factor == 3
    assert renewed["Halves"] is not pipeline["Halves"]


def test_a_renewed_pipeline_has_the_same_options():
    renewed = Pipeline([Halves()], config={"a": 1}, name="numbers", seed=5, on_error="keep").renew()
    assert (renewed.config, renewed.name) == ({"a": 1}, "numbers")
    assert numbers(renewed, "text").run().failures


def test_a_renewed_pipeline_replays_what_its_unchanged_processors_archived(halved):
    renewed = numbers(halved.renew(), 2, 3)
    renewed.run()
    assert len(renewed.results()["Halves"]) == 2


def test_renew_refuses_a_name_that_is_not_there():
    with pytest.raises(UnknownName, match="did you mean 'Halves'"):
        Pipeline([Halves()]).renew(type("Halvs", (Halves,), {})())


def test_renew_says_which_processor_cannot_be_made_again():
    pipeline = Pipeline([Needy([1])])
    with pytest.raises(OptionError, match="Needy cannot be made again"):
        pipeline.renew()


def test_renew_is_refused_while_the_pipeline_runs():
    refused = []

    class Renewing(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="number"):
                    try:
                        pipeline.renew()
                    except PipelineRunning as error:
                        refused.append(error)

    pipeline = numbers(Pipeline([Renewing()]), 1)
    pipeline.run()
    assert len(refused) == 1


def test_retry_delivers_failed_inputs_to_their_processor_only():
    class Cautious(AbstractProcessor):
        def __init__(self):
            super().__init__(name="Picky")
            self.seen = []

        def process(self, context, event):
            match event:
                case Event(name="number", value=value):
                    self.seen.append(value)

    first = numbers(Pipeline([Picky(), Halves()], on_error="keep"), 0, 1)
    failures = first.run().failures
    renewed = first.renew(Cautious())
    assert failures.retry(renewed) == 1
    report = renewed.run()
    assert renewed["Picky"].seen == [0]
    assert report.delivered == {"Picky": 1, "Halves": 0}


def test_an_inbox_shows_what_waits_and_cannot_be_changed():
    pipeline = numbers(Pipeline([Halves()]), 1, 2)
    inbox = pipeline.inbox("Halves")
    assert len(inbox) == 2
    assert [event.value for event in inbox] == [1, 2]
    assert inbox[0].value == 1
    assert list(inbox.frame()["value"]) == [1, 2]
    assert not hasattr(inbox, "append")


def test_an_inbox_shows_the_first_events_and_counts_the_others():
    inbox = numbers(Pipeline([Halves()]), 7).inbox("Halves")
    assert repr(inbox) == "Halves: 1 waiting\n  Event(name='number', value=7)"
    inbox = numbers(Pipeline([Halves()]), *range(12)).inbox("Halves")
    lines = repr(inbox).splitlines()
    assert lines[:2] == ["Halves: 12 waiting", "  Event(name='number', value=0)"]
    assert (len(lines), lines[-1]) == (12, "  ... and 2 more")


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'Halves'"):
        Pipeline([Halves()])["Halfes"]
