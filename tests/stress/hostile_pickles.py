"""Pickles that do something when they are loaded, each in another way. Start at `PICKLES` and `Canary`.

What each does is to leave a mark that a `Canary` finds. They work: every one is loaded once to see it sing.
"""

import copyreg
import enum
import gc
import importlib
import marshal
import os
import pickle
import runpy
import shutil
import subprocess
import sys
import time
import timeit
from functools import partial
from operator import methodcaller
from pathlib import Path
from urllib.request import urlretrieve

import cloudpickle
import numpy as np
import pandas as pd

from framework.core import Event

VARIABLE = "FRAMEWORK_CANARY"
MODULE = "canary_module"
EXTENSIONS = {"posix": 0xF0, "os": 4711}


class Canary:
    """Sees whether anything was executed. `folder` must be on `sys.path`."""

    def __init__(self, folder):
        self.folder = folder
        self.place = folder / "executed"
        (folder / f"{MODULE}.py").write_text(f"import os\nos.mkdir({str(self.place)!r})\nx = 1\n")
        (folder / "planted").write_bytes(pickle.dumps(made_folder(self)))
        np.save(folder / "planted.npy", np.array([made_folder(self)], dtype=object))
        touch.place = self.place

    @property
    def sings(self):
        """Whether a mark was left."""
        marks = (os.path.lexists(self.place), VARIABLE in os.environ, MODULE in sys.modules)
        return any(marks) or any(hasattr(owner, VARIABLE) for owner in (Event, os)) or VARIABLE in sys.path

    def reset(self):
        """Take all marks away."""
        if self.place.is_dir() and not self.place.is_symlink():
            shutil.rmtree(self.place)
        self.place.unlink(missing_ok=True)
        os.environ.pop(VARIABLE, None)
        sys.modules.pop(MODULE, None)
        for owner in (Event, os):
            if hasattr(owner, VARIABLE):
                delattr(owner, VARIABLE)
        if VARIABLE in sys.path:
            sys.path.remove(VARIABLE)


def touch():
    """What the classes below do, whose pickles cannot name the place."""
    touch.place.mkdir(exist_ok=True)


class Call:
    """Pickled as a call of a function."""

    def __init__(self, function, *arguments):
        self.how = function, arguments

    def __reduce__(self):
        return self.how


class State:
    def __init__(self):
        self.state = 1

    def __setstate__(self, state):
        touch()


class New:
    def __new__(cls, *_, **__):
        touch()
        return super().__new__(cls)


class NewWith(New):
    def __getnewargs_ex__(self):
        return (), {"key": 1}


class Items(dict):
    def __setitem__(self, key, value):
        touch()


class Row(list):
    def append(self, item):
        touch()

    extend = append


class Key:
    def __hash__(self):
        touch()
        return 1


class Dropped:
    def __del__(self):
        touch()


class Missing(enum.Enum):
    MEMBER = 1

    @classmethod
    def _missing_(cls, value):
        touch()
        return cls.MEMBER


class Trap:
    def __init_subclass__(cls):
        touch()


def sprung():
    """A class that springs the trap wherever it is made anew."""
    return type("Sprung", (Trap,), {"__module__": "__main__", "method": lambda self: self})


def short(word):
    """A string as protocol 4 writes it."""
    return b"\x8c" + bytes([len(word)]) + word.encode()


def mkdir(canary):
    """The source of what most of them do."""
    return f"__import__('os').mkdir({str(canary.place)!r})"


OBJECTS = {
    "os.system": lambda canary: Call(os.system, f"mkdir {canary.place}"),
    "eval": lambda canary: Call(eval, mkdir(canary)),
    "exec": lambda canary: Call(exec, mkdir(canary)),
    "a subprocess": lambda canary: Call(subprocess.call, ["mkdir", str(canary.place)]),
    "marshalled code": lambda canary: Call(
        exec, Call(marshal.loads, marshal.dumps(compile(mkdir(canary), "code", "exec")))
    ),
    "importlib": lambda _: Call(importlib.import_module, MODULE),
    "runpy": lambda canary: Call(runpy.run_path, str(canary.folder / f"{MODULE}.py")),
    "timeit": lambda canary: Call(timeit.timeit, mkdir(canary), "pass", time.perf_counter, 1),
    "a method of a path": lambda canary: Call(methodcaller("mkdir"), canary.place),
    "a map": lambda canary: Call(list, Call(map, os.mkdir, [str(canary.place)])),
    "a link": lambda canary: Call(os.symlink, "/", str(canary.place)),
    "a copy": lambda canary: Call(shutil.copyfile, canary.folder / "planted", canary.place),
    "a file written": lambda canary: Call(Path.write_text, canary.place, "executed"),
    "a download": lambda canary: Call(urlretrieve, (canary.folder / "planted").as_uri(), canary.place),
    "a state": lambda _: State(),
    "a new object": lambda _: New(),
    "a new object with keywords": lambda _: NewWith(),
    "items of a dict": lambda _: Items({"a": 1}),
    "items of a list": lambda _: Row([1, 2]),
    "the hash of a key": lambda _: {Key(): 1},
    "the end of an object": lambda _: Dropped(),
    "a member that an enum lacks": lambda _: Call(Missing, 2),
    "a pickle in a pickle": lambda canary: Call(pickle.loads, pickle.dumps(made_folder(canary))),
    "an array of objects": lambda canary: np.array([made_folder(canary)], dtype=object),
    "an array in a file": lambda canary: Call(partial(np.load, allow_pickle=True), canary.folder / "planted.npy"),
    "a frame of objects": lambda canary: pd.DataFrame({"a": [made_folder(canary)]}),
    "a frame in a file": lambda canary: Call(pd.read_pickle, canary.folder / "planted"),
}

BY_VALUE = {
    "a function by value": lambda canary: Call(lambda place: place.mkdir(), canary.place),
    "a class by value": lambda _: sprung(),
}

VARIABLE_TEXT = f"V{VARIABLE}\n".encode()
BY_HAND = {
    "an import by looking up a global": f"c{MODULE}\nx\n.".encode(),
    "a global of protocol 0": b"cos\nmkdir\n(PLACEtR.",
    "an instance of protocol 0": b"(PLACEios\nmkdir\n.",
    "an object of protocol 1": b"(cos\nmkdir\nPLACEo.",
    "a chain of getattr": b"cbuiltins\ngetattr\n(cbuiltins\n__import__\n(Vos\ntRVmkdir\ntR(PLACEtR.",
    "a dotted name": b"\x80\x04" + short("shutil") + short("os.mkdir") + b"\x93(PLACEtR.",
    "an extension of one byte": b"\x80\x02\x82" + bytes([EXTENSIONS["posix"]]) + b"(PLACEtR.",
    "an extension of four bytes": b"\x80\x02\x84" + EXTENSIONS["os"].to_bytes(4, "little") + b"(PLACEtR.",
    "an attribute of a class": b"cframework.core.event\nEvent\n(N}" + VARIABLE_TEXT + b"I1\nstb.",
    "an attribute of a module": b"cbuiltins\n__import__\n(Vos\ntR}" + VARIABLE_TEXT + b"I1\nsb.",
    "the environment": b"cos\nenviron\n" + VARIABLE_TEXT + b"V1\ns.",
    "the module path": b"csys\npath\n" + VARIABLE_TEXT + b"a.",
}

PICKLES = (*OBJECTS, *BY_VALUE, *BY_HAND)


def pickled(name, canary):
    """The pickle of that name."""
    if name in BY_HAND:
        return BY_HAND[name].replace(b"PLACE", f"V{canary.place}\n".encode("raw_unicode_escape"))
    data = pickle.dumps(OBJECTS[name](canary)) if name in OBJECTS else cloudpickle.dumps(BY_VALUE[name](canary))
    gc.collect()  # some sing while they are made, or when they go
    canary.reset()
    return data


def made_folder(canary):
    """The plainest one."""
    return Call(os.mkdir, str(canary.place))


def _register():
    for module, code in EXTENSIONS.items():
        copyreg.add_extension(module, "mkdir", code)


_register()
