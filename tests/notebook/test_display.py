import asyncio
import base64
import importlib
import sys
import threading

import pytest
from IPython.core.interactiveshell import InteractiveShell
from notebook_processors import make_pipeline
from notebook_samples import Runtime, node_snapshot, routing, snapshot

import framework.notebook
from framework.core import AbstractProcessor, Event, Pipeline
from framework.errors import OptionError
from framework.flow import Flow, router
from framework.notebook import ScalingMonitor, display, lineage, routing_graph, sequence_diagram, views
from framework.observe import Failure, Failures, Graph, PhaseReport, RunReport


@pytest.fixture(scope="module")
def shell():
    shell = InteractiveShell.instance()
    yield shell
    InteractiveShell.clear_instance()


@pytest.fixture
def shown(shell):
    """What the last expression of a cell shows."""
    framework.notebook.load_ipython_extension(shell)
    yield lambda value: shell.display_formatter.format(value)[0]
    framework.notebook.unload_ipython_extension(shell)


def failure(event=None):
    try:
        int("<b>bold</b>")
    except ValueError as error:
        return Failure("Parse", event or Event(name="line", text="<i>x</i>"), 2, error)


def phase(*failures, number=1, **delivered):
    return PhaseReport(number, delivered, 3, Failures(failures), 0.5, settled=False)


def report(*phases, **facts):
    failures = Failures(failure for phase in phases for failure in phase.failures)
    defaults = {"dead_letters": 0, "dropped": 0, "orphans": (), "gaps": (), "waiting": "", "interrupted": False}
    return RunReport(phases=phases, delivered={"Parse": 8}, failures=failures, elapsed=1.0, **{**defaults, **facts})


def test_a_graph_is_shown_as_a_picture(shown):
    assert "data:image/svg+xml;base64," in shown(routing())["text/html"]


def test_a_report_shows_its_failures_before_its_phases(shown):
    html = shown(report(phase(failure(), Read=8)))["text/html"]

    assert html.index("Parse") < html.index("delivered</th>")
    assert "Finished: 1 phase, 8 delivered, 1 failure, 1.00 s" in html


def test_a_report_says_what_was_still_waited_for(shown):
    html = shown(report(phase(), waiting="needs 'text'", orphans=("key 17",), interrupted=True))["text/html"]

    assert "needs &#x27;text&#x27;" in html
    assert "key 17" in html
    assert "Interrupted" in html


def test_a_phase_begins_with_a_line_that_stands_out(shown):
    first, _, _ = shown(phase(Read=1))["text/html"].partition("Phase 1")
    assert "font-weight:600" in first.rpartition("<div")[2]


def test_a_phase_shows_who_got_how_much(shown):
    assert "<td" in shown(phase(Read=1, Parse=1204))["text/html"]
    assert "1,204" in shown(phase(Read=1, Parse=1204))["text/html"]


def test_what_a_user_wrote_is_escaped(shown):
    for value in (failure(), Failures([failure()]), phase(failure())):
        html = shown(value)["text/html"]
        assert "<b>bold" not in html
        assert "&lt;b&gt;bold" in html
        assert "<i>" not in html


def test_a_failure_whose_input_cannot_be_printed_is_shown(shown):
    class Unprintable(Event):
        def __repr__(self):
            raise RuntimeError

    assert "whose repr raised RuntimeError" in shown(failure(Unprintable(name="x")))["text/html"]


def test_a_huge_input_is_shown_in_short(shown):
    assert len(shown(failure(Event(name="x", data="y" * 10_000_000)))["text/html"]) < 20_000


def test_no_failures_are_said_to_be_none(shown):
    assert shown(Failures())["text/plain"] == "No failures"


def test_a_pipeline_shows_its_state_in_a_line():
    now = snapshot(node_snapshot("Find", waiting=1), node_snapshot("Parse"), state="not started")

    assert views.runtime_view(Runtime(routing(), now))[1] == "pipeline: not started, 2 processors, 1 event waiting"


def test_a_pipeline_whose_lock_is_held_is_shown_at_once():
    released = threading.Event()

    class Held(Runtime):
        def snapshot(self):
            released.wait(60)

    html, text = views.runtime_view(Held(routing(), None))
    released.set()

    assert text == "pipeline: busy, 2 processors"
    assert "data:image/svg+xml" in html


def test_a_display_that_fails_still_shows_the_object():
    def failing(_):
        raise RuntimeError("no")

    assert display.show(failing, Graph("g", (), ()))["text/plain"].startswith("Graph(name='g'")


def test_a_subclass_is_shown_as_its_base(shown):
    class MyFailures(Failures):
        pass

    assert shown(MyFailures())["text/plain"] == "No failures"


def test_loading_the_extension_imports_no_runtime(shell):
    before = set(sys.modules)
    framework.notebook.load_ipython_extension(shell)
    framework.notebook.unload_ipython_extension(shell)

    assert not {name for name in set(sys.modules) - before if name.startswith("framework.")}


def test_a_flow_shows_what_became_of_its_items(shown):
    async def halve(item):
        if item == 3:
            raise ValueError("<odd>")
        return item // 2

    flow = Flow().add(halve)
    html = shown(asyncio.run(flow.run(range(4))))["text/html"]

    assert "Finished: 4 taken, 3 done, 1 failed" in html
    assert "&lt;odd&gt;" in html
    assert (
        "workers 0/5, queue 0/10"
        in base64.b64decode(shown(flow)["text/html"].split("base64,")[1].split('"')[0]).decode()
    )


def test_a_flow_s_report_begins_with_what_is_odd_and_indents_the_jobs_of_sub_flows(shown):
    async def same(item):
        return item

    part = Flow(name="part").add(router(lambda item: "a" if item else "b", a=same, name="kind"))
    report = asyncio.run(Flow().add(part).run(range(3)))
    bundle = shown(report)
    html = bundle["text/html"]

    assert html.index("router miss") < html.index(">taken<")
    rows = [html.index(name) for name in (">part<", ">\N{EM SPACE}\N{EM SPACE}kind<", "\N{EM SPACE}a<")]
    assert rows == sorted(rows)
    assert "waiting for a lock" not in html  # no column in which nothing stands
    assert bundle["text/plain"].splitlines()[1].startswith("1. 1 item fit no arm")


def test_the_way_of_an_item_and_the_profile_of_a_flow_are_shown(shown):
    async def split(text):
        for word in text.split():
            yield word

    async def count(word):
        return len(word)

    flow = Flow(history=True).add(split).add(count)
    report = asyncio.run(flow.run(["a <b>"]))

    way = shown(flow.history.lineage("a <b>"))["text/html"]
    assert "made of it: 2" in way
    assert "&lt;b&gt;" in way
    assert "s per item" in shown(report.profile())["text/html"]


def test_a_pipeline_and_its_run_are_shown(shown):
    pipeline = make_pipeline(on_error="keep")
    assert shown(pipeline)["text/plain"] == "demo: not started, 3 processors, 1 event waiting"
    run = pipeline.start()
    run.wait()

    assert "Finished: 2 phases" in shown(run)["text/plain"]
    assert "demo: finished, 3 processors, phase 2, 17 delivered, 1 failed" in shown(pipeline)["text/plain"]


def test_an_explanation_is_a_table(shown):
    html = shown(make_pipeline().explain(Event(name="line", number=1)))["text/html"]

    assert ">Parse</td>" in html
    assert ">reason</th>" in html


def test_every_type_that_is_shown_exists():
    for module, name in display.VIEWS:
        assert hasattr(importlib.import_module(module), name)


def test_a_run_in_the_background_says_that_it_runs_until_it_shows_its_report(shown):
    gate = threading.Event()

    class Waiting(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="__INIT__"):
                    gate.wait(20)

    run = Pipeline([Waiting()]).start()
    assert "run.wait() waits for the end" in shown(run)["text/html"]
    gate.set()
    run.wait()
    assert "Finished: 1 phase" in shown(run)["text/html"]


@pytest.mark.parametrize(
    "shown",
    [
        lambda: make_pipeline().stepper(),
        lambda: ScalingMonitor(make_pipeline()),
        lambda: routing_graph(make_pipeline()),
        lambda: lineage(Event(name="x")),
        lambda: sequence_diagram(Event(name="x")),
    ],
    ids=["stepper", "monitor", "drawing", "lineage", "sequence"],
)
def test_what_a_cell_shows_is_saved_as_a_page(shown, tmp_path):
    saved = shown().save(tmp_path / "shown.html")

    assert saved.read_text(encoding="utf-8").startswith("<!doctype html>")
    with pytest.raises(OptionError, match="saved"):
        shown().save(tmp_path / "shown.docx")
