"""A reader beside a writing process finds what had been acknowledged before, and nothing that was never written.

A reader follows the writer's logs, tables and journal without a lock, and has to notice each time that files come and
go. The writers here come and go as well; some readers stay for all of them, others open the workspace for one look.
"""

from collections import Counter
from random import Random

from children import Child
from writes import archives_of, history, keep

from framework.archive import Workspace
from framework.errors import NotAWorkspace

SESSIONS = 8
MOST_ACTS = 30 * SESSIONS + 1
NOTHING = object()


def test_readers_see_what_was_acknowledged_while_another_process_writes(size, figure, tmp_path):
    count = Counter()
    for seed in range(size(5, 100)):
        path, random, states, report = tmp_path / str(seed), Random(seed), history(seed, MOST_ACTS), b""
        with Child(keep, path, seed, SESSIONS) as child, Workspace(path) as lasting:
            while child.running:
                name = random.choice(archives_of(0))
                report += child.news()
                before = report.count(b"act")
                found = looked_at(lasting, name) if random.random() < 0.9 else looked_up(path, name)
                report += child.news()
                moments = states[before : report.count(b"act") + 1]
                assert explained(found, [stage[name] for stages in moments for stage in stages]), (seed, name, before)
                count["looks"] += 1
            assert child.join() == 0
            count["acknowledged writes"] += (report + child.news()).count(b"act")
    for name, number in count.items():
        figure(name, number)


def looked_at(workspace, name):
    """The records of an archive; none where the writer has not begun."""
    try:
        return [*workspace.archive(name).pairs()]
    except NotAWorkspace:
        return []


def looked_up(path, name):
    """The same, by a reader that has just opened the workspace."""
    with Workspace(path) as workspace:
        return looked_at(workspace, name)


def explained(found, states):
    """Whether what was there all the while was found, and what was found was there at some moment."""
    if any(found == [*state.items()] for state in states):
        return True
    seen = dict(found)
    return all(any(value == state.get(key, NOTHING) for state in states) for key, value in found) and all(
        seen.get(key, NOTHING) == value
        for key, value in states[0].items()
        if all(value == state.get(key, NOTHING) for state in states)
    )
