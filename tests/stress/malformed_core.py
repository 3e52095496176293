# ruff: noqa: E501 - a case is a line
"""Malformed inputs to the event runtime."""

import threading

from malformed import Case, Counter, each, elsewhere, inside, while_running

from framework.core import AbstractProcessor, Event, Pipeline, caching, infer_interests, retry, timeit
from framework.core.event import CONTROL
from framework.errors import (
    ArchiveError,
    DeadlineExceeded,
    GeneratorProcess,
    IdentityClash,
    InterestError,
    MailboxesFull,
    NotAnEvent,
    NotAWorkspace,
    OptionError,
    PhaseLimitReached,
    PipelineEnded,
    PipelineRunning,
    RunFailed,
    Undigestable,
    UnknownName,
    Unpicklable,
    UnsafeSubmit,
)
from framework.observe import Failure, Recorder
from framework.reactive import ReactiveEvent

NAN = float("nan")
LOCK = threading.Lock()


class Plain(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event("go"):
                pass


class AsyncGenerator(AbstractProcessor):
    async def process(self, context, event):
        yield 1


class Keeping(AbstractProcessor):
    def __init__(self, handle):
        super().__init__()

    @caching
    def process(self, context, event):
        match event:
            case Event("go"):
                pass


class Once(Plain):
    made = 0

    def __init__(self):
        super().__init__()
        Once.made += 1
        if Once.made % 2 == 0:
            raise RuntimeError("once only")


def declaring(interests):
    return Pipeline([type("Declaring", (Plain,), {"interests": interests})()])


def sourceless(_):
    names = {}
    exec("def process(self, context, event):\n    match event:\n        case Event('a'): pass", {"Event": Event}, names)
    Pipeline([type("Sourceless", (AbstractProcessor,), names)()])


def renamed(name):
    event = Event("x")
    event.name = name
    return event


def ranked(priority):
    processor = Plain()
    processor.priority = priority
    return Pipeline([processor])


def kept(use):
    contexts = []
    inside(contexts.append)
    use(contexts[0])


def held(use, *, released):
    def body(context):
        hold = context.hold()
        if released:
            hold.release()
        use(hold)

    inside(body)


def keeping(value):
    pipeline = Pipeline([Keeping(1)], on_error="keep")
    pipeline.submit(Event("go", value=value))
    raise pipeline.run().failures[0].exception


def full(_):
    pipeline = Pipeline([Plain()], max_pending=1)
    for _ in range(2):
        pipeline.submit(Event("go"))


def twice(_):
    one = Plain()
    Pipeline([one, one])


def endless(causing, **limits):
    class Busy(AbstractProcessor):
        interests = [(Event, "go"), (Event, "__PHASE__")]  # noqa: RUF012

        def process(self, context, event):
            if event.name == causing:
                context.submit(Event("go"))

    pipeline = Pipeline([Busy()], name="endless", **limits)
    pipeline.submit(Event("go"))
    pipeline.run()


def failing(_):
    pipeline = Pipeline([Counter()])
    pipeline.submit(Event("tick", n=LOCK))
    pipeline.run()


def timed(logger):
    with timeit("label", logger=logger):
        pass


def option(name):
    return lambda _, value: Pipeline([Plain()], **{name: value})


def given(_, processors):
    return Pipeline(processors)


EVENT = "(name='start', ...)"
SUBMIT = "submit(Event(name=..., value=...))"
PAIRS = 'interests = [(Event, "start"), (Tick, None)]'
HOLD = "hold.submit(event)"
ENDED = "make a new Pipeline, or pipeline.renew()"
HAS_ENDED = "Make a new Pipeline to run again"
LIMIT = "or None for no limit"
MADE_OF = "made of AbstractProcessor instances"
DERIVE = "derive a class from AbstractProcessor and give an instance"
INSTANCE = "call it"

# fmt: off
CASES = [
    *each("an event's name", (5, None, b"x", ["a"]), lambda _, v: Event(v), TypeError, "name is a string", EVENT),
    Case("an event without a name", lambda _: Event(), TypeError, "required positional argument", "'name'"),
    *each("a reactive event's name", (5, None), lambda _, v: ReactiveEvent(v, "t"), TypeError, "*", "target='pair'"),
    *each("a target", (5, None), lambda _, v: ReactiveEvent("resolve", v), TypeError, "'resolve' and *", "target='pair'"),
    Case("built without artifact", lambda _: ReactiveEvent("built", "t"), TypeError, "'t' was built", "artifact=..."),
    *each("submit", (None, "go", {"name": "go"}, [1], 5), lambda w, v: w.pipeline.submit(v), NotAnEvent, "got ", SUBMIT),
    Case("submit a class", lambda w: w.pipeline.submit(Event), NotAnEvent, "got the class Event", "submit(Event(...))"),
    *each("submit", sorted(CONTROL), lambda w, v: w.pipeline.submit(Event(v)), OptionError, "events named", "another name"),
    Case("submit a list for a name", lambda w: w.pipeline.submit(renamed(["a"])), TypeError, "['a']", EVENT),
    *each("context.submit", (None, "go", 5), lambda _, v: inside(lambda c: c.submit(v)), NotAnEvent, "got ", SUBMIT),
    *each("context.submit", sorted(CONTROL), lambda _, v: inside(lambda c: c.submit(Event(v))), OptionError, "sent by", "another"),
    Case("a context used late", lambda _: kept(lambda c: c.submit(Event("x"))), UnsafeSubmit, "one delivery", HOLD),
    Case("a hold taken late", lambda _: kept(lambda c: c.hold()), UnsafeSubmit, "one delivery", HOLD),
    Case("a context on a thread", lambda _: inside(lambda c: elsewhere(lambda: c.submit(Event("x")))), UnsafeSubmit, "its thread", HOLD),
    Case("a hold taken on a thread", lambda _: inside(lambda c: elsewhere(c.hold)), UnsafeSubmit, "its thread", HOLD),
    Case("deferred on a thread", lambda _: inside(lambda c: elsewhere(lambda: c._defer(Event("x")))), UnsafeSubmit, "its thread", HOLD),
    Case("submit to a released hold", lambda _: held(lambda h: h.submit(Event("x")), released=True), PipelineEnded, "was released", "submit before release()"),
    Case("defer to a released hold", lambda _: held(lambda h: h._defer(Event("x")), released=True), PipelineEnded, "was released", "another context.hold()"),
    Case("a hold submits text", lambda _: held(lambda h: h.submit("x"), released=False), NotAnEvent, "got str", SUBMIT),
    Case("caching submits text", lambda _: inside(lambda c: c.submit("x"), caching), NotAnEvent, "got str", SUBMIT),
    Case("caching emits a lock", lambda _: inside(lambda c: c.submit(Event("x", lock=LOCK)), caching), Unpicklable, "event x.lock", "store plain data instead"),
    Case("caching gets a lock", lambda _: keeping(LOCK), Undigestable, "event.value: a lock", "pass plain data instead"),
    Case("caching gets an iterator", lambda _: keeping(iter([1])), Undigestable, "event.value: an iterator", "pass a list or a tuple"),
    Case("submit after the end", lambda w: w.ended().submit(Event("tick", n=2)), PipelineEnded, "has ended", ENDED),
    Case("resolve after the end", lambda w: w.ended().resolve("numbers"), PipelineEnded, "has ended", ENDED),
    Case("redeliver after the end", lambda w: w.ended()._redeliver("Counter", Event("tick", n=1)), PipelineEnded, "has ended", ENDED),
    *each("after the end", ("run", "step", "start", "deliver"), lambda w, v: getattr(w.ended(), v)(), PipelineEnded, "demo has ended", HAS_ENDED),
    Case("deliver in phases after the end", lambda w: w.ended().deliver(phases=True), PipelineEnded, "demo has ended", HAS_ENDED),
    Case("write after the end", lambda w: w.ended().archive("Counter").update(x=1), ArchiveError, "'Counter'", "to write to it: Workspace("),
    Case("a new archive after the end", lambda w: w.ended().archive("new"), UnknownName, "'new'", "there are: Counter, Numbers"),
    *each("while running", ("run", "step", "start", "deliver"), lambda _, v: while_running(lambda p: getattr(p, v)()), PipelineRunning, "busy is running", "pipeline.stop()"),
    Case("renew while running", lambda _: while_running(lambda p: p.renew()), PipelineRunning, "busy is running", "stop it before renew()"),
    Case("a wait that is over", lambda _: while_running(lambda p: p.current_run.wait(0)), TimeoutError, "busy is not done after 0 s", "wait() again, or stop() it"),
    *each("a wait of", ("x", -1, NAN), lambda _, v: while_running(lambda p: p.current_run.wait(v)), OptionError, "timeout is a number of seconds", "got "),
    Case("full mailboxes", full, MailboxesFull, "1 delivery waits (max_pending=1)", "call start() first"),
    *each("max_workers", (0, -1), option("max_workers"), OptionError, "max_workers must be positive", LIMIT),
    *each("max_workers", (1.5, "4", True), option("max_workers"), OptionError, "max_workers must be a whole number", LIMIT),
    *each("max_phases", (0, -1), option("max_phases"), OptionError, "max_phases must be positive", LIMIT),
    *each("max_phases", (2.5, "3"), option("max_phases"), OptionError, "max_phases must be a whole number", LIMIT),
    *each("deadline", (0, -1, "x", NAN), option("deadline"), OptionError, "deadline must be positive", LIMIT),
    *each("grace", (-1, "x", None, NAN), option("grace"), OptionError, "got *", "grace is a number of seconds >= 0"),
    *each("slow_after", (0, -1, "x"), option("slow_after"), OptionError, "slow_after must be positive", LIMIT),
    *each("max_pending", (0, 1.5, "x"), option("max_pending"), OptionError, "max_pending must be", LIMIT),
    *each("on_error", ("ignore", None, 5), option("on_error"), OptionError, "got *", '"raise" or "keep"'),
    *each("workspace", (5, b"x", "a\0b"), option("workspace"), NotAWorkspace, "* names no folder", "Workspace('results')"),
    *each("seed", ([1], {}), option("seed"), OptionError, "got *", "a number or a text, or None to run on threads"),
    *each("name", (5, ["a"]), option("name"), OptionError, "name is a string, got *", "name='imports'"),
    *each("trust", ("no", 1, None), lambda w, v: Pipeline([Plain()], workspace=w.place(), trust=v), OptionError, "got *", "trust is True or False"),
    *each("processors", (None, 5), given, TypeError, "got *", "takes a list of processors"),
    *each("processors", (Plain, Plain()), given, TypeError, "Plain", "Pipeline([...])"),
    *each("processors", ("abc", [None], [5]), given, TypeError, MADE_OF, DERIVE),
    Case("a class for a processor", lambda _: Pipeline([Plain]), TypeError, "the class Plain", INSTANCE),
    Case("a function for a processor", lambda _: Pipeline([print]), TypeError, "print", DERIVE),
    Case("a pipeline for a processor", lambda w: Pipeline([w.pipeline]), TypeError, "<Pipeline demo", DERIVE),
    Case("a processor twice", twice, OptionError, "Plain stands twice", "make a second instance"),
    *each("priority", ("high", None, NAN), lambda _, v: ranked(v), OptionError, "the priority of Plain is a number, got *", "0 by default"),
    *each("a processor's name", (5, ["a"]), lambda _, v: Pipeline([type("Named", (Plain,), {})(v)]), OptionError, "Named is a string, got *", "name='"),
    Case("a process that yields later", lambda _: Pipeline([AsyncGenerator()]), GeneratorProcess, "AsyncGenerator.process", "write context.submit"),
    *each("interests", ("start", 5, Event), lambda _, v: declaring(v), InterestError, "Declaring.interests is *", PAIRS),
    *each("an interest", (5, None, "start", (Event,), (5, "a"), (Event, 5), (int, "a"), (Event, "a", 1, 2)), lambda _, v: declaring([v]), InterestError, "Declaring.interests holds *", PAIRS),
    Case("a process without source", sourceless, InterestError, "no source for Sourceless.process", 'declare interests = [(Event, "start")]'),
    *each("infer_interests", (5, Plain, None), lambda _, v: infer_interests(v), InterestError, "got *", "Cls.process"),
    Case("two processors for one archive", lambda w: Pipeline([Counter(), Counter()], workspace=w.place()).run(), IdentityClash, "Counter and Counter-2", "another name=..."),
    Case("a lock for an argument", lambda w: Pipeline([Keeping(LOCK)], workspace=w.place()).run(), Undigestable, "argument 'handle' of Keeping", "plain data instead"),
    *each("pipeline", ("Countr", "counter"), lambda w, v: w.pipeline[v], UnknownName, "no processor is named *", "did you mean 'Counter'?"),
    *each("pipeline", (5, None, ["x"]), lambda w, v: w.pipeline[v], UnknownName, "no processor is named *", "there are: Counter, Numbers, Taker"),
    Case("an unknown inbox", lambda w: w.pipeline.inbox("Missing"), UnknownName, "'Missing'", "there are: Counter"),
    Case("the frame of an unknown processor", lambda w: w.pipeline.frame("Missing"), UnknownName, "'Missing'", "there are: numbers, tick, tock"),
    *each("frame limit", (-1, "x", 1.5), lambda w, v: w.ended().frame("Counter", limit=v), OptionError, "got *", "a number of rows, or None for all"),
    *each("resolve", (5, None), lambda w, v: w.pipeline.resolve(v), TypeError, "*", "target='pair'"),
    *each("explain", ("tick", 5), lambda w, v: w.pipeline.explain(v), NotAnEvent, "got ", "Event(name=..., value=...)"),
    Case("explain a class", lambda w: w.pipeline.explain(Event), NotAnEvent, "got the class Event", "explain(Event(...))"),
    *each("observe", (5, None, "x"), lambda w, v: w.pipeline.observe(v), TypeError, "got ", "observe(print)"),
    Case("redeliver to an unknown processor", lambda w: w.pipeline._redeliver("Missing", Event("tick", n=1)), UnknownName, "'Missing'", "there are: Counter"),
    Case("redeliver a class", lambda w: w.pipeline._redeliver("Counter", Event), NotAnEvent, "got the class Event", "Event(...)"),
    *each("redeliver", ("tick", None), lambda w, v: w.pipeline._redeliver("Counter", v), NotAnEvent, "got ", "Event(name=..., value=...)"),
    *each("compare", ("Missing", 5), lambda w, v: w.pipeline.compare(v, Counter), UnknownName, "*", "there are: Counter"),
    Case("compare an unknown class", lambda w: w.pipeline.compare(Plain, Counter), UnknownName, "'Plain'", "there are: Counter"),
    *each("compare with", (5, None), lambda w, v: w.ended().compare("Counter", v), TypeError, "got *", "takes the new class or an instance"),
    *each("compare limit", (-1, 0, "x"), lambda w, v: w.ended().compare("Counter", Counter, limit=v), OptionError, "limit must be", "or None"),
    Case("compare what keeps nothing", lambda w: w.pipeline.compare("Taker", Counter), ArchiveError, "Taker has no archived inputs", "run it once with @caching"),
    *each("archive", (5, None, b"x", ["a"]), lambda w, v: w.pipeline.archive(v), OptionError, "is a string, got *", "archive('results')"),
    Case("an unknown archive to read", lambda w: w.pipeline.archive("keptt", readonly=True), UnknownName, "'keptt'", "did you mean 'kept'?"),
    Case("write what is only read", lambda w: w.pipeline.archive("kept", readonly=True).update(k=2), ArchiveError, "'kept' was opened with readonly=True", "Workspace("),
    Case("renew an unknown processor", lambda w: w.pipeline.renew(Plain()), UnknownName, "'Plain'", "there are: Counter"),
    Case("renew with a class", lambda w: w.pipeline.renew(Counter), TypeError, "the class Counter", INSTANCE),
    *each("renew", (5, None), lambda w, v: w.pipeline.renew(v), TypeError, "got *", DERIVE),
    Case("renew one twice", lambda w: w.pipeline.renew(Counter(), Counter()), OptionError, "two processors named Counter", "give one"),
    Case("renew what cannot be made again", lambda _: Pipeline([Once(), Counter()]).renew(Counter()), OptionError, "Once cannot be made again", "give renew an instance of Once"),
    *each("retry", (0, -1, 1.5, "3", None), lambda _, v: retry(v), OptionError, "got *", "attempts counts all of them, at least 1"),
    Case("retry uncalled", lambda _: retry(Plain.process), OptionError, "Plain.process", "@retry(3)"),
    *each("retry wait", (-1, "x", NAN, None), lambda _, v: retry(2, wait=v), OptionError, "got *", "wait is a number of seconds >= 0"),
    *each("retry on", ("ValueError", [ValueError], 5, int), lambda _, v: retry(2, on=v), OptionError, "got *", "on=ValueError"),
    Case("retry decorates a number", lambda _: retry(2)(5), OptionError, "got 5", "@retry(3) above def"),
    *each("caching", (5, Plain), lambda _, v: caching(v), OptionError, "got *", "@caching above def process"),
    *each("timeit logger", ("x", 5), lambda _, v: timed(v), OptionError, "got *", "logging.getLogger(__name__)"),
    Case("rerun without a processor", lambda _: Failure("Parse", 1, 1, ValueError()).rerun(), LookupError, "failure of Parse", "call it yourself"),
    *each("Recorder", (0, -1, "x", NAN), lambda _, v: Recorder(v), OptionError, "max_bytes must be positive, got *", "Recorder(64 * 1024 * 1024)"),
    Case("a failed run", failing, RunFailed, "Counter raised Undigestable", "pass plain data instead"),
    Case("a run without end", lambda _: endless("__PHASE__", max_phases=3), PhaseLimitReached, "not finished after max_phases=3", "begun by Busy"),
    Case("a run that takes too long", lambda _: endless("go", deadline=1), DeadlineExceeded, "not finished after 1 s", "Busy"),
]
# fmt: on
