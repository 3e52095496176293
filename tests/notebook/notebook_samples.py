"""Graphs and snapshots made by hand, as a runtime would answer them."""

from framework.observe import Edge, Graph, Node, NodeSnapshot, Snapshot


def processor(name, **facts):
    return Node(name, "processor", name, **facts)


def event(name, class_name="Event", **facts):
    return Node(("event", class_name, name), "event", str(name), **facts)


def receives(name, recipient, class_name="Event"):
    return Edge(("event", class_name, name), recipient, "receives")


def emits(sender, name, *, observed=False, class_name="Event"):
    return Edge(sender, ("event", class_name, name), "emits", observed=observed)


def node_snapshot(name, **numbers):
    defaults = {"waiting": 0, "running": 0, "workers": 1, "min_workers": 1, "max_workers": 1}
    return NodeSnapshot(name=name, **{**defaults, "done": 0, "failed": 0, "busy_seconds": 0.0, **numbers})


def snapshot(*nodes, state="running", phase=0):
    return Snapshot("pipeline", state, 0.0, {node.name: node for node in nodes}, phase)


def routing():
    """start -> Find -> file -> Parse -> done, which has no recipient."""
    start, done = event("start", details={"source": "outside"}), event("done", missing=True)
    nodes = (processor("Find"), processor("Parse"), start, event("file"), done)
    edges = (
        receives("start", "Find"),
        emits("Find", "file", observed=True),
        receives("file", "Parse"),
        emits("Parse", "done"),
    )
    return Graph("pipeline", nodes, edges)


def dependencies():
    """text (missing) -> Words -> words -> Count -> totals; Other stands apart."""
    nodes = (
        Node("Words", "builder", "Words"),
        Node("Count", "builder", "Count", details={"persist": True}),
        Node("Other", "builder", "Other"),
        Node(("target", "text"), "target", "text", missing=True),
        Node(("target", "words"), "target", "words"),
        Node(("target", "totals"), "target", "totals"),
        Node(("target", "apart"), "target", "apart"),
    )
    edges = (
        Edge(("target", "text"), "Words", "requires"),
        Edge("Words", ("target", "words"), "provides"),
        Edge(("target", "words"), "Count", "requires"),
        Edge("Count", ("target", "totals"), "provides"),
        Edge("Other", ("target", "apart"), "provides"),
    )
    return Graph("builders", nodes, edges)


def chain(length):
    """A chain of processors and events whose names differ in more than a number at the end."""
    nodes, edges = [], []
    for number in range(length // 2):
        nodes += [processor(f"P{number}x"), event(f"e{number}x")]
        edges += [receives(f"e{number}x", f"P{number}x")]
        edges += [emits(f"P{number}x", f"e{number + 1}x")] if 2 * number + 2 < length else []
    return Graph("chain", tuple(nodes), tuple(edges))


class Runtime:
    """Answers as a pipeline or flow does."""

    def __init__(self, graph, snapshot):
        self._graph = graph
        self._snapshot = snapshot

    def graph(self):
        return self._graph

    def snapshot(self):
        return self._snapshot
