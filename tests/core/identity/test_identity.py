import os
import subprocess
import sys
import threading

import pytest
from cells import run_cell

from framework.core.identity.identity import identity_of
from framework.core.processor import AbstractProcessor
from framework.errors import Undigestable

CODE = """
LIMIT = 3
WORDS = {"a", "b"}

def helper(x):
    return deeper(x) + 1

def deeper(x):
    return x * 2

class Base(AbstractProcessor):
    def scale(self, x):
        return x * LIMIT

class P(Base):
    def __init__(self, size=1, *, name=None, priority=0):
        super().__init__(name, priority)
        self.size = size

    def process(self, context, event):
        match event:
            case Event("a", x=x) if x in WORDS:
                context.submit(Event("b", y=helper(self.scale(x))))
"""


def made(text, *args, **kwargs):
    return run_cell(text)["P"](*args, **kwargs)


def digest_of(text, *args, **kwargs):
    return identity_of(made(text, *args, **kwargs)).digest


def changed(old, new):
    assert old in CODE
    return CODE.replace(old, new)


def test_the_same_code_in_another_cell_has_the_same_identity():
    assert digest_of(CODE) == digest_of(CODE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return x * 2", "return x * 2  # doubled"),
        ("return x * 2", "return (\n        x * 2\n    )"),
        ("class P(Base):", "\n\n# the main thing\nclass P(Base):\n"),
        ("def helper(x):\n    return deeper(x) + 1\n\ndef deeper(x):\n    return x * 2\n", ""),
        ('{"a", "b"}', "{'b',  'a'}"),
        ("LIMIT = 3", "LIMIT = 1 + 2\nUNUSED = 3"),
    ],
)
def test_comments_formatting_order_and_what_is_not_used_do_not_count(old, new):
    text = changed(old, new)
    if not new:  # the helpers move behind the class
        text += old
    assert digest_of(text) == digest_of(CODE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return x * 2", "return x * 3"),
        ("deeper(x) + 1", "deeper(x) + 2"),
        ("LIMIT = 3", "LIMIT = 4"),
        ("LIMIT = 3", "LIMIT = 3.0"),
        ('{"a", "b"}', '{"a", "c"}'),
        ("return x * LIMIT", "return LIMIT * x"),
        ('Event("b"', 'Event("c"'),
        ("size=1", "size=2"),
        ("class P(Base):", "class P(Base):\n    doubled = LIMIT * 2\n"),
    ],
)
def test_code_of_class_bases_and_helpers_and_values_of_constants_count(old, new):
    assert digest_of(changed(old, new)) != digest_of(CODE)


def test_arguments_count_however_they_are_spelled():
    assert digest_of(CODE, 1) == digest_of(CODE) == digest_of(CODE, size=1)
    assert digest_of(CODE, 2) != digest_of(CODE)
    assert digest_of(CODE, 1.0) != digest_of(CODE, 1)


def test_the_name_counts_and_the_priority_does_not():
    assert digest_of(CODE, name="Other") != digest_of(CODE)
    assert digest_of(CODE, name="P") == digest_of(CODE)
    assert digest_of(CODE, priority=5) == digest_of(CODE)


def test_a_parameter_that_only_happens_to_be_called_name_counts():
    text = """
class P(AbstractProcessor):
    def __init__(self, name):
        self.table = name
    def process(self, context, event): pass
"""
    assert digest_of(text, "x") != digest_of(text, "y")


def test_name_and_priority_among_free_keywords_do_not_count_as_arguments():
    text = """
class P(AbstractProcessor):
    def __init__(self, path, **options):
        super().__init__(**options)
    def process(self, context, event): pass
"""
    assert digest_of(text, "x", priority=5) == digest_of(text, "x")
    assert identity_of(made(text, "x", name="Q", priority=5)).arguments == {"path": "'x'"}


def test_a_version_stands_for_the_source():
    versioned = changed("class P(Base):", "class P(Base):\n    version = 1")
    edited = versioned.replace("return x * 2", "return x * 3")
    assert digest_of(versioned) == digest_of(edited)
    assert digest_of(versioned.replace("version = 1", "version = 2")) != digest_of(versioned)
    assert digest_of(versioned, 2) != digest_of(versioned)
    assert "return x * 3" in identity_of(made(edited)).source


def test_globals_without_a_digest_do_not_matter():
    text = """
import threading
flag = threading.Event()
class P(AbstractProcessor):
    def process(self, context, event):
        if flag.is_set(): context.submit(event)
"""
    assert digest_of(text) == digest_of(text)


def test_a_decorator_of_the_user_s_own_counts():
    text = """
import functools
def decorated(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper

class P(AbstractProcessor):
    @decorated
    def process(self, context, event): pass
"""
    assert digest_of(text) != digest_of(text.replace("return function(*args)", "return function(*args) or 1"))
    assert "def decorated" in identity_of(made(text)).source


def test_default_values_and_computed_attributes_count_as_they_were():
    text = """
SIZE = 2
class P(AbstractProcessor):
    table = tuple(range(SIZE))
    def process(self, context, event, size=SIZE): pass
"""
    namespace = run_cell(text)
    first = identity_of(namespace["P"]()).digest
    namespace["SIZE"] = 3  # the class has its values already
    assert identity_of(namespace["P"]()).digest == first
    assert digest_of(text.replace("SIZE = 2", "SIZE = 3")) != first


def test_the_class_of_an_argument_counts():
    text = """
class Scale:
    def __init__(self, factor): self.factor = factor
    def of(self, x): return x * self.factor

class P(AbstractProcessor):
    def __init__(self, scale): self.scale = scale
    def process(self, context, event): pass

def make(factor): return P(Scale(factor))
"""

    def digest_with(text, factor):
        return identity_of(run_cell(text)["make"](factor)).digest

    assert digest_with(text, 1) == digest_with(text, 1)
    assert digest_with(text, 1) != digest_with(text, 2)
    assert digest_with(text, 1) != digest_with(text.replace("x * self.factor", "x + self.factor"), 1)


TRANSFORMING = """
class P(AbstractProcessor):
    def __init__(self, function): self.function = function
    def process(self, context, event): pass

def double(x):
    return x * 2  # two

lambdas = {1: lambda x: x, 2: lambda x: x + 1}
"""


def test_functions_as_arguments_count_by_their_source():
    def digest_with(text):
        namespace = run_cell(text)
        return identity_of(namespace["P"](namespace["double"])).digest

    assert digest_with(TRANSFORMING) == digest_with(TRANSFORMING.replace("# two", "# 2"))
    assert digest_with(TRANSFORMING) != digest_with(TRANSFORMING.replace("x * 2", "x * 3"))


def test_lambdas_as_arguments_count_by_their_code():
    namespace = run_cell(TRANSFORMING)
    cls, lambdas = namespace["P"], namespace["lambdas"]
    again = run_cell(TRANSFORMING)
    assert identity_of(cls(lambdas[1])).digest == identity_of(again["P"](again["lambdas"][1])).digest
    assert identity_of(cls(lambdas[1])).digest != identity_of(cls(lambdas[2])).digest


def test_a_processor_as_argument_counts_by_its_identity():
    text = TRANSFORMING + "\nclass Inner(P):\n    def unused(self): return 1\n"

    def digest_with(text, argument):
        namespace = run_cell(text)
        return identity_of(namespace["P"](namespace["Inner"](argument))).digest

    assert digest_with(text, 1) == digest_with(text, 1)
    assert digest_with(text, 1) != digest_with(text, 2)
    assert digest_with(text, 1) != digest_with(text.replace("return 1", "return 2"), 1)


def test_an_argument_without_a_digest_is_refused_by_name():
    processor = made(CODE, threading.Lock(), name="Parse")
    with pytest.raises(Undigestable, match=r"argument 'size' of Parse"):
        identity_of(processor)


def test_without_source_the_compiled_code_counts():
    def digest_with(text):
        namespace = {"AbstractProcessor": AbstractProcessor, "__name__": "nowhere"}
        exec(text, namespace)
        return identity_of(namespace["P"]()).digest

    text = "class P(AbstractProcessor):\n def process(self, context, event): return 1"
    assert digest_with(text) == digest_with(text)
    assert digest_with(text) != digest_with(text.replace("1", "2"))


def test_the_source_reads_class_first_then_helpers_then_constants():
    identity = identity_of(made(CODE, 5))
    starts = ["class P(Base):", "class Base(", "def deeper(", "def helper(", "LIMIT = 3", "WORDS = ['a', 'b']"]
    places = [identity.source.index(start) for start in starts]
    assert places == sorted(places)
    assert identity.arguments == {"size": "5"}
    assert identity.name == "P"


def test_parts_tell_what_changed():
    one, other, edited = identity_of(made(CODE)), identity_of(made(CODE, 2)), identity_of(made(changed("= 3", "= 4")))
    assert one.source_digest == other.source_digest
    assert one.arguments_digest != other.arguments_digest
    assert one.source_digest != edited.source_digest
    assert one.arguments_digest == edited.arguments_digest


def test_code_and_constants_of_other_modules_count():
    text = "from shared_code import {}\nclass P(AbstractProcessor):\n def process(self, c, e): return {}"

    def digest_with(name, use, module):
        sys.modules["shared_code"] = module
        try:
            return digest_of(text.format(name, use))
        finally:
            del sys.modules["shared_code"]

    def module(text):
        found = type(sys)("shared_code")
        run_cell(text, vars(found))
        return found

    first, second = module("LIMIT = 1\ndef f(): return 1"), module("LIMIT = 2\ndef f(): return 2")
    assert digest_with("f", "f()", first) == digest_with("f", "f()", first)
    assert digest_with("f", "f()", first) != digest_with("f", "f()", second)
    assert digest_with("LIMIT", "LIMIT", first) != digest_with("LIMIT", "LIMIT", second)


def test_the_hash_seed_does_not_matter(tmp_path):
    program = tmp_path / "program.py"
    imports = "from framework.core.processor import AbstractProcessor\nfrom framework.core.event import Event\n"
    show = "from framework.core.identity.identity import identity_of\nidentity = identity_of(P({'x', 'y'}))\n"
    program.write_text(imports + CODE + show + "print(identity.digest, identity.source, identity.arguments)")
    shown = set()
    for seed in ("1", "2", "3"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, program], env=environment, capture_output=True, check=True, timeout=60)
        shown.add(done.stdout)
    assert len(shown) == 1
