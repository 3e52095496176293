import os

import pytest
from samples import processor, run

from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.errors import ArchiveError, IdentityClash, NotAnEvent, Undigestable, Unpicklable


class Square(AbstractProcessor):
    """Counts its calls; `power` is an argument that changes the result."""

    calls = 0

    def __init__(self, power=2):
        super().__init__()
        self.power = power

    @caching
    def process(self, context, event):
        match event:
            case Event(name="number", n=n):
                Square.calls += 1
                context.submit(Event("square", n=n**self.power))
                context.submit(Event("done", n=n))


class WithCall(AbstractProcessor):
    calls = 0

    @caching()
    def process(self, context, event):
        match event:
            case Event(name="number"):
                WithCall.calls += 1


class Sharing(AbstractProcessor):
    """Changes what it submitted, right after."""

    @caching
    def process(self, context, event):
        match event:
            case Event(name="number", n=n):
                values = [n]
                context.submit(Event("square", n=values))
                values.append("changed later")


@pytest.fixture(autouse=True)
def fresh():
    Square.calls = WithCall.calls = 0


@pytest.fixture(params=["memory", "workspace"])
def workspace(request, tmp_path):
    """Where archives are kept: the promises are the same for both."""
    return tmp_path / "workspace" if request.param == "workspace" else None


def outcome(*processors, numbers, workspace=None, **options):
    """What came out of `processors` for these numbers, in order."""
    seen = []
    note = processor(lambda _, event: seen.append((event.name, event.n)), "square", "done")
    report = run(*processors, note, events=[Event("number", n=n) for n in numbers], workspace=workspace, **options)
    return seen, report


def test_a_miss_runs_and_a_hit_replays_what_was_emitted_in_order(workspace):
    seen, _ = outcome(Square(), numbers=[3, 3, 4, 3], workspace=workspace)
    assert Square.calls == 2
    assert seen == [("square", 9), ("done", 3)] * 2 + [("square", 16), ("done", 4), ("square", 9), ("done", 3)]


def test_caching_may_be_written_with_a_call(workspace):
    outcome(WithCall(), numbers=[1, 1], workspace=workspace)
    assert WithCall.calls == 1


def test_inputs_of_other_types_are_told_apart(workspace):
    outcome(Square(), numbers=[1, 1.0, True], workspace=workspace)
    assert Square.calls == 3


def test_events_are_kept_as_they_were_when_submitted(workspace):
    numbers = []
    note = processor(lambda _, event: numbers.append(tuple(event.n)), "square")
    run(Sharing(), note, events=[Event("number", n=1)] * 2, workspace=workspace, max_workers=1)
    assert numbers[-1] == (1,)


def test_what_a_receiver_does_to_a_replayed_event_changes_no_later_replay(workspace):
    lengths = []

    def spoil(context, event):
        lengths.append(len(event.n))
        event.n.append("spoiled")

    run(Sharing(), processor(spoil, "square"), events=[Event("number", n=1)] * 4, workspace=workspace, max_workers=1)
    assert lengths[1:] == [1, 1, 1]


def test_what_a_processor_does_to_its_input_does_not_change_the_key(workspace):
    class Spoiling(AbstractProcessor):
        calls = 0

        @caching
        def process(self, context, event):
            match event:
                case Event(name="number", n=n):
                    Spoiling.calls += 1
                    n.append("spoiled")

    run(Spoiling(), events=[Event("number", n=[1]), Event("number", n=[1])], workspace=workspace)
    assert Spoiling.calls == 1


def test_control_events_always_run(workspace):
    class Hooked(AbstractProcessor):
        names = []  # noqa: RUF012

        @caching
        def process(self, context, event):
            match event:
                case Event(name="__INIT__" | "__PHASE__" | "__POISON__" as name):
                    Hooked.names.append(name)

    for _ in range(2):
        run(Hooked(), workspace=workspace)
    assert Hooked.names == ["__INIT__", "__PHASE__", "__POISON__"] * 2


def test_a_failing_call_is_not_kept(workspace):
    class Failing(AbstractProcessor):
        calls = 0

        @caching
        def process(self, context, event):
            match event:
                case Event(name="number"):
                    Failing.calls += 1
                    context.submit(Event("square", n=0))
                    if Failing.calls == 1:
                        raise ValueError

    _, report = outcome(Failing(), numbers=[1, 1, 1], workspace=workspace, on_error="keep")
    assert (len(report.failures), Failing.calls) == (1, 2)


def test_a_call_that_takes_a_hold_is_not_kept(workspace):
    class Holding(AbstractProcessor):
        calls = 0

        @caching
        def process(self, context, event):
            match event:
                case Event(name="number", n=n):
                    Holding.calls += 1
                    with context.hold() as hold:
                        hold.submit(Event("square", n=n))

    seen, _ = outcome(Holding(), numbers=[1, 1], workspace=workspace)
    assert (Holding.calls, seen) == (2, [("square", 1)] * 2)


def test_a_call_that_defers_work_to_itself_is_not_kept(workspace):
    class Slicing(AbstractProcessor):
        @caching
        def process(self, context, event):
            match event:
                case Event(name="number", n=n) if n:
                    context.submit(Event("square", n=n))
                    context._defer(Event("number", n=n - 1))

    seen, _ = outcome(Slicing(), numbers=[2, 2], workspace=workspace)
    assert sorted(seen) == [("square", 1)] * 2 + [("square", 2)] * 2


def test_a_submit_of_a_non_event_fails_with_the_remedy(workspace):
    class Wrong(AbstractProcessor):
        @caching
        def process(self, context, event):
            match event:
                case Event(name="number"):
                    context.submit("text")

    _, report = outcome(Wrong(), numbers=[1], workspace=workspace, on_error="keep")
    assert isinstance(report.failures[0].exception, NotAnEvent)


def test_an_input_without_a_digest_fails_its_own_delivery_only(workspace):
    _, report = outcome(Square(), numbers=[2, (n for n in "x"), 3], workspace=workspace, on_error="keep")
    [failure] = report.failures
    assert isinstance(failure.exception, Undigestable)
    assert Square.calls == 2


def test_what_cannot_be_kept_fails_its_own_delivery_only(workspace):
    class Unkept(AbstractProcessor):
        @caching
        def process(self, context, event):
            match event:
                case Event(name="number", n=n):
                    context.submit(Event("square", n=(i for i in "x") if n == 2 else n))

    seen, report = outcome(Unkept(), numbers=[1, 2, 3], workspace=workspace, on_error="keep")
    [failure] = report.failures
    assert isinstance(failure.exception, Unpicklable)
    assert seen == [("square", 1), ("square", 3)]


# -- in a workspace


def test_a_second_pipeline_on_the_same_workspace_replays(tmp_path):
    first, _ = outcome(Square(), numbers=[1, 2], workspace=tmp_path)
    second, _ = outcome(Square(), numbers=[1, 2, 3], workspace=tmp_path)
    assert (Square.calls, second[: len(first)]) == (3, first)


def test_other_arguments_do_not_share_results(tmp_path):
    outcome(Square(2), numbers=[3], workspace=tmp_path)
    seen, _ = outcome(Square(3), numbers=[3], workspace=tmp_path)
    assert (Square.calls, seen[0]) == (2, ("square", 27))


def test_two_differently_configured_instances_do_not_share_results_in_one_run(tmp_path):
    seen, _ = outcome(Square(2), Square(3), numbers=[2], workspace=tmp_path)
    assert sorted(n for name, n in seen if name == "square") == [4, 8]


def test_two_processors_with_one_identity_are_refused_by_name(tmp_path):
    with pytest.raises(IdentityClash, match=r"Square and Square-2 have the same name, code and arguments.*name="):
        outcome(Square(), Square(), numbers=[1], workspace=tmp_path)


def test_two_instances_in_memory_keep_their_own_results():
    outcome(Square(), Square(), numbers=[1])
    assert Square.calls == 2


def test_another_priority_shares_results(tmp_path):
    for priority in (0, 5):
        square = Square()
        square.priority = priority
        outcome(square, numbers=[1], workspace=tmp_path)
    assert Square.calls == 1


def test_a_run_that_failed_keeps_what_succeeded(tmp_path):
    outcome(Square(), numbers=[1, None, 2], workspace=tmp_path, on_error="keep")
    calls = Square.calls
    outcome(Square(), numbers=[1, 2], workspace=tmp_path)
    assert Square.calls == calls


def test_a_pipeline_that_is_stepped_keeps_its_results_after_each_phase(tmp_path):
    pipeline = Pipeline([Square(), processor(lambda c, _: c.submit(Event("x")), "__PHASE__"),
                         processor(lambda *_: None, "x")], workspace=tmp_path)  # fmt: skip
    pipeline.submit(Event("number", n=5))
    pipeline.step()
    pipeline.close()
    outcome(Square(), numbers=[5], workspace=tmp_path)
    assert Square.calls == 1


def test_an_archive_of_an_ended_pipeline_says_how_to_read(tmp_path):
    kept = []
    run(
        processor(lambda context, _: kept.append(context), "a", name="Keeping"), events=[Event("a")], workspace=tmp_path
    )
    with pytest.raises(ArchiveError, match="has ended and writes no more: read with Workspace"):
        kept[0].archive["late"] = 1


class InPlace(AbstractProcessor):
    @caching
    def process(self, context, event):
        match event:
            case Event(name="number", n=n):
                n.append("changed")
                context.submit(Event("square", n=len(n)))


def test_the_input_is_recorded_as_it_came(workspace):
    pipeline = Pipeline([InPlace()], workspace=workspace)
    pipeline.submit(Event("number", n=[1, 2]))
    pipeline.run()
    [record] = pipeline.results()["InPlace"].values()
    assert record.event.n == [1, 2]


class Base(AbstractProcessor):
    @caching
    def process(self, context, event):
        match event:
            case Event(name="number", n=n):
                context.submit(Event("square", n=n))


class Extended(Base):
    up = True

    @caching
    def process(self, context, event):
        super().process(context, event)
        match event:
            case Event(name="number", n=n):
                if not Extended.up:
                    raise ConnectionError
                context.submit(Event("square", n=-n))


def test_a_cached_call_inside_of_a_cached_call_keeps_nothing_of_its_own(workspace, monkeypatch):
    got = []
    for up in (False, True, True):
        monkeypatch.setattr(Extended, "up", up)
        show = processor(lambda _, event: got.append(event.n), "square")
        pipeline = Pipeline([Extended(), show], workspace=workspace, on_error="keep")
        pipeline.submit(Event("number", n=1))
        pipeline.run()
    assert got == [1, 1, -1, 1, -1]


def thawed(n):
    """Stands for a class that was renamed since."""
    if os.environ.get("FRAGILE") == "broken":
        raise AttributeError("Fragile was renamed")
    return Fragile(n)


class Fragile:
    def __init__(self, n):
        self.n = n

    def __reduce__(self):
        return thawed, (self.n,)


class Wrap(AbstractProcessor):
    calls = 0

    @caching
    def process(self, context, event):
        match event:
            case Event(name="number", n=n):
                Wrap.calls += 1
                context.archive["own"] = "an entry of the processor itself"
                context.submit(Event("wrapped", thing=Fragile(n)))


def test_a_record_that_cannot_be_loaded_is_computed_again_with_one_warning(tmp_path, monkeypatch, caplog):
    for state, calls in (("", 2), ("broken", 4)):
        monkeypatch.setenv("FRAGILE", state)
        pipeline = Pipeline([Wrap()], workspace=tmp_path / "workspace", on_error="keep")
        for n in (1, 2):
            pipeline.submit(Event("number", n=n))
        pipeline.run()
        assert Wrap.calls == calls
    [warning] = [message for message in caplog.messages if "is not used" in message]
    assert "archive 'Wrap'" in warning
    assert "Fragile was renamed" in warning


def test_entries_that_a_processor_keeps_itself_are_no_results(workspace):
    pipeline = Pipeline([Wrap()], workspace=workspace)
    pipeline.submit(Event("number", n=1))
    pipeline.run()
    assert pipeline.results()["Wrap"]["own"].startswith("an entry")
    assert [row.input.n for row in pipeline.compare("Wrap", Wrap())] == [1]
