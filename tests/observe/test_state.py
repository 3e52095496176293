"""Snapshots: sums over their nodes, and what is left of the workers."""

from framework.observe import NodeSnapshot, Snapshot


def node(name, **counts):
    facts = {"waiting": 0, "running": 0, "workers": 1, "min_workers": 1, "max_workers": 9, "done": 0, "failed": 0}
    return NodeSnapshot(name, busy_seconds=0.0, **facts | counts)


def test_the_counts_of_a_snapshot_are_the_sums_of_its_nodes():
    nodes = {"a": node("a", waiting=1, done=10, failed=100), "b": node("b", waiting=2, done=20, failed=200)}
    snapshot = Snapshot("demo", "running", 0.0, nodes)
    assert (snapshot.waiting, snapshot.done, snapshot.failed, snapshot.phase) == (3, 30, 300, 0)


def test_workers_that_do_nothing_else_are_idle():
    assert node("a", workers=16, running=1, blocked=2, locked=4, opening=1).idle == 8


def test_no_fewer_than_no_workers_are_idle():
    assert node("a", workers=1, running=1, opening=1).idle == 0


def test_a_node_without_a_bound_has_no_capacity_and_nothing_special():
    plain = node("a")
    assert (plain.blocked, plain.capacity, plain.locked, plain.opening, plain.retrying) == (0, None, 0, 0, 0)
