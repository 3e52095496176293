"""Every malformed input is answered by a named error that says what was wrong and what to do instead.

The error is one of the package, or the `TypeError` that the documentation names. Afterwards whatever it was given to
goes on as if nothing had happened: what waited is delivered once, what was archived is there.
"""

import pytest
from malformed import World
from malformed_archives import CASES as ARCHIVES
from malformed_builders import CASES as BUILDERS
from malformed_core import CASES as CORE
from malformed_flows import CASES as FLOWS
from malformed_notebooks import CASES as NOTEBOOKS

from framework.errors import FrameworkError

DOCUMENTED = (TypeError, TimeoutError, LookupError)
TABLES = {"core": CORE, "archives": ARCHIVES, "builders": BUILDERS, "flows": FLOWS, "notebooks": NOTEBOOKS}
CASES = [(f"{what}: {case.what}", case) for what, cases in TABLES.items() for case in cases]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One world for all cases, which is looked at once they are over: fast enough for every test run."""
    world = World(tmp_path_factory.mktemp("shared"))
    yield world
    world.check()


@pytest.fixture
def world(request, size, tmp_path):
    """In a large campaign every case has a world of its own, which is looked at after it."""
    if not size(few=False, many=True):
        yield request.getfixturevalue("shared")
        return
    world = World(tmp_path)
    yield world
    world.check()


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES])
def test_a_malformed_input_is_answered_by_what_was_wrong_and_what_to_do(case, world, figure):
    with pytest.raises(case.error) as caught:
        case.do(world)
    text = str(caught.value)
    assert case.culprit in text
    assert case.remedy in text
    assert type(caught.value) is case.error
    assert isinstance(caught.value, FrameworkError) or case.error in DOCUMENTED
    figure("malformed inputs", 1)
