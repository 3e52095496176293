"""Pictures of pipelines and flows. Start at `routing_graph`, `dependency_graph` and `flow_graph`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from framework.errors import LayoutUnavailable, MissingProgram, OptionError, UnknownName
from framework.notebook.graphs.arrange import PAGE, arranged
from framework.notebook.graphs.digraph import digraph
from framework.notebook.graphs.figure import Figure, figure_of
from framework.notebook.graphs.groups import Outline
from framework.notebook.graphs.node_marks import bars_of, notes_of, states_of
from framework.notebook.graphs.picture import legend_html, picture_svg
from framework.notebook.widgets.markup import block, bundle, page, scrolled_image
from framework.notebook.widgets.require import require
from framework.notebook.widgets.shown import Shown
from framework.observe import Graph, NodeKey, Snapshot
from framework.observe.findings import times

if TYPE_CHECKING:
    import graphviz
    import networkx as nx


class Drawable(Protocol):
    """What can be drawn: a pipeline or a flow."""

    def graph(self) -> Graph:
        """What it is."""

    def snapshot(self) -> Snapshot:
        """How it is now."""


class GraphvizPicture(Shown):
    """What Graphviz lays out; the last expression of a cell shows it."""

    @property
    def graphviz(self) -> graphviz.Digraph:
        """The picture as a `graphviz.Digraph` of its own, to be styled and rendered further."""
        raise NotImplementedError

    @property
    def mermaid(self) -> str:
        """The picture as mermaid text."""
        raise NotImplementedError

    @property
    def svg(self) -> str:
        """The picture as an `<svg>` element that stands alone.

        Raises:
            LayoutUnavailable: Graphviz cannot be used here; `dot` and `mermaid` still work.
        """
        raise NotImplementedError

    @property
    def dot(self) -> str:
        """The picture in DOT, the language of Graphviz."""
        source: str = self.graphviz.source
        return source

    @property
    def html(self) -> str:
        """The picture at its own size, as it stays in a saved notebook.

        Raises:
            LayoutUnavailable: Graphviz cannot be used here.
        """
        return block(scrolled_image(self.svg, "; ".join(repr(self).splitlines())))

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file in the format of its suffix, and return the path.

        `.svg`, `.html`, `.dot`, `.gv` and `.mmd` (mermaid) need nothing; a system Graphviz writes `.pdf`, `.png` and
        its other formats.

        Raises:
            OptionError: the suffix names no format, or `path` is no path.
            MissingProgram: the format takes a system Graphviz, and there is none.
        """
        if not isinstance(path, str | Path):
            raise OptionError(f"a drawing is saved to a path, got {path!r}: save('graph.svg')")
        target = Path(path)
        match target.suffix.lower():
            case ".svg":
                text = self.svg
            case ".dot" | ".gv":
                text = self.dot
            case ".mmd":
                text = self.mermaid
            case ".html":
                text = page(self.html)
            case suffix:
                target.write_bytes(_rendered(self.graphviz, suffix))
                return target
        target.write_text(text, encoding="utf-8")
        return target

    def _bundle(self) -> Mapping[str, str]:
        """Return a picture where it can be laid out, mermaid text elsewhere."""
        try:
            return bundle(self.html, repr(self))
        except LayoutUnavailable:
            return {"text/vnd.mermaid": self.mermaid, "text/plain": self.mermaid}


@dataclass(frozen=True)
class Drawing(GraphvizPicture):
    """A picture of a graph; the last expression of a cell shows it.

    `nx` holds every node under its `framework.observe.Node.key`. Pictures are smaller: a target stands in the box of
    its only provider, an event between one sender and one recipient on the arrow, and a large graph is grouped by how
    it is connected; `explore()` expands the groups. With a snapshot, the state of a node sets its colour.
    """

    graph: Graph
    snapshot: Snapshot | None = None

    @cached_property
    def shown(self) -> Figure:
        """The boxes and arrows that are drawn: groups are collapsed where the graph is large."""
        outline = Outline(figure_of(self.graph))
        return outline.shown(outline.opened)

    @property
    def nx(self) -> nx.MultiDiGraph:
        """The graph for networkx: nodes have `kind`, `label`, `missing` and `details`, edges `kind` and `observed`."""
        import networkx as nx

        graph = nx.MultiDiGraph(name=self.graph.name)
        for node in self.graph.nodes:
            details = dict(node.details)
            graph.add_node(node.key, kind=node.kind, label=node.label, missing=node.missing, details=details)
        for edge in self.graph.edges:
            observed, label = edge.observed, edge.label
            graph.add_edge(edge.source, edge.target, edge.kind, kind=edge.kind, observed=observed, label=label)
        return graph

    @property
    def graphviz(self) -> graphviz.Digraph:
        """The picture as a `graphviz.Digraph` of its own, to be styled and rendered further."""
        return digraph(self.shown, states_of(self.shown, self.snapshot), notes_of(self.shown, self.snapshot))

    @property
    def mermaid(self) -> str:
        """The picture as mermaid flowchart text."""
        return self.graph.mermaid()

    @cached_property
    def svg(self) -> str:
        """The picture as an `<svg>` element that stands alone; equal graphs give equal bytes.

        Raises:
            LayoutUnavailable: Graphviz cannot be used here; `dot` and `mermaid` still work.
        """
        states, notes = states_of(self.shown, self.snapshot), notes_of(self.shown, self.snapshot)
        bars = bars_of(self.shown, self.snapshot)
        return picture_svg(arranged(self.shown, PAGE, states, notes), self.shown, bars=bars)

    @property
    def html(self) -> str:
        """The picture at its own size with its legend, as it stays in a saved notebook.

        Raises:
            LayoutUnavailable: Graphviz cannot be used here.
        """
        legend = legend_html(self.shown, states_of(self.shown, self.snapshot))
        return block(scrolled_image(self.svg, repr(self)), legend)

    def explore(self) -> Any:
        """Return a live view: search, focus a node, expand groups, zoom, full screen; drag to move."""
        from framework.notebook.graphs.canvas import DrawingView, DrawingWidget

        return DrawingWidget(DrawingView(self.graph, self.snapshot))

    def __repr__(self) -> str:
        counts = [times(count, kind) for kind, count in Counter(node.kind for node in self.graph.nodes).items()]
        return f"{self.graph.name}: {', '.join(counts) or 'nothing to draw'}"


def _rendered(graph: graphviz.Digraph, suffix: str) -> bytes:
    import graphviz as package

    if suffix[1:] not in package.FORMATS:
        kinds = ".svg, .html, .dot, .gv, .mmd, or with a system Graphviz .pdf or .png"
        raise OptionError(f"a drawing is saved as {kinds}, not as {suffix or 'a bare name'!r}")
    try:
        data: bytes = graph.pipe(format=suffix[1:])
    except package.ExecutableNotFound as error:
        otherwise = "save as .svg or .html, which take none"
        raise MissingProgram(f"saving as {suffix}", "dot", "graphviz", otherwise) from error
    return data


def routing_graph(pipeline: Drawable | Graph) -> Drawing:
    """Draw processors with the events that they receive and emit, and builders with their targets.

    Arrows of `match` patterns and observed emissions are solid, emissions only found in the source are dashed. Events
    without a recipient or a sender stand out.
    """
    return Drawing(*_looked_at(pipeline))


def dependency_graph(pipeline: Drawable | Graph, target: str | None = None) -> Drawing:
    """Draw which builder provides and requires which target; targets without a provider are red.

    Args:
        pipeline: whose builders.
        target: show only what it is made from.

    Raises:
        UnknownName: there is no such target.
    """
    graph, snapshot = _looked_at(pipeline)
    edges = tuple(edge for edge in graph.edges if edge.kind in {"requires", "provides"})
    touched = {key for edge in edges for key in (edge.source, edge.target)}
    part = Graph(graph.name, tuple(one for one in graph.nodes if one.kind == "target" or one.key in touched), edges)
    return Drawing(part if target is None else _upstream(part, target), snapshot)


def flow_graph(flow: Drawable | Graph) -> Drawing:
    """Draw the jobs of a flow in order, with their queues and workers."""
    return Drawing(*_looked_at(flow))


def _looked_at(source: Drawable | Graph) -> tuple[Graph, Snapshot | None]:
    if isinstance(source, Graph):
        return source, None
    require(source, "graph", "a drawing is made of a pipeline, a flow or a graph: routing_graph(pipeline)")
    return source.graph(), source.snapshot()


def _upstream(graph: Graph, target: str) -> Graph:
    import networkx as nx

    goal: NodeKey = ("target", target)
    whole = Drawing(graph).nx
    if goal not in whole:
        raise UnknownName("target", target, [node.label for node in graph.nodes if node.kind == "target"])
    reached = nx.ancestors(whole, goal) | {goal}
    edges = tuple(edge for edge in graph.edges if edge.source in reached and edge.target in reached)
    return Graph(graph.name, tuple(node for node in graph.nodes if node.key in reached), edges)
