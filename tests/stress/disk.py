"""A disk that keeps its word and nothing more: what may be on it when the power goes, at any moment of a process.

`recorded` compiles disk.c, which writes down the operations of a process; `Disk` does them again, up to any moment, and
makes the folders that the machine could find when it starts again. It promises what POSIX does, which is less than any
file system in use gives:

- the contents of a file are there as of its last fsync; of the writes since then any, page by page in any order, so
  that a file may have holes of zeros, or be empty;
- a name is there when its folder was synced after it was made, renamed or removed; of the changes since then any
  number, in their order.
"""

import os
import struct
import subprocess
from pathlib import Path, PurePath
from typing import NamedTuple

PAGE = 4096
_HEAD = struct.Struct("=5Q")


class Operation(NamedTuple):
    """`c`reate, make a folder (`d`), `w`rite, `t`runcate, `r`ename, `u`nlink or `s`ync."""

    letter: str
    name: str
    other: str
    data: bytes
    offset: int


def compiled(folder):
    """The recording layer, made by the C compiler of the machine."""
    library = folder / "disk.so"
    source = Path(__file__).with_name("disk.c")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl", "-pthread"], check=True)
    return library


def recorded(command, folder, log, library):
    """Run a command, and give what it did to the files of a folder."""
    variables = {"LD_PRELOAD": str(library), "DISK_FOLDER": str(folder), "DISK_LOG": str(log)}
    subprocess.run(command, env=os.environ | variables, check=True, timeout=300)
    data, at, operations = memoryview(log.read_bytes()), 0, []
    while at < len(data):
        letter, *sizes, offset = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        parts = []
        for size in sizes:
            parts.append(bytes(data[at : at + size]))
            at += size
        names = [os.path.relpath(part.decode(), folder) if part else "" for part in parts[:2]]
        operations.append(Operation(chr(letter), *names, parts[2], offset))
    return operations


class File:
    """The contents of a file: as they are, as they are safe, and what was done to them in between."""

    def __init__(self, data=b"", safe=0):
        """Make a file of data, whose beginning is safe."""
        self.now = bytearray(data[:safe])
        self.sync()
        self.write(safe, data[safe:])

    def write(self, offset, data):
        _write(self.now, offset, data)
        for start in range(offset // PAGE * PAGE, offset + len(data), PAGE):
            first, last = max(start, offset), min(start + PAGE, offset + len(data))
            self._since.append((first, data[first - offset : last - offset]))

    def truncate(self, size):
        self.now = self.now[:size].ljust(size, b"\0")
        self._since.append((size, None))

    def sync(self):
        self._safe, self._since = bytes(self.now), []

    def left(self, random):
        """What the power cut may leave: of each page the state at some moment since it was safe."""
        moments = _some(random)
        reached, data = {}, bytearray(self._safe)
        for number, (offset, written) in enumerate(self._since):
            page = None if written is None else offset // PAGE
            if number >= reached.setdefault(page, moments(len(self._since))):
                continue
            if written is None:
                data = data[:offset].ljust(offset, b"\0")
            else:
                _write(data, offset, written)
        return data


def _write(data, offset, written):
    data.extend(bytes(max(0, offset - len(data))))
    data[offset : offset + len(written)] = written


def _some(random):
    """Nothing, everything or anything of so many."""
    return random.choice((lambda _: 0, lambda count: count, lambda count: random.randint(0, count)))


class Disk:
    """The files and folders below a folder, which are named relative to it."""

    def __init__(self):
        self.now = {}
        self._safe = {}
        self._since = {}

    def do(self, operation):
        """Do an operation again."""
        letter, name, other, data, offset = operation
        file = self.now.get(name)
        match letter:
            case "c" | "d" | "u" | "r":
                made = File() if letter == "c" else None
                self._since.setdefault(_folder(name), []).append((letter, name, other, made))
                _rename(self.now, letter, name, other, made)
            case "s" if file is None:
                for change in self._since.pop(name, ()):
                    _rename(self._safe, *change)
            case "s":
                file.sync()
            case "t" if file:
                file.truncate(offset)
            case "w" if file:  # else it was removed while it was open
                file.write(offset, data)

    def contents(self):
        """The contents of each file as they are, and False for each folder."""
        return {name: file is not None and bytes(file.now) for name, file in self.now.items()}

    def left(self, random, folder):
        """Make what the power cut may leave."""
        names = self._safe.copy()
        for changes in self._since.values():
            for change in changes[: _some(random)(len(changes))]:
                _rename(names, *change)
        folder.mkdir()
        for name, file in sorted(names.items()):
            place = folder / name
            if file is None and place.parent.exists():
                place.mkdir()
            elif place.parent.exists():
                place.write_bytes(file.left(random))


def _rename(names, letter, name, other, made):
    if letter in "cd":
        names[name] = made
    else:
        file = names.pop(name, made)
        if letter == "r":
            names[other] = file


def _folder(name):
    return str(PurePath(name).parent)
