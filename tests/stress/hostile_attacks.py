"""What a user who may write to a workspace, without the key of its owner, can do to it. Start at `ATTACKS`.

Each gets the path of the workspace and a pickle that does something when it is loaded.
"""

import json
import os
import pickle
import shutil
import struct

from framework.archive.engine.journal import Journal
from framework.archive.records.trust import MAC_BYTES, Keyring, Seal, key_file
from tampering import edit, fill, records

UID = slice(1, 9)
POSITION = slice(9, None)


def rows(kind):
    """A way to change all rows of a kind: `change(key, row, pickle)` gives the rows that take their place."""

    def attack(change):
        def do(path, payload):
            edit(path, lambda all_rows: dict(_changed(all_rows, kind, change, payload)))

        do.__name__ = change.__name__
        return do

    return attack


def _changed(all_rows, kind, change, payload):
    for key, row in all_rows.items():
        if key.startswith(kind):
            yield from change(key, row, payload).items()


def value_at(row):
    """Where the value of a record begins."""
    return MAC_BYTES + 4 + struct.unpack_from("<I", row, MAC_BYTES)[0]


def resigned(key, row, value):
    """The record with another value, signed with a stranger's key."""
    stranger = Keyring.empty()
    stranger.keys = (os.urandom(32),)
    body = row[MAC_BYTES : value_at(row)] + value
    return Seal(stranger, key[UID]).sign(key[POSITION], body) + body


PLACEMENTS = (
    lambda key, row, value: value,
    lambda key, row, value: row[:MAC_BYTES] + value,
    lambda key, row, value: row[: value_at(row)] + value,
    lambda key, row, value: row + value,
    resigned,
)


def pickle_slipped_in(path, payload):
    """Pages and records become the pickle: whole, behind the signature, behind the key, or signed by a stranger."""

    def change(all_rows):
        found = records(all_rows)
        pages = {key: row[:MAC_BYTES] + payload for key, row in all_rows.items() if key.startswith(b"P")}
        return pages | {key: PLACEMENTS[n % len(PLACEMENTS)](key, row, payload) for n, (key, row) in enumerate(found)}

    edit(path, change)


# -- signatures


@rows(b"R")
def signatures_that_are_cut(key, row, payload):
    return {key: row[1:]}


@rows(b"R")
def signatures_that_are_gone(key, row, payload):
    return {key: row[MAC_BYTES:]}


@rows(b"R")
def signatures_that_are_extended(key, row, payload):
    return {key: row[:MAC_BYTES] + b"\0" + row[MAC_BYTES:]}


@rows(b"R")
def signatures_of_zeros(key, row, payload):
    return {key: bytes(MAC_BYTES) + row[MAC_BYTES:]}


@rows(b"R")
def records_that_are_empty(key, row, payload):
    return {key: b""}


@rows(b"R")
def records_that_are_nothing_but_signatures(key, row, payload):
    return {key: row[:MAC_BYTES]}


@rows(b"R")
def records_signed_by_a_stranger(key, row, payload):
    return {key: resigned(key, row, row[value_at(row) :])}


@rows(b"R")
def keys_that_reach_beyond_the_record(key, row, payload):
    return {key: row[:MAC_BYTES] + b"\xff\xff\xff\xff" + row[MAC_BYTES + 4 :]}


# -- places


@rows(b"P")
def pages_that_changed_places(key, row, payload):
    return {key: b"", key[:9] + struct.pack(">Q", 3): row}


@rows(b"P")
def pages_as_records(key, row, payload):
    return {b"R" + key[1:9] + b"page" + key[9:13]: row[:MAC_BYTES] + key[13:] + row[MAC_BYTES:]}


@rows(b"R")
def records_as_pages(key, row, payload):
    return {b"P" + key[1:]: row}


@rows(b"R")
def records_at_the_last_place(key, row, payload):
    return {key: row, key[:9] + b"\xff" * 8: row}


def records_that_changed_places(path, payload):
    def change(all_rows):
        found = records(all_rows)
        return {key: found[n - 1][1] for n, (key, _) in enumerate(found)}

    edit(path, change)


@rows(b"R")
def records_that_stand_twice(key, row, payload):
    return {key: row, key[:9] + struct.pack(">Q", 1000 + key[-1]): row}


@rows(b"R")
def records_at_odd_places(key, row, payload):
    return {key: row, key + b"x": row, key[:9] + b"x": row}


@rows(b"I")
def an_index_that_leads_nowhere(key, row, payload):
    return {key: b"x"}


@rows(b"I")
def an_index_of_pickles(key, row, payload):
    return {key: payload}


def an_index_that_changed_places(path, payload):
    def change(all_rows):
        found = [(key, row) for key, row in all_rows.items() if key.startswith(b"I")]
        return {key: found[n - 1][1] for n, (key, _) in enumerate(found)}

    edit(path, change)


@rows(b"C")
def counts_that_are_forged(key, row, payload):
    return {b"D" + key[1:]: bytes(MAC_BYTES) + struct.pack(">QQ", 1000, 0)}


@rows(b"C")
def rows_of_unknown_kinds(key, row, payload):
    return {b"": payload, b"X" + key: payload, b"\xff" * 100: payload, b"R": payload, b"I": payload, b"D": payload}


# -- the catalog


def catalog(**forged):
    """A catalog whose entries say something else, unsigned."""

    @rows(b"C")
    def attack(key, row, payload):
        return {key: row[:MAC_BYTES] + json.dumps(json.loads(row[MAC_BYTES:]) | forged).encode()}

    return attack


def catalog_text(text):
    """A catalog with an entry more, of that text."""

    @rows(b"C")
    def attack(key, row, payload):
        return {b"C" + bytes(8): bytes(MAC_BYTES) + text}

    return attack


@rows(b"C")
def catalog_of_pickles(key, row, payload):
    return {key: row[:MAC_BYTES] + payload}


@rows(b"C")
def catalog_entries_under_other_ids(key, row, payload):
    return {key: row, b"C" + bytes(7) + key[-1:]: row}


# -- files


def journal_of_pickles(path, payload):
    kept = {}
    edit(path, lambda all_rows: kept.update(records(all_rows)) or {})
    journal = Journal(path / "journal", _last_write(path))
    for key, row in kept.items():
        journal.add(b"I" + key[UID] + b"s" + key[-1:], key[POSITION], key, row[: value_at(row)] + payload)
    journal.close()


def journal_with_a_catalog(path, payload):
    journal = Journal(path / "journal", _last_write(path))
    journal.add(b"Cforged..", bytes(MAC_BYTES) + b"{}", b"Cforged.2", bytes(MAC_BYTES) + payload)
    journal.close()


def _last_write(path):
    from rocksdict import AccessType, Options, Rdict

    db = Rdict(str(path / "store"), options=Options(raw_mode=True), access_type=AccessType.read_write())
    try:
        return db.latest_sequence_number()
    finally:
        db.close()


def link(name, target="planted"):
    """A file that is a link out of the workspace."""

    def attack(path, payload):
        outside = path.parent / target
        outside.write_bytes((path / name).read_bytes() if (path / name).is_file() else payload)
        (path / name).unlink(missing_ok=True)
        (path / name).symlink_to(outside)

    return attack


def a_store_that_is_a_link(path, payload):
    (path / "store").rename(path.parent / "elsewhere")
    (path / "store").symlink_to(path.parent / "elsewhere")


def a_pipe_that_never_ends(path, payload):
    os.mkfifo(path / "store" / "999999.log")


def a_store_that_is_not_raw(path, payload):
    """RocksDB's wrapper would unpickle values of a store that is not opened as bytes."""
    edit(path, lambda all_rows: {bytes([tag]) + key: bytes([tag]) + payload for key in all_rows for tag in range(1, 9)})
    (path / "store" / "rocksdict-config.json").write_text('{"raw_mode":false,"prefix_extractors":{}}')


def file(name, content):
    """A file with that content."""

    def attack(path, payload):
        (path / name).write_bytes(content if isinstance(content, bytes) else content(path, payload))

    return attack


def modules_beside_the_store(path, payload):
    for name in ("framework", "rocksdict", "pickle", "sitecustomize", "conftest", "usercustomize"):
        for folder in (path, path / "store"):
            (folder / f"{name}.py").write_text("import hostile_pickles\nhostile_pickles.touch()\n")


def a_mark_of_more(path, payload):
    mark = bytearray((path / "mark").read_bytes())
    struct.pack_into("<QQQQ", mark, 48, *[2**63] * 4)
    (path / "mark").write_bytes(mark)


def a_store_of_a_stranger(path, payload):
    other, key = path.with_name("other"), key_file().read_text()
    try:
        key_file().write_text(os.urandom(32).hex())
        fill(other, a=1)
    finally:
        key_file().write_text(key)
    shutil.rmtree(path)
    other.rename(path)


def a_key_of_a_stranger(path, payload):
    key_file().write_text(os.urandom(32).hex())


def a_key_that_is_a_pickle(path, payload):
    key_file().write_bytes(payload)


SOURCE = "import hostile_pickles\nhostile_pickles.touch()\n"
DEEP = b'{"name":' + b"[" * 100_000
ATTACKS = {
    attack.__name__.replace("_", " "): attack
    for attack in (
        signatures_that_are_cut,
        signatures_that_are_gone,
        signatures_that_are_extended,
        signatures_of_zeros,
        records_that_are_empty,
        records_that_are_nothing_but_signatures,
        records_signed_by_a_stranger,
        keys_that_reach_beyond_the_record,
        pages_that_changed_places,
        pages_as_records,
        records_as_pages,
        records_at_the_last_place,
        records_that_changed_places,
        records_that_stand_twice,
        records_at_odd_places,
        an_index_that_leads_nowhere,
        an_index_of_pickles,
        an_index_that_changed_places,
        counts_that_are_forged,
        rows_of_unknown_kinds,
        catalog_of_pickles,
        catalog_entries_under_other_ids,
        journal_of_pickles,
        journal_with_a_catalog,
        a_store_that_is_a_link,
        a_pipe_that_never_ends,
        a_store_that_is_not_raw,
        modules_beside_the_store,
        a_mark_of_more,
        a_store_of_a_stranger,
        a_key_of_a_stranger,
        a_key_that_is_a_pickle,
    )
} | {
    "a catalog with a path for a name": catalog(name="../../outside"),
    "a catalog with source that would run": catalog(source=SOURCE, arguments=SOURCE),
    "a catalog with markup": catalog(name="<script>alert(1)</script>", source="</script><img src=x onerror=alert(1)>"),
    "a catalog with a list for a name": catalog(name=["a"]),
    "a catalog with a text for a number": catalog(number="1"),
    "a catalog with a name of another archive": catalog(name="notes", identity=""),
    "a catalog with a field more": catalog(__reduce__=["os.system", "x"]),
    "a catalog without fields": catalog_text(b"{}"),
    "a catalog that never ends": catalog_text(DEEP),
    "a catalog of a long number": catalog_text(b'{"number": ' + b"9" * 100_000 + b"}"),
    "a catalog of no text": catalog_text(b"\xff\xfe\x00"),
    "a mark that is a link": link("mark"),
    "a journal that is a link": link("journal"),
    "a format that is a link": link("workspace.json"),
    "a configuration that is a link": link("store/rocksdict-config.json"),
    "a log that is a link": link("store/LOG"),
    "a current file that is a link": link("store/CURRENT"),
    "a journal of a pickle": file("journal", lambda _, payload: bytes(8) + payload),
    "a format of a pickle": file("workspace.json", lambda _, payload: payload),
    "a format that never ends": file("workspace.json", b'{"format":' + b"[" * 100_000),
    "a format of tomorrow": file("workspace.json", b'{"format": 1e308}'),
    "a mark of a pickle": file("mark", lambda _, payload: payload),
    "a configuration of a pickle": file("store/rocksdict-config.json", lambda _, payload: payload),
    "a lock of a pickle": file("store/LOCK", lambda _, payload: payload),
    "an identity of a pickle": file("store/IDENTITY", lambda _, payload: payload),
    "a value that is a pickle of a pickle": lambda path, payload: pickle_slipped_in(path, pickle.dumps(payload)),
}
