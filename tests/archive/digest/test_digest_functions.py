"""Functions count by what they do: code, names, defaults, closures and globals."""

from __future__ import annotations

import functools
import json
import operator
import textwrap
from dataclasses import dataclass
from fractions import Fraction
from types import ModuleType

import pytest

from framework.archive import digest
from framework.errors import Undigestable


def define(source, name="f", **variables):
    """A function as a notebook cell would define it."""
    module = ModuleType("__main__")
    module.__dict__.update(variables)
    exec(compile(textwrap.dedent(source), "<cell>", "exec"), module.__dict__)
    return module.__dict__[name]


def same(left, right):
    return digest(left) == digest(right)


def test_the_same_source_has_the_same_digest_wherever_it_stands():
    source = "def f(x): return x + 1"
    assert same(define(source), define("\n\n# moved\n" + source))


def test_the_code_counts():
    assert not same(define("def f(x): return x + 1"), define("def f(x): return x + 2"))
    assert not same(define("def f(x): return x + 1"), define("def f(x): return x - 1"))


def test_the_names_it_calls_count():
    assert not same(define("def f(x): return x.upper()"), define("def f(x): return x.lower()"))


def test_its_own_name_counts():
    assert not same(define("def f(): pass"), define("def g(): pass", "g"))


@pytest.mark.parametrize("other", ["lambda b, a: a", "lambda a, *, b: a", "lambda a, b, /: a", "lambda a, *b: a"])
def test_the_signature_counts(other):
    assert digest(eval("lambda a, b: a")) != digest(eval(other))


def test_the_kind_of_a_parameter_counts_where_the_code_is_the_same():
    both, keyword = eval("lambda a, b: a"), eval("lambda a, *, b: a")
    assert both.__code__.co_code == keyword.__code__.co_code
    assert digest(both.__code__) != digest(keyword.__code__)


def test_defaults_count():
    assert not same(define("def f(x=1): return x"), define("def f(x=2): return x"))
    assert not same(define("def f(*, x=1): return x"), define("def f(*, x=2): return x"))


def test_closures_count():
    def adder(number):
        return lambda x: x + number

    assert same(adder(1), adder(1))
    assert not same(adder(1), adder(2))


def test_code_inside_counts():
    source = "def f(xs): return [x {} 1 for x in xs]"
    assert not same(define(source.format("+")), define(source.format("-")))


def test_the_globals_it_uses_count():
    source = "def f(x): return x * FACTOR"
    assert same(define(source, FACTOR=2), define(source, FACTOR=2))
    assert not same(define(source, FACTOR=2), define(source, FACTOR=3))


def test_globals_that_it_does_not_use_do_not_count():
    assert same(define("def f(x): return x", other=1), define("def f(x): return x", other=2))


def test_a_global_with_the_name_of_an_attribute_does_not_count():
    assert same(define("def f(x): return x.size", size=1), define("def f(x): return x.size", size=2))


def test_the_functions_that_it_calls_count_recursively():
    source = """
    def deepest(x): return x {} 1
    def helper(x): return deepest(x)
    def f(x): return helper(x)
    """
    assert same(define(source.format("+")), define(source.format("+")))
    assert not same(define(source.format("+")), define(source.format("-")))


def test_globals_of_inner_functions_count():
    source = "def f(xs): return list(map(lambda x: x * FACTOR, xs))"
    assert not same(define(source, FACTOR=2), define(source, FACTOR=3))


def test_functions_that_call_each_other_have_a_digest():
    source = """
    def even(n): return n == 0 or odd(n - 1)
    def odd(n): return n {} 0 and even(n - 1)
    """
    assert same(define(source.format("!="), "even"), define(source.format("!="), "even"))
    assert not same(define(source.format("!="), "even"), define(source.format(">"), "even"))


def test_modules_count_by_name():
    source = "def f(x): return module.dumps(x)"
    assert same(define(source, module=json), define(source, module=json))
    assert not same(define(source, module=json), define(source, module=operator))


def test_functions_of_installed_packages_count_by_name():
    assert same(json.dumps, json.dumps)
    assert not same(json.dumps, json.dump)
    assert digest(define("def f(x): return dumps(x)", dumps=json.dumps))


def test_classes_count_by_name_so_that_editing_one_keeps_its_values():
    source = "class f:\n    def go(self): return {}"
    assert same(define(source.format(1)), define(source.format(2)))
    assert same(define(source.format(1))(), define(source.format(2))())


def test_a_partial_counts_by_function_and_arguments():
    f = define("def f(x, y): return x")
    assert same(functools.partial(f, 1), functools.partial(f, 1))
    assert not same(functools.partial(f, 1), functools.partial(f, 2))


def test_a_bound_method_counts_by_function_and_object():
    assert same([1].append, [1].append)
    assert not same([1].append, [2].append)
    assert not same([1].append, [1].extend)
    half = Fraction(1, 2)
    assert same(half.limit_denominator, Fraction(1, 2).limit_denominator)
    assert not same(half.limit_denominator, Fraction(1, 3).limit_denominator)
    assert not same(half.limit_denominator, half.as_integer_ratio)


def test_a_cached_function_counts_by_its_code_not_by_what_is_cached():
    source = "@cache\ndef f(x): return x {} 1"
    used = define(source.format("+"), cache=functools.cache)
    used(1)
    assert same(used, define(source.format("+"), cache=functools.cache))
    assert not same(used, define(source.format("-"), cache=functools.cache))


def test_a_decorated_function_counts_with_what_it_wraps():
    source = """
    def decorate(inner):
        @wraps(inner)
        def wrapper(x): return inner(x)
        return wrapper
    @decorate
    def f(x): return x {} 1
    """
    wraps = functools.wraps
    assert same(define(source.format("+"), wraps=wraps), define(source.format("+"), wraps=wraps))
    assert not same(define(source.format("+"), wraps=wraps), define(source.format("-"), wraps=wraps))


def test_a_variable_that_is_not_assigned_yet_has_a_digest():
    def outer():
        def inner():
            return later

        early = digest(inner)
        later = 1
        return early, digest(inner)

    early, late = outer()
    assert early != late


def test_a_global_without_a_digest_is_named():
    f = define("def f(): return next(numbers)", numbers=iter([1]))
    with pytest.raises(Undigestable, match=r"value global \.?numbers: an iterator"):
        digest(f)


def test_functions_that_an_installed_package_made_count_with_what_they_enclose():
    assert digest(dataclass(order=True)) == digest(dataclass(order=True))
    assert digest(dataclass(order=True)) != digest(dataclass(order=False))
