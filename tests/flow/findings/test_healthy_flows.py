"""No false alarms: random flows in which nothing is wrong have no findings, and say nothing in the log."""

from __future__ import annotations

import logging

import pytest
from flow_worlds import healthy

from virtual_time import play

FLOWS = 150


@pytest.mark.timeout(120)
@pytest.mark.parametrize("tens", range(FLOWS // 10))
def test_a_healthy_flow_has_no_findings(tens, caplog):
    with caplog.at_level(logging.WARNING, "framework"):
        for seed in range(10 * tens, 10 * tens + 10):
            flow, items = healthy(seed)
            report = play(flow.run(items))
            assert report.ended == "finished"
            assert list(report.findings) == [], seed
            assert flow.why_waiting() == ""
    assert caplog.messages == []
