"""What a random flow is made of: its jobs, how it is driven, and how it ends. Start at `Plan`."""

from dataclasses import dataclass

from hypothesis import strategies as st

HABITS = (
    "return", "yield", "wait", "skip", "reroute", "fail", "cancel", "exit", "last", "cling", "stale", "feed", "leak",
)  # fmt: skip
RESOURCES = ("function", "factory", "shared", "lock")
STAGES = ("flow", "part", "router", "handled", "mended", "gated", "misses", "deep")
GATES = ("flow", "mended", "gated", "deep")  # follow each item through several jobs


@dataclass(frozen=True)
class JobPlan:
    """A job: where its processor comes from, how often that does what (by `HABITS`), and its limits.

    `breaks` is the share of enterings and releases of a resource that raise, `slow` of those that take long, `clings`
    of those that ignore a cancellation.
    """

    source: str
    generates: bool
    breaks: float
    slow: float
    clings: float
    workers: int
    most: int
    least: int
    queue: int
    weights: tuple[int, ...]
    batch: int | None
    linger: float
    retry: int | None
    wait: float
    timeout: float | None
    rate: float | None
    key: int | None


@dataclass(frozen=True)
class Plan:
    """A flow; `moment` is when it is stopped or cancelled, in seconds.

    `eager` starts tasks at once, where Python can; `meddles` pauses, resumes and configures jobs meanwhile.
    """

    seed: int
    items: int
    jobs: tuple[JobPlan, ...]
    error: JobPlan | None
    drive: str
    ending: str
    moment: float
    fixed: bool
    watched: bool
    eager: bool
    meddles: bool
    drops: bool
    value: bool
    grace: float

    @property
    def source_breaks(self) -> bool:
        """Whether the source raises, which takes a drive that has one."""
        return self.ending == "broken" and self.drive in ("list", "async", "context", "stream", "ordered")


def job_plans(sources: tuple[str, ...]) -> st.SearchStrategy[JobPlan]:
    """Jobs whose processors come from one of those sources."""
    rare = st.sampled_from((0, 0, 0, 1, 2))
    return st.builds(
        JobPlan,
        source=st.sampled_from(("function", "function", *sources)),
        generates=st.sampled_from((False, False, False, True)),
        breaks=st.sampled_from((0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.4)),
        slow=st.sampled_from((0.0, 0.0, 0.3)),
        clings=st.sampled_from((0.0, 0.0, 0.5)),
        workers=st.integers(0, 4),
        most=st.integers(1, 4),
        least=st.integers(0, 1),
        queue=st.integers(1, 4),
        weights=st.tuples(
            st.integers(1, 20),
            st.integers(0, 10),
            st.integers(0, 10),
            rare,
            rare,
            rare,
            rare,
            rare,
            rare,
            rare,
            rare,
            rare,
            rare,
        ),
        batch=st.sampled_from((None, None, None, 1, 3)),
        linger=st.sampled_from((0.0, 0.05)),
        retry=st.sampled_from((None, None, 1, 3)),
        wait=st.sampled_from((0.0, 0.004)),
        timeout=st.sampled_from((None, None, 0.01)),
        rate=st.sampled_from((None, None, None, 100.0)),
        key=st.sampled_from((None, None, None, 1, 3)),
    )


plans = st.builds(
    Plan,
    seed=st.integers(0, 1 << 30),
    items=st.integers(0, 40),
    jobs=st.lists(job_plans((*RESOURCES, *STAGES)), min_size=1, max_size=4).map(tuple),
    error=st.none() | job_plans((*RESOURCES, "part")),
    drive=st.sampled_from(("list", "async", "context", "puts", "feeding", "stream", "ordered", "started")),
    ending=st.sampled_from(("itself", "itself", "last", "broken", "stop", "cancel", "twice")),
    moment=st.sampled_from((0.0, 0.001, 0.02, 0.1)),
    fixed=st.booleans(),
    watched=st.booleans(),
    eager=st.booleans(),
    meddles=st.sampled_from((False, False, True)),
    drops=st.booleans(),
    value=st.booleans(),
    grace=st.sampled_from((0.0, 0.01, 5.0)),
)
