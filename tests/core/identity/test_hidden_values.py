"""Values that do not show where they are used: in annotations, in what libraries make of a class, behind C objects."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from projects import identity_in, project

PLAIN = "class P(AbstractProcessor):\n    def process(self, context, event):\n        return {}\n"


def digest_of(folder, **texts):
    return identity_in(folder, **texts).digest


@pytest.mark.parametrize(
    ("helpers", "use"),
    [
        (
            "import threading\nclass L(threading.local):\n    def __init__(self, *, k): self.k = k\nv = L(k={})",
            "helpers.v.k",
        ),
        ("import threading\nv = threading.local()\nv.k = {}", "helpers.v.k"),
        ("import threading\nclass L(threading.local): pass\nv = L(**{{}})\nv.k = {}", "helpers.v.k"),
        ("class V: k = {}\ndef f(x: V): pass", "helpers.f.__annotations__"),
        (
            "from typing import get_type_hints as h\nclass V: k = {}\ndef f(x: 'V'): pass\ndef g(): h(f)",
            "helpers.g()",
        ),
        ("V = list[{}]\nclass C:\n    v: V", "dataclasses.fields, helpers.C.__annotations__"),
        ("from typing import Annotated, TypedDict\nV = {}\nclass C(TypedDict):\n    v: Annotated[int, V]", "helpers.C"),
        ("import pydantic\nV = {}\nclass C(pydantic.BaseModel):\n    v: int = V", "helpers.C()"),
        ("import pydantic\nV = {}\nclass C(pydantic.BaseModel):\n    v: int = pydantic.Field(gt=V)", "helpers.C()"),
        ("import pydantic\nC = pydantic.create_model('C', v=(int, {}))", "helpers.C()"),
        ("import attrs\nV = {}\n@attrs.define\nclass C:\n    v: int = V", "helpers.C()"),
        ("import dataclasses\nV = {}\n@dataclasses.dataclass(order=V > 1)\nclass C:\n    v: int", "helpers.C(1)"),
        ("import contextvars\nv = contextvars.ContextVar('v', default=0)\nv.set({})", "helpers.v.get()"),
        ("import weakref\nclass C:\n    def m(self): return {}\nc = C()\nr = weakref.proxy(c)", "helpers.r.m()"),
        ("import weakref\nclass C:\n    def m(self): return {}\nc = C()\nr = weakref.WeakMethod(c.m)", "helpers.r()()"),
        ("import functools\ndef f(a, b): return {}\nk = functools.cmp_to_key(f)", "sorted([1, 2], key=helpers.k)"),
        ("import numpy\nu = numpy.frompyfunc(lambda x: {}, 1, 1)", "helpers.u(1)"),
        ("import struct\ns = struct.Struct('{}s')", "helpers.s.size"),
        (
            "import abc\nclass B(abc.ABC): pass\nclass C: pass\nif {} > 1: B.register(C)",
            "isinstance(helpers.C(), helpers.B)",
        ),
    ],
)
def test_a_value_that_does_not_show_counts(tmp_path, helpers, use):
    main = "import helpers\n" + PLAIN.format(use)
    digests = [digest_of(tmp_path, main=main, helpers=helpers.format(k)) for k in (1, 2, 1)]
    assert digests[0] == digests[2] != digests[1]


def test_an_annotation_that_is_not_asked_for_does_not_count(tmp_path):
    helpers = "class Money:\n    k = {}\ndef f(x: Money): return x\n"
    one, two = (
        digest_of(tmp_path, main="import helpers\n" + PLAIN.format("helpers.f(1)"), helpers=helpers.format(k))
        for k in (1, 2)
    )
    assert one == two


def test_the_identity_is_the_same_on_the_thread_of_a_run(tmp_path):
    helpers = "import threading\nv = threading.local()\nv.k = 1\n"
    with (
        project(tmp_path, main="import helpers\n" + PLAIN.format("helpers.v.k"), helpers=helpers) as main,
        ThreadPoolExecutor(1) as pool,
    ):
        assert pool.submit(main.identity_of, main.P()).result().digest == main.identity_of(main.P()).digest


def test_what_a_run_sets_in_a_thread_local_object_is_state_beside_constants(tmp_path):
    text = "import threading\nv = threading.local()\nv.k, v.cache = {}, {}\n" + PLAIN.format(
        "v.k, setattr(v, 'cache', 1)"
    )
    one, two, three = (digest_of(tmp_path, main=text.format(*parts)) for parts in ((1, 1), (2, 1), (1, 2)))
    assert one == three != two


def test_a_constant_that_an_installed_decorator_was_handed_counts(tmp_path):
    text = (
        "import tenacity\nTIMES = {}\n@tenacity.retry(stop=tenacity.stop_after_attempt(TIMES))\ndef f(): pass\n"
        + PLAIN.format("f()")
    )
    assert digest_of(tmp_path, main=text.format(1)) != digest_of(tmp_path, main=text.format(2))


def test_a_class_that_is_registered_besides_is_nothing_of_those_registered_before(tmp_path):
    text = (
        "class Registry:\n    def __init__(self): self.known = []\n"
        "    def register(self, cls):\n        self.known.append(cls)\n        return cls\n"
        "registry = Registry()\n@registry.register\n"
    )
    one, two = (
        digest_of(tmp_path, main=text + PLAIN.format(1) + more)
        for more in ("", "@registry.register\nclass Other: pass\n")
    )
    assert one == two


@pytest.mark.parametrize("meter", ["threading.Event()", "Gauge()"])
def test_a_method_named_set_is_no_change_of_what_is_kept(tmp_path, meter):
    text = (
        "import threading\nclass Gauge:\n    def set(self, value): return value\n"
        "class P(AbstractProcessor):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.meter = {meter}\n"
        "    @caching\n    def process(self, context, event):\n        match event:\n"
        "            case Event(name='go'): self.meter.set()\n"
    )
    with project(tmp_path, main=text) as main:
        assert main.identity_of(main.P()).keeps == {}
