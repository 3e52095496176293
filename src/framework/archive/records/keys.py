"""Keys as bytes: `index_key` finds a record, `stored_key` stands in it, and `key_of` makes the key again."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from framework.archive.digest.digest import digest
from framework.archive.records.serialize import dumps, loads
from framework.errors import Unloadable

_SHORT = 64


def index_key(key: Any) -> bytes:
    """Return the bytes by which an archive finds a key; raises Undigestable.

    A short string stands for itself, which saves a put 3 us; anything else is digested.
    """
    if type(key) is str and len(key) <= _SHORT:
        return b"s" + key.encode("utf-8", "surrogatepass")
    return b"d" + bytes.fromhex(digest(key, name="key"))


def stored_key(key: Any, index: bytes) -> bytes:
    """Return the bytes of a key in its record; of a short text, those by which it is found; raises Unpicklable."""
    if type(key) is str:
        return index if index[:1] == b"s" else b"s" + key.encode("utf-8", "surrogatepass")
    return b"p" + dumps(key, name="key")


def key_of(data: bytes) -> Any:
    """Return the key that stands in a record; raises Unloadable."""
    if data[:1] != b"s":
        return loads(data[1:])
    try:
        return data[1:].decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise Unloadable(f"a stored key cannot be made again ({error})") from error


def keys_of(data: Sequence[bytes]) -> list[Any]:
    """Return the keys that stand in records, texts without a zero in them all at once; raises Unloadable."""
    joined = b"\0".join(data)
    if joined[:1] == b"s" and joined.count(b"\0s") == joined.count(b"\0") == len(data) - 1:
        with contextlib.suppress(UnicodeDecodeError):
            return joined[1:].decode("utf-8", "surrogatepass").split("\0s")
    return [*map(key_of, data)]


def index_of(data: bytes) -> bytes:
    """Return the bytes by which the key that stands in a record is found."""
    return index_key(key_of(data))
