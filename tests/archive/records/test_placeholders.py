"""Reading what was stored by code that is not here."""

from __future__ import annotations

import pytest

from framework.archive import Placeholder, Workspace
from framework.errors import ArchiveError

WRITER = """
import sys, types
module = types.ModuleType("gone")
sys.modules["gone"] = module
exec('''
import dataclasses, enum
@dataclasses.dataclass
class Tree:
    name: str
    parts: list
@dataclasses.dataclass(frozen=True, slots=True)
class Leaf:
    size: int
class Kind(enum.Enum):
    GOOD = "good"
class Names(list): pass
class Table(dict): pass
class Error(Exception): pass
class Custom:
    def __init__(self): self.x = 1
    def __getstate__(self): return (1, 2, 3)
    def __setstate__(self, state): pass
def helper(): pass
''', module.__dict__)
from framework.archive import Workspace
with Workspace(sys.argv[1]) as workspace:
    archive = workspace.archive("a")
    archive["tree"] = module.Tree("t", [module.Leaf(3)])
    archive["kind"] = module.Kind.GOOD
    archive["names"] = module.Names("ab")
    archive["one"] = module.Names("a")
    archive["table"] = module.Table(a=1)
    archive["error"] = module.Error("bad")
    archive["custom"] = module.Custom()
    archive["helper"] = module.helper
    archive["plain"] = [1, 2]
"""


@pytest.fixture
def workspace(path, run):
    run(WRITER, path)
    return Workspace(path)


def test_unknown_classes_become_stand_ins_with_their_state(workspace):
    found = dict(workspace.archive("a", placeholders=True))
    tree = found["tree"]
    assert isinstance(tree, Placeholder)
    assert (type(tree).__module__, type(tree).__qualname__) == ("gone", "Tree")
    assert tree.name == "t"
    assert isinstance(tree.parts[0], Placeholder)
    assert found["kind"].args == ("good",)
    assert found["names"].items == ["a", "b"]
    assert found["one"].items == ["a"]
    assert found["table"].entries == [("a", 1)]
    assert found["error"].args == ("bad",)
    assert found["custom"].state == (1, 2, 3)
    assert found["helper"].__qualname__ == "helper"
    assert found["plain"] == [1, 2]
    assert "Tree" in repr(tree)
    assert "name='t'" in repr(tree)


def test_without_placeholders_the_error_says_what_is_missing(workspace):
    archive = workspace.archive("a")
    assert archive["plain"] == [1, 2]
    with pytest.raises(ArchiveError, match=r"No module named 'gone'.*placeholders=True"):
        archive["tree"]


def test_keys_can_be_read_without_the_code(workspace):
    assert next(iter(workspace.archive("a"))) == "tree"
