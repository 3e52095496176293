"""`StoreLayout`: what a workspace folder holds, and whether a path is one.

::

    workspace.json   the version of the format
    mark             how far the store has been written
    journal          what it has not got yet: there while a process writes, or after it was killed
    store/           RocksDB
"""

from __future__ import annotations

import contextlib
import os
from importlib.util import find_spec
from pathlib import Path

from framework.archive.engine.marks import EMPTY_MARK, Marks, read_marks
from framework.errors import ArchiveError, MissingPackage, NotAWorkspace, WorkspaceDamaged

FORMAT = 1
_UNFINISHED = ".unfinished"  # left by a kill while the file was being made
_PROBE = 1 << 20


class StoreLayout:
    """The paths of one workspace; raises MissingPackage where RocksDB is not installed, or NotAWorkspace."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if find_spec("rocksdict") is None:
            raise MissingPackage("a workspace", ["rocksdict"], hint="or leave the workspace out: archives in memory")
        try:
            self.path = Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100 - a link stays a link
            self.key = os.path.realpath(self.path)
            """The same for every way to write the path."""
            self.key.encode()  # RocksDB takes UTF-8 only
        except (TypeError, ValueError, RuntimeError) as error:
            raise NotAWorkspace(f"{path!r} names no folder ({error}): Workspace('results')") from error
        self.about = self.path / "workspace.json"
        self.mark = self.path / "mark"
        self.journal = self.path / "journal"
        self.store = self.path / "store"

    def check(self) -> bool:
        """Return whether a workspace is there; False where one could be made.

        Raises:
            NotAWorkspace: the path is a file, or a folder that holds something else, or links that lead out of it.
            WorkspaceDamaged: it was one, and what says so is gone or garbled.
            ArchiveError: a newer version of this package wrote it.
        """
        try:
            names = {entry.name for entry in os.scandir(self.path) if not entry.name.endswith(_UNFINISHED)}
        except FileNotFoundError:
            return False
        except NotADirectoryError:
            raise NotAWorkspace(
                f"{self.path} is a file, or lies below one; name a folder, which need not exist"
            ) from None
        except OSError as error:
            raise ArchiveError(f"{self.path} cannot be read ({error.strerror}); name another folder") from error
        if self.about.name in names:
            self._check_files()
            self._check_format()
            return True
        if {self.mark.name, self.store.name} <= names:
            raise WorkspaceDamaged(f"{self.about} is missing; restore the workspace from a copy, or move it away")
        if names:
            raise NotAWorkspace(
                f"{self.path} holds other things ({', '.join(sorted(names)[:3])}); name a new or an empty folder"
            )
        return False

    def marks(self) -> Marks | None:
        """Return how far the store must have been written, None if it never was; raises WorkspaceDamaged."""
        if not self.mark.exists() and not self.store.exists():
            return None
        marks = read_marks(self.mark)
        if marks.written == 0 and not (self.store / "CURRENT").exists():
            return None
        return marks

    def create(self) -> None:
        """Make the folders and what stands around the store; each step may find the one before left by a kill.

        All of it is on the disk when this returns: nothing that is synced later could be found without. Raises
        ArchiveError.
        """
        import json  # 3 ms, needed where something is stored

        if (self.store / "CURRENT").exists():
            return
        new = [folder for folder in self.path.parents if not folder.exists()]
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if not self.about.exists():
                _place(self.about, json.dumps({"format": FORMAT, "made by": "framework"}).encode() + b"\n")
            if not self.mark.exists() and not self.store.exists():
                _place(self.mark, EMPTY_MARK)
            self.store.mkdir(exist_ok=True)
            for folder in (self.path, self.path.parent, *(folder.parent for folder in new)):
                _sync(folder)
        except OSError as error:
            raise ArchiveError(
                f"{self.path} cannot be made a workspace ({error.strerror}); name a folder that can be written to"
            ) from error

    def has_room(self) -> bool:
        """Return whether a file of a megabyte can be written and brought to the disk."""
        probe = self.path / f"room.{os.getpid()}{_UNFINISHED}"
        try:
            with probe.open("wb") as file:
                file.write(bytes(_PROBE))
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            return False
        finally:
            with contextlib.suppress(OSError):
                probe.unlink()
        return True

    def _check_files(self) -> None:
        """Refuse links, through which a workspace made by others would direct writes to files outside of it."""
        for folder in [self.path, self.store] if self.store.is_dir() else [self.path]:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if not (entry.is_file(follow_symlinks=False) or entry.is_dir(follow_symlinks=False)):
                        raise NotAWorkspace(
                            f"{entry.path} is a link or no plain file, and could lead out of the workspace; "
                            "put the file itself there, or move the workspace away"
                        )

    def _check_format(self) -> None:
        import json

        try:
            version = json.loads(self.about.read_bytes())["format"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise WorkspaceDamaged(
                f"{self.about} is garbled; restore it from a copy, or move the workspace away"
            ) from error
        if not isinstance(version, int) or version < 1:
            raise WorkspaceDamaged(
                f"{self.about} is garbled, no format {version!r} exists; restore it, or move the workspace away"
            )
        if version > FORMAT:
            raise ArchiveError(
                f"{self.path} has format {version}, this version of framework reads up to {FORMAT}; "
                "update framework, or use another workspace"
            )


def _place(path: Path, content: bytes) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}{_UNFINISHED}")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # first: a power cut may leave a renamed file empty
    fresh.replace(path)


def _sync(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    with contextlib.suppress(PermissionError):  # of a folder where nothing was made
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
