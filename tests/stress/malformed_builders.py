# ruff: noqa: E501 - a case is a line
"""Malformed inputs to builders."""

import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from malformed import Case, built, double, each

from framework.bridge import FlowBuilder
from framework.core import Event, Pipeline
from framework.errors import (
    BuildError,
    FlowError,
    LifecycleError,
    OptionError,
    RunFailed,
    Undigestable,
    UnknownName,
    Unpicklable,
    UnsafeSubmit,
    WiringError,
)
from framework.flow import Flow
from framework.reactive import (
    Collector,
    Grouper,
    MaxPendingRendezvousKeys,
    ReactiveBuilder,
    ReactiveEvent,
    ReservoirSampler,
    SkipAheadOnBacklog,
    StreamGrouper,
    StreamSampler,
    make_load_balancer,
    make_rendezvous,
    offload,
    parallelize,
    plan,
    reactive,
)

LOCK = threading.Lock()
NAN = float("nan")
threads = ThreadPoolExecutor(1)
processes = ProcessPoolExecutor(1)  # none is started: what is refused never gets there


class Plain(ReactiveBuilder):
    def __init__(self, provides="out", requires=("word",), **options):
        super().__init__(provides, requires, **options)

    def build(self, context, *words):
        yield words


class Answering(Plain):
    """Returns something."""

    def __init__(self, answer, **options):
        super().__init__(**options)
        self.answer = answer

    def build(self, context, *words):
        return self.answer


class Forgetful(ReactiveBuilder):
    def __init__(self):
        pass

    def build(self, context):
        return []


class Later(Plain):
    def build(self, context, word):
        return self.later(word)

    async def later(self, word):
        return [word]


class YieldsLater(Plain):
    def build(self, context, word):
        return self.later(word)

    async def later(self, word):
        yield word


class Hooked(Plain):
    def phase(self, context, phase):
        return "text"


class Leaking(Plain):
    def build(self, context, word):
        Leaking.context = context
        return []


class Worker:
    def __init__(self, number):
        self.number = number

    def build(self, context, word):
        return [word]


class Holding:
    def __init__(self):
        self.lock = threading.Lock()

    def build(self, context, word):
        return [word]


class Sending:
    def build(self, context, word):
        context.submit(Event("x"))


class Idle:
    pass


def doubled(word):
    return [word, word]


def leaked(_):
    built(Leaking(), word=1)
    Leaking.context.submit(Event("x"))


def joined(keys, **options):
    """What a rendezvous raises that gets a word on the left, twice, and one on the right."""
    pipeline = Pipeline(make_rendezvous("pair", ["left", "right"], keys, **options), on_error="keep")
    pipeline.resolve("pair")
    for side in ("left", "left", "right"):
        pipeline.submit(ReactiveEvent("built", side, artifact=["word"]))
    raise pipeline.run().failures[0].exception


def join(keys=len, requires=("left", "right"), provides="pair", **options):
    return make_rendezvous(provides, requires, keys, **options)


def balance(worker=Worker, count=2, args=(1,), requires=("word",), **options):
    return make_load_balancer("out", requires, worker, count, args, **options)


def offloaded(function=doubled, executor=threads, requires=("word",), **options):
    return offload("out", requires, function, executor, **options)


def with_lock():
    lock = threading.Lock()
    return lambda _: [lock]


def unprovided(_):
    pipeline = Pipeline([Plain()])
    pipeline.resolve("out")
    pipeline.run()


YIELD = "yield artifacts, or return a list"
SYNC = "write `def`"
TUPLES = "announce tuples, or require 'word'"
PLAIN = "plain data instead"
FROM_ONE = "is a whole number from 1 on"
KEY_FUNCTION = "takes the arguments of build and returns a key"
WORKER_ARGUMENTS = "worker_init_args=[...]"

# fmt: off
CASES = [
    *each("provides", (5, None, "", ["a"], b"x"), lambda _, v: Plain(v), WiringError, "Plain: provides is the name of a target, got *", "provides='words'"),
    *each("provides", ("*a", "**"), lambda _, v: Plain(v), WiringError, "provides=* begins with a star", "which is for requires only"),
    Case("requires='text'", lambda _: Plain("out", "text"), WiringError, "got 'text'", "write requires=['text']"),
    *each("requires", (5, None, b"x"), lambda _, v: Plain("out", v), WiringError, "a list of targets, got *", "write requires=['words']"),
    *each("a requirement", (5, "", "*", None, ["a"]), lambda _, v: Plain("out", [v]), WiringError, "got *", 'names targets ("name" or "*name")'),
    *each("requires", (["a", "a"], ["a", "*a"]), lambda _, v: Plain("out", v), WiringError, "requires 'a' twice", "require it once and use the argument twice"),
    *each("a builder's name", (5, ["a"]), lambda _, v: Pipeline([Plain(name=v)]), OptionError, "name of a Plain is a string, got *", "name='"),
    Case("an unknown keyword", lambda _: Plain(persists=True), TypeError, "unexpected keyword argument", "'persists'"),
    Case("no super().__init__", lambda _: Pipeline([Forgetful()]), WiringError, "Forgetful.__init__ must say what is built", "super().__init__(provides=..., requires=[...])"),
    Case("build returns None", lambda _: built(Answering(None), word=1), BuildError, "Answering.build returned None", "or return [] where there is none"),
    *each("build returns", ("abc", b"abc", 5, int, bytearray(b"x"), len, 1.5), lambda _, v: built(Answering(v), word=1), BuildError, "Answering.build returned a", YIELD),
    *each("build is async", (Later, YieldsLater), lambda _, v: built(v(), word=1), BuildError, "to be awaited", "write `async def build`"),
    Case("a hook returns text", lambda _: built(Hooked(), word=1), BuildError, "Hooked.phase returned a str, 'text'", YIELD),
    *each("expanded", (5, "ab", None, b"x"), lambda _, v: built(Plain("out", ["*word"]), word=v), BuildError, "this artifact is *", TUPLES),
    Case("a target without a provider", unprovided, RunFailed, "requires 'word', which no builder provides", "add a builder with provides='word'"),
    Case("a lock for an input", lambda _: built(Plain(persist=True), word=LOCK), Undigestable, "inputs[0]: a lock", PLAIN),
    Case("an iterator for an input", lambda _: built(Plain(persist=True), word=iter([1])), Undigestable, "inputs[0]: an iterator", "pass a list or a tuple"),
    Case("a lock for an artifact", lambda _: built(Answering([LOCK], persist=True), word=1), Unpicklable, "artifact: a lock", PLAIN),
    Case("a build context used late", leaked, UnsafeSubmit, "belongs to one delivery", "hold.submit(event)"),
    Case("a submit from an executor", lambda _: built(*balance(Sending, 1, (), executor=threads), word=1), LifecycleError, "Event(name='x')", "yield it"),
    *each("@reactive on", (Plain, 5), lambda _, v: reactive("out")(v), WiringError, "got *", "subclass ReactiveBuilder"),
    *each("@reactive", (5, ["out"]), lambda _, v: reactive(v), WiringError, "got *", "provides='words'"),
    Case("@reactive requires text", lambda _: reactive("out", "word"), WiringError, "got 'word'", "write requires=['word']"),
    *each("a collector's limit", (0, -1, 1.5, "3", True), lambda _, v: Collector("out", ["word"], v), OptionError, "got *", f"limit {FROM_ONE}"),
    Case("a collector's topics", lambda _: Collector("out", "word"), WiringError, "got 'word'", "write requires=['word']"),
    *each("a grouper's key", (5, None, "id"), lambda _, v: Grouper("out", ["word"], v), WiringError, "got *", KEY_FUNCTION),
    *each("a stream grouper's key", (5, None, "id"), lambda _, v: StreamGrouper("out", ["word"], v), WiringError, "got *", KEY_FUNCTION),
    *each("a sampler's probability", (2, -0.1, "x", NAN, None), lambda _, v: StreamSampler("out", ["word"], v), OptionError, "got *", "a number from 0 to 1"),
    *each("a reservoir's size", (0, -1, 2.5, "x", None), lambda _, v: ReservoirSampler("out", ["word"], v), OptionError, "got *", f"size {FROM_ONE}"),
    *each("a join of", (["left"], "ab", [], 5, None, b"ab"), lambda _, v: join(requires=v), WiringError, "got requires=*", "requires=['left', 'right']"),
    *each("a join's keys", ([len], [len] * 3, []), lambda _, v: join(v), WiringError, "takes a key function for each of 2 requirements", "give one for all"),
    *each("a join's keys", ("id", None, 5), lambda _, v: join(v), WiringError, "got *", "a key function for all requirements, or a list"),
    Case("numbers for keys", lambda _: join([1, 2]), WiringError, "got 1", KEY_FUNCTION),
    *each("a duplicate_policy", ("all", None, 5), lambda _, v: join(duplicate_policy=v), OptionError, "got *", "duplicate_policy is one of 'queue', 'first'"),
    *each("an orphan_policy", ("wait", 5, MaxPendingRendezvousKeys), lambda _, v: join(orphan_policy=v), OptionError, "got *", "MaxPendingRendezvousKeys(1000)"),
    *each("a join's target", (5, None), lambda _, v: join(provides=v), WiringError, "got *", "provides='words'"),
    Case("a list for a key", lambda _: joined(lambda word: word), BuildError, "which has no hash", "return a tuple or a string"),
    Case("a key that comes again", lambda _: joined(len, duplicate_policy="refuse"), BuildError, "the key 1 of ['word']", "make keys unique"),
    *each("MaxPendingRendezvousKeys", (0, -1, "x", 1.5), lambda _, v: MaxPendingRendezvousKeys(v), OptionError, "got *", f"max_pending {FROM_ONE}"),
    *each("SkipAheadOnBacklog", (0, -1, "x"), lambda _, v: SkipAheadOnBacklog(v), OptionError, "got *", f"max_buffered {FROM_ONE}"),
    *each("num_workers", (0, -1, "2", None, 1.5), lambda _, v: balance(count=v), OptionError, "got *", f"num_workers {FROM_ONE}"),
    *each("a class of workers", (5, None), lambda _, v: balance(v), WiringError, "got *", "give the class and num_workers"),
    Case("a worker without build", lambda _: balance(Idle, args=()), WiringError, "Idle object", "build(context, *artifacts)"),
    Case("a worker without its arguments", lambda _: balance(args=()), WiringError, "missing a required argument: 'number'", WORKER_ARGUMENTS),
    Case("a worker with too many arguments", lambda _: balance(args=(1, 2)), WiringError, "too many positional arguments", WORKER_ARGUMENTS),
    Case("a worker with other arguments", lambda _: balance(args=(), worker_init_kwargs={"name": 1}), WiringError, "'name'", WORKER_ARGUMENTS),
    *each("a balancer's executor", (5, ThreadPoolExecutor), lambda _, v: balance(executor=v), WiringError, "got *", "client.get_executor()"),
    *each("a gap_policy", ("wait", 5, SkipAheadOnBacklog), lambda _, v: balance(gap_policy=v), OptionError, "got *", "SkipAheadOnBacklog(1000)"),
    Case("a balancer that requires text", lambda _: balance(requires="word"), WiringError, "got 'word'", "write requires=['word']"),
    Case("a worker that cannot travel", lambda _: balance(Holding, 1, (), executor=processes), Unpicklable, "worker Holding cannot be sent", "use a ThreadPoolExecutor"),
    *each("parallelize", (0, "x"), lambda _, v: parallelize("out", ["word"], Worker, v, worker_init_args=(1,)), OptionError, "got *", FROM_ONE),
    *each("offload", (5, None, "f"), lambda _, v: offloaded(v), WiringError, "got *", "def build(word)"),
    Case("offload async", lambda _: offloaded(double), WiringError, "is asynchronous", SYNC),
    *each("an executor", (5, None, ThreadPoolExecutor), lambda _, v: offloaded(executor=v), WiringError, "got *", "client.get_executor()"),
    *each("max_pending", (0, "x", 1.5), lambda _, v: offloaded(max_pending=v), OptionError, "got *", f"max_pending {FROM_ONE}"),
    Case("offload requires text", lambda _: offloaded(requires="word"), WiringError, "got 'word'", "write requires=['word']"),
    Case("a function that cannot travel", lambda _: offloaded(with_lock(), processes), Unpicklable, "cannot be sent to another process", "use a ThreadPoolExecutor"),
    *each("offloaded", (None, "text", 5), lambda _, v: built(offloaded(lambda _: v), word=1), BuildError, "returned", "return"),
    Case("plan nothing", lambda w: plan(w.pipeline, "numbrs"), UnknownName, "no target is named 'numbrs'", "did you mean 'numbers'?"),
    *each("plan", (5, None), lambda w, v: plan(w.pipeline, v), UnknownName, "no target is named *", "there are: numbers"),
    *each("plan of", (5, None, [1]), lambda _, v: plan(v, "numbers"), TypeError, "got *", "plan(pipeline, 'words')"),
    *each("FlowBuilder of", (5, double, Flow), lambda _, v: FlowBuilder("out", ["word"], v), FlowError, "got *", "flow.add(processor)"),
    Case("FlowBuilder of a flow without jobs", lambda _: built(FlowBuilder("out", ["word"], Flow(name="empty")), word=1), LifecycleError, "empty has no jobs", "flow.add(processor)"),
    Case("FlowBuilder requires text", lambda w: FlowBuilder("out", "word", w.flow), WiringError, "got 'word'", "write requires=['word']"),
]
# fmt: on
