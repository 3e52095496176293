"""Who drives which processor: an instance serves one pipeline at a time, which is why its attributes need no lock."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from framework.core.mailboxes.handler import Handler
from framework.errors import PipelineRunning

_lock = threading.Lock()
_driven: dict[int, str] = {}
"""By the id of the processor, because a user's class need not be hashable; its pipeline keeps it alive meanwhile."""


@contextmanager
def claimed(pipeline: str, processors: Iterable[Handler]) -> Iterator[None]:
    """Keep other pipelines from driving these processors.

    Raises:
        PipelineRunning: another one does already.
    """
    claims = {id(processor): processor.name for processor in processors}
    with _lock:
        taken = next(iter(_driven.keys() & claims.keys()), None)
        if taken is not None:
            raise PipelineRunning(
                f"{claims[taken]} is at work in {_driven[taken]}, and an instance serves one pipeline at a time; "
                f"wait for that one, or make another {claims[taken]} for {pipeline}"
            )
        _driven.update(dict.fromkeys(claims, pipeline))
    try:
        yield
    finally:
        with _lock:
            for claim in claims:
                _driven.pop(claim, None)  # a child that was forked meanwhile knows nothing of it


def _forget() -> None:
    """A forked child drives nothing of its parent."""
    global _lock  # noqa: PLW0603 - a thread of the parent may have held it
    _lock = threading.Lock()
    _driven.clear()


os.register_at_fork(after_in_child=_forget)
