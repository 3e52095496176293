import threading

import pytest

from framework.core import AbstractProcessor, Event, Pipeline
from framework.errors import DeadlineExceeded, PhaseLimitReached
from framework.reactive import ReactiveBuilder, reactive

PATIENCE = 30


class Toggle(AbstractProcessor):
    on = False

    def process(self, context, event):
        match event:
            case Event(name="__PHASE__"):
                self.on = not self.on
                context.submit(Event("switched", on=self.on, kept=5))


class Counter(AbstractProcessor):
    n = 0

    def process(self, context, event):
        match event:
            case Event(name="__PHASE__"):
                self.n += 1
                context.submit(Event("switched", n=self.n))


class Every(AbstractProcessor):
    def __init__(self, rhythm):
        super().__init__()
        self.rhythm = rhythm

    def process(self, context, event):
        match event:
            case Event(name="__PHASE__", phase=phase) if phase % self.rhythm == 0:
                context.submit(Event("switched"))


class Reads(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="switched"):
                context.submit(Event("read"))
            case Event(name="read"):
                pass


def test_many_answers_are_told_in_short():
    told = lines(Every(1), Every(2), phases=30)[1]
    assert told == "Every answered phases 1 to 30; Every-2 answered phases 2, 4, 6 and others until 30"


def lines(*processors, phases=12, **options):
    with pytest.raises(PhaseLimitReached) as raised:
        Pipeline([*processors, Reads()], max_phases=phases, **options).run()
    return str(raised.value).splitlines()[1:]


@pytest.mark.parametrize("options", [{}, {"seed": 1}, {"history": True}], ids=["threads", "simulation", "history"])
@pytest.mark.parametrize("phases", [5, 9, 60])
def test_a_state_that_repeats_is_told_with_its_period_and_what_alternates(phases, options):
    last, answered, loop = lines(Toggle(), phases=phases, **options)
    assert last == f"phase {phases} caused 2 more deliveries, begun by Toggle"
    assert answered == f"Toggle answered phases 1 to {phases}"
    assert loop == (
        "since phase 1 the state repeats every 2 phases; 'on' of event 'switched' alternates between False and True; "
        "'on' of Toggle alternates between False and True"
    )


def test_values_that_only_grow_are_told_as_such():
    assert lines(Counter())[2] == (
        "since phase 1 the same deliveries repeat in every phase; 'n' of event 'switched' changes each time: 7, 8, 9; "
        "'n' of Counter changes each time: 7, 8, 9"
    )


def test_each_processor_is_told_with_the_phases_that_it_answered():
    told = lines(Every(1), Every(3), Every(100), phases=9)
    assert told[0] == "phase 9 caused 4 more deliveries, begun by Every and Every-2"
    assert told[1] == "Every answered phases 1 to 9; Every-2 answered phases 3, 6 and 9"
    assert told[2].startswith("since phase 1 the state repeats every 3 phases")


def test_a_processor_that_only_passes_on_did_not_begin_it():
    assert not any("Reads" in line for line in lines(Toggle()))


def test_a_builder_without_a_phase_hook_did_not_begin_it():
    class Clock(ReactiveBuilder):
        def __init__(self):
            super().__init__(provides="time", requires=[])

        def build(self, context):
            return []

        def phase(self, context, phase):
            return [phase]

    @reactive
    def double(time):
        return 2 * time

    pipeline = Pipeline([Clock(), double], max_phases=6)
    pipeline.resolve("double")
    with pytest.raises(PhaseLimitReached, match=r"begun by Clock\nClock answered phases 1 to 6"):
        pipeline.run()


def test_an_open_pipeline_tells_it_live_and_a_settled_one_does_not():
    class Twice(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="__PHASE__", phase=1 | 2):
                    context.submit(Event("switched"))

    pipeline = Pipeline([Twice(), Reads()])
    assert not pipeline.why_waiting()
    pipeline.step()
    assert pipeline.why_waiting() == "phase 1 caused 2 more deliveries, begun by Twice"
    pipeline.step()
    assert pipeline.why_waiting().endswith("\nTwice answered phases 1 to 2")
    assert pipeline.step().settled
    assert not pipeline.why_waiting()


class Gate(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.reached, self.open = threading.Event(), threading.Event()

    def process(self, context, event):
        match event:
            case Event(name="__PHASE__", phase=20):
                self.reached.set()
                self.open.wait(PATIENCE)


def test_the_deadline_and_a_wait_that_timed_out_tell_the_same():
    gate = Gate()
    looping = Pipeline([Toggle(), Reads(), gate], deadline=3)
    run = looping.start()
    assert gate.reached.wait(PATIENCE)
    with pytest.raises(TimeoutError, match="Toggle answered phases 1 to"):
        run.wait(0)
    gate.open.set()
    with pytest.raises(DeadlineExceeded, match=r"since phase 1 the state repeats every 2 phases"):
        run.wait(PATIENCE)
    assert "alternates between" in looping.report.waiting


def test_asking_meanwhile_disturbs_nothing():
    pipeline = Pipeline([Toggle(), Reads()], max_phases=1000)
    run, stop = pipeline.start(), threading.Event()

    def ask():
        while not stop.is_set():
            pipeline.why_waiting()

    asking = threading.Thread(target=ask)
    asking.start()
    with pytest.raises(PhaseLimitReached):
        run.wait(PATIENCE)
    stop.set()
    asking.join(PATIENCE)
    assert pipeline.report.delivered["Reads"] == 2 * 1000
    assert pipeline.report.dead_letters == 0
