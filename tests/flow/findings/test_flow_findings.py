"""Findings about flows: each kind on its own, what the log says, and that a quiet flow has none."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import pytest

from framework.errors import UnknownName
from framework.flow import FixedCapacity, Flow, RouteToErrorQueue, UtilizationCapacity, router
from framework.flow.findings.evidence import FlowEvidence, JobEvidence
from framework.flow.findings.load import slow
from framework.flow.report import Counts, FlowReport, JobReport
from framework.observe import Failures, NodeSnapshot
from virtual_time import play

pytestmark = pytest.mark.timeout(60)


async def same(item):
    return item


async def pause(item):
    await asyncio.sleep(1)
    return item


async def odd_only(item):
    if item % 2 == 0:
        raise ValueError(item)
    return item


def kinds(findings):
    return [(finding.kind, finding.count, finding.processor, finding.severity) for finding in findings]


def test_a_flow_that_never_ran_has_no_findings():
    assert list(Flow().add(same).diagnose()) == []


def test_failures_are_one_finding_with_the_line_the_number_and_the_first_item():
    flow = Flow().add(odd_only)
    [finding] = play(flow.run(range(10))).findings
    line = odd_only.__code__.co_firstlineno + 2
    assert finding.text == "5 items of odd_only raised ValueError: 0"
    assert (finding.where, finding.examples[0]) == (f"test_flow_findings.py:{line}", "0")


def test_failures_beyond_those_that_are_kept_are_counted():
    [finding] = play(Flow(capacity=FixedCapacity(2)).add(odd_only).run(range(3000))).findings
    assert finding.count == 1500


def test_failures_that_an_error_job_took_are_only_notable():
    async def note(item):
        return item

    flow = Flow().add(odd_only).error(note)
    [finding] = play(flow.run(range(4))).findings
    assert (finding.severity, finding.count) == ("notable", 2)
    assert finding.text.endswith("note took over")


def test_an_item_routed_to_an_error_job_that_exists_is_no_finding():
    async def away(item):
        raise RouteToErrorQueue

    assert list(play(Flow().add(away).error(same).run([1])).findings) == []


def test_the_first_failure_of_a_kind_is_logged_with_its_traceback_and_the_kind_once_more_with_its_number(caplog):
    with caplog.at_level(logging.INFO, "framework"):
        play(Flow(name="f").add(odd_only).run(range(8)))
    failed = [record for record in caplog.records if "odd_only raised" in record.message]
    assert [bool(record.exc_info) for record in failed] == [True, False]
    assert "4 items of odd_only raised ValueError" in failed[1].message


def test_serious_findings_are_warnings_of_the_log_and_notable_ones_are_information(caplog):
    lock = asyncio.Semaphore(1)

    async def main():
        kind = router(lambda item: "b" if item else "a", a=same, name="kind")
        flow = Flow(name="f").add_job_with_lock(pause, lock, FixedCapacity(6)).add(kind)
        await flow.run(range(12))

    with caplog.at_level(logging.INFO, "framework.flow.findings"):
        play(main())
    assert [(record.levelname, record.message.split(" ")[0]) for record in caplog.records] == [
        ("WARNING", "f:"),
        ("INFO", "f:"),
    ]
    assert "11 items fit no arm of kind" in caplog.messages[0]
    assert "waited while one worked" in caplog.messages[1]


@pytest.mark.parametrize(("label", "hint"), [("'1'", ""), ("1", "; 1 is int, and labels of arms are str")])
def test_a_router_miss_tells_a_label_of_another_type(label, hint):
    flow = Flow().add(router(lambda _: eval(label), name="kind", **{"1": same} if hint else {"one": same}))
    [finding] = play(flow.run([1, 2])).findings
    assert kinds([finding]) == [("router miss", 2, "kind", "serious")]
    assert finding.text.endswith(hint or "'one'")


def test_a_router_miss_is_told_also_where_the_router_has_limits_or_is_inside_of_some():
    kind = router(lambda _: "two", name="kind", one=same)
    [finding] = play(Flow().add(kind, timeout=9).run([1])).findings
    assert kinds([finding]) == [("router miss", 1, "kind.route", "serious")]
    [finding] = play(Flow().add(Flow(name="inner").add(kind), timeout=9).run([1])).findings
    assert kinds([finding]) == [("router miss", 1, "inner.kind", "serious")]


def test_items_left_by_a_stop_are_counted_by_job_with_what_the_flow_waited_for():
    async def main():
        flow = Flow(capacity=FixedCapacity(1, 3)).add(same).add(pause)
        running = asyncio.create_task(flow.run(range(20)))
        await asyncio.sleep(0.5)
        waited = flow.why_waiting()
        await flow.stop()
        return await running, waited

    report, waited = play(main())
    [finding] = report.findings
    left = sum(report.reasons.values())
    assert kinds([finding]) == [("items left", left, "same", "notable")] or finding.processor == "pause"
    assert report.waiting == waited
    assert finding.examples == tuple(waited.splitlines()[:3])


def test_items_left_in_front_of_the_error_job_are_counted_once():
    async def away(item):
        raise RouteToErrorQueue if item else ValueError

    async def main():
        flow = Flow(capacity=FixedCapacity(1)).add(away).error(pause)
        running = asyncio.create_task(flow.run([1, 0, 1]))
        await asyncio.sleep(0.5)
        await flow.stop()
        return await running

    report = play(main())
    failed, left = report.findings
    assert (failed.severity, failed.count) == ("serious", 1)
    assert failed.text.endswith("; pause dropped 3 of the items that it got")
    assert (left.count, left.processor) == (2, "away")
    assert report.reasons == {"the flow was stopped": 2}


def test_a_timeout_around_a_run_says_what_the_flow_waited_for():
    async def main():
        flow = Flow(name="f", capacity=FixedCapacity(1, 3)).add(pause)
        with pytest.raises(TimeoutError) as caught:
            await asyncio.wait_for(flow.run(range(20)), 3.5)
        return flow, caught.value

    flow, error = play(main())
    notes = getattr(error.__cause__ or error.__context__, "__notes__", [])
    assert [note.partition("\n")[2] for note in notes] == [flow.report.waiting]
    assert "pause: 1 working" in flow.report.waiting


def test_a_source_that_fails_and_drops_what_it_gave_is_serious():
    def source():
        yield from range(3)
        raise OSError("the disk is gone")

    async def main():
        flow = Flow(capacity=FixedCapacity(1)).add(pause)
        with contextlib.suppress(OSError):
            await flow.run(source, on_source_error="drop")
        return flow.report

    [finding] = play(main()).findings
    assert (finding.kind, finding.severity) == ("items left", "serious")
    assert "the disk is gone" in finding.text
    assert finding.where == f"test_flow_findings.py:{source.__code__.co_firstlineno + 2}"


def test_a_paused_job_with_items_is_found_while_it_waits():
    async def main():
        flow = Flow(capacity=FixedCapacity(1)).add(same)
        await flow.start()
        flow.pause("same")
        for item in range(3):
            await flow.put(item)
        found = flow.diagnose()
        flow.resume("same")
        await flow.run()
        return found, flow.diagnose()

    during, after = play(main())
    assert kinds(during) == [("paused", 2, "same", "notable")]
    assert list(after) == []


def test_a_worker_that_cannot_be_made_is_found_and_not_logged_twice(caplog):
    made = []

    def factory():
        made.append(len(made))
        if made[-1]:
            raise OSError("no more connections")
        return pause

    async def main():
        capacity = UtilizationCapacity(1, 1, 2, 9, sampling=1, dampening=1, cooldown=2)
        flow = Flow().add_job_with_factory(factory, capacity, "save")
        return await flow.run(range(3))

    with caplog.at_level(logging.WARNING, "framework"):
        [finding] = play(main()).findings
    assert (finding.kind, finding.processor) == ("trouble", "save")
    assert finding.where == f"test_flow_findings.py:{factory.__code__.co_firstlineno}"
    assert len([message for message in caplog.messages if "no more connections" in message]) == finding.count


def test_jobs_of_nested_flows_are_named_as_in_the_outer_report():
    part = Flow(name="part").add(odd_only)
    outer = Flow().add(part)
    findings = play(outer.run(range(4))).findings
    assert [finding.processor for finding in findings] == ["part.odd_only"]
    assert [finding.processor for finding in part.diagnose()] == ["part.odd_only"]


def test_what_a_limited_sub_flow_tries_again_is_not_lost():
    async def main():
        part = Flow(name="part").add(pause)
        flow = Flow().add(part, timeout=0.5, retry=2)
        with contextlib.suppress(UnknownName):
            return await flow.run([1])

    findings = play(main()).findings
    assert [finding.kind for finding in findings] == ["failure"]


@pytest.mark.parametrize(("busy", "elapsed", "found"), [(195, 100, True), (195, 20, False), (120, 100, False)])
def test_a_job_that_takes_nearly_all_of_a_long_run_is_found(busy, elapsed, found):
    def job(name, seconds):
        report = JobReport(name, Counts(100, 100), busy_seconds=seconds, idle_seconds=2 * elapsed - seconds)
        return JobEvidence(report, NodeSnapshot(name, 0, 0, 0, 2, 2, 100, 0, seconds))

    report = FlowReport("f", Counts(100, 100), {}, Failures(), (), elapsed, "finished")
    evidence = FlowEvidence(report, {"parse": job("parse", min(busy, 2 * elapsed)), "store": job("store", 1.0)})
    assert [finding.processor for finding in slow(evidence)] == (["parse"] if found else [])
