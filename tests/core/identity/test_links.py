"""Which edits and settings make another identity: the neighbours of the links in `tests/stress/project_links.py`."""

import importlib
import sys

import pytest
from projects import identity_in, project

from framework.core import Event
from framework.core.identity.input_key import forget_codes, input_key

PROCESS = "    def process(self, context, event):\n        return {}\n"


def digest_of(folder, make="P()", **texts):
    return identity_in(folder, make, **texts).digest


PLAIN = "class P(AbstractProcessor):\n" + PROCESS


@pytest.mark.parametrize(
    ("main", "before", "after"),
    [
        ("from {} import f", "first", "second"),
        ("from math import {} as f", "sin", "cos"),
        ("import {} as f", "math", "cmath"),
        ("from first import a as f, b as g", "from first import a as f, b as g", "from first import b as f, a as g"),
        ("import first as f, second as g", "import first as f, second as g", "import second as f, first as g"),
        ("from first import pair\nf, g = {}", "pair", "pair[::-1]"),
        ("from first import make\nf, g = {}", "make(1), make(2)", "make(2), make(1)"),
        ("f, g = {}", "(lambda x: x), (lambda x: x + 1)", "(lambda x: x + 1), (lambda x: x)"),
    ],
    ids=["module", "installed", "installed module", "names", "modules", "items", "closures", "lambdas"],
)
def test_what_a_name_is_bound_to_counts(tmp_path, main, before, after):
    first = "def a(x): return x\ndef b(x): return x\npair = (a, lambda x: x)\ndef f(x): return x\n"
    first += "def make(k):\n    def inner(x): return x + k\n    return inner\n"
    digests = [
        digest_of(
            tmp_path,
            main=(main.format(part) if "{}" in main else part) + "\ng = globals().get('g')\n" + PLAIN.format("f, g"),
            first=first,
            second="def f(x): return x\n",
        )
        for part in (before, after, before)
    ]
    assert digests[0] == digests[2] != digests[1]


@pytest.mark.parametrize(
    ("helpers", "use"),
    [
        ("import contextlib\n@contextlib.contextmanager\ndef f(): yield {}", "helpers.f()"),
        ("class Deco:\n    def __init__(self, inner): self.inner = inner\n@Deco\ndef f(): return {}", "helpers.f"),
        ("class C:\n    __slots__ = ('k',)\nc = C()\nc.k = {}", "helpers.c.k"),
        ("class C:\n    def __add__(self, other): return {}", "helpers.C() + 1"),
        ("import collections\ndef f(): return {}\nm = collections.defaultdict(f)", "helpers.m['x']"),
        ("def f(): return {}\nm = {{f}}", "list(helpers.m)"),
        ("import numpy\nm = numpy.vectorize(lambda x: {})", "helpers.m(1)"),
        ("class B:\n    def __init_subclass__(cls): cls.k = {}\nclass C(B): pass", "helpers.C.k"),
        ("exec('def f(): return {}')", "helpers.f()"),
        ("import collections\nT = collections.namedtuple('T', 'k', defaults=[{}])", "helpers.T().k"),
        ("import dataclasses\nT = dataclasses.make_dataclass('T', [('k', int, {})])", "helpers.T().k"),
        ("T = type('T', (), {{'k': lambda self: {}}})", "helpers.T().k()"),
        ("import dataclasses\nclass V: k = {}\n@dataclasses.dataclass\nclass C:\n    v: 'V'", "helpers.C(1)"),
        ("k = {}\ndef f(): return globals()['k']", "helpers.f()"),
        ("k = {}", "vars(helpers)['k']"),
        ("k = {}", "__import__('helpers').k"),
        ("k = {}", "sys.modules['helpers'].k"),
        ("class D(dict):\n    def __missing__(self, key): return {}\nd = D()", "helpers.d['a']"),
        ("import abc\nclass B(abc.ABC):\n    def f(self): return {}\nclass C(B):\n    pass", "helpers.C().f()"),
        ("def __getattr__(name): return {}", "helpers.anything"),
        ("import contextvars\nv = contextvars.ContextVar('v', default={})", "helpers.v.set(helpers.v.get() + 1)"),
        ("import weakref\nclass C:\n    def m(self): return {}\nc = C()\nr = weakref.ref(c)", "helpers.r().m()"),
        ("class B: pass\nclass C(B):\n    def m(self): return {}", "[c().m() for c in helpers.B.__subclasses__()]"),
        (
            "class B:\n    @classmethod\n    def all(cls): return cls.__subclasses__()\nclass C(B): k = {}",
            "helpers.B.all()",
        ),
        ("import json\njson.added = lambda: {}", "json.added()"),
        (
            (
                "import pandas\nif hasattr(pandas.Series, 'rated'): del pandas.Series.rated\n"
                "@pandas.api.extensions.register_series_accessor('rated')\nclass Rated:\n    k = {}"
            ),
            "event.x.rated.k",
        ),
        ("import pandas\ndef tripled(self): return {}\npandas.DataFrame.tripled = tripled", "event.x.tripled()"),
        (
            (
                "import pydantic\nfrom typing import Annotated\nK = {}\n@pydantic.validate_call\n"
                "def f(x: Annotated[int, pydantic.Field(gt=K)]): return x"
            ),
            "helpers.f(1)",
        ),
        ("def f(): return {}", "eval('helpers.f()')"),
    ],
)
def test_rarer_links_lead_to_the_constant_as_well(tmp_path, helpers, use):
    main = "import helpers, json, sys\n" + PLAIN.format(use)
    digests = [digest_of(tmp_path, main=main, helpers=helpers.format(k)) for k in (1, 2, 1)]
    assert digests[0] == digests[2] != digests[1]


@pytest.mark.parametrize("changed", ["first", "second", "lazy"])
def test_every_import_inside_of_a_function_counts(tmp_path, changed):
    imports = "try: from first import k\n        except ImportError: from second import k\n        import package"
    use = PLAIN.replace("        return", f"        {imports}\n        return").format("k, package.k")
    getter = "def __getattr__(name): return getattr(importlib.import_module(LAZY[name]), name)\n"
    package = "import importlib\nLAZY = {'k': 'lazy'}\n" + getter
    before = {"package": package, "first": "k = 1", "second": "k = 1", "lazy": "k = 1"}
    digests = [digest_of(tmp_path, main=use, **before | {changed: f"k = {k}"}) for k in (1, 2, 1)]
    assert digests[0] == digests[2] != digests[1]


def test_a_local_variable_of_the_same_name_does_not_make_state_of_a_constant(tmp_path):
    text = "limits = [{}]\ndef note(x):\n    limits = []\n    limits.append(x)\n" + PLAIN.format("note(limits[0])")
    assert digest_of(tmp_path, main=text.format(1)) != digest_of(tmp_path, main=text.format(2))


def test_a_capture_of_the_same_name_does_not_make_state_of_a_constant(tmp_path):
    text = (
        "limits = [{}]\nclass P(AbstractProcessor):\n    def process(self, context, event):\n"
        "        match event:\n            case Event(x=limits): limits.append(1)\n        return top()\n"
        "def top(): return limits\n"
    )
    assert digest_of(tmp_path, main=text.format(1)) != digest_of(tmp_path, main=text.format(2))


def test_an_attribute_of_the_same_name_of_another_class_does_not_make_state_of_a_constant(tmp_path):
    text = (
        "class Log:\n    seen = 0\n    def note(self): self.seen += 1\n"
        "class Limits:\n    seen = int('{}')\n" + PLAIN.format("Log().note(), Limits.seen")
    )
    assert digest_of(tmp_path, main=text.format(1)) != digest_of(tmp_path, main=text.format(2))


@pytest.mark.parametrize(
    ("setting", "use"),
    [
        ("import pandas\nlabels = pandas.Index(['a', {}])", "labels.append(labels).size"),
        ("from first import Config\none, two = Config({}), Config(0)", "setattr(two, 'limit', 1), one.limit"),
        ("limits = [{}]", "len([limits for limits in [[1]] if limits.append(2)]), top()\ndef top(): return limits[0]"),
    ],
    ids=["a method that returns something new", "another instance", "a variable of a comprehension"],
)
def test_what_a_run_does_not_change_is_a_constant(tmp_path, setting, use):
    first = "class Config:\n    def __init__(self, limit): self.limit = limit\n"
    head, _, helper = use.partition("\n")
    one, two = (
        digest_of(tmp_path, main=f"{setting.format(k)}\n{PLAIN.format(head)}\n{helper}\n", first=first) for k in (1, 2)
    )
    assert one != two


def test_what_is_filled_while_modules_are_imported_is_a_constant(tmp_path):
    text = "table = {{}}\ndef fill(k): table['k'] = k\nfill({})\n" + PLAIN.format("table")
    assert digest_of(tmp_path, main=text.format(1)) != digest_of(tmp_path, main=text.format(2))


STATE = [
    ("log = []", "log.append(1)"),
    ("import first", "first.log.append(1)"),
    ("from first import log", "log.append(1)"),
    ("import first", "first.count(1)"),
    ("import first", "setattr(first, 'total', first.total + 1)"),
    ("total = 0", "add(1)\ndef add(n):\n    global total\n    total += n"),
    ("from first import Log\nlog = Log()", "log.note(1)"),
    ("table = {'limit': 1, 'cache': {}}", "table['cache'].update(x=1)"),
    ("table = {}", "fill()\ndef fill():\n    local = table\n    local['x'] = 1"),
    ("import heapq\nheap = []", "heapq.heappush(heap, 1)"),
    ("from first import Log", "Log.everything.append(1)"),
    ("log = []", "note(log)\ndef note(known, x=1): known.append(x)"),
    ("log = []", "note(known=log)\ndef note(known): inner(known)\ndef inner(deeper): deeper.append(1)"),
    ("from first import Log", "setattr(Log, 'number', Log.number + 1)"),
]


@pytest.mark.parametrize(("setting", "change"), STATE)
def test_what_a_run_changes_is_state(tmp_path, setting, change):
    first = (
        "log = []\ntotal = 0\ndef count(n):\n    global total\n    total += n\n"
        "class Log:\n    everything = []\n    number = 0\n    def __init__(self): self.seen = []\n"
        "    def note(self, x): self.seen.append(x)\n"
    )
    head, _, helper = change.partition("\n")
    with project(tmp_path, main=f"{setting}\n{PLAIN.format(head)}\n{helper}\n", first=first) as main:
        before = main.identity_of(main.P()).digest
        main.P().process(None, Event("a"))
        assert main.identity_of(main.P()).digest == before


GIVEN = "class P(AbstractProcessor):\n    k = 0\n    def __init__(self): self.fixed = 1\n" + PROCESS.format("self.k")


@pytest.mark.parametrize(
    "given",
    [
        "made.k = {}",
        "made.fixed = {} + 1",
        "made.__dict__['k'] = [1, {{2}}, {}]",
        "P.k = {}",
        "made.helper = lambda x: x + {}",
        "made.process = lambda context, event: {}",
    ],
)
def test_state_that_was_given_before_the_run_counts(tmp_path, given):
    text = f"{GIVEN}\ndef made():\n    made = P()\n    {given}\n    return made\n"
    one, two, again = (digest_of(tmp_path, "made()", main=text.format(k)) for k in (1, 2, 1))
    assert one == again != two


def test_a_method_for_setting_up_gives_state_that_counts(tmp_path):
    text = GIVEN + "    def configured(self, k):\n        self.k = k\n        return self\n"
    one, two = (digest_of(tmp_path, f"P().configured({k})", main=text) for k in (1, 2))
    assert one != two


def test_an_object_without_a_digest_counts_by_its_type_and_leaves_its_neighbours(tmp_path):
    text = "import threading\nshared = {{'lock': threading.Lock(), 'limit': {}}}\n" + PLAIN.format("shared")
    one, two, again = (digest_of(tmp_path, main=text.format(k)) for k in (1, 2, 1))
    assert one == again != two


def test_what_refers_to_a_running_pipeline_is_not_walked_to_the_end(tmp_path):
    main = "kept = []\n" + PLAIN.format("kept")
    with project(tmp_path, main=main) as module:
        first = module.identity_of(module.P()).digest
        module.kept += [module.Pipeline([module.P()]), {"processors": [module.P()]}]
        second = module.identity_of(module.P()).digest
        assert second == module.identity_of(module.P()).digest != first


MONEY = (
    "class Money:\n    def __init__(self, amount): self.amount = amount\n    def total(self): return self.amount * {}\n"
)


def test_the_code_of_the_classes_of_inputs_counts(tmp_path):
    keys = []
    for factor in (2, 3, 2):
        with project(tmp_path, main="import money", money=MONEY.format(factor)) as main:
            keys.append(input_key(Event("in", value=[main.money.Money(1)]), name="event"))
    assert keys[0] == keys[2] != keys[1]


def test_a_class_whose_metaclass_cannot_be_hashed_has_a_key(tmp_path):
    odd = (
        "class Odd(type):\n    def __eq__(self, other): return self is other\nclass Money(metaclass=Odd):\n    k = {}\n"
    )
    keys = []
    for constant in (1, 2):
        with project(tmp_path, main="import money", money=odd.format(constant)) as main:
            keys.append(input_key([main.money.Money()], name="inputs"))
    assert keys[0] != keys[1]


def test_what_a_class_of_inputs_uses_is_read_anew_for_each_run(tmp_path):
    with project(tmp_path, main="import money", money=f"RATE = 1\n{MONEY.format('RATE')}") as main:
        event = Event("in", value=main.money.Money(1))
        before = input_key(event, name="event")
        main.money.RATE = 2
        forget_codes()
        assert input_key(event, name="event") != before


def test_a_module_that_was_edited_after_its_import_counts_as_it_runs(tmp_path):
    texts = {"main": "from helpers import f\n" + PLAIN.format("f()"), "helpers": "def f(): return 1\n"}
    with project(tmp_path, **texts) as main:
        first = main.identity_of(main.P()).digest
        (tmp_path / "helpers.py").write_text("def f(): return 2\n")
        edited = main.identity_of(main.P()).digest
        importlib.reload(sys.modules["helpers"])
        main.f = sys.modules["helpers"].f
        reloaded = main.identity_of(main.P()).digest
    assert first == edited != reloaded


def test_the_identity_is_a_tree_with_places_and_what_was_left_out(tmp_path):
    main = "import math, helpers\nseen = []\n" + PLAIN.format("helpers.f(seen.append(math.pi))")
    shown = repr(identity_in(tmp_path, main=main, helpers="LIMIT = 3\ndef f(x): return LIMIT\n"))
    lines = shown.splitlines()
    assert lines[0].startswith("P() [")
    assert lines[1:] == [
        "P  class  main.py:6",
        "  helpers.f  function  helpers.py:2",
        "    helpers.LIMIT = 3",
        "left out:",
        "  math: installed, counts by its name: math",
        "  seen: state, changed at main.py:8",
    ]


def test_the_catalog_keeps_the_parts_and_a_plan_names_the_one_that_changed(tmp_path):
    main = (
        "import helpers\nfrom framework.reactive import ReactiveBuilder, plan\n"
        "class Euro(ReactiveBuilder):\n    def __init__(self): super().__init__('euro', [], persist=True)\n"
        "    def build(self, context): yield helpers.rate(1)\n"
        "def pipeline(): return Pipeline([Euro()], workspace=WORKSPACE)\n"
    ).replace("WORKSPACE", repr(str(tmp_path / "workspace")))
    with project(tmp_path, main=main, helpers="def rate(x):\n    return x * 2\n") as module:
        assert run(module)
        (entry,) = module.pipeline().catalog()
        assert [part[:3] for part in entry.parts if part[1] != "left out"] == [
            ("Euro", "class", "main.py:6"),
            ("helpers.rate", "function", "helpers.py:1"),
        ]
    with project(tmp_path, main=main, helpers="\n\ndef rate(x):\n    return x * 3\n") as module:
        (row,) = module.plan(module.pipeline(), "euro")
    assert row.reason == "code changed"
    assert row.diff.splitlines() == [
        "--- archived helpers.rate helpers.py:1",
        "+++ now helpers.rate helpers.py:3",
        "@@ -1,2 +1,2 @@",
        " def rate(x):",
        "-    return x * 2",
        "+    return x * 3",
    ]


def run(module):
    pipeline = module.pipeline()
    pipeline.resolve("euro")
    return pipeline.run()


def test_a_plan_names_the_code_that_only_an_input_brought_along(tmp_path):
    main = (
        "import money\nfrom framework.reactive import ReactiveBuilder, plan\n"
        "class Wallet(ReactiveBuilder):\n    def __init__(self): super().__init__('money', [])\n"
        "    def build(self, context): yield money.Money(2)\n"
        "class Euro(ReactiveBuilder):\n    def __init__(self): super().__init__('euro', ['money'], persist=True)\n"
        "    def build(self, context, amount): yield amount.total()\n"
        "def pipeline(*builders): return Pipeline([Euro(), *builders], workspace=WORKSPACE)\n"
        "def rows(amount):\n    asked = pipeline()\n"
        "    asked.submit(ReactiveEvent(name='built', target='money', artifact=money.Money(amount)))\n"
        "    return [(row.action, row.reason, row.diff) for row in plan(asked, 'euro')]\n"
    ).replace("WORKSPACE", repr(str(tmp_path / "workspace")))
    main = "from framework.reactive import ReactiveEvent\n" + main
    with project(tmp_path, main=main, money=MONEY.format(2)) as module:
        assert module.pipeline(module.Wallet()).compute("euro") == [4]
        assert module.rows(2) == [("replay", "archived", None)]
        assert module.rows(3) == [("build", "new input", None)]
    with project(tmp_path, main=main, money="# moved\n" + MONEY.format(3)) as module:
        ((action, reason, diff),) = module.rows(2)
        assert (action, reason) == ("build", "code changed")
        assert diff.splitlines()[:2] == ["--- archived Money money.py:1", "+++ now Money money.py:2"]
        assert "-    def total(self): return self.amount * 2" in diff
        assert module.pipeline(module.Wallet()).compute("euro") == [6]
        assert module.rows(2) == [("replay", "archived", None)]
