"""One set of class shapes has one set of identities, whichever Python reads them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SHAPES = """
import dataclasses, enum, functools
from typing import ClassVar, Generic, NamedTuple, TypeVar
from framework.core import AbstractProcessor, Context, Event

T = TypeVar("T")

class Rate(enum.Enum):
    LOW = 1
    HIGH = "two"

class Point(NamedTuple):
    x: int
    y: int = 2

class Box(Generic[T]):
    def __init__(self, value: T) -> None:
        self.value = value

@dataclasses.dataclass(frozen=True, slots=True)
class Money:
    amount: int
    parts: list = dataclasses.field(default_factory=list)

    def doubled(self) -> int:
        return self.amount * 2

class Annotated(AbstractProcessor):
    limit: int = 3
    names: "list[str]"

    def process(self, context: Context, event: Event) -> None:
        match event:
            case Event(name="a", value=value):
                context.submit(Event("b", value=f"{value!r:>{self.limit}} {Rate.LOW}"))

@dataclasses.dataclass(eq=False)
class Data(AbstractProcessor):
    size: int = 1
    tags: list = dataclasses.field(default_factory=list)

    def process(self, context: Context, event: Event) -> object:
        return [Money(self.size).doubled(), Point(1), Box(2).value]

class Lambdas(AbstractProcessor):
    key = lambda self, x: x + 1
    table = {"a": lambda x: x, "b": lambda x, y=2: [z for z in range(x)]}

    def process(self, context, event):
        return self.key(self.table["a"](1))

class Classes(AbstractProcessor):
    seen: ClassVar[dict] = {}

    class Inner:
        def of(self, x): return x

    @functools.cached_property
    def cached(self): return self.Inner()

    @staticmethod
    def plain(x, *, by=(1, 2)): return x

    @classmethod
    def made(cls, **options): return cls(**options)

    def process(self, context, event):
        try:
            with self.cached.of(event) as found:
                return {k: v for k, v in found.items()}
        except* ValueError:
            self.seen.update(failed=True)
        return (number for number in range(3))
"""
SHOW = """
import json
from framework.core.identity.identity import identity_of
print(json.dumps({kind.__name__: identity_of(kind()).digest for kind in (Annotated, Data, Lambdas, Classes)}))
"""
KNOWN = {
    "Annotated": "378da959129a373a0919e3a05529697f",
    "Data": "9b543d3c1a6c63c852eb62140375fbc7",
    "Lambdas": "3ea4c18e765209334f621e5e635dde28",
    "Classes": "5816ca91d2035b9a48543cccc164cca8",
}


def shapes(python, folder):
    (folder / "shapes.py").write_text(SHAPES + SHOW)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [python, "shapes.py"], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_identities_of_all_shapes_are_those_that_every_python_gives(tmp_path):
    assert shapes(sys.executable, tmp_path) == KNOWN


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_other_pythons_that_are_found_agree(version, tmp_path):
    made = ROOT / f".venv-{version}" / "bin" / "python"  # by `make test-all`
    python = str(made) if made.exists() else shutil.which(f"python{version}")
    if python is None or version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        pytest.skip("not found, or the one that runs the tests")
    probe = "import cloudpickle, tenacity"
    if subprocess.run([python, "-c", probe], capture_output=True, timeout=60, check=False).returncode:
        pytest.skip("without the dependencies of the package")
    assert shapes(python, tmp_path) == KNOWN


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the syntax is new in 3.12")
def test_a_class_with_a_type_alias_has_its_source(tmp_path):
    (tmp_path / "aliased.py").write_text(
        "from framework.core import AbstractProcessor\nfrom framework.source import source_of\n"
        "class Aliased[T](AbstractProcessor):\n    type Pair = tuple[int, T]\n\n"
        "    def process(self, context, event): ...\n"
        "print(source_of(Aliased).line)\n"
    )
    done = subprocess.run(
        [sys.executable, "aliased.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "3\n", done.stderr
