"""Ctrl-C while coroutines are awaited: a real SIGINT to a real process."""

import pytest

BODY = """
    import asyncio

    class Fetch(AbstractProcessor):
        async def process(self, context, event):
            match event:
                case Event(name="work", seconds=seconds):
                    say("working")
                    try:
                        await asyncio.sleep(seconds)
                    except asyncio.CancelledError:
                        await asyncio.sleep(0.05)  # as one that closes a connection
                        say("cancelled")
                        raise
                    say("worked")
"""

modes = pytest.mark.parametrize("drive", ["made.run()", "list(made.phases()), made.finish()"], ids=["run", "steps"])


@modes
def test_an_awaited_delivery_finishes_within_the_grace_and_the_rest_is_dropped(interrupted, drive):
    lines = interrupted(
        f"""{BODY}
    made = pipeline(Fetch(), Hooked())
    for _ in range(3):
        made.submit(Event("work", seconds=0.3))
    try:
        {drive}
    except KeyboardInterrupt:
        say("interrupted")
        show(made)
""",
        "working",
    )
    assert lines == ["working", "worked", "hook", "interrupted", "report True {'Fetch': 1, 'Hooked': 1} 2"]


@modes
def test_an_awaited_delivery_that_outlasts_the_grace_is_cancelled_and_cleans_up_before_the_hooks(interrupted, drive):
    lines = interrupted(
        f"""{BODY}
    made = pipeline(Fetch(), Hooked(), grace=1)
    made.submit(Event("work", seconds=60))
    try:
        {drive}
    except KeyboardInterrupt:
        show(made)
""",
        "working",
    )
    assert lines == [
        "working",
        "cancelled",
        "interrupted: Fetch did not return within grace=1 s and was left behind",
        "hook",
        "report True {'Fetch': 0, 'Hooked': 1} 0",
    ]


@modes
def test_a_coroutine_that_does_not_end_when_it_is_cancelled_holds_up_neither_hooks_nor_the_end(interrupted, drive):
    lines = interrupted(
        f"""{BODY}
    class Clinging(AbstractProcessor):
        async def process(self, context, event):
            match event:
                case Event(name="work"):
                    say("working")
                    while True:
                        try:
                            await asyncio.sleep(60)
                        except asyncio.CancelledError:
                            say("clinging")

    made = pipeline(Clinging(), Hooked(), grace=1)
    made.submit(Event("work"))
    try:
        {drive}
    except KeyboardInterrupt:
        show(made)
""",
        "working",
    )
    left = "interrupted: Clinging did not return within grace=1 s and was left behind"
    report = "report True {'Clinging': 0, 'Hooked': 1} 0"
    assert lines[:4] == ["working", "clinging", left, "hook"]
    assert [line for line in lines[4:] if line != "clinging"] == [report]  # it is told once more at the end


def test_a_second_ctrl_c_abandons_coroutines_at_once(interrupted):
    lines = interrupted(
        f"""{BODY}
    class Stubborn(AbstractProcessor):
        async def process(self, context, event):
            match event:
                case Event(name="work"):
                    say("stubborn")
                    ends = time.monotonic() + 60
                    while time.monotonic() < ends:
                        try:
                            await asyncio.sleep(0.3)
                            say("still")
                        except asyncio.CancelledError:
                            pass

    made = pipeline(Stubborn(), Hooked(), grace=60)
    made.submit(Event("work"))
    try:
        made.run()
    except KeyboardInterrupt:
        say("interrupted", made.report.interrupted)
    os._exit(0)
""",
        "stubborn",
        "still",
    )
    assert lines[-1] == "interrupted True"
    assert "hook" not in lines


def test_a_simulation_that_awaits_is_interrupted_and_runs_the_hooks(interrupted):
    lines = interrupted(
        f"""{BODY}
    made = pipeline(Fetch(), Hooked(), seed=1)
    made.submit(Event("work", seconds=60))
    try:
        made.run()
    except KeyboardInterrupt:
        say("interrupted", made.report.interrupted)
""",
        "working",
    )
    failure = "interrupted: Fetch raised KeyboardInterrupt on Event(name='work', seconds=60)"
    assert lines == ["working", "cancelled", failure, "hook", "interrupted True"]


def test_builds_under_way_are_cancelled_by_a_ctrl_c(interrupted):
    lines = interrupted(
        f"""{BODY}
    from framework.reactive import reactive

    @reactive
    def number():
        yield from range(5)

    @reactive(max_concurrency=2)
    async def slow(number):
        say("building")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0.05)
            say("cancelled")
            raise

    made = pipeline(number, slow, Hooked(), grace=1)
    made.resolve("slow")
    try:
        made.run()
    except KeyboardInterrupt:
        say("interrupted", made.report.interrupted, made.report.processors["slow"].built)
""",
        "building",
    )
    assert lines[-1] == "interrupted True 0"
    assert lines.count("cancelled") == lines.count("building")
