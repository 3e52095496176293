"""How much memory a backlog takes; measured in a process of its own."""

from campaign_scripts import figures_of


def test_many_processors_and_a_backlog_stay_small(size, figure):
    processors, events, bound = size((100, 50_000, 250), (1000, 1_000_000, 1000))
    found = figures_of("backlog.py", processors, events)
    assert found["waiting"] == events
    assert found["megabytes"] < bound
    figure("processors", processors)
    figure("events waiting", events)
    figure("MB at the peak", found["megabytes"])
