"""Random graphs of processors, and a sequential model that says what must come of them.

A node receives some names. For each it has a rule: the names that it emits in turn, and whether it fails afterwards.
Events carry the generations that may follow them, so that every graph comes to an end. The model counts deliveries
generation by generation; it knows nothing of threads, mailboxes or orders.
"""

import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

from framework.core import AbstractProcessor, Event, Pipeline
from framework.observe.observers import Observer

NAMES = ("a", "b", "c", "d", "e")
OUTSIDE = -1
PHASE_GENERATIONS = 2


class Boom(Exception):
    """The failure that rules ask for."""


@dataclass(frozen=True)
class Rule:
    """What a node does with an event of one name."""

    emits: tuple[str, ...] = ()
    fails: bool = False
    yields: bool = False  # offers the interpreter to other threads in the middle of the delivery


@dataclass(frozen=True)
class Spec:
    """A node: its rules by name, and what it emits in which phase."""

    rules: dict[str, Rule]
    by_phase: dict[int, tuple[str, ...]] = field(default_factory=dict)
    priority: int = 0


@dataclass(frozen=True)
class Graph:
    """Nodes, and the events that come from outside: their names and generations."""

    specs: tuple[Spec, ...]
    submits: tuple[tuple[str, int], ...]


def random_graph(random: Random, nodes: int = 6, submits: int = 8, generations: int = 5) -> Graph:
    """A graph that stays small enough to run."""
    while True:
        specs = tuple(_random_spec(random) for _ in range(random.randint(1, nodes)))
        sent = tuple((random.choice(NAMES), random.randint(0, generations)) for _ in range(random.randint(0, submits)))
        graph = Graph(specs, sent)
        if sum(sum(phase.values()) for phase in model(graph)) < 3000:
            return graph


def _random_spec(random: Random) -> Spec:
    rules = {
        name: Rule(
            emits=tuple(random.choices(NAMES, k=random.choice((0, 1, 1, 2)))),
            fails=random.random() < 0.1,
            yields=random.random() < 0.1,
        )
        for name in random.sample(NAMES, random.randint(1, 3))
    }
    by_phase = {
        phase: tuple(random.choices(NAMES, k=random.randint(1, 2))) for phase in (1, 2) if random.random() < 0.2
    }
    return Spec(rules, by_phase, priority=random.choice((0, 0, 1, 2)))


def model(graph: Graph) -> list[Counter[tuple[int, str, int]]]:
    """For each phase how often each node must get each name with so many generations left."""
    phases = []
    delivered = _closure(graph, Counter(graph.submits))
    while True:
        number = len(phases) + 1
        sent = Counter((name, PHASE_GENERATIONS) for spec in graph.specs for name in spec.by_phase.get(number, ()))
        caused = _closure(graph, sent)
        phases.append(delivered + caused)
        if not caused:
            return phases
        delivered = Counter()


def _closure(graph: Graph, sent: Counter[tuple[str, int]]) -> Counter[tuple[int, str, int]]:
    delivered: Counter[tuple[int, str, int]] = Counter()
    waiting = Counter(sent)
    for left in range(max((left for _, left in sent), default=0), -1, -1):
        for name in NAMES:
            count = waiting[name, left]
            for number, spec in enumerate(graph.specs):
                if not count or name not in spec.rules:
                    continue
                delivered[number, name, left] += count
                for emitted in spec.rules[name].emits if left else ():
                    waiting[emitted, left - 1] += count
    return delivered


class Node(AbstractProcessor):
    """Follows its rules and notes what it got, in which phase, and what was wrong about it."""

    def __init__(self, number: int, spec: Spec) -> None:
        super().__init__(name=f"node-{number}", priority=spec.priority)
        self.number = number
        self.spec = spec
        self.got: list[tuple[int, str, int]] = []
        self.wrong: list[str] = []
        self.poisoned = self.busy = False
        self._sent = 0
        self._last: dict[int, int] = {}

    def process(self, context, event):
        if self.busy:
            self.wrong.append("two deliveries in flight")
        if self.poisoned:
            self.wrong.append("a delivery after the last")
        self.busy = True
        try:
            self._handle(context, event)
        finally:
            self.busy = False

    def _handle(self, context, event):
        if event.name == "__POISON__":
            self.poisoned = True
        elif event.name == "__PHASE__":
            self._emit(context, self.spec.by_phase.get(event.phase, ()), PHASE_GENERATIONS)
        else:
            self._follow(context, event, self.spec.rules[event.name])

    def _follow(self, context, event, rule):
        if self._last.get(event.sender, -1) >= event.number:
            self.wrong.append("out of order")
        self._last[event.sender] = event.number
        self.got.append((context.phase, event.name, event.left))
        if rule.yields:
            time.sleep(0)
        self._emit(context, rule.emits if event.left else (), event.left - 1)
        if rule.fails:
            raise Boom

    def _emit(self, context, names, left):
        for name in names:
            self._sent += 1
            context.submit(Event(name, left=left, sender=self.number, number=self._sent))


def nodes(graph: Graph) -> list[Node]:
    """The processors of a graph."""
    return [_node(number, spec) for number, spec in enumerate(graph.specs)]


def _node(number: int, spec: Spec) -> Node:
    class Interested(Node):
        interests = [(Event, name) for name in (*spec.rules, "__PHASE__", "__POISON__")]  # noqa: RUF012

    return Interested(number, spec)


def check(graph: Graph, *, observer: Observer | None = None, **options: Any) -> list[list[tuple[int, str, int]]]:
    """Run a graph, hold it against the model, and give what each node got in its order."""
    made = nodes(graph)
    pipeline = Pipeline(made, on_error="keep", **options)
    if observer is not None:
        pipeline.observe(observer)
    for number, (name, left) in enumerate(graph.submits):
        pipeline.submit(Event(name, left=left, sender=OUTSIDE, number=number))
    report = pipeline.run()
    expected = model(graph)
    assert [phase.phase for phase in report.phases] == list(range(1, len(expected) + 1))
    for number, phase in enumerate(expected, 1):
        got = Counter((node.number, name, left) for node in made for seen, name, left in node.got if seen == number)
        assert got == phase
    assert sum(len(node.got) for node in made) == sum(sum(phase.values()) for phase in expected)
    assert {node.name: node.wrong for node in made if node.wrong} == {}
    assert all(node.poisoned for node in made)
    assert Counter(
        (failure.processor, failure.event.name, failure.event.left) for failure in report.failures
    ) == Counter(
        {
            (f"node-{number}", name, left): count
            for (number, name, left), count in sum(expected, Counter()).items()
            if graph.specs[number].rules[name].fails
        }
    )
    assert report.dropped == 0
    return [node.got for node in made]
