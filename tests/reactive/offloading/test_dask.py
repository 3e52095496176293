"""`offload` and load balancers on a Dask cluster of two worker processes, one of which is killed."""

import os
import pathlib
import signal
import sys
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
from reactive_samples import Apply, Source, artifacts_of, outcome

from framework.archive import Workspace
from framework.reactive import ReactiveBuilder, offload, parallelize
from framework.reactive.offloading.cluster import LARGE

pytestmark = pytest.mark.timeout(240)


@contextmanager
def connected(n_workers, *, processes):
    """A client of a cluster of its own."""
    distributed = pytest.importorskip("distributed")  # not while tests are collected: it takes a second to import
    options = {"threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": 50}
    with (
        distributed.LocalCluster(n_workers=n_workers, processes=processes, **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def client():
    with connected(2, processes=True) as client:
        assert client.cluster.scheduler_address.startswith("tcp://")
        yield client


def test_work_is_done_by_the_workers_in_order(client):
    def where(number):
        return [(number, os.getpid())]

    found = artifacts_of([Source("n", range(50)), offload("out", ["n"], where, client.get_executor())], "out")
    assert [number for number, _ in found] == list(range(50))
    assert os.getpid() not in {pid for _, pid in found}


# before others are killed: a busy machine may take a minute to start them again
def test_a_worker_that_is_added_during_a_run_works_too(client, tmp_path):
    def where(number):
        (tmp_path / str(os.getpid())).touch()
        while len(list(tmp_path.iterdir())) < 3:
            time.sleep(0.01)  # until the other two have begun as well
        return [number]

    class Adds(Source):
        def build(self, context):
            yield 0
            client.cluster.scale(3)
            yield from range(1, 40)

    found = artifacts_of([Adds("n", None), offload("out", ["n"], where, client)], "out")
    assert found == list(range(40))
    assert len(list(tmp_path.iterdir())) == 3


def test_a_killed_worker_loses_nothing_and_repeats_nothing(client, tmp_path):
    marker = tmp_path / "killed"

    def fragile(number):
        if number == 20 and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return [number]

    builder = offload("out", ["n"], fragile, client.get_executor(), max_pending=16)
    found, report = outcome([Source("n", range(100)), builder], "out")
    assert marker.exists()
    assert found == list(range(100))
    assert report.failures == ()


def test_a_load_balancer_works_on_the_cluster(client):
    class Triple:
        def build(self, context, number):
            if number == 3:
                raise ValueError(number)
            yield 3 * number

    balancer = parallelize("out", ["n"], Triple, 2, executor=client.get_executor())
    found, report = outcome([Source("n", range(10)), *balancer], "out", on_error="keep")
    assert found == [3 * number for number in range(10) if number != 3]
    assert [failure.exception.args for failure in report.failures] == [(3,)]
    assert report.gaps == ()


@pytest.mark.parametrize("options", [None, {}, {"retries": 1}, {"pure": False}, {"pure": True}])
def test_a_client_and_its_executors_with_their_options_are_taken(client, options):
    executor = client if options is None else client.get_executor(**options)
    assert artifacts_of([Source("n", [1, 2]), offload("out", ["n"], lambda n: [n], executor)], "out") == [1, 2]


def test_a_builder_works_on_the_cluster_as_its_keeper_would_here(client, tmp_path):
    class Scaled(ReactiveBuilder):
        def __init__(self, provides, requires, factor):
            super().__init__(provides, requires, persist=True)
            self.factor = factor
            self.lock = threading.Lock()

        def build(self, context, number):
            yield self.factor * number

    def run(*builders, numbers):
        return artifacts_of([Source("n", numbers), *builders], "out", workspace=tmp_path)

    balancer = parallelize("out", ["n"], Scaled, 2, executor=client, factor=3)
    assert run(*balancer, numbers=range(20)) == [3 * number for number in range(20)]
    assert run(Scaled("out", ["n"], 3), numbers=[7, 5]) == [21, 15]
    with Workspace(tmp_path) as workspace:
        assert [(entry.name, entry.records) for entry in workspace.catalog()] == [("Scaled", 20)]


def test_a_result_whose_status_is_reset_while_it_arrives_is_a_result(client, monkeypatch):
    """The status of a future is reset when another gather found that its result was lost with a worker.

    The futures of `get_executor` read it after the result has come, and unpack the result as an error.
    """
    gather = client._gather

    async def gather_and_reset(futures, **options):
        found = await gather(futures, **options)
        for future in futures:
            future._state.reset()
        return found

    monkeypatch.setattr(client, "_gather", gather_and_reset)
    builder = offload("out", ["n"], lambda n: [n], client.get_executor())
    found, report = outcome([Source("n", range(20)), builder], "out", on_error="keep")
    assert (found, report.failures) == (list(range(20)), ())


# -- large inputs


def large(number):
    return np.full(LARGE, number, dtype=np.uint8)


def scattered(client, monkeypatch):
    """A list of the sizes that are scattered from now on."""
    sizes, scatter = [], client.scatter

    def noting(data, **options):
        sizes.extend(map(len, data))
        return scatter(data, **options)

    monkeypatch.setattr(client, "scatter", noting)
    return sizes


def test_a_large_input_of_several_builders_travels_once(client, monkeypatch):
    sizes = scattered(client, monkeypatch)
    builders = [
        offload("first", ["array"], lambda array: [int(array[0])], client),
        offload("last", ["array"], lambda array: [int(array[-1])], client),
        *parallelize("sum", ["array", "small"], Sum, 2, executor=client),
    ]
    sources = [Source("array", [large(1), large(2)]), Source("small", [10, 20])]
    found = artifacts_of([*sources, *builders, Apply("all", ["first", "last", "sum"])], "all")
    assert found == [(1, 1, LARGE + 10), (2, 2, 2 * LARGE + 20)]
    assert len(sizes) == 2
    assert all(size > LARGE for size in sizes)


class Sum:
    def build(self, context, array, small):
        yield int(array.sum()) + small


def test_small_inputs_are_not_scattered(client, monkeypatch):
    sizes = scattered(client, monkeypatch)
    artifacts_of([Source("n", range(10)), offload("out", ["n"], lambda n: [n], client)], "out")
    assert sizes == []


def test_large_inputs_that_are_lost_with_a_worker_are_sent_again(client, tmp_path):
    marker = tmp_path / "killed"

    def fragile(array):
        number = int(array[0])
        if number == 3 and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return [number]

    builder = offload("out", ["array"], fragile, client, max_pending=8)
    found, report = outcome([Source("array", [large(n) for n in range(12)]), builder], "out", on_error="keep")
    assert marker.exists()
    assert report.failures == ()
    assert found == list(range(12))


@pytest.mark.skipif(sys.platform != "linux", reason="only there it is seen that a stopped worker gets something")
def test_a_large_input_whose_worker_dies_while_it_is_sent_is_sent_to_another():
    with connected(1, processes=True) as client:
        [(address, pid)] = client.run(os.getpid).items()
        client.scatter([b"x"])  # the connection is open from now on
        os.kill(pid, signal.SIGSTOP)
        stopped = threading.Thread(target=kill_once_it_gets_something, args=(pid, int(address.rsplit(":", 1)[1])))
        stopped.start()
        source, builder = Source("array", [large(7)]), offload("out", ["array"], lambda a: [int(a[0])], client)
        found, report = outcome([source, builder], "out", on_error="keep")
        stopped.join()
    assert report.failures == ()
    assert found == [7]


def test_a_cluster_without_workers_starts_some_for_large_inputs():
    with connected(0, processes=False) as client:
        client.cluster.adapt(minimum=0, maximum=1, interval="100ms")
        builder = offload("out", ["array"], lambda a: [int(a[0])], client)
        found, report = outcome([Source("array", [large(n) for n in range(3)]), builder], "out", on_error="keep")
    assert report.failures == ()
    assert found == [0, 1, 2]


def kill_once_it_gets_something(pid, port):
    while not any(waiting for own, waiting in received() if own == port):
        time.sleep(0.001)
    os.kill(pid, signal.SIGKILL)


def received():
    """Port and bytes that wait to be read, of each connection."""
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, own, _, _, queues, *_ = line.split()
        yield int(own.split(":")[1], 16), int(queues.split(":")[1], 16)


def test_a_cluster_that_is_gone_fails_every_input_and_ends():
    with connected(1, processes=False) as client:
        executor = client.get_executor()
    found, report = outcome(
        [Source("n", range(5)), offload("out", ["n"], lambda n: [n], executor)], "out", on_error="keep"
    )
    assert found == []
    assert len(report.failures) == 5
