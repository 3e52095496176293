"""What was synced is there after a power cut, and of what was written later a beginning.

The first campaign runs on a disk that keeps its word and nothing more. A layer between the store and the C library
writes down what a process asks of its disk; then the power goes between any two operations. Of what was not synced by
then, each page of each file is as it was at any moment since, and each folder has got a part of the changes to its
names: holes, zeros, old versions, files that are empty or missing. POSIX promises no more, and file systems in use keep
more. The second needs no compiler: a writer is killed, and what its logs got after the last sync is damaged like that.

Neither shows what becomes of data on a disk that says that it has written and has not. A workspace with less than was
synced says so (`test_a_power_cut_may_not_take_what_was_synced`), unless the disk lost the mark that knows it as well.
"""

import json
import shutil
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from children import Child
from disk import Disk, File, compiled, recorded
from writes import archives_of, history, keep, nothing

from framework.archive import Session, Workspace
from framework.archive.engine.marks import boot

pytestmark = pytest.mark.skipif(not boot(), reason="the system does not tell one boot from another")
ARCHIVES = archives_of(0)
SESSIONS = 5
MOST_ACTS = 30 * SESSIONS + 1
KEEP = """
import os, sys
sys.path.insert(0, sys.argv[1])
from writes import keep
keep(os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT), sys.argv[3], *map(int, sys.argv[4:]))
"""


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("cc"), reason="the layer wants Linux and a C compiler")
def test_what_was_synced_survives_a_power_cut_at_any_moment(size, figure, tmp_path):
    library, count, left = compiled(tmp_path), Counter(), tmp_path / "left"
    for seed in range(4, 4 + size(2, 20)):
        folder, random, disk = tmp_path / str(seed), Random(seed), Disk()
        folder.mkdir()
        script = [sys.executable, "-c", KEEP, Path(__file__).parent, folder / "report", folder / "workspace"]
        done = recorded([*map(str, [*script, seed, SESSIONS])], folder, tmp_path / f"{seed}.log", library)
        cuts, states = random.choices(range(len(done)), k=size(15, 50)), history(seed, MOST_ACTS)
        for moment, operation in enumerate(done):
            disk.do(operation)
            for _ in range(cuts.count(moment)):
                disk.left(random, left)
                count += outcome(left / "workspace", states, disk.now["report"].now)
                shutil.rmtree(left)
        assert disk.contents() == {
            str(path.relative_to(folder)): path.is_file() and path.read_bytes() for path in folder.rglob("*")
        }
        count["operations of the disk"] += len(done)
        shutil.rmtree(folder)
    for name, number in count.items():
        figure(name, number)


def test_what_was_synced_survives_whatever_becomes_of_the_ends_of_logs(size, figure, tmp_path):
    count, left = Counter(), tmp_path / "left"
    for seed in range(4, 4 + size(4, 50)):
        workspace, random = tmp_path / str(seed), Random(seed)
        acts = random.randint(1, MOST_ACTS // 2)
        with Child(keep, workspace, seed, MOST_ACTS, acts) as child:
            report = b"".join(child.read(60))
            assert child.join() < 0
        synced = next((json.loads(line) for line in reversed(report.splitlines()) if line != b"act"), {})
        states = history(seed, acts + 1)
        for _ in range(size(5, 10)):
            shutil.copytree(workspace, left)
            for file in (*left.glob("store/*.log"), *left.glob("journal")):
                file.write_bytes(torn(random, file.read_bytes(), synced.get(file.name, 0)))
            count += outcome(left, states, report)
            shutil.rmtree(left)
        shutil.rmtree(workspace)
    for name, number in count.items():
        figure(name, number)


def torn(random, data, safe):
    """The safe beginning, some pages of the rest, all up to a byte, and from there perhaps zeros."""
    left = File(data, safe).left(random)
    end = random.randint(min(safe, len(left)), len(left))
    return random.choice((left, left[:end], left[:end].ljust(len(left), b"\0")))


def outcome(workspace, states, report):
    """Start the machine again, and hold a workspace against what its writer had reported by then."""
    lines = bytes(report).splitlines()
    last = max((number for number, line in enumerate(lines) if line != b"act"), default=0)
    acts, synced = lines.count(b"act"), lines[:last].count(b"act")
    mark = workspace / "mark"
    if mark.exists():
        mark.write_bytes(mark.read_bytes().replace(boot().encode(), b"another boot".ljust(36, b"\0")))
    found = looked_at(workspace)
    kept = [
        number
        for number, stages in enumerate(states[synced : acts + 1])
        if any(all([*found[name].items()] == [*stage[name].items()] for name in ARCHIVES) for stage in stages)
    ]
    assert kept, (synced, acts, found)
    return Counter(
        {"power cuts": 1, "writes after the last sync": acts - synced, "kept of them": min(kept[-1], acts - synced)}
    )


def looked_at(workspace):
    """What a reader finds, a writer too, and a reader after the writer."""
    found = nothing(0)
    if workspace.exists():
        with Workspace(workspace) as reader:
            found |= {name: dict(reader.archive(name).pairs()) for name in reader.names()}
    with Session(workspace, "a test") as session:
        assert found == {name: dict(session.archive(name).pairs()) for name in ARCHIVES}
        session.archive("after the cut")["key"] = "value"
    with Workspace(workspace) as reader:
        assert reader.verify() == sum(map(len, found.values())) + 1
    return found
