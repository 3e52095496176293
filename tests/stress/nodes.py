"""Processors that follow the rules of a random graph, and what is held against its model. Start at `check`."""

import time
from collections import Counter
from typing import Any

from graphs import PHASE_GENERATIONS, Graph, Spec, model

from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.observe import DeliveryStarted
from framework.observe.observers import Observer

OUTSIDE = -1


class Boom(Exception):
    """The failure that rules ask for."""


class Node(AbstractProcessor):
    """Follows its rules and notes what it got, in which phase, and what was wrong about it."""

    def __init__(self, number: int, spec: Spec) -> None:
        super().__init__(name=f"node-{number}", priority=spec.priority)
        self.interests = interests_of(spec)
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
            self._emit(context, *emissions(self.spec, event))
        else:
            self._follow(context, event, self.spec.rules[event.name])

    def _follow(self, context, event, rule):
        if self._last.get(event.sender, -1) >= event.number:
            self.wrong.append("out of order")
        self._last[event.sender] = event.number
        self.got.append((context.phase, event.name, event.left))
        if rule.yields:
            time.sleep(0)
        if rule.holds:
            with context.hold() as hold:
                self._emit(hold, *emissions(self.spec, event))
        else:
            self._emit(context, *emissions(self.spec, event))
        if rule.fails:
            raise Boom

    def _emit(self, context, names, left):
        for name in names:
            self._sent += 1
            context.submit(Event(name, left=left, sender=self.number, number=self._sent))


class CachedNode(AbstractProcessor):
    """Follows its rules without looking at what came before, and counts how often it did so by itself."""

    def __init__(self, number: int, spec: Spec) -> None:
        super().__init__(name=f"node-{number}", priority=spec.priority)
        self.interests = interests_of(spec)
        self.spec = spec
        self.ran = 0

    @caching
    def process(self, context, event):
        if event.name == "__POISON__":
            return
        self.ran += event.name != "__PHASE__"
        names, left = emissions(self.spec, event)
        for name in names:
            context.submit(Event(name, left=left))
        if event.name != "__PHASE__" and self.spec.rules[event.name].fails:
            raise Boom


def interests_of(spec: Spec) -> list[tuple[type[Event], str]]:
    """What a node of that kind receives."""
    return [(Event, name) for name in (*spec.rules, "__PHASE__", "__POISON__")]


def emissions(spec: Spec, event: Any) -> tuple[tuple[str, ...], int]:
    """The names that an event makes a node emit, and how many generations may follow each."""
    if event.name == "__PHASE__":
        return spec.by_phase.get(event.phase, ()), PHASE_GENERATIONS
    return (spec.rules[event.name].emits if event.left else ()), event.left - 1


def check(graph: Graph, *, observer: Observer | None = None, **options: Any) -> list[list[tuple[int, str, int]]]:
    """Run a graph, hold it against the model, and give what each node got in its order."""
    made = [Node(number, spec) for number, spec in enumerate(graph.specs)]
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


class Trace:
    """An observer that keeps every delivery in its order: the processor, the phase, and all that the event carries."""

    def __init__(self) -> None:
        self.steps: list[tuple[Any, ...]] = []

    def __call__(self, happening: object) -> None:
        match happening:
            case DeliveryStarted(processor=processor, event=event, phase=phase):
                self.steps.append((processor, phase, *vars(event).items()))
