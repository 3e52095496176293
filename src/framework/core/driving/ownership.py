"""`exclusive_use`: a processor serves one pipeline at a time, which is why its attributes need no lock."""

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
def exclusive_use(pipeline: str, processors: Iterable[Handler]) -> Iterator[None]:
    """Keep other pipelines from driving these processors; raises PipelineRunning."""
    wanted = {id(processor): processor.name for processor in processors}
    with _lock:
        taken = next(iter(_driven.keys() & wanted.keys()), None)
        if taken is not None:
            raise PipelineRunning(
                f"{wanted[taken]} is at work in {_driven[taken]}, and an instance serves one pipeline at a time; "
                f"wait for that one, or make another {wanted[taken]} for {pipeline}"
            )
        _driven.update(dict.fromkeys(wanted, pipeline))
    try:
        yield
    finally:
        with _lock:
            for key in wanted:
                _driven.pop(key, None)  # gone already in a child that was forked meanwhile


def _forget() -> None:
    """Forget the processors of the parent: a forked child drives none of them."""
    global _lock  # noqa: PLW0603 - a thread of the parent may have held it
    _lock = threading.Lock()
    _driven.clear()


os.register_at_fork(after_in_child=_forget)
