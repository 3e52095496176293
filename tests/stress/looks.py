"""Workspaces to damage, and looks into them, each of which must find the right values or raise a named error."""

import json
import os
import shutil
import signal
from dataclasses import dataclass
from itertools import chain, islice
from random import Random

from corruptions import corrupt
from networks import announced, model, random_network
from writes import acts, archives_of, nothing

from framework.archive import Session, Workspace
from framework.errors import FrameworkError, RunFailed
from framework.notebook import archive_frame

RIGHT = "right values"
ARCHIVES = archives_of(0)


@dataclass(frozen=True)
class Sample:
    """How a workspace came about: writing sessions, in the middle of which a pipeline ran, and perhaps a kill."""

    seed: int
    sessions: int
    acts: int
    killed: bool

    @property
    def network(self):
        return random_network(Random(self.seed))

    def parts(self):
        """The acts of each session."""
        done = acts(self.seed, 0, nothing(0), lengths=(200,))
        return [[*islice(done, self.acts)] for _ in range(self.sessions)]

    def records(self):
        """What they leave in the archives."""
        records = nothing(0)
        for act in chain.from_iterable(self.parts()):
            act.do(records[act.archive])
        return records


def fill(_, path, sample):
    """Make the workspace, in a child that it may kill."""
    for number, part in enumerate(sample.parts()):
        session = Session(path, "a writer")
        for act in part:
            act.do(session.archive(act.archive))
        if number == sample.sessions // 2:
            announced(path, sample.network, lambda *_: None)
        if sample.killed and number == sample.sessions - 1:
            os.kill(os.getpid(), signal.SIGKILL)
        session.close()


# -- looks


def read(path, sample):
    """A reader, all at once and one by one."""
    records = sample.records()
    with Workspace(path) as workspace:
        _compare(workspace.archive, records)
        counts = {entry.name: entry.records for entry in workspace.catalog()}
        assert counts.items() >= {name: len(kept) for name, kept in records.items()}.items()
        assert workspace.verify() == sum(counts.values())


def write(path, sample):
    """A writer."""
    records = sample.records()
    with Session(path, "a test") as session:
        _compare(session.archive, records)


def _compare(archives, records):
    for name, kept in records.items():
        archive = archives(name)
        assert [*archive.pairs()] == [*kept.items()]
        assert len(archive) == len(kept)
        assert {key: archive[key] for key in kept} == kept


def resume(path, sample):
    """A pipeline that finds its results, none of which it builds again."""
    network, built = sample.network, []
    try:
        found = announced(path, network, lambda *words: built.append(words))
    except RunFailed as failed:
        others = [error for error in failed.exceptions if not isinstance(error, FrameworkError)]
        raise (others or failed.exceptions)[0] from None
    artifacts, _ = model(network)
    persisting = {step.provides for step in network.steps if step.persist}
    assert found == {target: artifacts[target] for target in network.leaves}
    assert not [name for _, name, *_ in built if name in persisting]


def look(report, source, path, sample, seeds):
    """Damage a copy of a workspace for each seed, and report what each look found."""
    whole = archive_frame(source)

    def load(path, _):
        """A notebook that loads a DataFrame."""
        assert archive_frame(path).equals(whole)

    for seed in seeds:
        shutil.copytree(source, path)
        damage = corrupt(Random(seed), path)
        found = [_outcome(each, path, sample) for each in (read, load, write, resume)]
        shutil.rmtree(path)
        os.write(report, (json.dumps([seed, damage, found]) + "\n").encode())


def _outcome(each, path, sample):
    try:
        each(path, sample)
    except FrameworkError as error:
        named = str(path) in str(error) or "archive" in str(error)
        return type(error).__name__ if named else f"wrong: {error!r} does not say where"
    except BaseException as error:  # noqa: BLE001 - a panic of Rust is no Exception
        return f"wrong: {error!r} from {each.__name__}"
    return RIGHT
