"""Source of a class or function wherever it was defined, notebook cells too. Start at `source_of`.

A class is remembered with the text that its file or cell had when the class statement ran (`capture`): a cell that is
run again, or a file that changes on disk, never lends its new text to the old class.
"""

from __future__ import annotations

import ast
import functools
import linecache
import os
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CodeType, FrameType, FunctionType
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from framework.errors import SourceUnavailable
from framework.parsing import Definition, cell_definitions, definitions, first_line, parsed

_OPTIMIZED = 0x1  # the code flag CO_OPTIMIZED: set for functions, not for class bodies
_CELL = re.compile(r"ipykernel_\d+|^<ipython-input-|__marimo__cell_(?P<id>\w+?)_\.py$")
_cell = functools.lru_cache(maxsize=1024)(_CELL.search)
_MARIMO = "marimo.App("
DEFERRED = frozenset({"__annotate__", "__annotate_func__"})  # Python 3.14 compiles annotations apart
_STARTED = time.time()
_LOADED_BEFORE = frozenset(filter(None, (getattr(module, "__file__", None) for module in list(sys.modules.values()))))


@dataclass(frozen=True, slots=True)
class Source:
    """The statement that defines something.

    `text` is dedented and starts with the decorators, at `line` of `file`; `node` is the parsed statement, its line
    numbers those of the file.
    """

    text: str
    file: str
    line: int
    node: Definition = field(repr=False, compare=False)

    @property
    def where(self) -> str:
        """File and line, or cell and line, for a reader."""
        return place(self.file, self.line)


def capture(cls: type) -> None:
    """Remember where `cls` comes from; called by `__init_subclass__`, while the class statement runs.

    Nothing is parsed here. A class that no class statement made (`type(...)`) is left alone.
    """
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - documented, and the only way to the class statement
    while frame is not None:
        body = _class_body(frame, cls)
        if body is not None:
            _sites[cls] = (_current_text(body.co_filename, frame.f_globals), body)
            return
        frame = frame.f_back


def source_of(obj: Any) -> Source:
    """Return the source of a class or function, looking through `functools.wraps`; raises SourceUnavailable."""
    found = _find_class(obj) if isinstance(obj, type) else _find_function(unwrap(obj))
    if found is None:
        name = getattr(obj, "__qualname__", None) or repr(obj)
        raise SourceUnavailable(
            f"no source for {name} ({_origin(obj)}): define it in a file or a notebook cell, not with exec, "
            "python -c or the plain interpreter; if its file has changed since, import it again"
        )
    return found[0].source_of(found[1])


def source_of_function(function: FunctionType) -> Source | None:
    """The source of this very function, of a wrapper rather than of what it wraps; None where there is none.

    Neither is there one where the function does not run what its file says now, because that was edited after its
    import. Only a file that was written since this process began, or imported before this module, is compiled.
    """
    found = _find_function(function)
    return found[0].source_of(found[1]) if found and (found[0].certain or function.__code__ in found[0].codes) else None


def unwrap(obj: Any) -> Any:
    """What stands behind methods, properties, `functools.partial` and decorators that use `functools.wraps`."""
    seen: set[int] = set()
    while id(obj) not in seen:
        seen.add(id(obj))
        if isinstance(obj, functools.partial | functools.partialmethod | functools.cached_property):
            obj = obj.func
        elif isinstance(obj, property):
            obj = obj.fget
        else:
            obj = getattr(obj, "__wrapped__", None) or getattr(obj, "__func__", None) or obj
    return obj


def place(file: str, line: int) -> str:
    """A file and a line for a reader: `file.py:12`; in notebooks `In[3] line 2`, `cell line 2`, `cell Hbol line 2`."""
    cell = _cell(file)
    if cell is None:
        return f"{os.path.basename(file)}:{line}"  # noqa: PTH119 - pathlib costs 10 ms at import
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    prompts = getattr(getattr(shell, "compile", None), "_filename_map", {})
    if file in prompts:
        return f"In[{prompts[file]}] line {line}"
    return f"cell {cell['id']} line {line}" if cell["id"] else f"cell line {line}"


class _Text:
    """One version of a file or cell, parsed at most once, however many definitions are asked for."""

    def __init__(self, file: str, lines: list[str]) -> None:
        self.file = file
        self.lines = lines
        entry = linecache.cache.get(file, ())
        modified = entry[1] if len(entry) > 1 else None
        self._is_marimo = any(_MARIMO in line for line in lines)
        # Its module was imported after its last change: what it holds is what runs. marimo compiles cells apart.
        unchanged = modified is None or (modified < _STARTED - 1 and file not in _LOADED_BEFORE)
        self.certain = unchanged or self._is_marimo
        self._sources: dict[Definition, Source] = {}

    @functools.cached_property
    def tree(self) -> ast.Module:
        """The syntax; empty when the text is no Python."""
        try:
            return parsed("".join(self.lines))
        except (SyntaxError, ValueError):
            return ast.Module([], [])

    @functools.cached_property
    def definitions(self) -> dict[tuple[str, int], Definition]:
        """Every definition by its qualified name and first line."""
        found = {(name, first_line(node)): node for name, node in definitions(self.tree.body, "")}
        if self._is_marimo:
            found |= {(name, first_line(node)): node for name, node in cell_definitions(self.tree)}
        return found

    @functools.cached_property
    def aliases(self) -> frozenset[tuple[str, int]]:
        """Name and line of every `type X = ...`, which compiles to code of that name."""
        kind = getattr(ast, "TypeAlias", ())  # from Python 3.12 on
        return frozenset((node.name.id, node.lineno) for node in ast.walk(self.tree) if isinstance(node, kind))

    def lambda_of(self, code: CodeType) -> ast.FunctionDef | None:
        """The lambda that compiles to that code, as a function of one statement; where it stands tells it apart."""
        found = [node for node in self._lambdas if node.lineno == code.co_firstlineno and _takes(node, code)]
        if len(found) > 1:
            places = [place for place in code.co_positions() if None not in place and place[2:] != (0, 0)]
            found = [node for node in found if _holds(node.body, places)]
            found.sort(key=lambda node: (node.body.end_lineno or 0, node.body.end_col_offset or 0))
        return next((_as_function(node) for node in found), None)

    @functools.cached_property
    def _lambdas(self) -> list[ast.Lambda]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.Lambda)]

    @functools.cached_property
    def codes(self) -> frozenset[CodeType]:
        """Every code object that this text compiles to."""
        try:
            code = compile("".join(self.lines), self.file, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        except (SyntaxError, ValueError):
            return frozenset()
        return frozenset(_nested(code))

    def named(self, qualname: str) -> Definition | None:
        """The last definition of that name."""
        return next((node for (name, _), node in reversed(self.definitions.items()) if name == qualname), None)

    def source_of(self, node: Definition) -> Source:
        """The source of a definition, cut out once."""
        found = self._sources.get(node)
        if found is None:
            found = self._sources[node] = Source(self._cut(node), self.file, first_line(node), node)
        return found

    def _cut(self, node: Definition) -> str:
        """The lines of a definition, dedented; lines of a string that stand further left stay as they are."""
        lines = self.lines[first_line(node) - 1 : node.end_lineno]
        indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
        return "".join([line.removeprefix(indent) for line in lines] if indent else lines)


_Found = tuple[_Text, Definition]
_sites: WeakKeyDictionary[type, tuple[_Text | None, CodeType]] = WeakKeyDictionary()
_found: WeakKeyDictionary[FunctionType, tuple[CodeType, _Text, Definition]] = WeakKeyDictionary()
_versions: dict[str, WeakValueDictionary[int, _Text]] = defaultdict(WeakValueDictionary)  # while a class lives
_latest: dict[str, _Text] = {}


def _current_text(file: str, namespace: dict[str, Any] | None = None) -> _Text | None:
    linecache.checkcache(file)
    lines = linecache.getlines(file, namespace)
    if not lines:
        return None
    known = _versions[file].get(id(lines))
    if known is None:
        known = _versions[file][id(lines)] = _latest[file] = _Text(file, lines)
    return known


def _class_body(frame: FrameType, cls: type) -> CodeType | None:
    """The code of the class statement, if this frame runs it; of several with one name the one reached last."""
    if frame.f_globals.get("__name__") != cls.__module__:
        return None
    bodies = [
        code
        for code in frame.f_code.co_consts
        if isinstance(code, CodeType)
        and code.co_name == cls.__name__
        and not code.co_flags & _OPTIMIZED
        and code.co_firstlineno <= frame.f_lineno
    ]
    return max(bodies, key=lambda code: code.co_firstlineno, default=None)


def _find_class(cls: type) -> _Found | None:
    site = _sites.get(cls)
    if site is None:
        return _find_by_methods(cls) or _find_by_name(cls)
    text, body = site
    if text is None:
        return None
    if _patched(cls, body):  # %autoreload puts new code into the functions of old classes
        text = _current_text(text.file) or text
        node = text.named(cls.__qualname__)
    else:
        node = text.definitions.get((body.co_qualname, body.co_firstlineno))
        if not _covers(text, body):
            return None  # another text goes by this file's name: exec in `python -c` of 3.13
    return (text, node) if isinstance(node, ast.ClassDef) else None


def _patched(cls: type, body: CodeType) -> bool:
    own = [function.__code__ for function in _own_functions(cls)]
    strangers = [code for code in own if code.co_filename == body.co_filename and code not in body.co_consts]
    return bool(strangers) and not set(_nested(body)).issuperset(strangers)


def _covers(text: _Text, body: CodeType) -> bool:
    codes = (code for code in body.co_consts if isinstance(code, CodeType) and not code.co_name.startswith("<"))
    return all(
        (code.co_qualname, code.co_firstlineno) in text.definitions
        or code.co_name in DEFERRED
        or (code.co_name, code.co_firstlineno) in text.aliases
        for code in codes
    )


def _find_by_methods(cls: type) -> _Found | None:
    """A class that was not captured stands around its methods."""
    for function in _own_functions(cls):
        found = _find_function(function)
        if found is None:
            continue
        text, method = found
        owner = function.__qualname__.rpartition(".")[0]
        for (name, _), node in text.definitions.items():
            if name == owner == cls.__qualname__ and isinstance(node, ast.ClassDef) and method in node.body:
                return text, node
    return None


def _find_by_name(cls: type) -> _Found | None:
    """A class without methods: in its module's file, or in the newest cell that defines all its attributes."""
    module = sys.modules.get(cls.__module__)
    file = getattr(module, "__file__", None)
    cells = [] if file and cls.__module__ != "__main__" else list(filter(_cell, reversed(list(linecache.cache))))
    files = [*cells, file] if file else cells
    line = cls.__dict__.get("__firstlineno__")  # from 3.13 on
    for name in files:
        text = _current_text(name)
        node = text.named(cls.__qualname__) if text else None
        if text is None or not isinstance(node, ast.ClassDef):
            continue
        if _assigned(node) <= vars(cls).keys() and line in {None, first_line(node)}:
            return text, node
    return None


def _find_function(function: Any) -> _Found | None:
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType):
        return None
    known = _found.get(function)
    if known is None or known[0] is not code:  # %autoreload puts other code into the same function
        found = _look_up(function, code)
        if found is None:
            return None
        known = _found[function] = (code, *found)
    return known[1:]


def _look_up(function: FunctionType, code: CodeType) -> _Found | None:
    current = _current_text(code.co_filename, function.__globals__)
    texts = [text for reference in _versions[code.co_filename].valuerefs() if (text := reference()) is not None]
    if code.co_name == "<lambda>":
        lambdas = ((text, text.lambda_of(code)) for text in reversed(texts) if text.certain or code in text.codes)
        return next(((text, node) for text, node in lambdas if node is not None), None)
    key = code.co_qualname, code.co_firstlineno
    found = [(text, text.definitions[key]) for text in reversed(texts) if key in text.definitions]
    if len(found) > 1:  # several versions of one file have this function at this line: which one compiles to it?
        found.sort(key=lambda pair: code not in pair[0].codes)
    if found:
        return found[0]
    if current is None or function.__qualname__ == code.co_qualname:
        return None
    node = current.named(function.__qualname__)  # %autoreload compiles a changed function apart from its file
    return None if node is None else (current, node)


def _own_functions(cls: type) -> Iterator[FunctionType]:
    for value in vars(cls).values():
        function = value if isinstance(value, FunctionType) and not vars(value) else unwrap(value)
        if isinstance(function, FunctionType) and function.__qualname__.startswith(f"{cls.__qualname__}."):
            yield function


def _takes(node: ast.Lambda, code: CodeType) -> bool:
    names = tuple(argument.arg for argument in (*node.args.posonlyargs, *node.args.args))
    return code.co_varnames[: code.co_argcount] == names


def _holds(body: ast.expr, places: list[Any]) -> bool:
    first, last = (body.lineno, body.col_offset), (body.end_lineno, body.end_col_offset)
    return all(first <= (line, column) and (end, end_column) <= last for line, end, column, end_column in places)


def _as_function(node: ast.Lambda) -> ast.FunctionDef:
    function = parsed("def f(): pass").body[0]
    assert isinstance(function, ast.FunctionDef)  # noqa: S101 - what was just written
    function.name, function.args, function.body = "<lambda>", node.args, [ast.Return(node.body, lineno=node.lineno)]
    return ast.copy_location(function, node)


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def _assigned(node: ast.ClassDef) -> set[str]:
    targets = (target for part in node.body if isinstance(part, ast.Assign) for target in part.targets)
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _origin(obj: Any) -> str:
    code = getattr(unwrap(obj), "__code__", None)
    if isinstance(code, CodeType):
        return f"{code.co_filename}, line {code.co_firstlineno}"
    return f"module {getattr(obj, '__module__', None)}"
