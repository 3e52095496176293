"""`Ledger`: what the processors of a random flow did with each item, and how each must have ended because of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from flow_plans import GATES, HABITS, JobPlan, Plan

from framework.flow import FlowReport

LATEST = 1 << 20  # the value of a LastWorkItem: larger than any item
OUTCOMES = ("done", "skipped", "rerouted", "failed")
FAILED = ("fail", "timeout", "cancel", "exit", "reroute")


@dataclass
class Step:
    """One job's attempts at an item, named after how the body ended; "begun" while it has not."""

    job: str
    attempts: list[str] = field(default_factory=list)


class Item(int):
    """A number that tells what was done with it.

    `origin` is the attempt that yielded it, `was_taken` that the generator went on after that.
    """

    steps: list[Step]
    origin: tuple[Step, int] | None
    was_taken: bool


class Ledger:
    """`items` are all that were handed out: by the source, by generators, by processors that put."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.items: list[Item] = []
        self.last = f"job {len(plan.jobs) - 1}"

    def new(self, number: int, parent: Item | None = None) -> Item:
        """Return a new item."""
        item = Item(number)
        item.steps, item.was_taken = [], False
        item.origin = None if parent is None else (parent.steps[-1], len(parent.steps[-1].attempts) - 1)
        self.items.append(item)
        return item

    def begin(self, job: str, items: Iterable[Item]) -> None:
        """An attempt begins."""
        for item in items:
            if not item.steps or item.steps[-1].job != job:
                item.steps.append(Step(job))
            item.steps[-1].attempts.append("begun")

    def end(self, items: Iterable[Item], how: str) -> None:
        """The latest attempt has ended."""
        for item in items:
            item.steps[-1].attempts[-1] = how

    # -- what must have come of it

    def check(self, report: FlowReport) -> None:
        """Hold the counts against it: exactly, where the flow finished; where it was ended, what is sure."""
        sure: Counter[str] = Counter()
        possible: Counter[str] = Counter()
        wild, lost = 0, []
        for item in self.items:
            fate = self.fate(item, finished=report.ended == "finished")
            match fate:
                case None:
                    continue
                case "wild":
                    wild += 1
                case (outcome, True):
                    sure[outcome] += 1
                case (outcome, False):
                    possible[outcome] += 1
                    lost.append((item, item.steps))
        for name in OUTCOMES:
            told = report.counts[name]
            assert told <= sure[name] + possible[name] + wild, (name, sure, possible, wild, report.counts)
            assert report.cut_off or sure[name] <= told, (name, sure, possible, wild, report.counts)
        if report.ended == "finished":
            assert not lost, (lost, report.counts)

    def fate(  # noqa: C901, PLR0911 - a case for each way to end
        self, item: Item, *, finished: bool
    ) -> "str | tuple[str, bool] | None":
        """Return the outcome and whether it is sure; "wild" if it cannot be told, None if the item never was one."""
        if not item.steps:
            return self._untouched(item, finished=finished)
        step, handling = item.steps[-1], None
        if step.job.endswith("errors"):
            if len(item.steps) == 1:  # the limits of the first job gave it up before its body had begun
                return self._entering(item, 0) or ("failed", False)
            step, handling = item.steps[-2], step
        job, how = self.job(step), step.attempts[-1]
        # A TaskGroup leaves a cancellation behind, which what comes next in the same attempt may meet: before Python
        # 3.13 always, since then in a task that has cancelled itself before.
        is_stale = job.weights[HABITS.index("stale")] > 0
        ways = ("cancel", "timeout", "interrupted") if is_stale else ("cancel", "timeout")
        is_stray = how in ways and (job.batch is not None or job.generates)
        is_mended = job.source == "mended" and how != "return"  # and tried again, if its error job fails as well
        if is_stray or is_mended or (job.source in GATES and job.timeout is not None):
            return "wild"
        if how == "return" and (following := self._following(item, step)):
            return following
        if how in ("fail", "timeout") and len(step.attempts) < self.attempts(step):
            return "failed", False
        in_one = job.batch is None and job.source not in GATES  # what the body says is counted at once
        match how:
            case "return":
                is_done = step.job.partition(".")[0] == self.last
                return "done", is_done and (finished or (in_one and self.plan.drive not in ("stream", "ordered")))
            case "last" | "spent":
                return "done", finished or (in_one and self.attempts(step) == 1)
            case "skip":
                return "skipped", finished or in_one
            case "fail" | "timeout" | "cancel" | "exit":
                handled = handling is not None or not self._is_handled(job)
                at_once = in_one and how not in ("timeout", "cancel")
                return "failed", handled if finished else at_once
            case "reroute":
                return self._rerouted(job, handling, finished=finished, in_one=in_one)
        return "dropped", False

    def _rerouted(self, job: JobPlan, handling: Step | None, *, finished: bool, in_one: bool) -> tuple[str, bool]:
        if not self._is_handled(job):
            return "rerouted", finished or in_one
        if handling is None or handling.attempts[-1] in ("begun", "interrupted"):
            return "rerouted", False
        how = handling.attempts[-1]
        if how in ("fail", "timeout") and len(handling.attempts) < self.attempts(handling):
            return "failed", False
        sure = finished or how not in ("timeout", "cancel", "spent")
        return ("failed" if how in FAILED else "rerouted"), sure

    def _untouched(  # noqa: PLR0911 - as above
        self, item: Item, *, finished: bool
    ) -> "str | tuple[str, bool] | None":
        if item.origin is None:
            if item == LATEST:
                return None  # put only where its LastWorkItem is
            return self._entering(item, 0) or ("done", False)
        step, attempt = item.origin
        how = step.attempts[attempt]
        if step.job == "errors":
            return None  # the error job's results are no items
        if self.job(step).source in GATES:
            return "wild"
        collected = self.attempts(step) > 1  # an attempt that fails has yielded nothing
        if collected and how not in ("spent", "last"):
            return None if finished or how != "begun" else ("done", False)
        if following := self._following(item, step):
            return following
        is_done = step.job.partition(".")[0] == self.last
        at_once = item.was_taken and not collected and self.plan.drive not in ("stream", "ordered")
        return "done", is_done and (finished or at_once)

    def job(self, step: Step) -> JobPlan:
        """Return the plan of the job."""
        if step.job == "errors":
            assert self.plan.error is not None
            return self.plan.error
        return self.plan.jobs[self._number(step)]

    def attempts(self, step: Step) -> int:
        """Return how often the job tries an item."""
        job = self.job(step)
        if job.source == "misses" or ("." in step.job and job.source != "gated"):
            return 1  # has no limits
        return (job.retry or 1) ** (2 if job.source == "deep" else 1)

    def _is_handled(self, job: JobPlan) -> bool:
        return self.plan.error is not None or job.source == "handled"

    def _following(self, item: Item, step: Step) -> "str | tuple[str, bool] | None":
        return None if step.job.endswith("errors") else self._entering(item, self._number(step) + 1)

    def _entering(self, item: Item, number: int) -> "str | tuple[str, bool] | None":
        """Return the fate of an item that a job may have ended before its body began."""
        job = self.plan.jobs[number] if number < len(self.plan.jobs) else None
        if job is None or (job.source not in GATES and job.source != "misses"):
            return None
        if job.source == "misses":
            return None if item % 3 else ("dropped", True)
        return "wild" if job.timeout is not None else None

    @staticmethod
    def _number(step: Step) -> int:
        return int(step.job.partition(".")[0].removeprefix("job "))
