"""Signatures: a record is unpickled only when it was signed with a key of this user.

Unpickling runs code, so that opening a workspace of another user would run theirs. Every record therefore carries a
keyed BLAKE2 hash (a MAC by RFC 7693; half the time of HMAC-SHA256 on a small record), as Jupyter signs
notebooks. It covers the archive, the position and the key, so that no record can take the place of another one.
"""

from __future__ import annotations

import contextlib
import hmac
import os
from hashlib import blake2b
from pathlib import Path

from framework.errors import KeyUnavailable, UntrustedWorkspace

KEY_FILE_VARIABLE = "FRAMEWORK_KEY_FILE"
MAC_BYTES = 16
_KEY_BYTES = 32


def key_file() -> Path:
    """Return where the key of this user is kept: one key per line as hexadecimal digits, the one that signs first."""
    named = os.environ.get(KEY_FILE_VARIABLE)
    if named:
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("framework", appauthor=False)) / "archive.key"


def rotate_key() -> Path:
    """Sign with a new key from now on; the former keys stay for reading.

    Returns:
        The file that holds the keys. To revoke a former key, delete its line.

    Raises:
        KeyUnavailable: the file cannot be read or written.
    """
    path = key_file()
    keys = _read_or_create(path)
    try:
        _write(path, [os.urandom(_KEY_BYTES), *keys])
    except OSError as error:
        raise _unavailable(path, "written", error) from error
    return path


class Keyring:
    """The keys of this user, read once; the first one signs, all of them verify."""

    def __init__(self) -> None:
        self._path = key_file()
        self.keys: tuple[bytes, ...] = _read_or_create(self._path)

    @classmethod
    def empty(cls) -> Keyring:
        """Return a ring without keys, for reading what is trusted anyway."""
        self = cls.__new__(cls)
        self._path, self.keys = key_file(), ()
        return self

    def refresh(self) -> None:
        """Read the file again, because another process may have rotated."""
        with contextlib.suppress(KeyUnavailable):
            self.keys = _read_or_create(self._path)


class Seal:
    """Signs and verifies the records of one archive; its other kinds of body have a seal each, from `apart`.

    With `trust`, everything verifies: the user said that the workspace's author may run code here.
    """

    __slots__ = ("_bases", "_keyring", "_keys", "_kind", "_scope", "_trust")

    def __init__(self, keyring: Keyring, scope: bytes, *, trust: bool = False, kind: bytes = b"") -> None:
        self._keyring = keyring
        self._scope = scope
        self._trust = trust
        self._kind = kind
        self._prepare()

    def apart(self, kind: bytes) -> Seal:
        """Return the same for another kind of body, 6 bytes at most: none verifies as one of another kind."""
        return Seal(self._keyring, self._scope, trust=self._trust, kind=kind)

    def sign(self, place: bytes, body: bytes) -> bytes:
        """Return the signature of a body that stands in that place, 16 bytes."""
        signing = self._bases[0].copy()
        signing.update(place + body)
        return signing.digest()

    def verify(self, place: bytes, record: bytes) -> bytes:
        """Return the body of a signed record; raises UntrustedWorkspace."""
        signature, body = record[:MAC_BYTES], record[MAC_BYTES:]
        if self._trust or self._signed(signature, place, body):
            return body
        self._keyring.refresh()
        if self._keyring.keys != self._keys:
            self._prepare()
            if self._signed(signature, place, body):
                return body
        raise UntrustedWorkspace(
            "a record was not signed with your key: the workspace comes from another user, or was changed by other "
            f"means than this package. Nothing of it was unpickled. Pass trust=True if you trust its author, or "
            f"name the key that signed it in {KEY_FILE_VARIABLE}"
        )

    def _signed(self, signature: bytes, place: bytes, body: bytes) -> bool:
        for base in self._bases:
            signing = base.copy()
            signing.update(place)
            signing.update(body)
            if hmac.compare_digest(signing.digest(), signature):
                return True
        return False

    def _prepare(self) -> None:
        self._keys = self._keyring.keys
        # Copying a prepared state takes two thirds of the time of making a keyed hash.
        person = b"framework " + self._kind if self._kind else b"framework"
        self._bases = [blake2b(self._scope, digest_size=MAC_BYTES, key=key, person=person) for key in self._keys]


def _read_or_create(path: Path) -> tuple[bytes, ...]:
    with contextlib.suppress(FileNotFoundError):
        return _read(path)
    key = os.urandom(_KEY_BYTES)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(path, [key], exclusive=True)
    except FileExistsError as error:  # another process was faster, or the path is a link that leads nowhere
        with contextlib.suppress(FileNotFoundError):
            return _read(path)
        raise _unavailable(path, "created", error) from error
    except OSError as error:
        raise _unavailable(path, "created", error) from error
    return (key,)


def _read(path: Path) -> tuple[bytes, ...]:
    try:
        keys = tuple(bytes.fromhex(line) for line in path.read_text("ascii").split())
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unavailable(path, "read", error) from error
    except ValueError:
        keys = ()
    if not keys or any(len(key) != _KEY_BYTES for key in keys):
        raise KeyUnavailable(
            f"{path} does not hold signing keys ({_KEY_BYTES} bytes each as hexadecimal digits, one per line); "
            f"restore it, move it away to get a new key, or name another file in {KEY_FILE_VARIABLE}"
        )
    return keys


def _write(path: Path, keys: list[bytes], *, exclusive: bool = False) -> None:
    """Put the file in place whole, readable by this user only."""
    fresh = path.with_name(f"{path.name}.{os.urandom(4).hex()}.new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="ascii") as file:  # noqa: PTH123 - a descriptor, for the mode
            file.write("".join(f"{key.hex()}\n" for key in keys))
            file.flush()
            os.fsync(file.fileno())
        if exclusive:
            os.link(fresh, path)  # unlike a rename, fails where the file is
        else:
            fresh.replace(path)
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)


def _unavailable(path: Path, what: str, error: Exception) -> KeyUnavailable:
    reason = getattr(error, "strerror", None) or str(error)
    return KeyUnavailable(
        f"the key that signs archives cannot be {what} at {path} ({reason}); make the folder writable, "
        f"or set {KEY_FILE_VARIABLE} to a file in a folder that is"
    )
