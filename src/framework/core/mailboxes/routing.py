"""`RoutingTable`: which event goes to which mailboxes.

`RoutingTable.rows` is indexed as `rows[event.__class__][event.name]`, so that a submit costs two dictionary look-ups. A
third look-up, by the value of the attribute that the event class names in `routing_attribute`, keeps artifacts away
from builders that cannot use them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from framework.core.event import CONTROL, Event, refusal
from framework.core.mailboxes.handler import Unfinished
from framework.core.mailboxes.inbox import Inbox
from framework.core.matching.interests import Interest
from framework.core.reactive_event import ReactiveEvent
from framework.errors import OptionError
from framework.observe.recording.dead_letters import DeadLetterCount, DeadLetters

KEPT_NAMES = 1024  # names beyond the declared ones that a row remembers, so that endless names cannot fill the memory


class Selector(Protocol):
    """Stands in a row where the class and the name of an event do not decide alone."""

    def select(self, event: Event) -> tuple[Inbox, ...]:
        """Return the mailboxes that this event goes to."""

    def matching(self, event: Event) -> tuple[Inbox, ...]:
        """Do as `select`, but count and keep nothing."""


Recipients = tuple[Inbox, ...] | Selector


class NoRecipients:
    """Stands for the recipients of an event that has none, and counts such events.

    An artifact of one of the `results`, the targets that builders provide, is no dead letter: nothing is built that was
    not resolved, and a builder that requires it would receive it, so that it was asked for from outside.
    """

    def __init__(self, results: frozenset[str] = frozenset()) -> None:
        self.letters = DeadLetters()
        self._results = results

    @property
    def count(self) -> DeadLetterCount:
        """How many events there were, by class and name."""
        return self.letters.count()

    def select(self, event: Event) -> tuple[Inbox, ...]:
        """Count the event; it goes to no mailbox."""
        if not (isinstance(event, ReactiveEvent) and event.name == "built" and event.target in self._results):
            self.letters.add(event)
        return ()

    def matching(self, event: Event) -> tuple[Inbox, ...]:  # noqa: ARG002 - as above
        """Return no mailbox."""
        return ()


class KeyedRecipients:
    """Recipients that depend on one attribute of the event."""

    def __init__(
        self, attribute: str, rows: dict[Any, tuple[Inbox, ...]], others: tuple[Inbox, ...], dead_letters: NoRecipients
    ) -> None:
        """Look up the attribute in `rows`; `others` want the event whatever its value."""
        self._attribute = attribute
        self._rows = rows
        self._others = others
        self._dead_letters = dead_letters

    def select(self, event: Event) -> tuple[Inbox, ...]:
        """Return the mailboxes that want this value, and those that want any."""
        return self.matching(event) or self._dead_letters.select(event)

    def matching(self, event: Event) -> tuple[Inbox, ...]:
        """Do as `select`, but count nothing."""
        key = getattr(event, self._attribute, None)
        try:
            return self._rows.get(key, self._others)
        except TypeError:  # no interest can name an unhashable value
            return self._others


class Tap(Protocol):
    """Gets a look at what is submitted, in the order of the submits, on the thread that submits."""

    def _wants(self, cls: type, name: str | None) -> bool:
        """Return whether it may take events of that class and name."""

    def _take(self, event: Event) -> bool:
        """Look at an event; return whether it was kept, so that it is no dead letter."""


class TappedRecipients:
    """Recipients of events that taps look at."""

    def __init__(self, found: Recipients, taps: Sequence[Tap], dead_letters: NoRecipients) -> None:
        self._found = found
        self._taps = taps
        self._dead_letters = dead_letters

    def select(self, event: Event) -> tuple[Inbox, ...]:
        """Return the mailboxes; an event that only taps took is no dead letter."""
        taken = [tap._take(event) for tap in self._taps]
        inboxes = self.matching(event)
        return inboxes if inboxes or any(taken) else self._dead_letters.select(event)

    def matching(self, event: Event) -> tuple[Inbox, ...]:
        """Do as `select`, but count and keep nothing."""
        return self._found if isinstance(self._found, tuple) else self._found.matching(event)


class _StandIn:
    """Provides targets whose artifacts come from outside."""

    name, priority, _backlog = "input", 0, 0

    def __init__(self, provides: str) -> None:
        self.provides = provides

    def process(self, context: Any, event: Event) -> None:
        """Receive nothing: no mailbox is ever scheduled."""

    def _unfinished(self) -> Iterable[Unfinished]:
        return ()


class UnlessStoodIn:
    """Recipients of resolves, except those of targets that have a stand-in."""

    def __init__(self, found: Recipients, targets: frozenset[str]) -> None:
        """Let `found` get the resolves of all other targets."""
        self._found = found
        self._stand_ins = {target: (Inbox("input", -1, _StandIn(target)),) for target in targets}

    def select(self, event: Event) -> tuple[Inbox, ...]:
        """Return the mailboxes; none for a stood-in target, whose artifacts are there."""
        if getattr(event, "target", None) in self._stand_ins:
            return ()
        return self._found if isinstance(self._found, tuple) else self._found.select(event)

    def matching(self, event: Event) -> tuple[Inbox, ...]:
        """Return who provides the target, as far as a builder asks: the stand-in where there is one."""
        stand_in = self._stand_ins.get(getattr(event, "target", ""))
        if stand_in is not None:
            return stand_in
        return self._found if isinstance(self._found, tuple) else self._found.matching(event)


class RoutingTable:
    """From events to mailboxes, in the order of the processors; each mailbox at most once per event.

    `rows` holds the recipients of the classes and names that were submitted before; `recipients` fills it.
    `dead_letters.letters` counts the events that had no recipients.
    """

    def __init__(self, wants: Iterable[tuple[Inbox, Sequence[Interest]]], results: Iterable[str] = ()) -> None:
        # Exact dictionaries: CPython looks things up in a subclass at twice the cost.
        self.rows: dict[type, dict[str | None, Recipients]] = {}
        self._index: defaultdict[tuple[str | None, str | None], list[tuple[Inbox, Any]]] = defaultdict(list)
        self.dead_letters = NoRecipients(frozenset(results))
        for inbox, interests in wants:
            for interest in interests:
                self._index[interest.class_name, interest.name].append((inbox, interest.key))
        self.names = frozenset(name for _, name in self._index if name is not None)
        self._diverted: Selector | None = None
        self._taps: tuple[Tap, ...] = ()
        self._stood_in: frozenset[str] = frozenset()

    def stand_in(self, targets: frozenset[str]) -> None:
        """Keep the resolves of these targets, and of no others, from the processors that provide them."""
        self._stood_in = targets
        self.rows.clear()

    def tap(self, tap: Tap) -> None:
        """Show a tap what is submitted from now on; events that it does not want cost nothing more."""
        self._taps = (*self._taps, tap)
        self.rows.clear()

    def untap(self, tap: Tap) -> None:
        """Show it nothing more."""
        self._taps = tuple(one for one in self._taps if one is not tap)
        self.rows.clear()

    def divert(self, selector: Selector | None) -> None:
        """Send every event to `selector` from now on, or route as before when it is None.

        A submit finds its mailboxes here and nowhere else, so that a stop needs no flag that every submit would read.
        """
        self._diverted = selector
        self.rows.clear()

    def recipients(self, event: Event) -> tuple[Inbox, ...]:
        """Return the mailboxes of an event, or count a dead letter; raises NotAnEvent or OptionError."""
        try:
            found = self.rows[event.__class__][event.name]
        except (KeyError, TypeError):
            found = self._look_up(event)
        return found if isinstance(found, tuple) else found.select(event)

    def _look_up(self, event: Event) -> Recipients:
        """Find the recipients of a class and a name that are not in `rows` yet, and remember them there."""
        if not isinstance(event, Event):
            raise refusal(event)
        cls, name = type(event), event.name
        try:
            is_control = name in CONTROL
        except TypeError:  # unhashable
            raise refusal(event) from None
        if is_control:
            raise OptionError(f"events named {name} are sent by the pipeline itself: choose another name")
        if self._diverted is not None:
            return self._diverted
        found, row = self.find(cls, name), self.rows.setdefault(cls, {})
        if self._stood_in and name == "resolve" and issubclass(cls, ReactiveEvent):
            found = UnlessStoodIn(found, self._stood_in)
        taps = tuple(tap for tap in self._taps if tap._wants(cls, name))
        if taps:
            found = TappedRecipients(found, taps, self.dead_letters)
        if name in self.names or len(row) < KEPT_NAMES:
            row[name] = found
        return found

    def preview(self, event: Event) -> tuple[Inbox, ...]:
        """Return the mailboxes that this event would go to if it were submitted now; counts nothing."""
        if not isinstance(event, Event):
            raise refusal(event, "explain")
        cls, name = type(event), event.name
        found = self.rows.get(cls, {}).get(name)
        if found is None:
            found = self.find(cls, name) if name in CONTROL else self._look_up(event)
        return found if isinstance(found, tuple) else found.matching(event)

    def control(self, event: Event) -> tuple[Inbox, ...]:
        """Return the mailboxes that a control event goes to."""
        found = self.find(type(event), event.name)
        return found if isinstance(found, tuple) else ()

    def find(self, cls: type, name: str | None) -> Recipients:
        """Return the recipients of a class and a name, from the index."""
        unkeyed: set[Inbox] = set()
        keyed: defaultdict[Any, set[Inbox]] = defaultdict(set)
        for inbox, key in self._interested(cls, name):
            (unkeyed if key is None else keyed[key]).add(inbox)
        attribute = getattr(cls, "routing_attribute", None)
        if keyed and attribute is not None:
            rows = {key: _in_order(inboxes | unkeyed) for key, inboxes in keyed.items()}
            return KeyedRecipients(attribute, rows, _in_order(unkeyed), self.dead_letters)
        inboxes = unkeyed.union(*keyed.values())
        return _in_order(inboxes) if inboxes else self.dead_letters

    def _interested(self, cls: type, name: str | None) -> Iterable[tuple[Inbox, Any]]:
        yield from self._index.get((None, None), ())
        for ancestor in cls.__mro__[:-1]:
            yield from self._index.get((ancestor.__name__, None), ())
            if name is not None:
                yield from self._index.get((ancestor.__name__, name), ())


def _in_order(inboxes: Iterable[Inbox]) -> tuple[Inbox, ...]:
    return tuple(sorted(inboxes, key=lambda inbox: inbox.number))
