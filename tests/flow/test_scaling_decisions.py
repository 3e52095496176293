"""Scaling: the pure decision."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.flow import (
    Decision,
    ScalingStrategy,
    Strategy,
    UtilizationCapacity,
)
from framework.flow.scaling import FixedScaling, UtilizationScaling
from framework.observe import NodeSnapshot

pytestmark = pytest.mark.timeout(30)

CAPACITY = UtilizationCapacity()


def snapshot(running, workers, blocked=0, waiting=0):
    return NodeSnapshot("job", waiting, running, workers, 1, 5, 0, 0, 0.0, blocked=blocked, capacity=10)


def sample(snapshots, capacity=CAPACITY, sampling=5.0):
    """The decisions over successive samples, each of one snapshot."""
    state, now, decisions = None, 0.0, []
    for each in snapshots:
        now += sampling
        decisions.append(UtilizationScaling().decide(each, capacity, state, now))
        state = decisions[-1].state
    return decisions


def test_a_job_scales_up_after_dampening_and_cooldown():
    busy = snapshot(3, 3)
    assert [decision.target for decision in sample([busy] * 3)] == [3, 3, 5]


def test_a_decision_gives_its_reason():
    assert sample([snapshot(3, 3)] * 3)[-1].reason == "3->5: 1.00 > 0.70 for 10 s"


def test_the_reason_states_the_mean_utilization_of_the_period():
    mixed = [snapshot(4, 5), snapshot(5, 5), snapshot(4, 5)]
    capacity = UtilizationCapacity(max_workers=8)
    assert sample(mixed, capacity)[-1].reason == "5->7: 0.87 > 0.70 for 10 s"


def test_a_dip_begins_the_period_anew():
    busy, dip = snapshot(3, 3), snapshot(2, 3)
    assert [decision.target for decision in sample([busy, busy, dip, busy, busy, busy])] == [3, 3, 3, 3, 3, 5]


def test_the_start_counts_as_the_last_scaling():
    capacity = UtilizationCapacity(dampening=0, cooldown=15)
    assert [decision.target for decision in sample([snapshot(3, 3)] * 3, capacity)] == [3, 3, 5]


def test_a_job_is_left_alone_for_the_cooldown_after_a_change():
    capacity = UtilizationCapacity(dampening=0, cooldown=15, max_workers=9)
    samples = [snapshot(3, 3)] * 3 + [snapshot(5, 5)] * 3
    assert [decision.target for decision in sample(samples, capacity)] == [3, 3, 5, 5, 5, 7]


def test_blocked_and_idle_workers_are_not_busy():
    blocked = snapshot(0, 3, blocked=3)
    assert [decision.target for decision in sample([blocked] * 4)] == [3, 3, 3, 3]  # none is idle: none can retire
    idle = snapshot(0, 3)
    assert [decision.target for decision in sample([idle] * 3)] == [3, 3, 2]


def test_only_idle_workers_retire():
    capacity = UtilizationCapacity(downscaling_rate=4, max_workers=9)
    assert sample([snapshot(1, 6, blocked=3)] * 3, capacity)[-1].target == 4


@pytest.mark.parametrize(("lower", "upper"), [(-1, 2), (-5.0, 1.0)])
def test_thresholds_outside_the_range_never_scale(lower, upper):
    capacity = UtilizationCapacity(lower_threshold=lower, upper_threshold=upper)
    assert {decision.target for decision in sample([snapshot(3, 3)] * 6, capacity)} == {3}
    assert {decision.target for decision in sample([snapshot(0, 3)] * 6, capacity)} == {3}


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 6)), max_size=30),
    st.integers(0, 3),
    st.integers(3, 8),
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_a_decision_is_pure_and_stays_within_the_capacity(samples, least, most, up, down):
    capacity = UtilizationCapacity(
        min_workers=least, max_workers=most, upscaling_rate=up, downscaling_rate=down, dampening=5, cooldown=5
    )
    before = copy.copy(capacity)
    workers, state, now = most, None, 0.0
    for busy, blocked, waiting in samples:
        now += 5
        running = min(busy, workers)
        shown = snapshot(running, workers, blocked=min(blocked, workers - running), waiting=waiting)
        first = UtilizationScaling().decide(shown, capacity, state, now)
        assert first == UtilizationScaling().decide(shown, capacity, state, now)
        assert least <= first.target <= most
        assert workers - first.target <= max(0, shown.idle)
        assert (first.target == workers) == (first.reason == "")
        workers, state = first.target, first.state
    assert capacity == before


def test_the_strategies_of_the_package_satisfy_the_protocol():
    assert isinstance(UtilizationScaling(), ScalingStrategy)
    assert isinstance(FixedScaling(), ScalingStrategy)
    assert isinstance(Strategy.UTILIZATION.scaling, UtilizationScaling)


def test_the_fixed_strategy_keeps_the_workers_there_are():
    assert FixedScaling().decide(snapshot(3, 3), CAPACITY, None, 0.0) == Decision(3)
