"""Random networks of builders, a sequential model of what they announce, and what runs of them say before they die."""

import os
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from random import Random

from framework.archive import Workspace
from framework.core import AbstractProcessor, Pipeline
from framework.reactive import ReactiveBuilder, ReactiveEvent

SOURCE = "numbers"
MOST = 5000
"""Artifacts of a network; three steps of 300 to an input would fill the memory."""


@dataclass(frozen=True)
class Step:
    """A builder: the targets it requires, and the most artifacts that it makes of an input."""

    provides: str
    requires: tuple[str, ...]
    most: int
    persist: bool

    def artifacts(self, inputs):
        return [sum(inputs) * self.most + number for number in range(sum(inputs) % (self.most + 1))]


@dataclass(frozen=True)
class Network:
    """What the source announces, and the steps in an order that follows the requirements."""

    numbers: tuple[int, ...]
    steps: tuple[Step, ...]

    @property
    def leaves(self):
        """The targets that no builder requires."""
        return [
            step.provides for step in self.steps if not any(step.provides in other.requires for other in self.steps)
        ]


def random_network(random: Random) -> Network:
    """A network that takes long enough to be killed."""
    while True:
        numbers = tuple(random.choices(range(1000), k=random.randint(50, 400)))
        targets, steps = [SOURCE], []
        for number in range(random.randint(1, 4)):
            requires = random.sample(targets, min(len(targets), random.choice((1, 1, 2))))
            steps.append(
                Step(f"target-{number}", tuple(requires), random.choice((1, 2, 2, 300)), random.random() < 0.8)
            )
            targets.append(steps[-1].provides)
        network = Network(numbers, tuple(steps))
        made = sum(map(len, model(network, MOST)[0].values()))
        if made < MOST and any(step.persist for step in steps):
            return network


def model(network, limit=None):
    """The artifacts of each target in order, so many at most, and the inputs of each step."""
    artifacts, inputs = {SOURCE: list(network.numbers)}, {}
    for step in network.steps:
        inputs[step.provides] = list(zip(*(artifacts[target] for target in step.requires), strict=False))
        made = (made for given in inputs[step.provides] for made in step.artifacts(given))
        artifacts[step.provides] = list(islice(made, limit))
    return artifacts, inputs


class Numbers(ReactiveBuilder):
    """Announces what the network begins with."""

    def __init__(self, numbers):
        super().__init__(SOURCE, [])
        self.numbers = numbers

    def build(self, context):
        yield from self.numbers


class Builder(ReactiveBuilder):
    """Does a step, and says when it begins with an input: by then what it had begun before is recorded."""

    ignore = "say"  # the artifacts are the same for any listener

    def __init__(self, step):
        super().__init__(step.provides, step.requires, persist=step.persist, name=step.provides)
        self.step = step
        self.say = None

    def build(self, context, *inputs):
        self.say("began", self.name, *inputs)
        yield from self.step.artifacts(inputs)


class Sink(AbstractProcessor):
    """Keeps the artifacts of a target."""

    def __init__(self, target):
        super().__init__(f"Sink of {target}")
        self.interests = [(ReactiveEvent, "built", target)]
        self.artifacts = []

    def process(self, context, event):
        self.artifacts.append(event.artifact)


def announced(path, network, say):
    """The artifacts of each leaf from a run in a workspace; `say` is called for each build."""
    builders = [Builder(step) for step in network.steps]
    for builder in builders:
        builder.say = say
    sinks = {target: Sink(target) for target in network.leaves}
    pipeline = Pipeline([Numbers(network.numbers), *builders, *sinks.values()], workspace=path)
    for target in sinks:
        pipeline.resolve(target)
    pipeline.run()
    return {target: sink.artifacts for target, sink in sinks.items()}


def run(report, path, network):
    """Run a network in a child; the report has a line for each build, and in the end for each artifact."""

    def say(*words):
        os.write(report, (" ".join(map(str, words)) + "\n").encode())

    for target, artifacts in announced(path, network, say).items():
        for artifact in artifacts:
            say("announced", target, artifact)


class History:
    """What all runs of a network have said, held against what is promised."""

    def __init__(self, network):
        self.network = network
        self.builds = 0
        self._artifacts, self._inputs = model(network)
        self._recorded = {step.provides: set() for step in network.steps if step.persist}

    def note(self, said, *, ended):
        """Take what a run said until it ended or was killed."""
        began, came = defaultdict(list), defaultdict(list)
        for line in said.decode().splitlines():
            kind, name, *numbers = line.split()
            (began if kind == "began" else came)[name].append(tuple(map(int, numbers)))
        for target, recorded in self._recorded.items():
            inputs = began[target]
            self.builds += len(inputs)
            assert len(inputs) == len(set(inputs))
            assert not recorded & set(inputs), "what was recorded was built again"
            recorded.update(inputs if ended else inputs[:-1])
        if ended:
            expected = {name: [(artifact,) for artifact in self._artifacts[name]] for name in self.network.leaves}
            assert came == {name: artifacts for name, artifacts in expected.items() if artifacts}

    def settle(self, path):
        """Hold the workspace against the model, after a run that ended; the number of records."""
        expected = {
            step.provides: {given: tuple(step.artifacts(given)) for given in self._inputs[step.provides]}
            for step in self.network.steps
            if step.persist
        }
        assert all(self._recorded[target] <= records.keys() for target, records in expected.items())
        with Workspace(path) as workspace:
            assert workspace.verify() == sum(map(len, expected.values()))
            for target, records in expected.items():
                found = [(record.inputs, record.artifacts) for _, record in workspace.archive(target).pairs()]
                assert len(found) == len(records)
                assert dict(found) == records
        return sum(map(len, expected.values()))
