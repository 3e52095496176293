"""Which artifacts the provenance keeps as they are: tuples that cost nothing to keep."""

import pytest

from framework.reactive.building.origin import FEW, SMALL_TEXT, is_small


@pytest.mark.parametrize(
    "artifact", [(), (1, 2.5, "a", None), (1,) * FEW, ("x" * SMALL_TEXT,), ((1, 2), "a"), (((1,),),)]
)
def test_a_few_scalars_and_small_tuples_are_small(artifact):
    assert is_small(artifact)


@pytest.mark.parametrize(
    "artifact", [(1,) * (FEW + 1), ("x" * (SMALL_TEXT + 1),), ([1],), ({},), (object(),), ((((1,),),),), ((1, [2]),)]
)
def test_what_is_long_deep_or_can_change_is_not(artifact):
    assert not is_small(artifact)
