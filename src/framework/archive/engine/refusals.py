"""Errors of the system: what it refuses to this process (a right, space, one more open file) told from damage."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from framework.errors import ArchiveError, ReadOnlyWorkspace, WorkspaceDamaged

_REFUSALS = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EFBIG,
    # of a disk or a mount that is gone
    errno.EHOSTDOWN,
    errno.EIO,
    errno.ENODEV,
    errno.ENOTCONN,
    errno.ENXIO,
    errno.ESTALE,
    errno.ETIMEDOUT,
    # of this process, of the disk or of its file system
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
    errno.ENOSPC,
    errno.EPERM,
    errno.EROFS,
}
_RIGHTS = {errno.EACCES, errno.EPERM, errno.EROFS}
_KINDS = {os.strerror(code): ReadOnlyWorkspace if code in _RIGHTS else ArchiveError for code in _REFUSALS}
"""The same in the words that RocksDB's errors quote."""


def lost(what: str) -> WorkspaceDamaged:
    """Return the error for records that should be there."""
    return WorkspaceDamaged(
        f"{what}: the store is damaged. Restore the workspace from a copy, or move it away to compute everything again"
    )


def refusal(path: Path, text: str) -> ArchiveError | None:
    """Return the error for what RocksDB says about a workspace; None unless the system refused something."""
    kind = next((kind for reason, kind in _KINDS.items() if reason in text), None)
    return kind(f"{path} cannot be used: {text}") if kind else None


class usable:  # noqa: N801 - used as a function
    """`with usable(workspace):` says that the system refuses to open it, where an error comes of that."""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        cause = error.__cause__ if isinstance(error, ArchiveError) else error
        if isinstance(cause, OSError) and cause.errno in _REFUSALS:
            where = f": {cause.filename}" if cause.filename else ""
            kind = _KINDS[os.strerror(cause.errno)]
            raise kind(f"{self._path} cannot be used: {cause.strerror}{where}") from error
