"""Edits of a small project: what its two files hold before and after, and whether a result depends on it."""

from typing import NamedTuple

HEAD = 'def result(number: int) -> int:\n    open("ran", "a").write("x")\n    return {}\n'


class Edit(NamedTuple):
    """One edit of a project; `counts` tells whether the result changes."""

    name: str
    work: str
    helpers: str
    before: str
    after: str
    counts: bool = True
    number: str = "3"


def edit(name: str, use: str, imports: str, helpers: str) -> Edit:
    """An edit of a constant in `helpers.py`, which `work.py` reaches over some link."""
    return Edit(name, f"{imports}\n\n{HEAD.format(use)}", helpers, "10", "20")


FUNCTION = "def f(x):\n    return x + K\n"
BESIDE = FUNCTION.replace("f(x)", "_f(x)")  # Hamilton takes other functions of a module for nodes
CLASS = "class C:\n    def run(self, x):\n        return x + K\n"
COUNTED = [
    Edit("the function itself", HEAD.format("number + K"), "", "10", "20"),
    Edit("a function beside it", BESIDE + HEAD.format("_f(number)"), "", "10", "20"),
    Edit("a constant beside it", "LIMIT = K\n" + HEAD.format("number + LIMIT"), "", "10", "20"),
    edit("a function of another module, by name", "f(number)", "from helpers import f", FUNCTION),
    edit("a function of another module, by attribute", "helpers.f(number)", "import helpers", FUNCTION),
    edit("a constant of another module", "number + helpers.LIMIT", "import helpers", "LIMIT = K\n"),
    edit(
        "a function two calls away",
        "f(number)",
        "from helpers import f",
        "def f(x):\n    return g(x)\n\ndef g(x):\n    return x + K\n",
    ),
    edit("a class attribute", "number + Config.limit", "from helpers import Config", "class Config:\n    limit = K\n"),
    edit("a method", "C().run(number)", "from helpers import C", CLASS),
    edit(
        "a property",
        "number + C().limit",
        "from helpers import C",
        "class C:\n    @property\n    def limit(self):\n        return K\n",
    ),
    edit("a base class", "Sub().run(number)", "from helpers import Sub", CLASS + "class Sub(C):\n    pass\n"),
    edit("a class inside of a list", "kinds[0]().run(number)", "from helpers import kinds", CLASS + "kinds = [C]\n"),
    edit(
        "a function inside of a dict",
        "table['a'](number)",
        "from helpers import table",
        FUNCTION + "table = {'a': f}\n",
    ),
    edit("a lambda", "f(number)", "from helpers import f", "f = lambda x: x + K\n"),
    edit(
        "the argument of a partial",
        "more(number)",
        "from helpers import more",
        "import functools\ndef plus(y, x):\n    return x + y\nmore = functools.partial(plus, K)\n",
    ),
    edit(
        "a variable of a closure",
        "more(number)",
        "from helpers import more",
        "def make(k):\n    def plus(x):\n        return x + k\n    return plus\nmore = make(K)\n",
    ),
    edit(
        "a decorator",
        "f(number)",
        "from helpers import f",
        "import functools\ndef plus(function):\n    @functools.wraps(function)\n    def wrapper(x):\n"
        "        return function(x) + K\n    return wrapper\n@plus\ndef f(x):\n    return x\n",
    ),
    edit(
        "a function of functools.singledispatch",
        "f(number)",
        "from helpers import f",
        "import functools\n@functools.singledispatch\ndef f(x):\n    raise TypeError\n"
        "@f.register\ndef _(x: int):\n    return x + K\n",
    ),
    edit("a default", "f(number)", "from helpers import f", "def f(x, limit=K):\n    return x + limit\n"),
    edit(
        "an attribute of an object",
        "config.limit + number",
        "from helpers import config",
        "import types\nconfig = types.SimpleNamespace(limit=K)\n",
    ),
    edit(
        "a default of a dataclass",
        "number + C().limit",
        "from helpers import C",
        "import dataclasses\n@dataclasses.dataclass\nclass C:\n    limit: int = K\n",
    ),
    edit(
        "a member of an enum",
        "number + C.A.value",
        "from helpers import C",
        "import enum\nclass C(enum.Enum):\n    A = K\n",
    ),
    edit("an import inside of the function", "__import__('helpers').f(number)", "", FUNCTION),
    edit("getattr with a name", "getattr(helpers, 'f')(number)", "import helpers", FUNCTION),
    Edit(
        "which function an import binds to a name",
        f"from helpers import K as f\n\n{HEAD.format('f(number)')}",
        "def one(x):\n    return x + 1\ndef two(x):\n    return x + 2\n",
        "one",
        "two",
    ),
    edit(
        "a setting that is made when the module is imported",
        "number + settings['limit']",
        "from helpers import settings",
        "settings = {}\nsettings.update(limit=K)\n",
    ),
    edit(
        "a constant beside a cache that the code fills",
        "f(number)",
        "from helpers import f",
        "data = {'limit': K, 'cache': {}}\ndef f(x):\n    data['cache'][x] = 1\n    return x + data['limit']\n",
    ),
    edit(
        "a method of the class of the input",
        "number.total()",
        "",
        "class Money:\n    def __init__(self, amount):\n        self.amount = amount\n    def total(self):\n"
        "        return self.amount + K\n",
    )._replace(work=HEAD.format("number.total()").replace("number: int", "number: object"), number="Money(3)"),
]
UNCOUNTED = [
    Edit("nothing at all", BESIDE.replace("K", "10") + HEAD.format("_f(number)"), "", "", ""),
    Edit("a comment", HEAD.format("number + 1  # K"), "", "one", "two"),
    Edit("white space and quotes", HEAD.format("number + K"), "", "len('a')", 'len(\n        "a"  \n    )'),
    Edit("the lines above", f"# K\n{HEAD.format('number + 1')}", "", "one", "two\n\n\n"),
    Edit(
        "a comment in a function that is used",
        f"from helpers import f\n{HEAD.format('f(number)')}",
        "def f(x):\n    # K\n    return x\n",
        "one",
        "two",
    ),
    Edit(
        "another function of the same file",
        f"{HEAD.format('number + 1')}\ndef _unused(x):\n    return K\n",
        "",
        "1",
        "2",
    ),
    Edit(
        "another constant of a module that is used",
        f"import helpers\n{HEAD.format('helpers.f(number)')}",
        "UNUSED = K\ndef f(x):\n    return x\n",
        "1",
        "2",
    ),
]
EDITS = [*COUNTED, *(each._replace(counts=False) for each in UNCOUNTED)]
