"""What `Workspace.prune` deletes: superseded archives, and above a limit those that were used least lately."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from framework.archive.records.catalog import CatalogEntry

logger = logging.getLogger(__name__)


class Pruned(NamedTuple):
    """The entry of an archive that goes, and why."""

    entry: CatalogEntry
    reason: str


def to_prune(entries: Sequence[CatalogEntry], sizes: Mapping[str, int], max_bytes: int | None) -> list[Pruned]:
    """Choose entries of the catalog so that all that stay take `max_bytes`; `sizes` are bytes by `uid`."""
    pruned = [Pruned(entry, "superseded") for entry in entries if entry.superseded_by]
    if max_bytes is None:
        return pruned
    size = sum(sizes.values()) - sum(sizes[entry.uid] for entry, _ in pruned)
    # Those made by name only are the user's own: they stay.
    current = [entry for entry in entries if entry.identity and not entry.superseded_by]
    for entry in sorted(current, key=lambda entry: max(entry.used, entry.updated)):
        if size <= max_bytes:
            break
        size -= sizes[entry.uid]
        pruned.append(Pruned(entry, f"least lately used, on {entry.used:%Y-%m-%d}, above {max_bytes:,} bytes"))
    if size > max_bytes:
        logger.warning("archives made by name take %d bytes, more than the %d allowed", size, max_bytes)
    return pruned
