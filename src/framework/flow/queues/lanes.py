"""`Lanes`: items of one key one at a time, in order; those of other keys beside them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from framework.flow.queues.envelope import Envelope, plain
from framework.flow.signals import NOTHING

if TYPE_CHECKING:
    from framework.flow.queues.channel import Channel


class Lanes:
    """The keys of a job that are at work, and what waits behind each.

    A key is taken from the first of its items until the last of them has left the job, attempts that wait included.
    """

    def __init__(self, key: Callable[[Any], Hashable], channel: Channel) -> None:
        self._key = key
        self._channel = channel
        self._busy: dict[Hashable, deque[Envelope]] = {}

    def admit(self, entry: Any) -> Envelope | None:
        """Return the entry if its key is free, which takes the key; else defer it; raises as the key function."""
        if isinstance(entry, Envelope) and entry.key is not NOTHING:
            return entry  # it has its turn
        key = self._key(plain(entry))
        waiting = self._busy.get(key)
        wrapped = entry if isinstance(entry, Envelope) else Envelope(entry)
        if waiting is None:
            self._busy[key] = deque()
            wrapped.key = key
            return wrapped
        waiting.append(wrapped)
        self._channel.count_deferred(1)
        return None

    def release(self, entry: Any) -> None:
        """The item has left the job: the next of its key has its turn."""
        key = entry.key if isinstance(entry, Envelope) else NOTHING
        if key is NOTHING:
            return
        waiting = self._busy.get(key)
        if not waiting:
            self._busy.pop(key, None)
            return
        following = waiting.popleft()
        following.key = key
        self._channel.put_back(following)
        self._channel.count_deferred(-1)

    def clear(self) -> list[Any]:
        """Remove and return what waits for a key."""
        entries = [entry for waiting in self._busy.values() for entry in waiting]
        self._busy = {key: deque() for key in self._busy}
        self._channel.count_deferred(-len(entries))
        return entries
