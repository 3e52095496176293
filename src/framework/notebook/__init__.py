"""See it, step it, watch it, load it: what notebooks show of pipelines, flows and archives."""

from framework.notebook.display import load_ipython_extension, unload_ipython_extension
from framework.notebook.drawing import Drawing, dependency_graph, flow_graph, routing_graph
from framework.notebook.frames import failures_frame, phases_frame, plan_frame, trace_frame

__all__ = [
    "Drawing",
    "dependency_graph",
    "failures_frame",
    "flow_graph",
    "load_ipython_extension",
    "phases_frame",
    "plan_frame",
    "routing_graph",
    "trace_frame",
    "unload_ipython_extension",
]
