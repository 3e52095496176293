"""Nothing is unpickled that was not signed with this user's key for the place where it stands."""

from __future__ import annotations

import json
import os
import pickle
import stat

import pytest

from framework.archive import Session, Workspace, digest, rotate_key
from framework.archive.records.keys import key_of
from framework.archive.records.trust import MAC_BYTES
from framework.errors import ArchiveError, KeyUnavailable, NotAWorkspace, UntrustedWorkspace, WorkspaceDamaged
from tampering import Bomb, edit, fill, records


@pytest.fixture
def stranger(path, tmp_path, monkeypatch):
    """A workspace that another user filled."""
    with monkeypatch.context() as patch:
        patch.setenv("FRAMEWORK_KEY_FILE", str(tmp_path / "strange.key"))
        fill(path, k=Bomb(tmp_path / "executed"), plain=1)
    return path


def test_a_key_is_made_readable_by_its_user_only(path, key_file):
    fill(path, k=1)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert list(key_file.parent.iterdir()) == [key_file]


def test_without_a_named_key_file_it_lies_in_the_users_data(monkeypatch, tmp_path, path):
    monkeypatch.delenv("FRAMEWORK_KEY_FILE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    fill(path, k=1)
    assert [file.name for file in tmp_path.rglob("*.key")] == ["archive.key"]


@pytest.mark.parametrize("how", ["below a file", "a folder", "a link that leads nowhere", "text", "too short"])
def test_a_key_that_cannot_be_had_says_what_to_do(how, tmp_path, monkeypatch, path):
    key = tmp_path / "key"
    if how == "below a file":
        key.write_text("x")
        key = key / "key"
    elif how == "a folder":
        key.mkdir()
    elif how == "a link that leads nowhere":
        key.symlink_to(tmp_path / "gone" / "key")
    else:
        key.write_text({"text": "not a key", "too short": "abcd"}[how])
    monkeypatch.setenv("FRAMEWORK_KEY_FILE", str(key))
    with pytest.raises(KeyUnavailable, match="FRAMEWORK_KEY_FILE"):
        Session(path, "a test")
    assert not path.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_home_that_is_read_only_says_what_to_do(tmp_path, monkeypatch, path):
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    monkeypatch.setenv("FRAMEWORK_KEY_FILE", str(home / "key"))
    with pytest.raises(KeyUnavailable, match="make the folder writable"):
        Session(path, "a test")


def test_a_workspace_from_elsewhere_is_refused_and_nothing_executed(stranger, tmp_path):
    workspace = Workspace(stranger)
    for look in (workspace.names, workspace.catalog, lambda: dict(workspace.archive("a")), workspace.verify):
        with pytest.raises(UntrustedWorkspace, match="trust=True"):
            look()
    with pytest.raises(UntrustedWorkspace):
        Session(stranger, "a test")
    assert not (tmp_path / "executed").exists()


def test_a_trusted_workspace_is_read_and_written(stranger, tmp_path):
    with Workspace(stranger, trust=True) as workspace:
        archive = workspace.archive("a")
        assert archive["plain"] == 1
        archive["mine"] = 2
        assert list(archive) == ["k", "plain", "mine"]
        assert archive["k"] is None
    assert (tmp_path / "executed").exists()


def test_trust_of_one_reader_is_not_the_trust_of_another(stranger):
    with Session(stranger, "a test", trust=True), pytest.raises(UntrustedWorkspace):
        Workspace(stranger).names()


def test_reading_what_is_trusted_needs_no_key(stranger, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("FRAMEWORK_KEY_FILE", str(tmp_path / "file" / "key"))
    assert Workspace(stranger, trust=True).archive("a")["plain"] == 1


def payloads(tmp_path):
    """Pickles that would leave a folder behind."""
    bomb = Bomb(tmp_path / "executed")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        yield pickle.dumps(bomb, protocol)
        yield pickle.dumps([bomb], protocol)
        yield pickle.dumps({"k": (1, bomb)}, protocol)
    yield f"cos\nmkdir\n(S'{tmp_path / 'executed'}'\ntR.".encode()


def test_a_payload_that_was_slipped_in_is_never_executed(path, tmp_path):
    fill(path, k="value")
    for payload in payloads(tmp_path):
        for keep in (0, MAC_BYTES, MAC_BYTES + 5):  # all of the record, all but the signature, all but the key

            def change(rows, payload=payload, keep=keep):
                return {key: row[:keep] + payload for key, row in records(rows)}

            edit(path, change)
            with Workspace(path) as workspace:
                archive = workspace.archive("a")
                with pytest.raises(UntrustedWorkspace):
                    archive["k"]
                with pytest.raises(UntrustedWorkspace):
                    list(archive.pairs())
    assert not (tmp_path / "executed").exists()


def test_records_cannot_change_places(path):
    fill(path, k=1, m=2)

    def swap(rows):
        (first, one), (second, other) = records(rows)
        return {first: other, second: one}

    edit(path, swap)
    with pytest.raises(UntrustedWorkspace):
        list(Workspace(path).archive("a").pairs())


def test_the_index_cannot_lead_to_the_record_of_another_key(path):
    fill(path, k=1, m=2)

    def redirect(rows):
        places = [(key, row) for key, row in rows.items() if key.startswith(b"I")]
        return {places[0][0]: places[1][1]}

    edit(path, redirect)
    workspace = Workspace(path)
    with pytest.raises(WorkspaceDamaged, match="record of another key"):
        [workspace.archive("a")[key] for key in "km"]
    with pytest.raises(WorkspaceDamaged, match="does not name"):
        workspace.verify()


def test_records_cannot_move_to_another_archive(path):
    fill(path, k=1)
    with Session(path, "a test") as session:
        session.archive("b")["k"] = 2

    def move(rows):
        (_, one), (second, _) = records(rows)
        return {second: one}

    edit(path, move)
    workspace = Workspace(path)
    with pytest.raises(UntrustedWorkspace):
        [list(workspace.archive(name).pairs()) for name in "ab"]


def test_a_catalog_entry_cannot_be_edited(path):
    fill(path, k=1)
    edit(path, lambda rows: {key: row.replace(b'"a"', b'"z"') for key, row in rows.items() if key.startswith(b"C")})
    with pytest.raises(UntrustedWorkspace):
        Workspace(path).names()


ENTRY = {"created": "2020-01-01T00:00Z", "updated": "2020-01-01T00:00Z", "provides": [], "requires": []}


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(ENTRY | {"name": ["a"], "number": 1}),
        json.dumps(ENTRY | {"name": "a", "number": "1"}),
        json.dumps(ENTRY | {"name": "a", "number": 1, "created": "2020-01-01"}),
        "[" * 100_000,
    ],
    ids=["a name that is none", "a number that is none", "a time without a zone", "endless nesting"],
)
@pytest.mark.parametrize("trust", [False, True])
def test_a_forged_catalog_entry_is_refused_by_name(path, body, trust):
    fill(path, k=1)
    edit(path, lambda _: {b"Cforged.." + bytes(MAC_BYTES): bytes(MAC_BYTES) + body.encode()})
    for look in (Workspace(path, trust=trust).catalog, lambda: Session(path, "a test", trust=trust)):
        with pytest.raises(WorkspaceDamaged, match="catalog entry"):
            look()


@pytest.mark.parametrize("name", ["mark", "journal", "workspace.json", "store/LOG", "store/rocksdict-config.json"])
def test_a_link_does_not_lead_to_writing_outside(path, tmp_path, name):
    fill(path, k=1)
    (path / name).unlink(missing_ok=True)
    outside = tmp_path / "outside"
    outside.write_text("precious")
    (path / name).symlink_to(outside)
    for look in (Workspace, lambda path: Session(path, "a test")):
        with pytest.raises(NotAWorkspace, match="could lead out of the workspace"):
            look(path)
    assert outside.read_text() == "precious"


def test_a_new_key_reads_what_the_former_one_signed(path, key_file):
    fill(path, k=1)
    former = key_file.read_text()
    assert rotate_key() == key_file
    assert key_file.read_text().endswith(former)
    assert key_file.read_text() != former
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    fill(path, m=2)
    assert dict(Workspace(path).archive("a")) == {"k": 1, "m": 2}


def test_a_revoked_key_is_refused(path, key_file):
    fill(path, k=1)
    rotate_key()
    key_file.write_text(key_file.read_text().splitlines()[0])
    with pytest.raises(UntrustedWorkspace):
        Workspace(path).names()


def test_a_rotation_in_another_process_is_noticed(path, start, run):
    fill(path, k=1)
    with Workspace(path) as workspace:
        archive = workspace.archive("a")
        assert archive["k"] == 1
        run(
            """
            import sys
            from framework.archive import Session, rotate_key
            rotate_key()
            with Session(sys.argv[1], "the other one") as session:
                session.archive("a")["m"] = 2
            """,
            path,
        )
        assert archive["m"] == 2
        assert workspace.names() == ["a"]


def test_processes_that_start_together_agree_on_one_key(start, path, key_file):
    code = "from framework.archive.records.trust import Keyring; print(Keyring().keys[0].hex())"
    processes = [start(code) for _ in range(4)]
    keys = {process.communicate(timeout=100)[0].strip() for process in processes}
    assert keys == {key_file.read_text().strip()}


def test_a_digest_needs_no_key(key_file):
    digest({"a": 1})
    assert not key_file.exists()


def test_a_key_with_another_pickle_finds_its_record_where_everything_is_trusted(tmp_path, monkeypatch, path):
    word = str(b"ab", "ascii")
    with monkeypatch.context() as patch:
        patch.setenv("FRAMEWORK_KEY_FILE", str(tmp_path / "strange.key"))
        with Session(path, "a test") as session:
            session.archive("a")[word, word] = 1  # one object twice, which the pickle tells
    with Workspace(path, trust=True) as workspace:
        archive = workspace.archive("a")
        archive[str(b"ab", "ascii"), "ab"] = 2
        assert dict(archive) == {("ab", "ab"): 2}


def test_a_record_that_was_deleted_before_others_is_missed(path):
    fill(path, first=1, second=2)
    edit(path, lambda rows: {min(records(rows))[0]: None})
    archive = Workspace(path).archive("a", readonly=True)
    for look in (lambda: dict(archive), Workspace(path).verify):
        with pytest.raises(WorkspaceDamaged):
            look()


def test_keys_that_are_no_text_are_named_where_everything_is_trusted():
    with pytest.raises(ArchiveError, match="a stored key cannot be made again"):
        key_of(b"s\xff")
