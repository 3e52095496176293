"""`offload` and load balancers on a Dask cluster of two worker processes, one of which is killed."""

import os
import signal

import pytest
from reactive_samples import Source, artifacts_of, outcome

from framework.reactive import offload, parallelize

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.timeout(110)


@pytest.fixture(scope="module")
def client():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert cluster.scheduler_address.startswith("tcp://")
        yield client


def test_work_is_done_by_the_workers_in_order(client):
    def where(number):
        return [(number, os.getpid())]

    found = artifacts_of([Source("n", range(50)), offload("out", ["n"], where, client.get_executor())], "out")
    assert [number for number, _ in found] == list(range(50))
    assert os.getpid() not in {pid for _, pid in found}


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


def test_a_cluster_that_is_gone_fails_every_input_and_ends():
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0", silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        executor = client.get_executor()
    found, report = outcome(
        [Source("n", range(5)), offload("out", ["n"], lambda n: [n], executor)], "out", on_error="keep"
    )
    assert found == []
    assert len(report.failures) == 5
