"""What a package exports is what it promises: nothing is missing, nothing slips out."""

import importlib
import re

import pytest

from framework import errors
from framework.errors import FrameworkError

PROMISED = {
    "framework.core": """
        AbstractProcessor Context Event Failure InMemCache Inbox PhaseReport Pipeline Run RunReport caching
        infer_interests processor retry timeit
    """,
    "framework.archive": """Archive CatalogEntry Description InMemCache Placeholder Session Workspace digest
        register_encoder rotate_key""",
    "framework.flow": """
        Batch Capacity Clock Counts Decision FixedCapacity Flow FlowReport JobReport LastWorkItem Retry
        RouteToErrorQueue ScalingStrategy StopProcessing Strategy Timer UtilizationCapacity current_failure
        job_capacity job_name router workers
    """,
    "framework.notebook": """
        Drawing PhaseStepper ScalingMonitor archive_frame catalog_frame dependency_graph failures_frame flow_graph
        lineage load_ipython_extension phases_frame plan_frame provenance routing_graph sequence_diagram trace_frame
        unload_ipython_extension watch
    """,
    "framework.observe": """
        DeliveryFailed DeliveryFinished DeliveryStarted Edge EventSubmitted Failure Failures Graph Happening
        ItemFinished Node NodeKey NodeSnapshot Observable Observers PhaseReport PhaseSettled PhaseStarted Recorder
        RunFinished RunReport Snapshot Subscription WorkersScaled
    """,
    "framework.reactive": """
        Collector Grouper LoadBalancerCollector LoadBalancerRouter LoadBalancerSequencer LoadBalancerWorkerEmitter
        LoadBalancerWorkerWrapper MaxPendingRendezvousKeys Provenance ReactiveBuilder ReactiveEvent
        RendezvousOrphanPolicy
        RendezvousPublisher RendezvousReceiver ReservoirSampler SequenceGapPolicy SkipAheadOnBacklog StreamGrouper
        StreamSampler WaitForRendezvousOrphans WaitForSequenceGaps made_from make_load_balancer make_rendezvous
        offload
        origins_of parallelize plan provenance reactive sweep
    """,
}


def is_error(value):
    return isinstance(value, type) and issubclass(value, FrameworkError)


@pytest.mark.parametrize(("package", "names"), PROMISED.items())
def test_exports_equal_promises(package, names):
    module = importlib.import_module(package)
    # besides, a package exports those errors that its users catch
    assert {name for name in module.__all__ if not is_error(getattr(module, name))} == set(names.split())


def test_every_error_stands_in_the_tree_of_the_docstring():
    module = importlib.import_module("framework.errors")
    defined = {name for name, value in vars(module).items() if is_error(value)}
    assert defined == set(re.findall(r"^    (?:[| ]*\+-- )?([A-Z]\w+)", module.__doc__, re.MULTILINE))


@pytest.mark.parametrize("package", PROMISED)
def test_autocompletion_of_a_package_shows_public_names_only(package):
    module = importlib.import_module(package)
    assert dir(module) == module.__all__


OFFERED = {
    "Context": "archive event hold phase processor submit",
    "Event": "name",
    "Pipeline": """archive catalog close collect compare compute deliver diagnose explain finish forget frame
        graph history identity inbox observe phases processors refresh renew report resolve
        results run snapshot start step stepper stop submit submit_all watch why_waiting""",
    "Run": "done join report stop wait",
}


@pytest.mark.parametrize(("name", "calls"), OFFERED.items())
def test_autocompletion_of_an_object_shows_the_calls_of_users_only(name, calls):
    cls = getattr(importlib.import_module("framework.core"), name)
    assert [call for call in dir(cls) if not call.startswith("_")] == calls.split()


def test_every_error_also_is_a_built_in_one():
    module = importlib.import_module("framework.errors")
    defined = [value for value in vars(module).values() if is_error(value) and value is not FrameworkError]
    plain = {BaseException, Exception, object}
    assert [
        error for error in defined if not {one for one in error.__mro__ if one.__module__ == "builtins"} - plain
    ] == []


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.MissingPackage("drawing", ["x"], hint="or do without"), ImportError),
        (errors.MissingProgram("saving", "dot", "graphviz", "not"), FileNotFoundError),
        (errors.DeadlineExceeded("too late", "the report"), TimeoutError),
        (errors.KeyUnavailable("no key"), OSError),
        (errors.UnknownName("target", "wrods", ["words"]), LookupError),
    ],
)
def test_an_error_is_caught_as_the_built_in_one_and_keeps_its_message(error, kind):
    assert isinstance(error, kind)
    assert str(error) == error.args[0]
