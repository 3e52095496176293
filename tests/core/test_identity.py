import os
import subprocess
import sys
import threading

import pytest
from cells import run_cell

from framework.core.event import Event
from framework.core.identity import identity_of
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


STATE = """
import threading
seen, counts, lock, total = [], {}, threading.Lock(), 0
tables, numbers, latest = [{}], iter(range(9)), [0, 0]

class P(AbstractProcessor):
    known = dict()

    def process(self, context, event):
        global total
        with lock:
            total += 1
        seen.append(event)
        counts[event.name] = counts.get(event.name, 0) + 1
        tables[0].update(x=1)
        latest[0], latest[1] = next(numbers), total
        self.known[event.name] = total
"""


def test_what_the_code_changes_is_state_and_does_not_count():
    processor = made(STATE)
    before = identity_of(processor).digest
    processor.process(None, Event("a"))
    assert identity_of(processor).digest == before


def test_state_in_a_closure_does_not_count_and_a_constant_in_a_closure_does():
    def make(seen, factor):
        class Closing(AbstractProcessor):
            def process(self, context, event):
                seen.append(event.x * factor)

        return Closing()

    assert identity_of(make([], 2)).digest == identity_of(make([1], 2)).digest
    assert identity_of(make([], 2)).digest != identity_of(make([], 3)).digest


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


def test_code_of_other_modules_does_not_count_and_their_constants_do():
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
    assert digest_with("f", "f()", first) == digest_with("f", "f()", second)
    assert digest_with("LIMIT", "LIMIT", first) != digest_with("LIMIT", "LIMIT", second)


def test_the_hash_seed_does_not_matter(tmp_path):
    program = tmp_path / "program.py"
    imports = "from framework.core.processor import AbstractProcessor\nfrom framework.core.event import Event\n"
    show = "from framework.core.identity import identity_of\nidentity = identity_of(P({'x', 'y'}))\n"
    program.write_text(imports + CODE + show + "print(identity.digest, identity.source, identity.arguments)")
    shown = set()
    for seed in ("1", "2", "3"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, program], env=environment, capture_output=True, check=True, timeout=60)
        shown.add(done.stdout)
    assert len(shown) == 1


USING = """
class Scale:
    def __init__(self, factor): self.factor = factor
    def of(self, x): return x * self.factor

def down(x): return down(x - 1) if x else down

scale, of = Scale(2), Scale(3).of

class P(AbstractProcessor):
    def process(self, context, event): return down(scale.of(of(event.x)))
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x * self.factor", "x + self.factor"),
        ("scale, of = Scale(2)", "scale, of = Scale(4)"),
        ("Scale(3).of", "Scale(4).of"),
        ("down(x - 1)", "down(x - 2)"),
    ],
    ids=["class", "object", "object of a bound method", "function that calls itself"],
)
def test_objects_bound_methods_and_functions_that_the_code_uses_count(old, new):
    assert old in USING
    assert digest_of(USING) == digest_of(USING)
    assert digest_of(USING.replace(old, new)) != digest_of(USING)


def test_a_constant_that_a_decorator_is_given_counts():
    text = """
import functools
TIMES = 2
def repeated(times):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args):
            return [function(*args) for _ in range(times)]
        return wrapper
    return decorate

class P(AbstractProcessor):
    @repeated(TIMES)
    def process(self, context, event): pass
"""
    assert digest_of(text) == digest_of(text)
    assert digest_of(text.replace("TIMES = 2", "TIMES = 3")) != digest_of(text)
    namespace = run_cell(text)
    namespace["TIMES"] = 3  # the class has its value already
    assert identity_of(namespace["P"]()).digest == digest_of(text)


def test_a_variable_of_a_closure_that_is_not_assigned_yet_does_not_count():
    def make():
        class Early(AbstractProcessor):
            def process(self, context, event):
                return later

        before = identity_of(Early()).digest
        later = 3
        return before, identity_of(Early()).digest

    before, after = make()
    assert before != after
