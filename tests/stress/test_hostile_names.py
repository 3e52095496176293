"""Any string is a name: of an archive, a processor, an event, a target, a job, a folder.

It comes back as it was given, two names never share anything, nothing is written outside of the workspace, and no
picture, diagram or page takes a name for anything but text.
"""

import asyncio

import pytest
from harmless import check_bundle, check_mermaid, check_sendable, check_sequence, check_svg
from hostile_names import hostile_names
from hostile_samples import answering, chain, displayed, jobs

from framework import cli
from framework.archive import Session, Workspace
from framework.cli import console
from framework.core import Event
from framework.core.event import CONTROL
from framework.errors import ArchiveError, WiringError
from framework.notebook import (
    archive_frame,
    catalog_frame,
    dependency_graph,
    failures_frame,
    flow_graph,
    lineage,
    phases_frame,
    routing_graph,
    sequence_diagram,
    trace_frame,
)
from framework.notebook.monitor.monitor_view import MonitorView, MonitorWidget
from framework.notebook.stepper.stepper_view import StepperView, StepperWidget
from framework.observe import Recorder
from framework.reactive import plan

GROUP = 20
KNOWN = {"workspace.json", "mark", "store", "journal"}


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A workspace in a folder with a precious file, which is also the current folder."""
    monkeypatch.setenv("FRAMEWORK_KEY_FILE", str(tmp_path / "keys" / "key"))
    around = tmp_path / "around"
    around.mkdir()
    (around / "precious").write_text("precious")
    monkeypatch.chdir(around)
    yield around / "workspace"
    assert {entry.name for entry in around.iterdir()} <= {"precious", "workspace"}
    assert {entry.name for entry in tmp_path.iterdir()} <= {"around", "keys"}
    assert (around / "precious").read_text() == "precious"


def is_event(name):
    return name not in CONTROL


def is_one_part(name):
    """Whether it names something in a folder, if anything."""
    return "/" not in name and bool(name.strip(".~"))


def groups(names):
    return [names[start : start + GROUP] for start in range(0, len(names), GROUP)]


def check_drawing(drawing, nodes):
    """It renders, and every node of the graph is one in each picture, no more and no fewer."""
    assert len(drawing.nx) == nodes
    assert check_svg(drawing.svg) == len(drawing.shown.boxes)
    assert check_mermaid(drawing.mermaid) == nodes
    drawing.dot.encode()
    check_bundle(displayed(drawing))


def test_archives_of_hostile_names(path, size, figure, capsys):
    names = hostile_names(size(200, 1000))
    with Session(path, "a test") as session:
        for number, name in enumerate(names):
            session.archive(name).update({name: number, "same": name})
    with Workspace(path) as workspace:
        assert workspace.names() == names
        assert [(entry.name, entry.records) for entry in workspace.catalog()] == [(name, 2) for name in names]
        for number, name in enumerate(names):
            assert dict(workspace.archive(name, readonly=True)) == {name: number, "same": name}
        assert list(catalog_frame(workspace)["name"]) == names
        assert archive_frame(workspace)["processor"].nunique() == len(names)
        assert workspace.verify() == 2 * len(names)
    assert {entry.name for entry in path.iterdir()} <= KNOWN
    assert cli.main(["archives", str(path)]) == console.DONE
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) == len(names) + 2  # a head and the sum
    assert all(char.isprintable() or char == "\n" for char in printed)
    figure("names", len(names))


def test_processors_and_events_of_hostile_names(path, size, figure):
    names = hostile_names(size(20, 1000), seed=2, allowed=is_event)
    for group in groups(names):
        recorder, pipeline = Recorder(), answering(group, path)
        pipeline.observe(recorder)
        events = [Event(name, number=number) for number, name in enumerate(group)]
        assert [pipeline.submit(event) for event in events] == [1] * len(group)
        pipeline.submit(Event(group[0], fails=True))
        check_drawing(routing_graph(pipeline), 2 * len(group) + 2)
        assert "needs" not in pipeline.why_waiting()
        explained = pipeline.explain(events[0])
        assert [row.processor for row in explained if row.receives == "yes"] == [group[0]]

        report = pipeline.run()
        assert report.delivered == dict.fromkeys(group, 1) | {group[0]: 2, "the sink": len(group)}
        assert sorted(pipeline["the sink"].got) == sorted(group)
        assert [failure.processor for failure in report.failures] == group[:1]
        assert list(pipeline.results()) == list(pipeline.snapshot().nodes)[: len(group)] == group
        assert [list(pipeline.frame(name)["of"]) for name in group] == [[name] for name in group]
        _check_what_is_shown(pipeline, recorder, events, explained)
    figure("names", len(names))


def _check_what_is_shown(pipeline, recorder, events, explained):
    report = pipeline.report
    shown = [pipeline, report, *report.phases, report.failures, report.failures[0], pipeline.graph(), explained]
    for value in [*shown, lineage(events[0], recorder), sequence_diagram(events[0], recorder)]:
        check_bundle(displayed(value))
    check_sequence(sequence_diagram(events[0], recorder).mermaid)
    check_drawing(lineage(events[0], recorder).drawing(), 2)
    check_drawing(routing_graph(pipeline), 2 * len(events) + 2)
    assert set(trace_frame(recorder)["processor"].dropna()) >= {event.name for event in events}
    assert list(failures_frame(report)["processor"]) == [events[0].name]
    assert phases_frame(report)["delivered"].sum() == sum(report.delivered.values())


def test_stepped_processors_of_hostile_names(size, figure):
    names = hostile_names(size(20, 1000), seed=3, allowed=is_event)
    for group in groups(names):
        pipeline = answering(group)
        stepper = pipeline.stepper()
        view = StepperView(stepper)
        for name in group:
            pipeline.submit(Event(name))
        pipeline.submit(Event(group[0], fails=True))
        stepper.step()
        for number in range(len(group)):
            view.handle({"do": "select", "node": f"node-{number}"})
            assert StepperWidget(view).state["selected"] == f"node-{number}"
        check_sendable(StepperWidget(view).state)
        assert check_svg(view.picture()) == len(view.canvas.figure.boxes)
        check_bundle(displayed(stepper))
        stepper.run()
    figure("names", len(names))


def test_targets_of_hostile_names(path, size, figure):
    names = hostile_names(size(20, 1000), seed=4, allowed=lambda name: name[0] != "*")
    for group in groups(names):
        with chain(group, path) as pipeline:
            check_drawing(dependency_graph(pipeline), 2 * len(group))
            pipeline.run()
            assert pipeline["the end"].got == [group]
            assert [pipeline.frame(name)["artifact"][0][-1] for name in group] == group
        with chain(group, path) as pipeline:
            rows = plan(pipeline, group[-1])
            assert [(row.builder, row.action) for row in rows] == [(f"builder of {name}", "replay") for name in group]
            check_bundle(displayed(rows))
            check_drawing(routing_graph(pipeline), 2 * len(group) + 1)
    with pytest.raises(WiringError, match="requires"):
        chain(["*all"], None)
    figure("names", len(names))


def test_jobs_of_hostile_names(size, figure):
    names = hostile_names(size(20, 1000), seed=5)
    for group in groups(names):
        flow = jobs(group)
        check_drawing(flow_graph(flow), len(group))
        report = asyncio.run(flow.run(range(3)))
        assert list(report.jobs) == list(flow.snapshot().nodes) == group
        assert [job.counts.done for job in report.jobs.values()] == [3] * len(group)
        check_drawing(flow_graph(flow), len(group))
        check_bundle(displayed(report))
        check_bundle(displayed(flow))
        check_sendable(MonitorWidget(MonitorView(flow.watch())).state)
    figure("names", len(names))


def test_folders_of_hostile_names(tmp_path, monkeypatch, size, figure):
    monkeypatch.setenv("FRAMEWORK_KEY_FILE", str(tmp_path / "key"))
    names, kept = hostile_names(size(20, 1000), seed=6, allowed=is_one_part), []
    (tmp_path / "around").mkdir()
    for number, name in enumerate(names):
        path = tmp_path / "around" / name
        try:
            with Session(path, "a test") as session:
                session.archive("a")["k"] = number
        except ArchiveError:  # no such name for a folder on this system
            continue
        kept.append(name)
        assert Workspace(path).archive("a")["k"] == number
    assert sorted(entry.name for entry in (tmp_path / "around").iterdir()) == sorted(kept)
    assert all(Workspace(tmp_path / "around" / name).archive("a")["k"] == names.index(name) for name in kept)
    figure("names", len(names))
    figure("of them folders", len(kept))
