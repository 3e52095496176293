"""`kill -9` at a random moment: what was acknowledged is there, and the next run goes on where this one stopped."""

import shutil
import time
from collections import Counter
from random import Random

from children import Child
from networks import History, random_network, run
from writes import Ledger, write

THREADS = 3
KILLS_OF_A_WORKSPACE = 5


def test_every_acknowledged_write_survives_a_kill(size, figure, tmp_path):
    random, kills, acknowledged, records = Random(1), size(8, 500), 0, 0
    for kill in range(kills):
        if kill % KILLS_OF_A_WORKSPACE == 0:
            shutil.rmtree(tmp_path / "workspace", ignore_errors=True)
            ledger = Ledger(tmp_path / "workspace")
        acts = killed(random, ledger.path, kill)
        records += ledger.settle(kill, acts)
        acknowledged += acts.total()
    figure("kills", kills)
    figure("acknowledged writes", acknowledged)
    figure("records looked at", records)


def killed(random, path, seed):
    """How many acts each thread of a killed writer had acknowledged."""
    acts = Counter(dict.fromkeys(range(THREADS), 0))
    with Child(write, path, seed, THREADS) as child:
        if random.random() < 0.8:  # else it may be killed while it opens the workspace
            acts.update(next(child.read(60)))
        for threads in child.read(random.uniform(0, 0.15)):
            acts.update(threads)
        assert child.kill()
        for threads in child.read(60):
            acts.update(threads)
    return acts


def test_a_killed_run_resumes_to_the_same_result(size, figure, tmp_path):
    random, needed, seconds = Random(2), size(8, 500), 0.3
    counts = Counter()
    while counts["kills"] < needed:
        workspace, history = tmp_path / "workspace", History(random_network(random))
        for _ in range(random.randint(1, 4)):
            if not was_killed(workspace, history, random.uniform(0, seconds)):
                break
            counts["kills"] += 1
        else:
            began = time.monotonic()
            assert not was_killed(workspace, history, 60)
            seconds = time.monotonic() - began
        counts["networks"] += 1
        counts["builds"] += history.builds
        counts["records"] += history.settle(workspace)
        shutil.rmtree(workspace)
    for name, count in counts.items():
        figure(name, count)


def was_killed(workspace, history, seconds):
    """Run a network for so long, and note what it said."""
    with Child(run, workspace, history.network) as child:
        said = b"".join(child.read(seconds))
        killed = child.kill()
        said += b"".join(child.read(60))
    history.note(said, ended=not killed)
    return killed
