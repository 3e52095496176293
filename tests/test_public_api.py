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


BUILDER = (
    """build depends ignore interests lacking max_concurrency on_init on_terminate phase process resolved version"""
)
OFFERED = {
    "framework.core:AbstractProcessor": "depends ignore interests process version",
    "framework.core:Context": "archive event hold phase processor submit",
    "framework.core:Event": "name",
    "framework.core:Failure": "causes debug event exception phase processor rerun summary traceback where",
    "framework.core:InMemCache": """
        batches clear get items keys name pairs pop popitem readonly setdefault update values
    """,
    "framework.core:PhaseReport": "built delivered elapsed emitted failures phase replayed settled waiting",
    "framework.core:Pipeline": """
        archive catalog close collect compare compute deliver diagnose explain finish forget frame graph history
        identity inbox observe phases processors refresh renew report resolve results run snapshot start state step
        stepper stop submit submit_all watch why_waiting
    """,
    "framework.core:Run": "done report stop wait",
    "framework.core:RunReport": """
        built dead_letters delivered dropped elapsed failures findings gaps history interrupted orphans paused phases
        processors profile replayed silent waiting
    """,
    "framework.archive:Archive": """
        batches clear get items keys name pairs pop popitem readonly setdefault update values
    """,
    "framework.archive:CatalogEntry": """
        arguments arguments_digest created identity inputs name number parts provides python records requires source
        superseded_by uid updated used
    """,
    "framework.archive:Description": "arguments arguments_digest identity name parts provides requires source",
    "framework.archive:Placeholder": "append args extend",
    "framework.archive:Session": "archive busy close sync",
    "framework.archive:Workspace": "archive catalog close names path prune size verify",
    "framework.flow:Batch": "linger size",
    "framework.flow:Capacity": "initial_workers max_workers min_workers queue_length",
    "framework.flow:Counts": "done dropped ended failed get items keys rerouted skipped spawned taken values",
    "framework.flow:Decision": "reason state target",
    "framework.flow:FixedCapacity": "initial_workers max_workers min_workers queue_length",
    "framework.flow:Flow": """
        add add_job add_job_with_factory add_job_with_lock configure diagnose drain error error_with_factory
        error_with_lock feeding graph history observe pause put put_threadsafe report resume run running snapshot
        start stop stream watch why_waiting
    """,
    "framework.flow:FlowReport": """
        counts cut_off elapsed ended error failures findings jobs name problems profile reasons scalings waiting
    """,
    "framework.flow:JobReport": """
        blocked_seconds busy_seconds counts idle_seconds locked_seconds name overflow rate_seconds reasons retried
        retry_seconds worker_seconds
    """,
    "framework.flow:LastWorkItem": "value",
    "framework.flow:Retry": "attempts on wait wait_from",
    "framework.flow:Strategy": "FIXED UTILIZATION",
    "framework.flow:UtilizationCapacity": """
        cooldown dampening downscaling_rate initial_workers lower_threshold max_workers min_workers queue_length
        sampling upper_threshold upscaling_rate
    """,
    "framework.notebook:Drawing": "dot explore graphviz html mermaid nx save shown snapshot svg",
    "framework.notebook:PhaseStepper": "attach busy deliver failures finish frame look now run save step stop until",
    "framework.notebook:ScalingMonitor": """
        close done elapsed failed failures frame sample save scalings start stop succeeded
    """,
    "framework.observe:DeliveryFailed": "at elapsed event failure phase processor",
    "framework.observe:DeliveryFinished": "at elapsed event matched phase processor",
    "framework.observe:DeliveryStarted": "at event phase processor",
    "framework.observe:Edge": "kind label observed source target",
    "framework.observe:EventSubmitted": "at cause event phase recipients sender",
    "framework.observe:Failures": "count frame index retry",
    "framework.observe:Graph": "edges mermaid name node nodes",
    "framework.observe:ItemFinished": "at attempts elapsed item job outcome parent reason",
    "framework.observe:Node": "details key kind label missing",
    "framework.observe:NodeSnapshot": """
        blocked busy_seconds capacity done failed idle locked max_workers min_workers name opening retrying running
        waiting workers
    """,
    "framework.observe:PhaseSettled": "at report",
    "framework.observe:PhaseStarted": "at phase",
    "framework.observe:Recorder": "dead_letters events frame lineage records",
    "framework.observe:RunFinished": "at report",
    "framework.observe:Snapshot": "at done failed name nodes phase state waiting",
    "framework.observe:Subscription": "close",
    "framework.observe:WorkersScaled": "after at before job reason",
    "framework.reactive:Collector": f"{BUILDER} values",
    "framework.reactive:Grouper": BUILDER,
    "framework.reactive:LoadBalancerCollector": BUILDER,
    "framework.reactive:LoadBalancerRouter": BUILDER,
    "framework.reactive:LoadBalancerSequencer": BUILDER,
    "framework.reactive:LoadBalancerWorkerEmitter": BUILDER,
    "framework.reactive:LoadBalancerWorkerWrapper": BUILDER,
    "framework.reactive:MaxPendingRendezvousKeys": "excess max_pending",
    "framework.reactive:Provenance": "count drawing events frame graph index json sources",
    "framework.reactive:ReactiveBuilder": BUILDER,
    "framework.reactive:ReactiveEvent": "again asker name origin routing_attribute",
    "framework.reactive:RendezvousPublisher": f"{BUILDER} keys_at orphans",
    "framework.reactive:RendezvousReceiver": BUILDER,
    "framework.reactive:ReservoirSampler": BUILDER,
    "framework.reactive:SkipAheadOnBacklog": "max_buffered skips",
    "framework.reactive:StreamGrouper": BUILDER,
    "framework.reactive:StreamSampler": BUILDER,
    "framework.reactive:WaitForRendezvousOrphans": "excess",
    "framework.reactive:WaitForSequenceGaps": "skips",
    "framework.bridge:FlowBuilder": BUILDER,
    "framework.core.inspection.explanation:Explanation": "rest shown",
    "framework.core.inspection.inbox_view:InboxView": "frame",
    "framework.core.results.comparing:Comparison": "changed count frame index",
    "framework.core.results.collected:Collected": "count frame index",
    "framework.reactive.plan:Plan": "count estimate frame index seconds",
    "framework.notebook.lineage.causes:Lineage": "drawing save",
    "framework.notebook.lineage.sequence:SequenceDiagram": "dot graphviz html mermaid save svg",
    "framework.observe.findings:Findings": "count index",
    "framework.observe.recording.history:History": "causes dead_letters deliveries dropped events frame lineage",
    "framework.observe.profile:Profile": "cell columns frame share",
    "framework.core.mailboxes.hold:Hold": "release submit",
    "framework.archive.stored:StoredArchive": """
        batches clear get identity items keys name pairs pop popitem readonly setdefault size update values verify
    """,
}


@pytest.mark.parametrize(("place", "calls"), OFFERED.items())
def test_autocompletion_of_an_object_shows_the_calls_of_users_only(place, calls):
    module, _, name = place.partition(":")
    cls = getattr(importlib.import_module(module), name)
    assert {call for call in dir(cls) if not call.startswith("_")} == set(calls.split())


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
