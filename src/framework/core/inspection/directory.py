"""`Directory`: the mailboxes of a pipeline by the names of their processors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from framework.core.mailboxes.inbox import Inbox
from framework.core.processor import AbstractProcessor
from framework.errors import UnknownName


class Directory:
    """Finds mailboxes; iterates over them in the order of the processors."""

    def __init__(self, inboxes: Sequence[Inbox]) -> None:
        """Know these."""
        self._by_name = {inbox.name: inbox for inbox in inboxes}

    def __iter__(self) -> Iterator[Inbox]:
        """Each mailbox."""
        return iter(self._by_name.values())

    def __len__(self) -> int:
        """How many there are."""
        return len(self._by_name)

    def __getitem__(self, name: str) -> Inbox:
        """The mailbox of that name.

        Raises:
            UnknownName: there is none; the message suggests the nearest.
        """
        try:
            return self._by_name[name]
        except (KeyError, TypeError):
            raise UnknownName("processor", name, list(self._by_name)) from None

    def of(self, processor: str | type[AbstractProcessor]) -> Inbox:
        """The mailbox of a processor that is named, or the first of a class.

        Raises:
            UnknownName: there is none.
        """
        if not isinstance(processor, type):
            return self[processor]
        return next((inbox for inbox in self if type(inbox.processor) is processor), None) or self[processor.__name__]
