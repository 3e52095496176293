"""`Directory`: the mailboxes of a pipeline by the names of their processors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from framework.core.mailboxes.inbox import Inbox
from framework.core.processor import AbstractProcessor, not_a_processor
from framework.errors import OptionError, UnknownName
from framework.observe.text import short_repr


class Directory:
    """Finds mailboxes and processors by name; iterates over the mailboxes in the order of the processors."""

    def __init__(self, processors: Mapping[Inbox, AbstractProcessor]) -> None:
        self._processors = processors
        self._by_name = {inbox.name: inbox for inbox in processors}

    def __iter__(self) -> Iterator[Inbox]:
        return iter(self._processors)

    def __len__(self) -> int:
        return len(self._processors)

    def __getitem__(self, name: str) -> Inbox:
        try:
            return self._by_name[name]
        except (KeyError, TypeError):
            raise UnknownName("processor", name, list(self._by_name)) from None

    @property
    def processors(self) -> tuple[AbstractProcessor, ...]:
        """The processors, in the order they were given."""
        return tuple(self._processors.values())

    def named_processors(self) -> dict[str, AbstractProcessor]:
        """Return the processors by their unique names."""
        return {inbox.name: processor for inbox, processor in self._processors.items()}

    def processor(self, name: str) -> AbstractProcessor:
        """Return the processor of that name; raises UnknownName."""
        return self._processors[self[name]]

    def of(self, processor: str | type[AbstractProcessor]) -> Inbox:
        """Return the mailbox of the processor with that name, or of the first of that class; raises UnknownName."""
        if not isinstance(processor, type):
            return self[processor]
        return next((inbox for inbox in self if type(inbox.processor) is processor), None) or self[processor.__name__]


def open_inboxes(processors: Iterable[AbstractProcessor]) -> Directory:
    """Open a mailbox for each processor, numbering equal names; raises TypeError or OptionError."""
    if not isinstance(processors, Iterable):
        raise TypeError(f"a pipeline takes a list of processors, got {short_repr(processors)}: Pipeline([...])")
    inboxes: dict[Inbox, AbstractProcessor] = {}
    names: set[str] = set()
    seen: set[int] = set()
    for number, processor in enumerate(processors):
        if not isinstance(processor, AbstractProcessor):
            raise TypeError(f"a pipeline is made of AbstractProcessor instances, got {not_a_processor(processor)}")
        if id(processor) in seen:
            raise OptionError(f"{processor.name} stands twice in the pipeline: make a second instance")
        if not isinstance(processor.name, str):
            raise OptionError(
                f"the name of a {type(processor).__name__} is a string, got {processor.name!r}: name='...'"
            )
        if not isinstance(processor.priority, int | float) or math.isnan(processor.priority):
            raise OptionError(f"the priority of {processor.name} is a number, got {processor.priority!r}: 0 by default")
        seen.add(id(processor))
        name, count = processor.name, 1
        while name in names:
            count += 1
            name = f"{processor.name}-{count}"
        names.add(name)
        inboxes[Inbox(name, number, processor)] = processor
    return Directory(inboxes)


def recreate(processor: AbstractProcessor, cls: type[AbstractProcessor] | None = None) -> AbstractProcessor:
    """Make a processor again, of another class if given, from its recorded arguments; raises OptionError."""
    args, kwargs = processor._arguments
    made = cls or type(processor)
    try:
        return made(*args, **kwargs)
    except Exception as error:
        raise OptionError(
            f"{processor.name} cannot be made again from its constructor arguments "
            f"({type(error).__name__}: {error}): give renew an instance of {made.__name__}"
        ) from error


def with_replacements(
    processors: Mapping[str, AbstractProcessor], replacements: Iterable[AbstractProcessor]
) -> list[AbstractProcessor]:
    """Return each replacement in the place of its name, and new instances of the others; raises as `Pipeline.renew`."""
    given: dict[str, AbstractProcessor] = {}
    for replacement in replacements:
        if not isinstance(replacement, AbstractProcessor):
            raise TypeError(f"renew takes processor instances, got {not_a_processor(replacement)}")
        if replacement.name not in processors:
            raise UnknownName("processor", replacement.name, list(processors))
        if replacement.name in given:
            raise OptionError(f"renew was given two processors named {replacement.name}: give one")
        given[replacement.name] = replacement
    return [given.get(name) or recreate(processor) for name, processor in processors.items()]
