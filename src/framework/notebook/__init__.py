"""See it, step it, watch it, load it: what notebooks show of pipelines, flows and archives."""

from framework.notebook.display import load_ipython_extension, unload_ipython_extension
from framework.notebook.frames.archived import archive_frame, catalog_frame
from framework.notebook.frames.frames import failures_frame, phases_frame, plan_frame, trace_frame
from framework.notebook.graphs.drawing import Drawing, dependency_graph, flow_graph, routing_graph
from framework.notebook.lineage.causes import lineage
from framework.notebook.lineage.sequence import sequence_diagram
from framework.notebook.monitor.monitor import ScalingMonitor
from framework.notebook.monitor.progress import watch
from framework.notebook.stepper.stepper import PhaseStepper
from framework.reactive.provenance import provenance

__all__ = [
    "Drawing",
    "PhaseStepper",
    "ScalingMonitor",
    "archive_frame",
    "catalog_frame",
    "dependency_graph",
    "failures_frame",
    "flow_graph",
    "lineage",
    "load_ipython_extension",
    "phases_frame",
    "plan_frame",
    "provenance",
    "routing_graph",
    "sequence_diagram",
    "trace_frame",
    "unload_ipython_extension",
    "watch",
]
__dir__ = __all__.copy  # autocompletion shows public names only
