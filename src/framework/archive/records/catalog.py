"""`Catalog`: the archives of a store and what filled each. Signed JSON: reading it runs no code."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

from framework.archive.engine.refusals import lost
from framework.archive.engine.rows import Rows
from framework.archive.records.records import Records
from framework.archive.records.trust import MAC_BYTES, Keyring, Seal
from framework.errors import OptionError, UntrustedWorkspace
from framework.observe.findings import times
from framework.observe.text import short_repr

if TYPE_CHECKING:
    from rocksdict import WriteBatch

USED_STEP = timedelta(hours=1)
"""How exactly the last use is noted: more often would be a write for each archive and run."""
_PREFIX = b"C"


StoredPart = tuple[str, str, str, str]
"""What something is made of: label, kind, place and text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The contents of an archive and the processor that fills it.

    Name and identity together tell an archive from all others: a processor whose code or arguments changed gets
    another identity and starts with an empty archive, and finds the former one again when it changes back. `parts` is
    what the identity is made of: label, kind, place and text of each, with what was left out.
    """

    name: str
    identity: str = ""
    source: str = ""
    provides: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    arguments: str = ""
    arguments_digest: str = ""
    parts: tuple[StoredPart, ...] = ()


_TEXTS = ("name", "identity", "source", "arguments", "arguments_digest", "python", "superseded_by")
_PART = 4  # label, kind, place, text
_TIMES = ("created", "updated", "used")
_DESCRIBING = tuple(part.name for part in dataclasses.fields(Description))


def check_name(name: object) -> None:
    """Refuse what cannot name an archive; raises OptionError."""
    if not isinstance(name, str):
        raise OptionError(f"the name of an archive is a string, got {name!r}: archive('results')")


def _now() -> datetime:
    return datetime.now(UTC)


def _python() -> str:
    return ".".join(map(str, sys.version_info[:3]))


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogEntry(Description):
    """One archive of a workspace.

    `superseded_by` is the identity that took over the name, empty while this one is current; `records` is counted when
    the entry is read; `used` is when a pipeline opened it last, to the hour; `python` is the version that did; `number`
    counts archives as they were made. `inputs` are the parts of the code that inputs of own classes brought along.
    """

    uid: str
    number: int
    created: datetime = field(default_factory=_now)
    updated: datetime = field(default_factory=_now)
    used: datetime = field(default_factory=_now)
    python: str = field(default_factory=_python)
    superseded_by: str = ""
    records: int = 0
    inputs: tuple[StoredPart, ...] = ()

    def _describes(self, description: Description) -> bool:
        """Return whether it says all that the description says."""
        return all(getattr(self, name) == getattr(description, name) for name in _DESCRIBING)

    def _described(self, description: Description) -> Self:
        """Return the entry with that description, used now by this Python."""
        parts = {name: getattr(description, name) for name in _DESCRIBING}
        at = _now()
        return dataclasses.replace(self, **parts, updated=at, used=at, python=_python(), superseded_by="")

    def _opened(self) -> Self:
        """Return the entry, opened by a pipeline now; the same one if it was used a short time ago."""
        return self if _now() - self.used < USED_STEP else dataclasses.replace(self, used=_now())

    def _takes_the_place_of(self, other: Description) -> bool:
        """Return whether code that made this one could not ask for another of its name any more.

        It could for another configuration: the same code with other arguments. What arguments bring along is code of
        one configuration only, hence only what both reach is compared.
        """
        if other.identity == self.identity:
            return False
        if not self.parts or not other.parts or self.arguments_digest == other.arguments_digest:
            return True
        texts = {(label, kind): text for label, kind, _, text in self.parts}
        return any(texts.get((label, kind), text) != text for label, kind, _, text in other.parts)

    def _touched(self, inputs: Iterable[StoredPart] = ()) -> Self:
        """Return the entry, written to now by a run whose inputs brought that code along."""
        parts = {part[:2]: part for part in (*self.inputs, *inputs)}
        return dataclasses.replace(self, updated=_now(), inputs=tuple(parts.values()))

    def __str__(self) -> str:
        left = f", superseded by {self.superseded_by[:8]}" if self.superseded_by else ""
        identity = f" [{self.identity[:8]}]" if self.identity else ""
        return (
            f"{self.name}{identity}: {times(self.records, 'record')}, updated {self.updated:%Y-%m-%d %H:%M} UTC{left}"
        )


class Catalog:
    """The entries of a store by archive id, in the order they were made."""

    def __init__(self, entries: dict[bytes, CatalogEntry], *, foreign: bool = False) -> None:
        self.entries = entries
        self._identities: dict[str, dict[str, bytes]] = {}
        for uid, entry in entries.items():
            self._identities.setdefault(entry.name, {})[entry.identity] = uid
        self._foreign = foreign

    @classmethod
    def read(cls, rows: Rows, keyring: Keyring) -> Catalog:
        """Return all entries of a store; a foreign one is only refused by `checked`."""
        entries, foreign = [], False
        for row, record in rows.scan(_PREFIX, _PREFIX):
            uid = row[len(_PREFIX) :]
            try:
                body = _seal(keyring).verify(uid, record)
            except UntrustedWorkspace:
                body, foreign = record[MAC_BYTES:], True
            entries.append((uid, _decode(uid, body)))
        entries.sort(key=lambda pair: pair[1].number)
        return cls(dict(entries), foreign=foreign)

    def checked(self, *, trust: bool) -> Catalog:
        """Return the catalog itself; raises UntrustedWorkspace."""
        if self._foreign and not trust:
            raise UntrustedWorkspace(
                "the workspace was signed with a key that is not yours: it comes from another user, or your key file "
                "was replaced. Nothing of it was unpickled. Pass trust=True if you trust its author"
            )
        return self

    def names(self) -> list[str]:
        """Return the names of archives, each once, in the order they were made."""
        return list(self._identities)

    def identities(self, name: str) -> list[str]:
        """Return the identities of the archives of that name, in the order they were made."""
        return list(self._identities.get(name, {}))

    def find(self, name: str, identity: str | None = None) -> bytes | None:
        """Return the id of an archive; without an identity, of the current one of that name."""
        identities = self._identities.get(name, {})
        if identity is not None:
            return identities.get(identity)
        entries = [(uid, self.entries[uid]) for uid in list(identities.values())]
        return max(entries, key=lambda pair: (not pair[1].superseded_by, pair[1].updated))[0] if entries else None

    def rivals(self, entry: CatalogEntry) -> list[tuple[bytes, CatalogEntry]]:
        """Return the entries of the same name whose place an entry takes."""
        uids = self._identities.get(entry.name, {}).values() if entry.identity else ()
        others = [(uid, self.entries[uid]) for uid in uids]
        return [(uid, other) for uid, other in others if other.identity and entry._takes_the_place_of(other)]

    def put(self, batch: WriteBatch, keyring: Keyring, uid: bytes, entry: CatalogEntry) -> None:
        """Write an entry, new or again."""
        body = _encode(entry)
        batch.put(_PREFIX + uid, _seal(keyring).sign(uid, body) + body)
        self.entries[uid] = entry
        self._identities.setdefault(entry.name, {})[entry.identity] = uid

    def drop(self, batch: WriteBatch, uid: bytes) -> None:
        """Delete an entry."""
        batch.delete(_PREFIX + uid)
        entry = self.entries.pop(uid)
        del self._identities[entry.name][entry.identity]  # what superseded it stays

    def counted(self, rows: Rows, keyring: Keyring, *, trust: bool) -> list[CatalogEntry]:
        """Return all entries, each with its number of records."""
        return [
            dataclasses.replace(entry, records=records_of(uid, keyring, trust=trust).counts(rows).records)
            for uid, entry in list(self.entries.items())
        ]


def records_of(uid: bytes, keyring: Keyring, *, trust: bool) -> Records:
    """Return the rows of an archive, verified with these keys."""
    return Records(uid, Seal(keyring, uid, trust=trust))


def _seal(keyring: Keyring) -> Seal:
    return Seal(keyring, _PREFIX)


def _encode(entry: CatalogEntry) -> bytes:
    import json  # 3 ms, needed where something is stored

    facts: dict[str, Any] = {part.name: getattr(entry, part.name) for part in dataclasses.fields(entry)}
    del facts["records"], facts["uid"]
    facts |= {name: facts[name].isoformat() for name in _TIMES}
    # Two halves of a character in a row must not come back as one character: that would be another name.
    return json.dumps(facts, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _decode(uid: bytes, body: bytes) -> CatalogEntry:
    import json

    try:
        facts = json.loads(body.decode("utf-8", "surrogatepass"))
        facts = {"used": facts["updated"], **facts}  # not noted by version 0.1
        facts |= {name: datetime.fromisoformat(facts[name]) for name in _TIMES}
        facts |= {name: tuple(facts[name]) for name in ("provides", "requires")}
        facts |= {name: tuple(map(tuple, facts.get(name, ()))) for name in ("parts", "inputs")}  # since version 0.2
        return _checked(CatalogEntry(**facts, uid=uid.hex()))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise lost(f"the catalog entry of archive {uid.hex()} cannot be read ({short_repr(error)})") from error


def _checked(entry: CatalogEntry) -> CatalogEntry:
    """Return an entry that other programs may have written; raises TypeError where a field has another type."""
    texts = [*(getattr(entry, name) for name in _TEXTS), *entry.provides, *entry.requires]
    known_times = all(getattr(entry, name).tzinfo for name in _TIMES)
    parts = (*entry.parts, *entry.inputs)
    whole = isinstance(entry.number, int) and all(len(part) == _PART for part in parts)
    if not (all(isinstance(text, str) for text in chain(texts, *parts)) and whole and known_times):
        raise TypeError("a field is of the wrong type")
    return entry
