"""Contestants run in turns, round after round, so that a noisy machine is noisy for all.

A machine's speed changes from one second to the next. Ratios are therefore taken within a round, where both ran close
together, and the median of the rounds counts; every other round runs backwards, so that no contestant always follows
the same one.
"""

import gc
import statistics
import time
from collections.abc import Mapping


class Times(Mapping):
    """Seconds of each contestant in each round; as a mapping, their medians."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __getitem__(self, name):
        return statistics.median(self.seconds[name])

    def __iter__(self):
        return iter(self.seconds)

    def __len__(self):
        return len(self.seconds)

    def ratio(self, name, baseline):
        """How many times the baseline a contestant takes: the median of the rounds' ratios."""
        pairs = zip(self.seconds[name], self.seconds[baseline], strict=True)
        return statistics.median(mine / other for mine, other in pairs)

    def against(self, ours, peers=None):
        """How many times our time each peer takes; every other contestant is one where none are named."""
        return {name: self.ratio(name, ours) for name in (self if peers is None else peers) if name != ours}


def measure(contestants, rounds=7, *, collect=True):
    """Run each contestant once per round; a dict of name -> function that returns seconds or None to be timed whole.

    Garbage is collected before each, which takes longer than a short one: do without by `collect=False`.
    """
    seconds = {name: [] for name in contestants}
    forwards = list(contestants.items())
    for number in range(rounds):
        for name, run in reversed(forwards) if number % 2 else forwards:
            if collect:
                gc.collect()
            started = time.perf_counter()
            own = run()
            seconds[name].append(own if isinstance(own, float) else time.perf_counter() - started)
    return Times(seconds)


def table(title, times, baseline, per=1, unit="us"):
    """Print a Markdown table: cost per unit of work, and how many times the baseline that is."""
    scale = {"us": 1e6, "ms": 1e3, "s": 1}[unit]
    lines = [f"\n### {title}\n", f"| contestant | {unit} each | times {baseline} |", "|---|---:|---:|"]
    for name, seconds in times.items():
        lines.append(f"| {name} | {seconds / per * scale:.3f} | {times.ratio(name, baseline):.2f} |")
    print("\n".join(lines), end="\n\n", flush=True)
