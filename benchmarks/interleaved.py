"""Run contestants in turn, several rounds, so that a noisy machine is noisy for all; print medians and ratios."""

import gc
import statistics
import sys
import time

missed = []


def measure(contestants, rounds=7):
    """Median seconds of each contestant; a dict of name -> function that returns seconds or None to be timed whole."""
    times = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            gc.collect()
            started = time.perf_counter()
            own = run()
            times[name].append(own if isinstance(own, float) else time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in times.items()}


def table(title, medians, baseline, per, unit="us"):
    """A Markdown table: cost per unit of work, and how many times the baseline that is."""
    scale = {"us": 1e6, "ms": 1e3, "s": 1}[unit]
    lines = [f"### {title}", "", f"| contestant | {unit} each | times {baseline} |", "|---|---:|---:|"]
    for name, seconds in medians.items():
        lines.append(f"| {name} | {seconds / per * scale:.3f} | {seconds / medians[baseline]:.2f} |")
    print("\n".join(lines), end="\n\n", flush=True)


def promise(text, value, *, at_least=None, at_most=None):
    """Print one promise with the figure that was reached."""
    holds = (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
    bound = f">= {at_least:g}" if at_least is not None else f"<= {at_most:g}"
    print(f"- {'holds' if holds else 'MISSED'}: {text}: {value:.2f} (promised {bound})", flush=True)
    if not holds:
        missed.append(text)


def finish():
    """Exit with 1 when a promise was missed."""
    sys.exit(1 if missed else 0)
