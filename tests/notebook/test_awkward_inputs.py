"""Every display of every awkward input: it is shown, in bounds, and nothing of the user becomes markup."""

import asyncio
import io
import json
import logging

import awkward
import pytest
from IPython.core.interactiveshell import InteractiveShell

import framework.notebook
from framework.core import Event
from framework.notebook import (
    ScalingMonitor,
    archive_frame,
    catalog_frame,
    dependency_graph,
    flow_graph,
    lineage,
    phases_frame,
    routing_graph,
    sequence_diagram,
    trace_frame,
)
from framework.notebook.graphs.canvas import DrawingView
from framework.notebook.monitor.monitor_view import MonitorView
from framework.notebook.stepper.stepper_view import StepperView
from framework.reactive import plan

MOST_HTML, MOST_TEXT = 400_000, 20_000
CASES = {
    **{f"name {kind}": {"name": name} for kind, name in awkward.NAMES.items()},
    **{f"value {kind}": {"value": make()} for kind, make in awkward.VALUES.items()},
    **{f"{count} events": {"count": count} for count in (None, 0, 1, 1000)},
}


@pytest.fixture(autouse=True)
def quiet():
    """Nothing in the log of what fails on purpose."""
    logger = logging.getLogger("framework")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(before)


@pytest.fixture(scope="module")
def shown():
    """What the last expression of a cell shows."""
    shell = InteractiveShell.instance()
    framework.notebook.load_ipython_extension(shell)
    yield lambda value: shell.display_formatter.format(value)[0]
    framework.notebook.unload_ipython_extension(shell)
    InteractiveShell.clear_instance()


def faults(name, bundle):
    """What is wrong with a display bundle."""
    html, text = bundle.get("text/html", ""), bundle.get("text/plain", "")
    if "no picture:" in text or not text:
        yield f"{name} is not shown: {text[-300:]}"
    if "<script>alert" in html:
        yield f"{name} shows a user's text as markup"
    if len(html) > MOST_HTML or len(text) > MOST_TEXT:
        yield f"{name} takes {len(html)} characters of HTML and {len(text)} of text"


def of_pipeline(pipeline, start):
    """Displays before, while and after it runs, in this order."""
    stepper = pipeline.stepper()
    monitor = ScalingMonitor(pipeline)
    yield "a new pipeline", pipeline
    yield "a new stepper", stepper
    yield "a new monitor", monitor
    yield "an explanation", pipeline.explain(Event("line", number=1))
    yield "a plan", plan(pipeline, "double")
    yield "a mailbox", pipeline.inbox(next(iter(pipeline.snapshot().nodes)))
    stepper.deliver()
    yield "a pipeline between deliveries", pipeline
    stepper.step()
    yield "a stepper between phases", stepper
    yield "a diagnosis", pipeline.diagnose()
    run = pipeline.start()
    yield "a pipeline that runs", pipeline
    yield "a run", run
    report = run.wait()
    yield "a finished run", run
    yield "a report", report
    yield "a phase", report.phases[0]
    yield "failures", report.failures
    yield from ((f"failure {number}", failure) for number, failure in enumerate(report.failures[:3]))
    yield "findings", report.findings
    yield "a profile", report.profile()
    yield "a closed pipeline", pipeline
    yield "a stepper at the end", stepper
    yield "a monitor at the end", monitor
    yield "a graph", pipeline.graph()
    yield "a routing graph", routing_graph(pipeline)
    yield "a dependency graph", dependency_graph(pipeline)
    yield "a lineage", lineage(start, pipeline)
    yield "a lineage of the stepper", lineage(start, stepper)
    yield "a sequence diagram", sequence_diagram(start, pipeline)
    yield "an identity", pipeline.identity(next(iter(pipeline.snapshot().nodes)))
    yield "a history", pipeline.history
    yield "dead letters", pipeline.history.dead_letters
    frames = (
        *(pipeline.history.frame(), trace_frame(stepper.recorder), report.failures.frame(), phases_frame(report)),
        *(archive_frame(pipeline), catalog_frame(pipeline), stepper.frame(), monitor.frame()),
    )
    yield from ((f"frame {number}", frame) for number, frame in enumerate(frames))


@pytest.mark.filterwarnings("ignore::UserWarning")  # a font without Japanese
@pytest.mark.parametrize("case", CASES)
def test_every_display_of_a_pipeline(shown, tmp_path, case):
    options = CASES[case]
    pipeline = awkward.pipeline(workspace=tmp_path / "w", **{**options, "count": None})
    start = Event("start", count=options.get("count", 4) or 0)
    if options.get("count", 4) is not None:
        pipeline.submit(start)
    found = [fault for name, value in of_pipeline(pipeline, start) for fault in faults(name, shown(value))]

    assert not found, "\n".join(found)


@pytest.mark.parametrize("case", [case for case in CASES if "events" not in case])
def test_the_views_of_widgets_are_ready_for_json(case, tmp_path):
    pipeline = awkward.pipeline(workspace=tmp_path / "w", **CASES[case])
    view = StepperView(pipeline.stepper())
    monitor = ScalingMonitor(pipeline)
    view.handle({"do": "step"})
    monitor.sample()
    views = (view, MonitorView(monitor), DrawingView(pipeline.graph(), pipeline.snapshot()))

    for one in views:
        assert len(json.dumps(one.state())) < MOST_HTML
        assert "<script" not in one.picture()
    assert "<script>alert" not in json.dumps(MonitorView(monitor).state()["html"])


@pytest.mark.parametrize("case", [case for case in CASES if "events" not in case])
@pytest.mark.parametrize("items", [0, 1, 40])
def test_every_display_of_a_flow(shown, case, items):
    flow = awkward.flow(**CASES[case])
    monitor = ScalingMonitor(flow)
    found = [*faults("a new flow", shown(flow)), *faults("a new monitor", shown(monitor))]
    asyncio.run(flow.run(range(items)))
    monitor.sample()
    values = {
        "a flow at its end": flow,
        "its report": flow.report,
        "its failures": flow.report.failures,
        "its graph": flow_graph(flow),
        "its monitor": monitor,
        "its frame": monitor.frame(),
        "its failures as a frame": flow.report.failures.frame(),
    }
    found += [fault for name, value in values.items() for fault in faults(name, shown(value))]

    assert not found, "\n".join(found)


def test_a_progress_line_of_awkward_names_is_one_line():
    for name in awkward.NAMES.values():
        pipeline, out = awkward.pipeline(name=name), io.StringIO()
        monitor = framework.notebook.watch(pipeline, out)
        pipeline.run()
        monitor.sample()

        assert len(out.getvalue().splitlines()) == 1
