"""Random graphs that do nothing but send, as fast as they can, and notice at once what a race would do to them.

Every sender numbers what it sends of each name, from 0 on. All recipients of a name must see the numbers of each
sender one after the other: a gap is a loss, a repetition a double delivery, and anything else a change of the order.
"""

import threading
from collections import Counter
from dataclasses import dataclass
from random import Random

from framework.core import AbstractProcessor, Event, Pipeline
from framework.core.mailboxes.hold import Hold

MOST = 8000  # deliveries of one graph


@dataclass(frozen=True)
class Plan:
    """Who receives which names and what follows from each, and what is sent from outside: names with generations."""

    receives: tuple[frozenset[str], ...]
    emits: dict[str, tuple[str, ...]]
    sent: tuple[tuple[tuple[str, int], ...], ...]  # by each sender from outside

    @property
    def deliveries(self) -> int:
        """How many deliveries come of it."""
        waiting = Counter(pair for sent in self.sent for pair in sent)
        count = 0
        for left in range(max((left for _, left in waiting), default=0), -1, -1):
            for name, follow in self.emits.items():
                recipients = sum(name in names for names in self.receives)
                count += waiting[name, left] * recipients
                if left:
                    for other in follow:
                        waiting[other, left - 1] += waiting[name, left] * recipients
        return count


def random_plan(random: Random) -> Plan:
    """A plan of some thousand deliveries."""
    while True:
        names = [f"n{number}" for number in range(random.randint(3, 8))]
        receives = [frozenset(random.sample(names, random.randint(1, 3))) for _ in range(random.randint(2, 12))]
        emits = {name: tuple(random.choices(names, k=random.choice((0, 1, 1, 2, 3)))) for name in names}
        sent = [
            tuple((random.choice(names), random.randint(0, 12)) for _ in range(random.randint(1, 60)))
            for _ in range(random.randint(1, 3))
        ]
        plan = Plan(tuple(receives), emits, tuple(sent))
        if MOST / 8 < plan.deliveries < MOST:
            return plan


class Sender:
    """Numbers what it sends of each name."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()

    def event(self, name: str, left: int) -> Event:
        """The next event of that name."""
        number = self.count[name]
        self.count[name] += 1
        return Event(name, left=left, sender=self, number=number)


class Hammer(AbstractProcessor):
    """Sends what follows, and looks whether what it gets is the next of its sender and comes alone."""

    def __init__(self, number: int, plan: Plan) -> None:
        super().__init__(name=f"hammer-{number}")
        self.interests = [(Event, name) for name in plan.receives[number]]
        self.emits = plan.emits
        self.sender = Sender()
        self.seen: Counter[tuple[Sender, str]] = Counter()
        self.wrong: list[str] = []
        self.busy = False

    def process(self, context, event):
        if self.busy:
            self.wrong.append("two deliveries at a time")
        self.busy = True
        key = event.sender, event.name
        if event.number != self.seen[key]:
            self.wrong.append(f"number {event.number} of {event.name} instead of {self.seen[key]}")
        self.seen[key] = event.number + 1
        if event.left:
            for name in self.emits[event.name]:
                context.submit(self.sender.event(name, event.left - 1))
        self.busy = False


class Keeper(AbstractProcessor):
    """Keeps the first phase open until `hold` is released."""

    interests = [(Event, "begin")]  # noqa: RUF012

    def __init__(self) -> None:
        self.began = threading.Event()
        self.hold: Hold

    def process(self, context, event):
        self.hold = context.hold()
        self.began.set()


def hammer(plan: Plan, workers: int) -> int:
    """Run a plan on threads, the first sender from outside before the run, the others during it; count deliveries."""
    nodes, keeper = [Hammer(number, plan) for number in range(len(plan.receives))], Keeper()
    pipeline, outside = Pipeline([keeper, *nodes], max_workers=workers), [Sender() for _ in plan.sent]

    def send(sender: Sender, sent: tuple[tuple[str, int], ...]) -> None:
        for name, left in sent[::2]:
            pipeline.submit(sender.event(name, left))
        pipeline.submit_all([sender.event(name, left) for name, left in sent[1::2]])

    pipeline.submit_all([Event("begin"), *(outside[0].event(name, left) for name, left in plan.sent[0])])
    run = pipeline.start()
    assert keeper.began.wait(60)
    threads = [threading.Thread(target=send, args=pair) for pair in zip(outside[1:], plan.sent[1:], strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keeper.hold.release()
    report = run.wait(60)
    assert [wrong for node in nodes for wrong in node.wrong] == []
    for sender in (*outside, *(node.sender for node in nodes)):
        for node in nodes:
            received = {name: node.seen[sender, name] for name in sender.count if (Event, name) in node.interests}
            assert received == {name: sender.count[name] for name in received}
    assert sum(report.delivered.values()) == plan.deliveries + 1
    assert report.dropped == 0
    return plan.deliveries
