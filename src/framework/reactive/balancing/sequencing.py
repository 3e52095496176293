"""Sequencer and collector of a load balancer: they number its inputs and put its results in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from framework.core import Context
from framework.core.mailboxes.handler import Unfinished
from framework.reactive.balancing.balanced_worker import BalancedRecords
from framework.reactive.builder import ReactiveBuilder
from framework.reactive.building.build_records import BuildRecords
from framework.reactive.building.building import Building
from framework.reactive.building.origin import Derived, made_from, origins_of
from framework.reactive.policies import SequenceGapPolicy, WaitForSequenceGaps

SHOWN_GAPS = 10


class LoadBalancerSequencer(ReactiveBuilder):
    """Numbers inputs from 0: announces `(seq, arguments)`."""

    _plumbing = True

    def __init__(
        self, provides: str, requires: Iterable[str], records: BalancedRecords | None = None, *, name: str | None = None
    ) -> None:
        """Number the artifacts of `requires`; where they have no provider, number the inputs of `records`."""
        self._next = 0
        self.records = records
        self._archived_as = None if records is None else records.keeper
        super().__init__(provides, requires, name=name)

    @property
    def _opens_archive(self) -> bool:
        return self.records is not None

    def on_init(self, context: Context) -> None:  # noqa: ARG002 - the signature of a hook
        """Count from 0."""
        self._next = 0
        if self.records is not None:
            self.records.reset()

    def _begin(self) -> Building:
        return _Numbering(self)

    def build(self, context: Context, *args: Any) -> Iterable[tuple[int, tuple[Any, ...]]]:  # noqa: ARG002
        """Number one input."""
        number = self._next
        self._next += 1
        return [(number, args)]


class _Numbering(Building):
    """Has archived inputs answered again, by workers that find their records, so that order is kept."""

    _builder: LoadBalancerSequencer

    def _replay(self, context: Context, *, again: bool) -> None:
        if not again:  # those of this run are announced again by the collector
            records = BuildRecords(self._builder.provides).of_all_runs(context.archive)
            items = (item for _, record in records for item in self._builder.build(context, *record.inputs))
            self.announce(context, items)


class LoadBalancerCollector(ReactiveBuilder):
    """Takes `(seq, results)` in any order and announces the results in the order of the numbers, from 0.

    Results that come after their number was skipped are announced at once, out of order.
    """

    def __init__(  # noqa: PLR0913 - what make_load_balancer knows
        self,
        provides: str,
        requires: Iterable[str],
        gap_policy: SequenceGapPolicy | None = None,
        preserve_fifo: bool = True,  # noqa: FBT001, FBT002 - as in make_load_balancer
        *,
        records: BalancedRecords | None = None,
        name: str | None = None,
    ) -> None:
        self.records = records
        self._archived_as = None if records is None else records.keeper
        super().__init__(provides, requires, name=name)
        self._policy = gap_policy or WaitForSequenceGaps()
        self._fifo = preserve_fifo
        self._reset()

    def _reset(self) -> None:
        self._expected = 0
        self._waiting: dict[int, list[Any]] = {}
        self._skipped: set[int] = set()

    def on_init(self, context: Context) -> None:  # noqa: ARG002 - the signature of a hook
        """Expect number 0."""
        self._reset()

    @property
    def _opens_archive(self) -> bool:
        return self.records is not None

    def _begin(self) -> Building:
        building = Building(self)
        if self.records is not None:
            building.records = self.records
        return building

    def build(self, context: Context, numbered: tuple[int, list[Any]]) -> Iterable[Any]:
        """Announce the results whose turn has come."""
        number, results = numbered
        results = self._derived(context, results)
        if not self._fifo or number < self._expected:
            self._skipped.discard(number)
            return results
        self._waiting[number] = results
        return self._in_order()

    def _derived(self, context: Context, results: list[Any]) -> list[Any]:
        """Return results as what the worker made, not this collector."""
        origins = origins_of(context)
        if not origins or origins[0].made.builder is None:
            return [made_from(context, result, origins) for result in results]
        (origin,) = origins
        builder = origin.made.builder if self.records is None else self.records.keeper.name
        made = origin.made.renamed(builder, self.provides)
        return [Derived(result, made, origin.sources, place) for place, result in enumerate(results, origin.place)]

    def _in_order(self) -> Iterator[Any]:
        if self._expected not in self._waiting and self._policy.skips(len(self._waiting)):
            lowest = min(self._waiting)
            self._skipped.update(range(self._expected, lowest))
            self._expected = lowest
        while self._expected in self._waiting:
            results = self._waiting.pop(self._expected)
            self._expected += 1
            yield from results

    def _unfinished(self) -> Iterator[Unfinished]:
        """Report numbers that did not come, though later ones did."""
        yield from super()._unfinished()
        for number in sorted(self._skipped)[:SHOWN_GAPS]:
            yield Unfinished("gap", f"{self.name}: number {number} did not come and was skipped")
        if self._waiting:
            missing = [number for number in range(self._expected, max(self._waiting)) if number not in self._waiting]
            shown = ", ".join(map(str, missing[:SHOWN_GAPS])) + (", ..." if len(missing) > SHOWN_GAPS else "")
            waiting = "1 result waits" if len(self._waiting) == 1 else f"{len(self._waiting)} results wait"
            yield Unfinished("gap", f"{self.name}: {waiting} for number {shown}")
