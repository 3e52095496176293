"""Ctrl-C at any moment, each a real SIGINT: what was accepted is done or counted as dropped, hooks have run once,
archives hold what was built, and nothing goes on in the background."""

from collections import Counter

import pytest
from campaign_scripts import figures_of


@pytest.fixture
def interrupted(size, figure):
    """Interrupts in the way of a script, in several processes one after the other, and gives what they counted."""

    def run(script, few, many):
        counts = Counter()
        for seed in range(size(1, 10)):
            counts.update(figures_of(script, seed, size(few, many)))
        for name, count in counts.items():
            figure(name, count)
        return counts

    return run


def test_an_interrupt_at_any_moment_loses_nothing(interrupted):
    assert interrupted("interrupted_pipelines.py", 40, 100)["hit a running pipeline"]


def test_a_workspace_holds_all_that_was_built_before_an_interrupt(interrupted):
    assert interrupted("interrupted_workspaces.py", 20, 50)["hit a running pipeline"]


def test_an_interrupted_flow_leaves_no_task_and_counts_every_item(interrupted):
    assert interrupted("interrupted_flows.py", 40, 100)["hit a running flow"]
