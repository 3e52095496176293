"""What a benchmark finds besides its tables: promises kept or missed, and peers that do better than we.

Each is printed as a line of the report and, where the environment names a file for results, appended to it as JSON.
"""

import json
import os
import sys
from pathlib import Path

RESULTS = "BENCHMARK_RESULTS"
"""The variable that names the file."""
NOISE = 0.05
"""A peer that is ahead by less than this is on a par: the same code twice in turns differs by as much."""
MISSED = 2
"""The exit code of a benchmark that missed a promise; 1 is an error's."""
UNEXPLAINED = "no reason known"
_missed = []


def promise(text, value, *, at_least=None, at_most=None):
    """Print one promise with the figure that was reached."""
    holds = (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
    bound = f">= {at_least:,}" if at_least is not None else f"<= {at_most:,}"
    print(f"- {'holds' if holds else 'MISSED'}: {text}: {value:,.2f} (promised {bound})", flush=True)
    _tell(kind="promise", text=text, value=value, bound=bound, holds=holds)
    if not holds:
        _missed.append(text)


def beaten(what, ratios, reasons=None):
    """Print the peers that do better than we, and why.

    Args:
        what: is compared.
        ratios: how many times our cost each peer takes.
        reasons: why a peer is better, for those of which that is known.
    """
    for peer, ratio in ratios.items():
        if ratio < 1 - NOISE:
            reason = (reasons or {}).get(peer, UNEXPLAINED)
            print(f"- behind {peer}, which takes {ratio:.2f} times as much as we: {reason}", flush=True)
            _tell(kind="beaten", what=what, peer=peer, ratio=ratio, reason=reason)


def finish():
    """Exit, with `MISSED` when a promise was missed."""
    sys.exit(MISSED if _missed else 0)


def _tell(**result):
    path = os.environ.get(RESULTS)
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")
