"""`Collected`: a view of events or artifacts that fills while a pipeline runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from framework.core.event import Event
from framework.core.reactive_event import ReactiveEvent
from framework.observe.text import short_repr

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 10


class Collected(Sequence[Any]):
    """What `pipeline.collect` has seen until now, in the order of the submits: events, or the artifacts of a target.

    It reads like a list, and grows while the pipeline runs::

        greetings = pipeline.collect("greet")
        pipeline.run()
        greetings[0].who, len(greetings), greetings.frame()
    """

    def __init__(self, cls: type[Event] = Event, name: str | None = None, target: str | None = None) -> None:
        self._cls = cls
        self._name = name
        self._target = target
        self._values: list[Any] = []

    def _wants(self, cls: type, name: str | None) -> bool:
        """Return whether events of that class and name may be among them."""
        return issubclass(cls, self._cls) and self._name in (None, name)

    def _take(self, event: Event) -> bool:
        """Keep an event; called by the thread that submits it."""
        if self._target is None:
            self._values.append(event)
            return True
        if not isinstance(event, ReactiveEvent) or event.target != self._target or event.again:
            return False
        self._values.append(event.artifact)
        return True

    def frame(self) -> pd.DataFrame:
        """Return a row per event or artifact, with its attributes or fields as columns."""
        from framework.notebook.frames.fields import fields_of, typed
        from framework.notebook.frames.safe_frame import SafeFrame

        values = list(self._values)
        if self._target is None:
            values = [vars(event) for event in values]
        columns = fields_of(values) if values else {}
        return SafeFrame({name: typed(column) for name, column in columns.items()})

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        return self._values[index]

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        """Compare as the list of what is there now."""
        return self._values == (other._values if isinstance(other, Collected) else other)

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __repr__(self) -> str:
        what = f"target {self._target!r}" if self._target else f"{self._cls.__name__} {self._name or ''}".rstrip()
        shown = ", ".join(short_repr(value) for value in self._values[:SHOWN])
        more = ", ..." if len(self._values) > SHOWN else ""
        return f"<Collected {what}: {len(self._values)} [{shown}{more}]>"
