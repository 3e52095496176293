"""Memory: what one of many takes while it waits, for us and for the queues, actors and tasks of others.

Each line is a process of its own that makes so many and tells by how much it has grown, with everything that belongs to
them: allocator, threads, native code. An event is the same small object for all (a name, a number); an artifact and an
item are a number. The archived artifacts have a record each; theirs is the size of the workspace, in memory or on disk.
"""

import subprocess
import sys
from pathlib import Path

from promises import beaten, finish, promise

HELD = Path(__file__).with_name("held.py")
MILLION = 1_000_000
EVENT, QUEUE = "an event in a mailbox", "an event in a queue.Queue"
PYKKA, REACTIVEX = "an event in the mailbox of a pykka actor", "an event in observe_on of reactivex"
SPREAD, PASSING = "an event for 1,000 processors, per mailbox", "an artifact that passed two builders, at most"
ITEM, ASYNCIO = "an item in the queue of a job", "an item in an asyncio.Queue"
PROCESSOR, BUILDER, ACTOR = "an idle processor", "an idle builder", "an idle pykka actor"
JOB, TASK = "an idle job with a worker", "an idle task with an asyncio.Queue"
RECORDED, FULL = "a delivery in a recorder", "a full recorder, bounded to 64 MiB"
SCENES = {
    "an event alone": ("events_alone", 200_000),
    EVENT: ("events_queued", MILLION),
    SPREAD: ("events_queued_for_1000", MILLION),
    QUEUE: ("events_in_queue", MILLION),
    "an event in an asyncio.Queue": ("events_in_asyncio_queue", 200_000),
    PYKKA: ("events_in_pykka", 200_000),
    REACTIVEX: ("events_in_reactivex", 100_000),
    "an artifact in the mailbox of a builder": ("artifacts_queued", 200_000),
    PASSING: ("artifacts_passing", MILLION),
    "an archived artifact, in memory": ("artifacts_in_memory", 50_000),
    "an archived artifact, on disk": ("artifacts_on_disk", 50_000),
    ITEM: ("items_queued", 200_000),
    ASYNCIO: ("items_in_asyncio_queue", 200_000),
    PROCESSOR: ("processors_idle", 10_000),
    BUILDER: ("builders_idle", 1_000),
    ACTOR: ("pykka_idle", 1_000),
    JOB: ("jobs_idle", 1_000),
    TASK: ("tasks_idle", 1_000),
    RECORDED: ("deliveries_recorded", 10_000),
    FULL: ("recorder_full", 1),
}
PEERS = {
    EVENT: (QUEUE, "an event in an asyncio.Queue", PYKKA, REACTIVEX),
    ITEM: (ASYNCIO,),
    PROCESSOR: (ACTOR,),
    JOB: (TASK,),
}
REASONS = {
    TASK: "a job also has a name, counts, a capacity and a worker that can be told to leave, so that it is watched, "
    "scaled and stopped without losing an item",
}


def held(scene, count):
    command = [sys.executable, HELD, scene, str(count)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def megabytes(sizes, name):
    return sizes[name] * SCENES[name][1] / 1e6


def main():
    print("\n### What one takes\n\n| what | how many | bytes each | MB in all |\n|---|---:|---:|---:|")
    sizes = {}
    for name, (scene, count) in SCENES.items():
        sizes[name] = held(scene, count)
        print(f"| {name} | {count:,} | {sizes[name]:,.0f} | {megabytes(sizes, name):,.1f} |", flush=True)
    print()
    promise("MB for 1,000,000 queued events", megabytes(sizes, EVENT), at_most=250)
    promise("MB for 1,000 events that wait for 1,000 processors each", megabytes(sizes, SPREAD), at_most=50)
    promise("a queued event, times one in a queue.Queue", sizes[EVENT] / sizes[QUEUE], at_most=1.05)
    promise("MB at most while 1,000,000 artifacts pass two builders", megabytes(sizes, PASSING), at_most=200)
    promise("bytes per item in flight", sizes[ITEM], at_most=100)
    promise("an idle processor, times an idle pykka actor", sizes[PROCESSOR] / sizes[ACTOR], at_most=0.25)
    promise("MB of a full recorder, bounded to 64 MiB", megabytes(sizes, FULL), at_most=67.1)
    for ours, peers in PEERS.items():
        beaten(ours, {peer: sizes[peer] / sizes[ours] for peer in peers}, REASONS)
    finish()


if __name__ == "__main__":
    main()
