"""What others keep depends on names: digests and pickles of today, and a workspace of version 0.1, stay readable."""

import pickle
import zipfile
from pathlib import Path

import pytest
from kept_dataflow import Numbers, Square, Stepped, dataflow

from framework.archive import Workspace, digest
from framework.core import Event
from framework.core.caching import CachedDelivery
from framework.core.reactive_event import ReactiveEvent
from framework.reactive.building.build_records import BuildRecord

KEPT = Path(__file__).with_name("workspace-0.1.zip")

EVENT = Event("number", value=2)
ARTIFACT = ReactiveEvent("built", "pair", artifact=(1, "a"))
SAMPLES = {
    "Event": EVENT,
    "ReactiveEvent": ARTIFACT,
    "CachedDelivery": CachedDelivery(EVENT, (ARTIFACT,), 1.5, 0.25),
    "BuildRecord": BuildRecord("pair", (1,), ((1, "a"),), 1.5, 0.25),
}
DIGESTS = {
    "Event": "0ec3edf6af66121eff2222b84869f98c",
    "ReactiveEvent": "4061a8e86d89ad024359fb515b907470",
    "CachedDelivery": "bbd06d17162fe031983bc12974f067cd",
    "BuildRecord": "756f77cde0213386ebda2d3f2967aabd",
}
PICKLES = {
    "Event": (
        "80049544000000000000008c146672616d65776f726b2e636f72652e6576656e74948c054576656e749493942981947d9428"
        "8c046e616d65948c066e756d626572948c0576616c7565944b0275622e"
    ),
    "ReactiveEvent": (
        "8004956d000000000000008c1d6672616d65776f726b2e636f72652e72656163746976655f6576656e74948c0d5265616374"
        "6976654576656e749493942981947d94288c046e616d65948c056275696c74948c06746172676574948c0470616972948c08"
        "6172746966616374944b018c016194869475622e"
    ),
    "CachedDelivery": (
        "800495f3000000000000008c166672616d65776f726b2e636f72652e63616368696e67948c0e43616368656444656c697665"
        "72799493942981945d94288c146672616d65776f726b2e636f72652e6576656e74948c054576656e749493942981947d9428"
        "8c046e616d65948c066e756d626572948c0576616c7565944b0275628c1d6672616d65776f726b2e636f72652e7265616374"
        "6976655f6576656e74948c0d52656163746976654576656e749493942981947d9428680a8c056275696c74948c0674617267"
        "6574948c0470616972948c086172746966616374944b018c016194869475628594473ff8000000000000473fd00000000000"
        "0065622e"
    ),
    "BuildRecord": (
        "8004955a000000000000008c1a6672616d65776f726b2e72656163746976652e616e7377657273948c0b4275696c64526563"
        "6f7264949394288c0470616972944b0185944b018c01619486948594473ff8000000000000473fd000000000000074948194"
        "2e"
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_digest_is_that_of_version_0_1(name):
    assert digest(SAMPLES[name]) == DIGESTS[name]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_pickle_of_version_0_1_gives_the_same_value(name):
    assert digest(pickle.loads(bytes.fromhex(PICKLES[name]))) == DIGESTS[name]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_pickle_reads_as_that_of_version_0_1(name):
    assert pickle.dumps(SAMPLES[name], protocol=4).hex() == PICKLES[name]


@pytest.fixture
def kept_workspace(tmp_path, monkeypatch):
    """The workspace of version 0.1, with the key that signed it."""
    with zipfile.ZipFile(KEPT) as archive:
        archive.extractall(tmp_path)
    monkeypatch.setenv("FRAMEWORK_KEY_FILE", str(tmp_path / "key"))
    for kind in (Square, Numbers, Stepped):
        monkeypatch.setattr(kind, "calls" if kind is Square else "builds", 0)
    return tmp_path / "workspace"


def test_a_workspace_of_version_0_1_replays_without_computing(kept_workspace):
    pipeline, squares = dataflow(kept_workspace)
    pipeline.run()
    assert squares.seen == [4, 9]
    assert (Square.calls, Numbers.builds, Stepped.builds) == (0, 0, 0)


def test_a_workspace_of_version_0_1_opens_without_its_dataflow(kept_workspace):
    with Workspace(kept_workspace) as workspace:
        assert workspace.names() == ["Square", "Numbers", "Stepped"]
        assert [record.artifacts for record in workspace.archive("Stepped").values()] == [(22,), (24,), (26,)]
