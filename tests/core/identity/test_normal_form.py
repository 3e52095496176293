"""What counts of the syntax of a definition."""

import pytest

from framework.core.identity.reading.normal_form import normal_form
from framework.parsing import parsed


def form_of(text):
    return normal_form(parsed(text).body[0])


@pytest.mark.parametrize(
    "same",
    [
        "def f(a, b=1):\n    # why\n    return (a +\n        'x')\n",
        'def f(a,b = 1,):\n\n  return a + "x"  # what\n',
        "def f(\n    a,\n    b=1,\n):\n    return a + 'x'",
    ],
)
def test_comments_white_space_quotes_and_parentheses_do_not_count(same):
    assert form_of(same) == form_of("def f(a, b=1): return a + 'x'")


@pytest.mark.parametrize(
    "other",
    [
        "def f(a, b=True): return a + 'x'",
        "def f(a, b=1): return a + b'x'",
        "def f(a, b=1): return a - 'x'",
        "def f(a, *, b=1): return a + 'x'",
        "def f(a, b=1):\n    'docstring'\n    return a + 'x'",
        "def g(a, b=1): return a + 'x'",
        "async def f(a, b=1): return a + 'x'",
    ],
)
def test_code_values_names_and_docstrings_count(other):
    assert form_of(other) != form_of("def f(a, b=1): return a + 'x'")


def test_the_normal_form_is_the_same_on_every_python():
    text = (
        "class A:\n    async def f(self, *a: int) -> None:\n        match a:\n            case ['x', *_]: pass\n"
        "        return f'{a!r:>{2}} {{}}' 'tail'\n"
    )
    assert form_of(text) == (
        "Module(body=[ClassDef(name=str:'A',body=[AsyncFunctionDef(name=str:'f',args=arguments(args=[arg(arg=str:'self')],"
        "vararg=arg(arg=str:'a',annotation=Name(id=str:'int'))),body=[Match(subject=Name(id=str:'a'),cases=[match_case("
        "pattern=MatchSequence(patterns=[MatchValue(value=Constant(value=str:'x')),MatchStar()]),body=[Pass()])]),"
        "Return(value=JoinedStr(values=[FormattedValue(value=Name(id=str:'a'),conversion=int:114,format_spec=JoinedStr("
        "values=[Constant(value=str:'>'),FormattedValue(value=Constant(value=int:2),conversion=int:-1)])),"
        "Constant(value=str:' {}tail')]))],returns=Constant())])])"
    )
