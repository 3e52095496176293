"""The links over which code of one module is reached from another, each as a few lines of Python.

A link is what stands in the defining module, what the using module imports, and the expression that uses it. `{n}` is
the number of the place, `{k}` its constant, `{d}` the defining module, `{v}` the variable that goes in, `{inner}` what
the definition makes of its own variable `x`.
"""

from typing import NamedTuple


class Link(NamedTuple):
    """One way of using code of another module; `anywhere` tells that it works inside of one module as well."""

    define: str
    imports: str
    use: str
    anywhere: bool = False


FROM = "from {d} import t{n}"
MODULE = "import {d}"

MODULE_AS_VALUE = "module handed on as a value"

LINKS = {
    "function by name": Link("def t{n}(x):\n    return {inner} * 3 + {k}", FROM, "t{n}({v})", anywhere=True),
    "function of a module": Link("def t{n}(x):\n    return {inner} * 3 + {k}", MODULE, "{d}.t{n}({v})"),
    "function under another name": Link(
        "def t{n}(x):\n    return {inner} * 3 + {k}", "from {d} import t{n} as other{n}", "other{n}({v})"
    ),
    "module under another name": Link(
        "def t{n}(x):\n    return {inner} * 3 + {k}", "import {d} as alias{n}", "alias{n}.t{n}({v})"
    ),
    "everything of a module": Link("def t{n}(x):\n    return {inner} * 3 + {k}", "from {d} import *", "t{n}({v})"),
    "import inside of a function": Link(
        "def t{n}(x):\n    return {inner} * 3 + {k}",
        "def local{n}(x):\n    import {d} as found\n    return found.t{n}(x)",
        "local{n}({v})",
    ),
    "name from an import inside of a function": Link(
        "def t{n}(x):\n    return {inner} * 3 + {k}",
        "def local{n}(x):\n    from {d} import t{n} as found\n    return found(x)",
        "local{n}({v})",
    ),
    MODULE_AS_VALUE: Link(
        "def t{n}(x):\n    return {inner} * 3 + {k}",
        "import {d}\ndef called{n}(module, name, x):\n    return getattr(module, name)(x)",
        "called{n}({d}, 't{n}', {v})",
    ),
    "getattr with a name": Link("def t{n}(x):\n    return {inner} * 3 + {k}", MODULE, "getattr({d}, 't{n}')({v})"),
    "eval of a name": Link("def t{n}(x):\n    return {inner} * 3 + {k}", FROM, "eval('t{n}')({v})"),
    "first of two imports inside of a function": Link(
        "def t{n}(x):\n    return {inner} * 3 + {k}",
        "def local{n}(x):\n    try:\n        from {d} import t{n} as found\n    except ImportError:\n"
        "        from math import sqrt as found\n    return found(x)",
        "local{n}({v})",
    ),
    "subclasses": Link(
        "class B{n}:\n    pass\nclass T{n}(B{n}):\n    def run(self, x):\n        return {inner} * 3 + {k}",
        "from {d} import B{n}",
        "B{n}.__subclasses__()[0]().run({v})",
    ),
    "default of a context variable": Link(
        "import contextvars\nt{n} = contextvars.ContextVar('t{n}', default={k})", FROM, "({v} * 3 + t{n}.get())"
    ),
    "weak reference": Link(
        "import weakref\nclass T{n}:\n    def run(self, x):\n        return {inner} * 3 + {k}\n"
        "kept{n} = T{n}()\nt{n} = weakref.ref(kept{n})",
        FROM,
        "t{n}().run({v})",
    ),
    "annotation that a decorator reads": Link(
        "def plus{n}(function):\n    limit = function.__annotations__['x']\n"
        "    return lambda x: function(x) + limit\nlimit{n} = {k}\n@plus{n}\ndef t{n}(x: limit{n}):\n"
        "    return {inner} * 3",
        FROM,
        "t{n}({v})",
    ),
    "constant": Link("t{n} = {k}", FROM, "({v} * 3 + t{n})"),
    "constant of a module": Link("t{n} = {k}", MODULE, "({v} * 3 + {d}.t{n})"),
    "constant behind a function": Link(
        "limit{n} = {k}\ndef t{n}(x):\n    return {inner} * 3 + limit{n}", FROM, "t{n}({v})", anywhere=True
    ),
    "computed constant": Link(
        "def t{n}_made(x):\n    return {inner} + {k}\nt{n} = [t{n}_made(1), 2]",
        FROM,
        "({v} * 3 + t{n}[0])",
        anywhere=True,
    ),
    "nested constant": Link("t{n} = {{'a': [1, ({k}, {{2}})]}}", FROM, "({v} * 3 + t{n}['a'][1][0])", anywhere=True),
    "class attribute": Link("class T{n}:\n    limit = {k}", "from {d} import T{n}", "({v} * 3 + T{n}.limit)"),
    "method": Link(
        "class T{n}:\n    def run(self, x):\n        return {inner} * 3 + {k}",
        "from {d} import T{n}",
        "T{n}().run({v})",
        anywhere=True,
    ),
    "property": Link(
        "class T{n}:\n    def __init__(self, x): self.x = x\n    @property\n    def value(self):\n"
        "        x = self.x\n        return {inner} * 3 + {k}",
        MODULE,
        "{d}.T{n}({v}).value",
    ),
    "cached property": Link(
        "import functools\nclass T{n}:\n    def __init__(self, x): self.x = x\n    @functools.cached_property\n"
        "    def value(self):\n        x = self.x\n        return {inner} * 3 + {k}",
        MODULE,
        "{d}.T{n}({v}).value",
    ),
    "static method": Link(
        "class T{n}:\n    @staticmethod\n    def run(x):\n        return {inner} * 3 + {k}", MODULE, "{d}.T{n}.run({v})"
    ),
    "class method": Link(
        "class T{n}:\n    limit = {k}\n    @classmethod\n    def run(cls, x):\n        return {inner} * 3 + cls.limit",
        MODULE,
        "{d}.T{n}.run({v})",
    ),
    "lambda in a class": Link(
        "class T{n}:\n    run = lambda self, x: {inner} * 3 + {k}",
        "from {d} import T{n}",
        "T{n}().run({v})",
        anywhere=True,
    ),
    "base class": Link(
        "class T{n}:\n    def run(self, x):\n        return {inner} * 3 + {k}",
        "from {d} import T{n}\nclass Sub{n}(T{n}):\n    pass",
        "Sub{n}().run({v})",
    ),
    "metaclass": Link(
        "class Meta{n}(type):\n    def run(cls, x):\n        return {inner} * 3 + {k}\n"
        "class T{n}(metaclass=Meta{n}):\n    pass",
        "from {d} import T{n}",
        "T{n}.run({v})",
    ),
    "descriptor": Link(
        "class D{n}:\n    def __get__(self, owner, kind):\n        return {k}\nclass T{n}:\n    limit = D{n}()",
        "from {d} import T{n}",
        "({v} * 3 + T{n}().limit)",
    ),
    "instance": Link(
        "class T{n}:\n    def __init__(self, limit): self.limit = limit\n    def run(self, x):\n"
        "        return {inner} * 3 + self.limit\nt{n} = T{n}({k})",
        FROM,
        "t{n}.run({v})",
        anywhere=True,
    ),
    "instance that is called": Link(
        "class T{n}:\n    def __call__(self, x):\n        return {inner} * 3 + {k}\nt{n} = T{n}()", FROM, "t{n}({v})"
    ),
    "bound method": Link(
        "class T{n}:\n    def run(self, x):\n        return {inner} * 3 + {k}\nt{n} = T{n}().run", FROM, "t{n}({v})"
    ),
    "list of functions": Link(
        "def one{n}(x):\n    return {inner} * 3 + {k}\nt{n} = [len, one{n}]", FROM, "t{n}[1]({v})", anywhere=True
    ),
    "dispatch by a dict": Link(
        "def one{n}(x):\n    return {inner} * 3 + {k}\nt{n} = {{'a': one{n}, 'b': abs}}",
        FROM,
        "t{n}['a']({v})",
        anywhere=True,
    ),
    "list of classes": Link(
        "class T{n}:\n    def run(self, x):\n        return {inner} * 3 + {k}\nt{n} = [(T{n},)]",
        FROM,
        "t{n}[0][0]().run({v})",
    ),
    "dict of instances": Link(
        "class T{n}:\n    def run(self, x):\n        return {inner} * 3 + {k}\nt{n} = {{1: [T{n}()]}}",
        FROM,
        "t{n}[1][0].run({v})",
    ),
    "partial": Link(
        "import functools\ndef one{n}(limit, x):\n    return {inner} * 3 + limit\n"
        "t{n} = functools.partial(one{n}, {k})",
        FROM,
        "t{n}({v})",
        anywhere=True,
    ),
    "function in a partial": Link(
        "import functools\ndef one{n}(limit, x):\n    return {inner} * 3 + limit + {k}\n"
        "t{n} = functools.partial(one{n}, 1)",
        FROM,
        "t{n}({v})",
    ),
    "lambda": Link("t{n} = lambda x: {inner} * 3 + {k}", FROM, "t{n}({v})", anywhere=True),
    "lambda among others": Link(
        "t{n} = (lambda x: x, lambda x: {inner} * 3 + {k})", FROM, "t{n}[1]({v})", anywhere=True
    ),
    "closure": Link(
        "def make{n}(limit):\n    def one(x):\n        return {inner} * 3 + limit\n    return one\nt{n} = make{n}({k})",
        FROM,
        "t{n}({v})",
        anywhere=True,
    ),
    "closures of one factory": Link(
        "def make{n}(limit):\n    def one(x):\n        return {inner} * 3 + limit\n    return one\n"
        "t{n} = [make{n}({k}), make{n}({k} + 1)]",
        FROM,
        "t{n}[0]({v})",
    ),
    "decorator": Link(
        "import functools\ndef plus{n}(function):\n    @functools.wraps(function)\n    def wrapper(x):\n"
        "        return function(x) + {k}\n    return wrapper\n@plus{n}\ndef t{n}(x):\n    return {inner} * 3",
        FROM,
        "t{n}({v})",
        anywhere=True,
    ),
    "decorator without wraps": Link(
        "def plus{n}(function):\n    return lambda x: function(x) + {k}\n@plus{n}\ndef t{n}(x):\n"
        "    return {inner} * 3",
        FROM,
        "t{n}({v})",
        anywhere=True,
    ),
    "argument of a decorator": Link(
        "import functools\ndef plus{n}(limit):\n    def decorate(function):\n        @functools.wraps(function)\n"
        "        def wrapper(x):\n            return function(x) + limit\n        return wrapper\n    return decorate\n"
        "@plus{n}({k})\ndef t{n}(x):\n    return {inner} * 3",
        FROM,
        "t{n}({v})",
    ),
    "decorated method": Link(
        "import functools\ndef plus{n}(function):\n    @functools.wraps(function)\n    def wrapper(self, x):\n"
        "        return function(self, x) + {k}\n    return wrapper\nclass T{n}:\n    @plus{n}\n    def run(self, x):\n"
        "        return {inner} * 3",
        "from {d} import T{n}",
        "T{n}().run({v})",
    ),
    "registry filled by a decorator": Link(
        "registry{n} = {{}}\ndef register{n}(name):\n    def decorate(function):\n"
        "        registry{n}[name] = function\n"
        "        return function\n    return decorate\n@register{n}('a')\ndef one{n}(x):\n    return {inner} * 3 + {k}",
        "from {d} import registry{n}",
        "registry{n}['a']({v})",
    ),
    "cached function": Link(
        "import functools\n@functools.lru_cache\ndef t{n}(x):\n    return {inner} * 3 + {k}",
        FROM,
        "t{n}({v})",
        anywhere=True,
    ),
    "singledispatch": Link(
        "import functools\n@functools.singledispatch\ndef t{n}(x):\n    raise TypeError\n@t{n}.register\n"
        "def _(x: int):\n    return {inner} * 3 + {k}",
        FROM,
        "t{n}({v})",
        anywhere=True,
    ),
    "singledispatch of a method": Link(
        "import functools\nclass T{n}:\n    @functools.singledispatchmethod\n    def run(self, x):\n"
        "        raise TypeError\n"
        "    @run.register\n    def _(self, x: int):\n        return {inner} * 3 + {k}",
        "from {d} import T{n}",
        "T{n}().run({v})",
    ),
    "default": Link("def t{n}(x, limit={k}):\n    return {inner} * 3 + limit", FROM, "t{n}({v})", anywhere=True),
    "computed default": Link(
        "limit{n} = {k}\ndef t{n}(x, *, limit=limit{n}):\n    return {inner} * 3 + limit",
        FROM,
        "t{n}({v})",
        anywhere=True,
    ),
    "dataclass": Link(
        "import dataclasses\nlimit{n} = {k}\n@dataclasses.dataclass\nclass T{n}:\n    limit: int = limit{n}",
        "from {d} import T{n}",
        "({v} * 3 + T{n}().limit)",
    ),
    "factory of a dataclass": Link(
        "import dataclasses\ndef make{n}():\n    return {k}\n@dataclasses.dataclass(slots=True)\nclass T{n}:\n"
        "    limit: int = dataclasses.field(default_factory=make{n})",
        "from {d} import T{n}",
        "({v} * 3 + T{n}().limit)",
    ),
    "enum": Link(
        "import enum\nclass T{n}(enum.Enum):\n    LIMIT = {k}", "from {d} import T{n}", "({v} * 3 + T{n}.LIMIT.value)"
    ),
    "named tuple": Link(
        "from typing import NamedTuple\nclass T{n}(NamedTuple):\n    limit: int = {k}",
        "from {d} import T{n}",
        "({v} * 3 + T{n}().limit)",
    ),
    "namespace": Link(
        "import types\nt{n} = types.SimpleNamespace(run=lambda x: {inner} * 3 + {k})",
        FROM,
        "t{n}.run({v})",
        anywhere=True,
    ),
    "generator": Link("def t{n}(x):\n    yield {inner} * 3\n    yield {k}", FROM, "sum(t{n}({v}))", anywhere=True),
    "function inside of a function": Link(
        "def t{n}(x):\n    def one():\n        return {k}\n    return {inner} * 3 + one()",
        FROM,
        "t{n}({v})",
        anywhere=True,
    ),
    "class inside of a class": Link(
        "class T{n}:\n    class Inner:\n        def run(self, x):\n            return {inner} * 3 + {k}",
        "from {d} import T{n}",
        "T{n}.Inner().run({v})",
    ),
    "pattern": Link(
        "class T{n}:\n    __match_args__ = ('x',)\n    def __init__(self, x): self._x = x\n    @property\n"
        "    def x(self):\n        return self._x + {k}",
        "from {d} import T{n}\ndef seen{n}(thing):\n    match thing:\n        case T{n}(x):\n            return x * 3",
        "seen{n}(T{n}({v}))",
    ),
    "attribute of a function": Link(
        "def t{n}(x):\n    return {inner} * 3 + t{n}.limit\nt{n}.limit = {k}", FROM, "t{n}({v})", anywhere=True
    ),
    "attribute set on a class": Link(
        "class T{n}:\n    limit = 0\nT{n}.limit = {k}", "from {d} import T{n}", "({v} * 3 + T{n}.limit)"
    ),
    "handed on by a third module": Link(
        "def t{n}(x):\n    return {inner} * 3 + {k}", "import hub_{d}", "hub_{d}.t{n}({v})"
    ),
    "global that state goes by the name of": Link(
        "seen{n} = {k}\nlog{n} = []\ndef t{n}(x):\n    log = []\n    log.append(x)\n    log{n}.append(len(log))\n"
        "    return note{n}(x) + seen{n}\ndef note{n}(x):\n    seen{n} = [x]\n    seen{n}.append(x)\n"
        "    return {inner} * 3",
        FROM,
        "t{n}({v})",
        anywhere=True,
    ),
    "constant beside state": Link(
        "t{n}_table = {{'limit': {k}, 'cache': {{}}}}\ndef t{n}(x):\n    t{n}_table['cache'][x] = 1\n"
        "    return {inner} * 3 + t{n}_table['limit']",
        FROM,
        "t{n}({v})",
        anywhere=True,
    ),
}
