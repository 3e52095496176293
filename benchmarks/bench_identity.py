"""The identities of 100 builders over 50 own modules: once in a process, and again, beside parsing the same modules.

Parsing is `ast.parse` of every module, the least that reading a project can cost. "once" parses and reads each module;
"again" is another pipeline of the process: what was parsed is not parsed again, but constants and what names are bound
to are looked at anew, because they may have changed. Each round is a process of its own.
"""

import ast
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from interleaved import Times, table
from promises import finish, promise

MODULES, BUILDERS = 50, 2
PARSE, ONCE, AGAIN = "ast.parse of the modules", "identities, once", "identities, again"

MODULE = '''\
"""Prices of region {number}."""

import math

from framework.reactive import ReactiveBuilder
import region_{next}

LIMIT = {number}
RATES = {{"euro": 1.1, "franc": {number}.5, "weights": [1, 2, {number}]}}


def scaled(value: float, factor: int = {number}) -> float:
    """Scale a value, and shift it by what the limit leaves."""
    total = 0.0
    for index in range(factor):
        if index % 2:
            total += index * value
        else:
            total -= math.sqrt(abs(value)) + LIMIT
    return total


def weighted(value, *, names=()):
    weights = [weight * RATES["euro"] for weight in RATES["weights"] if weight]
    return scaled(value) + sum(weights) + len(names)


class Price:
    """A price in this region."""

    digits = 2

    def __init__(self, amount):
        self.amount = amount

    def rounded(self):
        return round(weighted(self.amount), self.digits)

    @property
    def doubled(self):
        return self.rounded() * 2
'''
BUILDER = '''

class Region{number}Step{step}(ReactiveBuilder):
    """Prices of region {number}."""

    def __init__(self, factor=1):
        super().__init__(provides="price_{number}_{step}", requires=["amount"], persist=True)
        self.factor = factor

    def build(self, context, amount):
        price = Price(amount)
        yield price.doubled * self.factor + region_{next}.weighted(amount) + region_{next}.LIMIT
'''
ROUND = """
import sys
sys.path[:0] = sys.argv[1:3]
from bench_identity import one_round
one_round()
"""


def project(folder):
    """Write the modules."""
    for number in range(MODULES):
        names = {"number": number, "next": (number + 1) % MODULES}
        steps = [BUILDER.format(step=step, **names) for step in range(BUILDERS)]
        file = folder / f"region_{number}.py"
        file.write_text(MODULE.format(**names) + "".join(steps))
        os.utime(file, (0, 0))  # as files that were not edited a second ago, which are compiled to be sure


def one_round():
    """Print the seconds that each takes, in a process that has imported the project and read nothing of it."""
    import importlib

    from framework.core.identity.identity import identity_of, uncollected

    modules = [importlib.import_module(f"region_{number}") for number in range(MODULES)]
    builders = [
        getattr(module, f"Region{number}Step{step}")()
        for number, module in enumerate(modules)
        for step in range(BUILDERS)
    ]
    texts = [Path(module.__file__).read_text(encoding="utf-8") for module in modules]
    identity_of(builders[0])  # imports what reading needs, which is no part of it
    seconds = {}
    for name in (PARSE, ONCE, AGAIN):
        gc.collect()
        readers = {}
        started = time.process_time()
        with uncollected():
            for part in texts if name == PARSE else builders:
                ast.parse(part) if name == PARSE else identity_of(part, readers)
        seconds[name] = time.process_time() - started
    print(json.dumps(seconds))


def main():
    with tempfile.TemporaryDirectory() as folder:
        project(Path(folder))
        here = str(Path(__file__).parent)
        command = [sys.executable, "-c", ROUND, here, folder]
        rounds = [json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout) for _ in range(7)]
    times = Times({name: [seconds[name] for seconds in rounds] for name in (PARSE, ONCE, AGAIN)})
    table(f"{MODULES * BUILDERS} builders over {MODULES} modules: CPU time", times, PARSE, unit="ms")
    promise("identities of 100 builders, once, times parsing their 50 modules", times.ratio(ONCE, PARSE), at_most=12)
    promise("identities of 100 builders, again, times parsing their 50 modules", times.ratio(AGAIN, PARSE), at_most=5)
    finish()


if __name__ == "__main__":
    main()
