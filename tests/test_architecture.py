"""The house rules that a reader of one file cannot see: layers, light imports, small files, nothing of one machine."""

import ast
import functools
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "framework"
FILES = sorted(SOURCE.rglob("*.py"))

# What each part of the package may use, besides itself.
FOUNDATION = {"errors", "parsing", "source"}
LAYERS = {
    "errors": set(),
    "parsing": set(),
    "source": {"errors", "parsing"},
    "observe": FOUNDATION,
    "archive": FOUNDATION | {"observe"},
    "core": FOUNDATION | {"observe", "archive"},
    "reactive": FOUNDATION | {"observe", "archive", "core"},
    "flow": FOUNDATION | {"observe"},
    "bridge": FOUNDATION | {"observe", "archive", "core", "reactive", "flow"},
    "notebook": FOUNDATION | {"observe", "archive", "core", "reactive", "flow", "bridge"},
    "cli": FOUNDATION | {"observe", "archive", "core", "reactive", "notebook"},
    "__main__": {"cli"},
    "__init__": set(),
}
# What a function may import when it is called: methods beside the data hand out what the upper rooms make of it.
LATER = {"notebook"}

# Inside of a package, a room or file may use those that stand before it.
INSIDE = {
    "observe": "text frames findings graph snapshot profile user_code reports happenings observers recording",
    "archive": "digest engine archive records memory overlay registry reader stored session workspace",
    "core": """event reactive_event matching mailboxes context timing processor retrying identity caching archives
        scheduling driving options inspection results pipeline""",
    "reactive": """checks policies building builder streams offloading balancing function planning plan provenance sweep
        answers""",
    "flow": """signals clock capacity scaling profile report queues findings jobs workers running terminating stream
        declared_flow flow""",
    "cli": "console archives runtimes running command_line",
    "notebook": "kernel widgets graphs frames lineage tables views flow_views monitor stepper display runner",
}

HEAVY = {
    "IPython",
    "anywidget",
    "dask",
    "distributed",
    "graphviz",
    "ipywidgets",
    "nbclient",
    "nbconvert",
    "networkx",
    "numpy",
    "pandas",
    "wasmtime",
}
LONGEST_FILE = 400
FEWEST_FILES, MOST_FILES = 4, 10


def layer(path: Path) -> str:
    """The room of the house that a file is in."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def named(node: ast.AST) -> Iterator[str]:
    """The modules that an import statement names."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"relative import in line {node.lineno}"
        # `from framework import source` names the module as well
        yield from (
            f"{node.module}.{alias.name}" if node.module == "framework" else node.module for alias in node.names
        )


def imports(tree: ast.AST, *, later: bool = False) -> Iterator[tuple[str, bool]]:
    """Every imported module, and whether it is imported only by a call, or only for the type checker."""
    for node in ast.iter_child_nodes(tree):
        yield from ((name, later) for name in named(node))
        called = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        checked = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        yield from imports(node, later=later or called or checked)


@functools.cache
def parse(path: Path) -> ast.Module:
    """The syntax of a file, which is not to be changed."""
    return ast.parse(path.read_text(encoding="utf-8"), path)


def test_imports_point_down():
    upward = []
    for path in FILES:
        room = layer(path)
        for name, later in imports(parse(path)):
            package, _, rest = name.partition(".")
            used = rest.partition(".")[0]
            if package == "framework" and used not in LAYERS[room] | {room} | (LATER if later else set()):
                upward.append(f"{path.relative_to(SOURCE)}: {name}")
    assert upward == []


def uses() -> dict[str, set[str]]:
    """The modules of the package that each of them imports, anywhere and for any reason."""
    files = {module(path): path for path in FILES}
    graph: dict[str, set[str]] = {}
    for name, path in files.items():
        graph[name] = set()
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.ImportFrom):
                candidates = [f"{node.module}.{alias.name}" for alias in node.names]
                graph[name] |= {one if one in files else node.module for one in candidates} & files.keys() - {name}
            elif isinstance(node, ast.Import):
                graph[name] |= {alias.name for alias in node.names} & files.keys()
    return graph


def module(path: Path) -> str:
    """The dotted name of a file."""
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """The strongly connected components of more than one module."""
    digraph = nx.DiGraph([(name, used) for name in graph for used in graph[name]])
    return [component for component in nx.strongly_connected_components(digraph) if len(component) > 1]


def test_no_modules_import_each_other_in_a_circle():
    assert circles(uses()) == []


def test_a_circle_is_found_through_several_modules():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [{"b", "c"}]


ROOMS = sorted({path.parent for path in FILES if path.parent != SOURCE})


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(SOURCE)))
def test_a_room_holds_four_to_ten_files(room):
    files = [path for path in room.glob("*.py") if path.stem != "__init__"]
    rooms = [path for path in room.iterdir() if (path / "__init__.py").exists()]
    assert len(files) <= MOST_FILES
    assert len(files) + len(rooms) >= FEWEST_FILES


TESTED = sorted({path.parent for path in (ROOT / "tests").rglob("test_*.py")} - {ROOT / "tests"})


@pytest.mark.parametrize("folder", TESTED, ids=lambda folder: str(folder.relative_to(ROOT / "tests")))
def test_a_folder_of_tests_belongs_to_a_room(folder):
    part = folder.relative_to(ROOT / "tests")
    assert part.as_posix() in {"browser", "browser/pages", "stress"} or (SOURCE / part / "__init__.py").exists()


@pytest.mark.parametrize(
    "room", [room for room in ROOMS if len(room.relative_to(SOURCE).parts) <= 2], ids=lambda room: room.name
)
def test_a_room_has_a_folder_of_tests(room):
    # rooms further inside are tested through the one around them
    assert any((ROOT / "tests" / room.relative_to(SOURCE)).rglob("test_*.py"))


def test_test_files_have_names_of_their_own():
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert {name for name in names if names.count(name) > 1} == set()  # pytest imports them by name


@pytest.mark.parametrize("package", INSIDE)
def test_every_room_of_a_package_has_its_place_in_the_order(package):
    listed = {
        path.stem for path in (SOURCE / package).iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert listed - {"__init__"} == set(INSIDE[package].split())


@pytest.mark.parametrize("package", INSIDE)
def test_rooms_of_a_package_use_those_before_them(package):
    rank = {name: number for number, name in enumerate(INSIDE[package].split())}
    inside = f"framework.{package}."
    upward = [
        f"{name} -> {used}"
        for name, all_used in uses().items()
        for used in all_used
        if name.startswith(inside) and used.startswith(inside) and rank[name.split(".")[2]] < rank[used.split(".")[2]]
    ]
    assert upward == []


def test_the_rule_sees_imports_wherever_they_stand():
    tree = ast.parse(
        "from framework import flow\nclass A:\n    def f(self):\n        import framework.reactive.plan as p\n"
    )
    assert list(imports(tree)) == [("framework.flow", False), ("framework.reactive.plan", True)]


def test_observation_needs_the_standard_library_only():
    trees = [parse(path) for path in FILES if layer(path) == "observe"]
    eager = {name.partition(".")[0] for tree in trees for name, later in imports(tree) if not later}
    assert eager - sys.stdlib_module_names == {"framework"}


PACKAGES = sorted(path.parent.name for path in SOURCE.glob("*/__init__.py"))


@pytest.mark.parametrize("package", [name for name in PACKAGES if name != "notebook"])
def test_importing_a_package_loads_nothing_heavy(package):
    script = f"import sys, framework.{package}; print(*sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("path", sorted(SOURCE.glob("*/__init__.py")), ids=lambda path: path.parent.name)
def test_package_files_only_re_export_and_are_sorted(path):
    docstring, *statements = parse(path).body
    assert isinstance(docstring, ast.Expr)
    at_once = [node for node in statements if isinstance(node, ast.ImportFrom) and "framework" in node.module]
    later = [node for it in statements if isinstance(it, ast.If) for node in it.body]  # for the type checker
    assert all(isinstance(node, ast.ImportFrom) for node in later)
    (exported,) = [node for node in statements if ast.unparse(node).startswith("__all__")]
    names = ast.literal_eval(exported.value)
    assert names == sorted(names)
    assert "__dir__ = __all__.copy" in map(ast.unparse, statements)  # autocompletion shows public names only
    assert set(names) == {alias.asname or alias.name for node in (*at_once, *later) for alias in node.names}
    if not later:
        assert all(isinstance(node, ast.ImportFrom | ast.Assign) for node in statements)
        assert len(statements) == len(at_once) + 2


def test_a_pipeline_in_memory_imports_nothing_of_workspaces():
    # Python 3.14 imports fcntl with pathlib
    script = "import sys, pathlib; before = {*sys.modules}; import framework.core; print(*{*sys.modules} - before)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    loaded = set(done.stdout.split())
    assert not [name for name in loaded if re.match(r"framework\.archive\.(engine|session|workspace|reader)", name)]
    assert not loaded & {"json", "hmac", "fcntl"}


def test_a_pipeline_imports_the_findings_and_the_reading_of_code_when_they_are_asked_for():
    script = "import sys, framework.core; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    late = r"framework\.core\.(identity\.(reading|identity|state|values)|inspection\.findings)"
    assert [name for name in done.stdout.split() if re.match(late, name)] == []


def named_types() -> dict[str, set[str]]:
    """The classes and the aliases of types, by name, with the modules that define them."""
    found: dict[str, set[str]] = {}
    for path in FILES:
        tree = parse(path)
        classes = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        assigned = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
        targets = [target for node in assigned for target in getattr(node, "targets", [getattr(node, "target", None)])]
        aliases = [target.id for target in targets if isinstance(target, ast.Name) and re.search("[a-z]", target.id)]
        for name in {*classes, *(name for name in aliases if name.lstrip("_")[:1].isupper())}:
            found.setdefault(name.lstrip("_"), set()).add(module(path).removeprefix("framework."))
    return found


SHARED_NAMES = {
    "Result": "the variable of what a call returns",
    "Kind": "a finding of either runtime, from its evidence",
}


def test_a_name_of_a_class_stands_for_one_thing():
    shared = {name: places for name, places in named_types().items() if len(places) > 1}
    assert {name: places for name, places in shared.items() if name not in SHARED_NAMES} == {}
    assert shared.keys() == SHARED_NAMES.keys()


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_files_stay_small():
    lines = {p: p.read_text(encoding="utf-8").count("\n") for p in committed() if p.suffix in {".py", ".js"}}
    assert len(lines) > len(FILES)
    assert {str(path.relative_to(ROOT)): count for path, count in lines.items() if count > LONGEST_FILE} == {}


# written so that the patterns do not find themselves
MACHINE_PATH = r"(?<![\w.~}])/(?:root|work|tmp|home/[a-z]\w*)/"
REGISTRY = r"pypi[.]org/simple|files[.]pythonhosted|registry[.]npmjs|index[-]url|find[-]links|registry\s*=\s*[\"{]"


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["machine path", "registry address"])
def test_nothing_committed_knows_the_machine_it_was_written_on(pattern):
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in committed()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if re.search(pattern, line)
    ]
    assert found == []


def test_texts_name_the_actor():
    words = re.compile(r"no[b]ody|some[b]ody|who[e]ver|any[b]ody", re.IGNORECASE)  # does not find itself
    texts = [path for path in committed() if path.suffix in {".py", ".md", ".ipynb"}]
    found = [path.name for path in texts if words.search(path.read_text(encoding="utf-8"))]
    assert found == ["hostile_names.py"]  # where it is part of a name that mermaid could misread


def test_constraints_pin_every_dependency_and_hold_no_address():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9.-]+==[\w.+!]+( ; .+)?", line)] == []
    pinned = {line.partition("==")[0] for line in lines}
    assert {requirement for requirement in requirements() if requirement not in pinned} == set()


def requirements() -> Iterator[str]:
    """The names of all dependencies of `pyproject.toml`, its extras included, ours left out."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for group in [project["dependencies"], *project["optional-dependencies"].values()]:
        for requirement in group:
            name = re.match(r"[\w.-]+", requirement)[0].lower()
            if name != "framework":
                yield name
