"""Kinds of code: functions, methods, partials, and functions written in C."""

import functools
import math
import operator

from digest_specs import KINDS, Kind, random_spec

SOURCE = """
def make(k):
    def {name}(x, y=None, *, z=None):
        {body}
    return {name}
"""
LAYOUTS = (
    SOURCE,
    f"\n\n# moved\n{SOURCE}",
    SOURCE.replace("def make", "@staticmethod\ndef make").replace("None", " None "),
)
BODIES = (
    "return x + k, G",
    "return x - k, G",
    "return x, k, G",
    "return x, G, k",
    "return (k, 1), G",
    "return (k, 1.0), G",
    "return (k, True), G",
    "return x.upper(k), G",
    "return x.lower(k), G",
    "return [x for x in (k, G)]",
    "return {x for x in (k, G, 'a', 'b')}",
    "return x in {'a', 'b', 'c'} or (k, G)",
    "return lambda: (x, k, G)",
    "return lambda: (y, k, G)",
    "yield x, k, G",
    "return make and k if x else G",
)


def function(noise, name, body, closure, variable, *defaults):
    """A function at some place of a file, beside other variables, perhaps already called by other names."""
    variables = {"G": variable, "unused": noise.random.random()}
    exec(compiled(noise.random.choice(LAYOUTS).format(name=name, body=body)), variables)
    made = variables["make"](closure)
    made.__defaults__, made.__kwdefaults__ = defaults[:1], {"z": defaults[1]}
    if "make" in body:
        variables["make"] = None  # a global that counts
    return made


def recursive(noise, name, closure):
    """A function that knows itself through its closure."""
    variables = {"unused": noise.random.random()}
    exec(compiled(noise.random.choice(LAYOUTS).format(name=name, body=f"return {name}(x) if x else k")), variables)
    return variables["make"](closure)


@functools.cache
def compiled(source):
    """The code of a cell."""
    return compile(source, "<cell>", "exec")


def parts(*choices, values):
    """One of each of the choices, then so many values."""
    return lambda random, depth: (
        *map(random.choice, choices),
        *(random_spec(random, max(0, depth - 2)) for _ in range(values)),
    )


class Adder:
    """Has a method."""

    def __init__(self, number):
        self.number = number

    def add(self, other):
        """Add."""
        return self.number + other

    def twice(self):
        """Add itself."""
        return self.add(self.number)


C_FUNCTIONS = {"len": len, "max": max, "sin": math.sin, "cos": math.cos, "add": operator.add}
KINDS["function"] = Kind(parts(("f", "g"), BODIES, values=4), function, "function", noisy=True, weight=3)
KINDS["recursive"] = Kind(parts(("f", "g"), values=1), recursive, "recursive", noisy=True, weight=1)
KINDS["method"] = Kind(
    parts(("add", "twice"), values=1), lambda name, number: getattr(Adder(number), name), "method", weight=1
)
KINDS["partial"] = Kind(
    parts(tuple(C_FUNCTIONS), values=2),
    lambda name, *values: functools.partial(C_FUNCTIONS[name], *values),
    "partial",
    weight=1,
)
KINDS["bound"] = Kind(
    parts(("append", "extend"), values=1), lambda name, value: getattr([value], name), "bound", weight=1
)
KINDS["built in"] = Kind(
    lambda random, _: (random.choice(list(C_FUNCTIONS)),), C_FUNCTIONS.__getitem__, "built in", leaf=True, weight=1
)
