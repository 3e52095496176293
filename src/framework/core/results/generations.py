"""`Artifacts`: the artifacts that a pipeline has announced for the inputs that it computes with now."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from framework.core.driving.wiring import provided_by, required_by
from framework.core.event import INIT, Event
from framework.core.mailboxes.inbox import Inbox
from framework.core.reactive_event import ReactiveEvent
from framework.core.scheduling.scheduler import Scheduler
from framework.errors import LifecycleError

MOST_UNASKED = 100_000  # artifacts of a target that are kept although nothing has asked for them
MOST_GENERATIONS = 32

InputsByTarget = Mapping[str, tuple[Any, ...]]


class Artifacts:
    """Keeps what is announced, and begins anew what depends on inputs that change.

    A tap of the routing table. While it stands in for the providers of the inputs, those are not asked.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        """Keep what is announced from now on, if there are builders."""
        self._scheduler = scheduler
        if any(map(provided_by, scheduler.inboxes)):
            scheduler.routes.tap(self)
        self.inputs: InputsByTarget = {}
        self._key: object = None
        self._events: dict[str, list[ReactiveEvent]] = {}
        self._provided: dict[str, list[ReactiveEvent]] = {}  # of targets that have a stand-in now
        self._former: OrderedDict[object, dict[str, list[Any]]] = OrderedDict()
        self._asked: set[str] = set()
        self._dropped: set[str] = set()

    def forget(self) -> None:
        """Keep nothing more: a run to the end, after which nothing is computed, needs no memory for it."""
        self._scheduler.routes.untap(self)
        self._events.clear()
        self._provided.clear()
        self._former.clear()

    # -- as a tap

    def _wants(self, cls: type, name: str | None) -> bool:
        """Return whether it is an artifact."""
        return name == "built" and issubclass(cls, ReactiveEvent)

    def _take(self, event: Event) -> bool:
        """Keep an artifact; those of a target that nothing has asked for are dropped when they become too many."""
        if not isinstance(event, ReactiveEvent) or event.again:
            return False
        target = event.target
        if target in self._dropped:
            return False
        kept = self._events.setdefault(target, [])
        kept.append(event)
        if len(kept) > MOST_UNASKED and target not in self._asked:
            self._dropped.add(target)
            del self._events[target]
        return target in self._asked

    # -- values

    def ask(self, targets: Iterable[str]) -> None:
        """Keep all artifacts of these targets; raises LifecycleError."""
        for target in targets:
            if target in self._dropped:
                raise LifecycleError(
                    f"{target!r} had more than {MOST_UNASKED:,} artifacts before it was asked for, and they were not "
                    "kept: compute() or collect(target=...) it before the first step"
                )
            self._asked.add(target)

    def of(self, target: str) -> list[Any]:
        """Return the artifacts of a target."""
        return [event.artifact for event in self._events.get(target, ())]

    def former(self, key: object, targets: Iterable[str]) -> dict[str, list[Any]] | None:
        """Return what was computed for former inputs; None if not all of it was."""
        known = self._former.get(key, {})
        return {target: list(known[target]) for target in targets} if known.keys() >= set(targets) else None

    def computed(self, values: Mapping[str, list[Any]]) -> None:
        """Remember what was computed for the present inputs."""
        self._former.setdefault(self._key, {}).update({target: list(found) for target, found in values.items()})
        self._former.move_to_end(self._key)
        while len(self._former) > MOST_GENERATIONS:
            self._former.popitem(last=False)

    # -- inputs

    def use(self, inputs: InputsByTarget, key: object, *, begun: bool) -> None:
        """Stand in for the providers of these inputs, artifacts by target; call it while nothing is driven.

        `key` is equal for equal inputs, None for none; `begun` says whether anything was delivered yet. What depends on
        the inputs begins anew; raises LifecycleError.
        """
        if key == self._key:
            return
        changed = {*inputs, *self.inputs}
        affected = self._downstream(changed)
        anew = {target for inbox in affected for target in provided_by(inbox)} - changed
        self._check_kept(affected, anew | inputs.keys())
        for target in inputs.keys() - self.inputs.keys():
            self._provided[target] = self._events.pop(target, [])
        for target in inputs.keys() & self.inputs.keys():
            self._events.pop(target, None)
        for target in anew:
            self._events.pop(target, None)
        for target in self.inputs.keys() - inputs.keys():
            self._events[target] = self._provided.pop(target)
        self._key, self.inputs = key, inputs
        self._scheduler.routes.stand_in(frozenset(inputs))
        with self._scheduler.quiet:
            if begun:
                self._begin_anew(affected, anew | inputs.keys())
            for target, artifacts in inputs.items():
                self._scheduler.accept_all([ReactiveEvent("built", target, artifact=value) for value in artifacts])

    def begin_anew(self, inboxes: Iterable[Inbox]) -> None:
        """Have builders whose kept results were removed begin anew, and all that depends on what they provide.

        Call it while nothing is driven, of a pipeline that has begun; raises LifecycleError.
        """
        first = [inbox for inbox in inboxes if provided_by(inbox)]
        below = self._downstream(target for inbox in first for target in provided_by(inbox))
        affected = list(dict.fromkeys([*first, *below]))
        anew = {target for inbox in affected for target in provided_by(inbox)} - self.inputs.keys()
        self._check_kept(affected, anew)
        self._former.clear()
        for target in anew:
            self._events.pop(target, None)
        with self._scheduler.quiet:
            self._begin_anew(affected, anew)

    def _check_kept(self, affected: Iterable[Inbox], coming: Collection[str]) -> None:
        """Check that what those that begin anew require comes again, or is still here; raises LifecycleError."""
        for inbox in affected:
            for target in required_by(inbox):
                if target in self._dropped and target not in coming:
                    raise LifecycleError(
                        f"{inbox.name} cannot begin anew: {target!r} had more than {MOST_UNASKED:,} artifacts that "
                        "nothing had asked for, and they were not kept: make another pipeline"
                    )

    def _begin_anew(self, affected: Iterable[Inbox], coming: Iterable[str]) -> None:
        for inbox in affected:
            self._scheduler.accept(Event(name=INIT), (inbox,))
        for inbox in affected:
            for target in required_by(inbox):
                if target not in coming:
                    for event in self._events.get(target, ()):
                        self._scheduler.accept(event, (inbox,))

    def _downstream(self, targets: Iterable[str]) -> list[Inbox]:
        reached, found = set(targets), dict[Inbox, None]()
        before = -1
        while before != len(found):
            before = len(found)
            for inbox in self._scheduler.inboxes:
                if inbox not in found and not reached.isdisjoint(required_by(inbox)):
                    found[inbox] = None
                    reached.update(provided_by(inbox))
        return list(found)
