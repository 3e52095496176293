"""What the results of a class depend on in the user's own code, and what is state."""

import pytest
from cells import run_cell

from framework.core.event import Event
from framework.core.identity.identity import identity_of
from framework.core.processor import AbstractProcessor


def digest_of(text):
    return identity_of(run_cell(text)["P"]()).digest


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
    processor = run_cell(STATE)["P"]()
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


USING = """
import functools

class Scale:
    def __init__(self, factor): self.factor = factor
    def of(self, x): return x * self.factor

def down(x): return down(x - 1) if x else down

scale, of = Scale(2), Scale(3).of

def plus(x, y): return x + y

more = functools.partial(plus, 5)

class P(AbstractProcessor):
    def process(self, context, event): return more(down(scale.of(of(event.x))))
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x * self.factor", "x + self.factor"),
        ("scale, of = Scale(2)", "scale, of = Scale(4)"),
        ("Scale(3).of", "Scale(4).of"),
        ("down(x - 1)", "down(x - 2)"),
        ("plus, 5", "plus, 6"),
        ("x + y", "x - y"),
    ],
    ids=["class", "object", "object of a bound method", "function that calls itself", "partial", "function in it"],
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
