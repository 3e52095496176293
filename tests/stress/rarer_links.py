"""Links through what libraries make of code, and through objects that keep what they hold from `pickle`."""

from project_links import FROM, LINKS, MODULE_AS_VALUE, Link

MODULE_BY_NAME = "module that a constant names"
WHOLE_MODULES = {MODULE_AS_VALUE, MODULE_BY_NAME}
"""What is asked of these modules is only known when the code runs, so that all of each counts."""

ALL_LINKS = LINKS | {
    "arguments of a thread-local object": Link(
        "import threading\nclass T{n}(threading.local):\n    def __init__(self, limit): self.limit = limit\n"
        "t{n} = T{n}({k})",
        FROM,
        "({v} * 3 + t{n}.limit)",
        anywhere=True,
    ),
    "annotation that is asked for": Link(
        "import typing\nlimit{n} = typing.Annotated[int, {k}]\ndef t{n}(x: limit{n}):\n    return {inner} * 3\n"
        "def hint{n}(x):\n    hints = typing.get_type_hints(t{n}, include_extras=True)\n"
        "    return t{n}(x) + hints['x'].__metadata__[0]",
        "from {d} import hint{n}",
        "hint{n}({v})",
        anywhere=True,
    ),
    "annotation of a function that is handed on": Link(
        "class L{n}:\n    limit = {k}\ndef t{n}(x: 'L{n}'):\n    return {inner} * 3",
        "from {d} import t{n}\ndef hinted{n}(function, x):\n    import typing\n"
        "    return function(x) + typing.get_type_hints(function)['x'].limit",
        "hinted{n}(t{n}, {v})",
    ),
    "default of a field of attrs": Link(
        "import attrs\nlimit{n} = {k}\n@attrs.define\nclass T{n}:\n    limit: int = attrs.field(default=limit{n})",
        "from {d} import T{n}",
        "({v} * 3 + T{n}().limit)",
    ),
    "default of a field of pydantic": Link(
        "import pydantic\nlimit{n} = {k}\nclass T{n}(pydantic.BaseModel):\n    limit: int = limit{n}",
        "from {d} import T{n}",
        "({v} * 3 + T{n}().limit)",
    ),
    "metadata of a field": Link(
        "import dataclasses\nlimit{n} = {k}\n@dataclasses.dataclass\nclass T{n}:\n"
        "    limit: int = dataclasses.field(default=1, metadata={{'limit': limit{n}}})",
        "import dataclasses\nfrom {d} import T{n}",
        "({v} * 3 + dataclasses.fields(T{n})[0].metadata['limit'])",
    ),
    "alias of the type of a field": Link(
        "import dataclasses, typing\nlimit{n} = typing.Annotated[int, {k}]\n@dataclasses.dataclass\nclass T{n}:\n"
        "    limit: limit{n}",
        "import dataclasses\nfrom {d} import T{n}",
        "({v} * 3 + dataclasses.fields(T{n})[0].type.__metadata__[0])",
    ),
    "function behind an object of C": Link(
        "import functools\ndef order{n}(one, other):\n    return (one - other) * (-1) ** {k}\n"
        "t{n} = functools.cmp_to_key(order{n})",
        FROM,
        "({v} * 3 + sorted([1, 2], key=t{n})[0])",
    ),
    "ufunc of a function": Link(
        "import numpy\ndef one{n}(x):\n    return {inner} * 3 + {k}\nt{n} = numpy.frompyfunc(one{n}, 1, 1)",
        FROM,
        "t{n}({v})",
    ),
    "context variable that was set": Link(
        "import contextvars\nt{n} = contextvars.ContextVar('t{n}', default=0)\nt{n}.set({k})",
        FROM,
        "({v} * 3 + t{n}.get())",
    ),
    "weak method": Link(
        "import weakref\nclass T{n}:\n    def run(self, x):\n        return {inner} * 3 + {k}\n"
        "kept{n} = T{n}()\nt{n} = weakref.WeakMethod(kept{n}.run)",
        FROM,
        "t{n}()({v})",
    ),
    "weak dict": Link(
        "import weakref\nclass T{n}:\n    def __init__(self, limit): self.limit = limit\n"
        "kept{n} = T{n}({k})\nt{n} = weakref.WeakValueDictionary(a=kept{n})",
        FROM,
        "({v} * 3 + t{n}['a'].limit)",
    ),
    "weak proxy": Link(
        "import weakref\nclass T{n}:\n    def run(self, x):\n        return {inner} * 3 + {k}\n"
        "kept{n} = T{n}()\nt{n} = weakref.proxy(kept{n})",
        FROM,
        "t{n}.run({v})",
    ),
    MODULE_BY_NAME: Link(
        "t{n} = {k}",
        "import importlib\nname{n} = '{d}'\ndef loaded{n}(x):\n"
        "    return x * 3 + importlib.import_module(name{n}).t{n}",
        "loaded{n}({v})",
    ),
    "argument of a class statement": Link(
        "class B{n}:\n    def __init_subclass__(cls, limit=0): cls.limit = limit\n"
        "class T{n}(B{n}, limit={k}):\n    pass",
        "from {d} import T{n}",
        "({v} * 3 + T{n}.limit)",
    ),
    "name that a descriptor is given": Link(
        "class D{n}:\n    def __set_name__(self, owner, name): self.limit = {k}\n"
        "    def __get__(self, owner, kind): return self.limit\nclass T{n}:\n    limit = D{n}()",
        "from {d} import T{n}",
        "({v} * 3 + T{n}().limit)",
    ),
    "decorator of a class": Link(
        "def plus{n}(cls):\n    cls.limit = {k}\n    return cls\n@plus{n}\nclass T{n}:\n    pass",
        "from {d} import T{n}",
        "({v} * 3 + T{n}.limit)",
    ),
    "context manager": Link(
        "import contextlib\n@contextlib.contextmanager\ndef with{n}(x):\n    yield {inner} * 3 + {k}\n"
        "def t{n}(x):\n    with with{n}(x) as made:\n        return made",
        FROM,
        "t{n}({v})",
        anywhere=True,
    ),
    "partial of a method": Link(
        "import functools\nclass T{n}:\n    def run(self, limit, x):\n        return {inner} * 3 + limit\n"
        "    more = functools.partialmethod(run, {k})\nt{n} = functools.partial(T{n}().more)",
        FROM,
        "t{n}({v})",
    ),
    "value of a pattern": Link(
        "limit{n} = {k}",
        "import {d}\ndef matched{n}(x):\n    match {d}.limit{n} + 0:\n        case {d}.limit{n} as found:\n"
        "            return x * 3 + found",
        "matched{n}({v})",
    ),
    "names of the parts of a pattern": Link(
        "class T{n}:\n    __match_args__ = ('one', 'two')[:: (-1) ** {k}]\n    one, two = 1, 2",
        "from {d} import T{n}\ndef parts{n}(thing):\n    match thing:\n        case T{n}(first, _):\n"
        "            return first",
        "({v} * 3 + parts{n}(T{n}()))",
    ),
    "method of an enum": Link(
        "import enum\nclass T{n}(enum.Enum):\n    A = 1\n    def run(self, x):\n        return {inner} * 3 + {k}",
        "from {d} import T{n}",
        "T{n}.A.run({v})",
    ),
    "function that a condition chooses": Link(
        "limit{n} = {k}\nif limit{n} % 2:\n    def t{n}(x):\n        return x * 3 + limit{n}\nelse:\n"
        "    def t{n}(x):\n        return x * 5 + limit{n}",
        FROM,
        "t{n}({v})",
        anywhere=True,
    ),
    "setting that a function makes": Link(
        "limit{n} = 0\ndef configure{n}(value):\n    global limit{n}\n    limit{n} = value\nconfigure{n}({k})\n"
        "def t{n}(x):\n    return {inner} * 3 + limit{n}",
        FROM,
        "t{n}({v})",
        anywhere=True,
    ),
}
