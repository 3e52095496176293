"""Ctrl-C as it is: a real SIGINT to a real process."""

import time

import pytest

modes = pytest.mark.parametrize("drive", ["made.run()", "list(made.phases()), made.finish()"], ids=["run", "steps"])


@modes
def test_the_first_ctrl_c_lets_what_runs_finish_drops_the_rest_and_runs_the_hooks(interrupted, drive):
    lines = interrupted(
        f"""
        made = pipeline(Slow(), Hooked())
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
    assert lines == ["working", "worked", "hook", "interrupted", "report True {'Slow': 1, 'Hooked': 1} 2"]


@modes
def test_a_delivery_that_outlasts_the_grace_is_left_behind(interrupted, drive):
    lines = interrupted(
        f"""
        made = pipeline(Slow(), Hooked(), grace=1)
        made.submit(Event("work", seconds=20))
        try:
            {drive}
        except KeyboardInterrupt:
            show(made)
        """,
        "working",
    )
    assert lines == [
        "working",
        "interrupted: Slow did not return within grace=1 s and was left behind",
        "hook",
        "report True {'Slow': 0, 'Hooked': 1} 0",
    ]


@modes
def test_a_second_ctrl_c_abandons_at_once(interrupted, drive):
    started = time.monotonic()
    lines = interrupted(
        f"""
        made = pipeline(Slow(), Hooked(), grace=60)
        made.submit(Event("work", seconds=60))
        def soon():  # the first Ctrl-C was taken when the run is halted
            while not made._scheduler.halted:
                time.sleep(0.01)
            say("waiting for the grace")
        threading.Thread(target=soon, daemon=True).start()
        try:
            {drive}
        except KeyboardInterrupt:
            show(made)
        """,
        "working",
        "waiting for the grace",
    )
    assert lines == ["working", "waiting for the grace", "report True {'Slow': 0, 'Hooked': 0} 0"]
    assert time.monotonic() - started < 30


@modes
def test_a_ctrl_c_during_the_hooks_lets_each_of_them_run_once(interrupted, drive):
    lines = interrupted(
        f"""
        class SlowHook(Slow):
            def process(self, context, event):
                match event:
                    case Event(name="__POISON__"):
                        super().process(context, Event("work", seconds=0.3))

        made = pipeline(SlowHook(), Hooked(priority=1), max_workers=1)
        try:
            {drive}
        except KeyboardInterrupt:
            show(made)
        """,
        "working",
    )
    assert lines == ["working", "worked", "hook", "report True {'SlowHook': 1, 'Hooked': 1} 0"]


@modes
def test_a_ctrl_c_while_a_worker_is_being_woken_is_not_waited_out(interrupted, drive):
    started = time.monotonic()
    lines = interrupted(
        f"""
        import signal
        from framework.core.scheduling.worker import Worker

        def wake(worker, wake=Worker.wake):
            Worker.wake = wake
            os.kill(os.getpid(), signal.SIGINT)
            wake(worker)

        Worker.wake = wake
        made = pipeline(Slow(), Hooked(), grace=60)
        made.submit(Event("work", seconds=0.3))
        try:
            {drive}
        except KeyboardInterrupt:
            show(made)
        """
    )
    assert lines[-2] == "hook"
    assert lines[-1].startswith("report True")
    assert time.monotonic() - started < 30


def test_a_ctrl_c_in_a_simulation_ends_it_and_runs_the_hooks(interrupted):
    lines = interrupted(
        """
        made = pipeline(Slow(), Hooked(), seed=1)
        for _ in range(3):
            made.submit(Event("work", seconds=20))
        try:
            made.run()
        except KeyboardInterrupt:
            show(made)
        """,
        "working",
    )
    assert lines == [
        "working",
        "interrupted: Slow raised KeyboardInterrupt on Event(name='work', seconds=20)",
        "hook",
        "report True {'Slow': 1, 'Hooked': 1} 2",
    ]


def test_a_ctrl_c_in_a_single_delivery_is_a_failure_and_the_pipeline_goes_on(interrupted):
    lines = interrupted(
        """
        made = pipeline(Slow(), Hooked(), on_error="keep")
        made.submit(Event("work", seconds=20))
        try:
            made.deliver()
        except KeyboardInterrupt:
            say("interrupted")
        report = made.run()
        say(report.interrupted, len(report.failures))
        """,
        "working",
    )
    assert lines[-3:] == ["interrupted", "hook", "False 1"]


def test_a_background_run_survives_the_interrupt_of_a_waiting_cell(interrupted):
    lines = interrupted(
        """
        made = pipeline(Slow(), Hooked())
        made.submit(Event("work", seconds=0.5))
        run = made.start()
        try:
            say("waiting")
            run.wait()
        except KeyboardInterrupt:
            say("interrupted", run.done)
        run.wait()
        show(made)
        """,
        "waiting",
    )
    lines.remove("working")  # before or after the cell waits
    assert lines == ["waiting", "interrupted False", "worked", "hook", "report False {'Slow': 1, 'Hooked': 1} 0"]


def test_the_interpreter_ends_with_a_run_in_the_background(interrupted):
    lines = interrupted(
        """
        made = pipeline(Slow())
        made.submit(Event("work", seconds=60))
        made.start()
        """
    )
    assert lines in ([], ["working"])


def test_archives_are_closed_after_a_ctrl_c(interrupted, tmp_path):
    pytest.importorskip("rocksdict")
    lines = interrupted(
        f"""
        from pathlib import Path
        from framework.archive import Workspace

        class Keeping(Slow):
            def process(self, context, event):
                match event:
                    case Event(name="work"):
                        self.kept["before"] = 1
                        super().process(context, event)

        slow = Keeping()
        made = pipeline(slow, workspace=Path({str(tmp_path / "ws")!r}))
        slow.kept = made.archive("mine")
        made.submit(Event("work", seconds=0.2))
        try:
            made.run()
        except KeyboardInterrupt:
            say(dict(Workspace(Path({str(tmp_path / "ws")!r})).archive("mine")))
        """,
        "working",
    )
    assert lines[-1] == "{'before': 1}"
