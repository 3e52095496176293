# ruff: noqa: E501 - a case is a line
"""Malformed inputs to what notebooks show, and to the command line."""

import contextlib
import io
import sys

import pytest
from malformed import Case, each, while_running

from framework import cli
from framework.core import Event, Pipeline
from framework.errors import FrameworkError, NotANotebook, OptionError, PipelineRunning, UnknownName
from framework.notebook import (
    PhaseStepper,
    ScalingMonitor,
    dependency_graph,
    failures_frame,
    flow_graph,
    lineage,
    phases_frame,
    plan_frame,
    routing_graph,
    sequence_diagram,
    trace_frame,
    watch,
)
from framework.notebook.runner import run_notebook
from framework.notebook.stepper.stepper_view import StepperView

NAN = float("nan")


class Said(FrameworkError):
    """What a command said on its way out."""


def said(world, *arguments, **files):
    """Raise what the command line says, in a folder with those modules."""
    folder = world.place()
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    errors = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(errors):
        patch.chdir(folder)
        patch.setattr(sys, "path", [*sys.path])
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as stopped:  # from argparse
            code = stopped.code
        finally:
            for name in files:
                sys.modules.pop(name, None)
    if code:
        raise Said(errors.getvalue())


def clicked(world, command):
    """Raise what a stepper answers to a click."""
    stepper = world.pipeline.stepper()
    StepperView(stepper).handle(command)
    raise Said(stepper.message)


def notebook(world, content):
    path = world.place(content)
    run_notebook(path, world.place())


def stepper(world):
    return world.pipeline.stepper()


DRAWN = "routing_graph(pipeline)"
UNTIL = 'until takes one of: a function of a happening, "failure", target="...", phase=...'
IPYNB = "give the path of an .ipynb file"
TARGET = "write MODULE:NAME, for example analysis:pipeline"
REPORT = "pipeline.report"
EMPTY = b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": '

# fmt: off
CASES = [
    *[case for draw in (routing_graph, dependency_graph, flow_graph) for case in each(draw.__name__, (5, None, [1], Pipeline), lambda _, v, draw=draw: draw(v), OptionError, "got *", DRAWN)],
    *each("a target to draw", ("numbrs", "Numbers"), lambda w, v: dependency_graph(w.pipeline, v), UnknownName, "no target is named *", "did you mean 'numbers'?"),
    *each("a target to draw", (5, "x"), lambda w, v: dependency_graph(w.pipeline, v), UnknownName, "no target is named *", "there are: numbers"),
    *each("a drawing for", ("x.txt", "x.docx"), lambda w, v: routing_graph(w.pipeline).save(w.folder / v), OptionError, "not as '.", "saved as .svg, .html, .dot, .gv, .mmd"),
    Case("a drawing without a suffix", lambda w: routing_graph(w.pipeline).save(w.folder / "x"), OptionError, "a bare name", "saved as .svg, .html, .dot, .gv, .mmd"),
    *each("a drawing for", (5, None, b"x.svg"), lambda w, v: routing_graph(w.pipeline).save(v), OptionError, "got *", "save('graph.svg')"),
    Case("until nothing", lambda w: stepper(w).until(), OptionError, "until takes one of", UNTIL),
    Case("until two things", lambda w: stepper(w).until("failure", phase=2), OptionError, "until takes one of", UNTIL),
    Case("until two other things", lambda w: stepper(w).until(target="a", phase=2), OptionError, "until takes one of", UNTIL),
    *each("until", (5, "success", [1]), lambda w, v: stepper(w).until(v), OptionError, "got *", 'a function of a happening or "failure"'),
    *each("until the phase", ("2", 1.5), lambda w, v: stepper(w).until(phase=v), OptionError, "phase=*", "the number of a phase"),
    *each("until the target", (5, ["a"]), lambda w, v: stepper(w).until(target=v), OptionError, "target=*", "the name of a target"),
    *each("look at phase", (99, "x", None), lambda w, v: stepper(w).look(v), UnknownName, "no recorded phase is named *", "there are: none"),
    *each("a stepper of", (5, None, Pipeline), lambda _, v: PhaseStepper(v), OptionError, "got *", "steps a pipeline"),
    Case("a stepper of a flow", lambda w: PhaseStepper(w.flow), OptionError, "Flow object", "flow.watch() watches a flow"),
    *each("a stepper that keeps", (0, -1, "x"), lambda w, v: PhaseStepper(w.pipeline, v), OptionError, "got *", "max_bytes must be positive"),
    *each("step while running", ("step", "deliver", "run"), lambda _, v: while_running(lambda p: getattr(p.stepper(), v)()), PipelineRunning, "busy is running", "pipeline.stop()"),
    *each("a monitor that samples", (0.01, 0, -1, "x", NAN, None), lambda w, v: ScalingMonitor(w.flow, v), OptionError, "not *", "interval=0.1"),
    *each("a monitor of", (5, None, Pipeline), lambda _, v: ScalingMonitor(v), OptionError, "got *", "watches a flow or a pipeline"),
    *each("watch", (5, None), lambda _, v: watch(v), OptionError, "got *", "watches a flow or a pipeline"),
    *each("trace_frame", (5, None, []), lambda _, v: trace_frame(v), OptionError, "got *", "a pipeline or its report"),
    *each("failures_frame", (5, None), lambda _, v: failures_frame(v), OptionError, "got *", REPORT),
    Case("failures_frame of a pipeline", lambda w: failures_frame(w.pipeline), OptionError, "<Pipeline demo", REPORT),
    *each("phases_frame", (5, None), lambda _, v: phases_frame(v), OptionError, "got *", REPORT),
    *each("plan_frame", (5, None), lambda _, v: plan_frame(v), OptionError, "got *", "plan(pipeline, target)"),
    *each("lineage from", (5, "recorder"), lambda _, v: lineage(Event("x"), v), OptionError, "got *", "a stepper or a pipeline"),
    *each("sequence_diagram from", (5, "recorder"), lambda _, v: sequence_diagram(Event("x"), v), OptionError, "got *", "a stepper or a pipeline"),
    *each("a notebook", (b"", b"text", b"[]", b"{}", b"5", b"null", b"\xff\xfe\0", b'{"cells": ' + b"[" * 100_000), notebook, NotANotebook, "is no notebook", IPYNB),
    *each("cells", (b"5}", b"null}", b"[5]}", b'["x"]}', b'[{"cell_type": "code"}]}'), lambda w, v: notebook(w, EMPTY + v), NotANotebook, "is no notebook", IPYNB),
    Case("a notebook of tomorrow", lambda w: notebook(w, b'{"nbformat": 99, "nbformat_minor": 0, "metadata": {}, "cells": []}'), NotANotebook, "Unsupported nbformat version 99", IPYNB),
    Case("a notebook that is not there", lambda w: run_notebook(w.place(), w.place()), NotANotebook, "there is no such file", IPYNB),
    Case("a folder for a notebook", lambda w: run_notebook(w.folder, w.place()), NotANotebook, "there is no such file", IPYNB),
    Case("no command", said, Said, "the following arguments are required", "COMMAND"),
    *each("the command", ("draw", "Run"), said, Said, "invalid choice: *", "graph"),
    *each("a command without its argument", ("run", "graph", "archives"), said, Said, "usage: framework", "the following arguments are required"),
    Case("run nothing", lambda w: said(w, "run", "no.ipynb"), Said, "no.ipynb is no notebook", IPYNB),
    *each("graph", ("analysis", ":x", "x:", ":"), lambda w, v: said(w, "graph", v), Said, "* names no pipeline", TARGET),
    *each("graph of a module", ("nomodule:x", "no.module:x"), lambda w, v: said(w, "graph", v), Said, "no module is named", "there are: none"),
    Case("graph of a module with a slip", lambda w: said(w, "graph", "analisis:a", analysis="a = 1"), Said, "'analisis'", "did you mean 'analysis'?"),
    Case("graph of a name with a slip", lambda w: said(w, "graph", "one:pipeline", one="pipelin = 1"), Said, "no attribute of one is named 'pipeline'", "did you mean 'pipelin'?"),
    Case("graph of a name inside", lambda w: said(w, "graph", "one:A.b", one="class A: pass"), Said, "no attribute of A is named 'b'", "there are: none"),
    *each("graph of", ("5", "'text'", "int", "len"), lambda w, v: said(w, "graph", "one:a", one=f"a = {v}"), Said, "which has no graph()", "name a Pipeline or a Flow"),
    *each("graph of a module that", ("1/0", "def", "raise SystemExit(3)", "import nothing_of_that_name"), lambda w, v: said(w, "graph", "one:a", one=v), Said, "Traceback", "importing one failed, see above"),
    Case("graph in another format", lambda w: said(w, "graph", "a:b", "--format", "png"), Said, "invalid choice: 'png'", "svg"),
    Case("graph into no folder", lambda w: said(w, "graph", "one:a", "-o", "no/x.svg", one="from framework.flow import Flow\na = Flow()"), Said, "no/x.svg", "name a place that can be written"),
    Case("archives of nothing", lambda w: said(w, "archives", "nothing"), Said, "nothing is at", "run a pipeline with workspace="),
    Case("archives of a file", lambda w: said(w, "archives", w.place(b"x")), Said, "is a file", "name a folder"),
    Case("archives of other things", lambda w: said(w, "archives", ".", notes="mine"), Said, "holds other things (notes.py)", "name a new or an empty folder"),
    *each("archives --limit", ("0", "x", "-1", "1.5"), lambda w, v: said(w, "archives", w.path, "--limit", v), Said, "--limit", "is no positive number"),
    Case("archives of no path", lambda w: said(w, "archives", "a\0b"), Said, "names no folder", "Workspace('results')"),
    *each("a click that says", ({}, {"do": "dance"}, {"do": "look", "phase": "x"}, {"do": 5}, {"do": "event", "number": "x"}), clicked, Said, "unknown command *", "there are: step, deliver, run"),
    Case("a click for no condition", lambda w: clicked(w, {"do": "until"}), Said, "until takes one of", UNTIL),
    Case("a click for an unknown condition", lambda w: clicked(w, {"do": "until", "speed": 1}), Said, "unexpected keyword argument", "'speed'"),
    Case("a click for an unknown phase", lambda w: clicked(w, {"do": "look", "phase": 9}), Said, "no recorded phase is named 9", "there are: none"),
]
# fmt: on
