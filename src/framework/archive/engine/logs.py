"""`check_logs`: a check of RocksDB's logs before RocksDB reads them.

Its reader never returns from a record of a recycled log that stands in a log which is not recycled (it reports the
record as bad without stepping over it, RocksDB 10.4). We never recycle logs, so that such a kind only comes of damage.
"""

from __future__ import annotations

import struct
from pathlib import Path

from framework.archive.engine.refusals import lost

_BLOCK = 32_768
_HEADER = struct.Struct("<IHB")  # checksum, length, kind; no header crosses the end of a block
_RECYCLED = frozenset({5, 6, 7, 8, 11})


def check_logs(store: Path) -> None:
    """Look at every log and manifest of a store; raises WorkspaceDamaged."""
    for path in (*store.glob("*.log"), *store.glob("MANIFEST-*")):
        try:
            data = path.read_bytes()
        except FileNotFoundError:  # a writer has just finished with it
            continue
        if _has_recycled_record(data):
            raise lost(f"{path} is garbled")


def _has_recycled_record(data: bytes) -> bool:
    at, size, header = 0, len(data), _HEADER.size
    read = _HEADER.unpack_from
    while at + header <= size:
        rest = _BLOCK - at % _BLOCK
        if rest < header:
            at += rest
            continue
        _, length, kind = read(data, at)
        if kind in _RECYCLED:
            return True
        # At zeros, which a power cut may leave, RocksDB goes on with the next block: what follows is no header.
        at += min(header + length, rest) if kind else rest
    return False
