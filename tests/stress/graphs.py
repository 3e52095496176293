"""Random graphs of processors, and a sequential model that says what must come of them.

A node receives some names. For each it has a rule: the names that it emits in turn, and whether it fails afterwards.
Events carry the generations that may follow them, so that every graph comes to an end. The model counts deliveries
generation by generation; it knows nothing of threads, mailboxes or orders.
"""

from collections import Counter
from dataclasses import dataclass, field
from random import Random

NAMES = ("a", "b", "c", "d", "e")
PHASE_GENERATIONS = 2


@dataclass(frozen=True)
class Rule:
    """What a node does with an event of one name."""

    emits: tuple[str, ...] = ()
    fails: bool = False
    yields: bool = False  # offers the interpreter to other threads in the middle of the delivery
    holds: bool = False  # emits through a hold


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
            holds=random.random() < 0.1,
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
