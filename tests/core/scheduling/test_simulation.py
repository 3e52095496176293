import os
import random
import subprocess
import sys
import threading

import pytest
from samples import ignore, processor, run

from framework.core import Event, Pipeline

SEEDS = range(40)


def trace_of(seed, max_phases=None):
    """The order of deliveries of a small random graph of processors under a seed."""
    trace, choices = [], random.Random(7)

    def go(context, event):
        trace.append((context.processor, event.n))
        if event.n:
            for _ in range(choices.randrange(1, 3)):
                context.submit(Event(f"to-{choices.randrange(4)}", n=event.n - 1))

    nodes = [processor(go, f"to-{number}", name=f"node-{number}", priority=number % 2) for number in range(4)]
    run(*nodes, events=[Event(f"to-{number}", n=5) for number in range(4)], seed=seed, max_phases=max_phases)
    return trace


def test_the_same_seed_gives_the_same_trace():
    assert all(trace_of(seed) == trace_of(seed) for seed in SEEDS)


def test_the_same_seed_gives_the_same_trace_in_another_process():
    script = "import test_simulation; print(test_simulation.trace_of(3))"
    path = os.pathsep.join(entry for entry in sys.path if entry)
    traces = {
        subprocess.run([sys.executable, "-c", script], env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path},
                       check=True, capture_output=True, text=True).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert traces == {f"{trace_of(3)}\n"}


def test_other_seeds_reach_other_schedules():
    assert len({tuple(trace_of(seed)) for seed in SEEDS}) > len(SEEDS) // 2


def test_every_order_of_three_ready_processors_is_reached():
    def order(seed):
        seen = []
        run(*[processor(lambda c, _: seen.append(c.processor), "a", name=name) for name in "abc"],
            events=[Event("a")], seed=seed)  # fmt: skip
        return tuple(seen)

    assert len({order(seed) for seed in range(60)}) == 6


def test_a_seed_finds_a_race_between_two_processors():
    def last(seed):
        seen = []
        first = processor(lambda context, _: context.submit(Event("b")), "a", name="first")
        second = processor(lambda context, _: context.submit(Event("c")), "a", name="second")
        run(
            first, second, processor(lambda _, event: seen.append(event.name), "b", "c"), events=[Event("a")], seed=seed
        )
        return seen[-1]

    assert {last(seed) for seed in SEEDS} == {"b", "c"}


def test_everything_runs_on_the_calling_thread():
    threads = set()
    run(*[processor(lambda *_: threads.add(threading.current_thread()), "a", "__POISON__") for _ in range(3)],
        events=[Event("a")], seed=1)  # fmt: skip
    assert threads == {threading.current_thread()}


def test_a_better_priority_always_goes_first():
    for seed in SEEDS:
        seen = []
        low = processor(lambda *_, seen=seen: seen.append("low"), "a", priority=2)
        high = processor(lambda *_, seen=seen: seen.append("high"), "a", priority=1)
        run(low, high, events=[Event("a")] * 5, seed=seed)
        assert seen == ["high"] * 5 + ["low"] * 5


def test_control_events_still_come_before_what_they_cause():
    for seed in SEEDS:
        seen = []
        cause = processor(lambda c, e: c.submit(Event("caused")) if e.phase == 1 else None, "__PHASE__", priority=-1)
        note = processor(lambda _, event, seen=seen: seen.append(event.name), "__PHASE__", "caused")
        run(cause, note, seed=seed)
        assert seen == ["__PHASE__", "caused", "__PHASE__"]


def test_a_simulation_can_be_stepped_and_delivered_singly():
    pipeline = Pipeline([processor(ignore, "a")], seed=5)
    for _ in range(3):
        pipeline.submit(Event("a"))
    pipeline.deliver()
    assert pipeline.step().delivered["sample"] == 3


def test_a_simulation_may_run_in_the_background():
    pipeline = Pipeline([processor(ignore, "a")], seed=5)
    pipeline.submit(Event("a"))
    assert pipeline.start().wait().delivered == {"sample": 1}


def test_a_submit_from_another_thread_reaches_a_simulation():
    def ask(context, event):
        thread = threading.Thread(target=pipeline.submit, args=(Event("b"),))
        thread.start()
        thread.join()

    pipeline = Pipeline([processor(ask, "a"), processor(ignore, "b")], seed=5)
    pipeline.submit(Event("a"))
    assert pipeline.run().delivered["sample-2"] == 1


@pytest.mark.parametrize("seed", [0, -1, 2**70, "text"])
def test_any_seed_will_do(seed):
    assert run(processor(ignore, "a"), events=[Event("a")], seed=seed).delivered == {"sample": 1}
