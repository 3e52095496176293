"""The parts that all benchmarks rest on: ratios, promises and the report."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
import interleaved
import promises
import report


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Reads what was told."""
    path = tmp_path / "results.jsonl"
    monkeypatch.setenv(promises.RESULTS, str(path))
    monkeypatch.setattr(promises, "_missed", [])
    return lambda: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def outcome(script, *, code=0, results=()):
    return report.Outcome(report.HERE / script, subprocess.CompletedProcess([], code, "", ""), list(results), 1.0)


def test_a_ratio_is_taken_within_a_round():
    times = interleaved.Times({"ours": [1.0, 10.0, 2.0], "peer": [2.0, 20.0, 4.0]})
    assert times.ratio("peer", "ours") == 2.0
    slower_machine = interleaved.Times({"ours": [1.0, 1.0, 9.0, 9.0, 9.0], "peer": [2.0, 2.0, 18.0, 2.0, 2.0]})
    assert slower_machine.ratio("peer", "ours") == 2.0
    assert slower_machine["peer"] / slower_machine["ours"] < 1


def test_every_other_round_runs_backwards():
    ran = []
    contestants = {name: lambda name=name: ran.append(name) for name in ("a", "b", "c")}
    interleaved.measure(contestants, rounds=3)
    assert "".join(ran) == "abccbaabc"


def test_a_contestant_may_tell_its_own_seconds():
    assert interleaved.measure({"told": lambda: 42.0, "timed": lambda: None}, rounds=1)["told"] == 42.0


def test_all_others_are_peers_where_none_are_named():
    times = interleaved.Times({"ours": [1.0], "a": [2.0], "b": [3.0]})
    assert times.against("ours") == {"a": 2.0, "b": 3.0}
    assert times.against("ours", ["b"]) == {"b": 3.0}


@pytest.mark.parametrize(("bounds", "holds"), [({"at_most": 2}, True), ({"at_least": 2}, False)])
def test_a_promise_is_told_with_its_figure(results, bounds, holds, capsys):
    promises.promise("times a plain call", 1.5, **bounds)
    (told,) = results()
    assert (told["text"], told["value"], told["holds"]) == ("times a plain call", 1.5, holds)
    assert ("holds" if holds else "MISSED") in capsys.readouterr().out


@pytest.mark.parametrize(("value", "code"), [(1, 0), (3, promises.MISSED)])
def test_a_missed_promise_shows_in_the_exit_code(results, value, code):
    promises.promise("times a plain call", value, at_most=2)
    with pytest.raises(SystemExit) as exit_:
        promises.finish()
    assert exit_.value.code == code


def test_peers_that_do_better_are_named_with_the_reason(results):
    promises.beaten("one", {"faster": 0.5, "on a par": 0.97, "slower": 2.0, "unknown": 0.9}, {"faster": "it cheats"})
    assert [(told["peer"], told["reason"]) for told in results()] == [
        ("faster", "it cheats"),
        ("unknown", promises.UNEXPLAINED),
    ]


def test_the_report_begins_with_all_promises_and_all_better_peers(results):
    promises.promise("times a plain call", 1.5, at_most=1.7)
    promises.promise("pykka over framework", 2, at_least=2.5)
    promises.beaten("one", {"pyee": 0.9})
    promises.beaten("chain", {"pyee": 0.8})
    page = report.report([outcome("bench_dispatch.py", code=promises.MISSED, results=results())])
    top, _ = page.split("\n## Dispatch\n")
    assert "1 of 2 promises hold" in top
    assert "| Dispatch | times a plain call | 1.50 | <= 1.7 | holds |" in top
    assert "| Dispatch | pykka over framework | 2.00 | >= 2.5 | **MISSED** |" in top
    assert f"| Dispatch | pyee | one 0.90, chain 0.80 | {promises.UNEXPLAINED} |" in top


def test_a_benchmark_that_broke_down_is_told_apart_from_one_that_missed_a_promise():
    assert "ended with an error" in report.report([outcome("bench_dispatch.py", code=1)])
    assert "ended with an error" not in report.report([outcome("bench_dispatch.py", code=promises.MISSED)])
