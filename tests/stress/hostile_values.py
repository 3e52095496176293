"""Values that do everything but hold still while they are looked at. Start at `VALUES` and `ERRORS`."""

from collections import OrderedDict

from hostile_names import CONTROLS, DIRECTIONS, GRAPHS, MARKUP, QUOTES, SPACED

TEXTS = [word for words in (MARKUP, GRAPHS, QUOTES) for word in words.split()]
TEXTS += [*CONTROLS.split(" "), *DIRECTIONS.split(" "), *SPACED, "\ud800", "x" * 100_000, "\n" * 1000, "\x1b[2J" * 100]

touched = []
"""What was called that a display has no business to call."""


class Shown:
    """Has a text as its repr, and ways to show itself that must not be taken for markup of the page."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text

    def _repr_html_(self):
        touched.append("_repr_html_")
        return "<script>alert(1)</script>"

    def _ipython_display_(self):
        touched.append("_ipython_display_")

    def _repr_mimebundle_(self, **_):
        touched.append("_repr_mimebundle_")
        return {"text/html": "<script>alert(1)</script>"}

    def __html__(self):
        touched.append("__html__")
        return "<script>alert(1)</script>"

    def __call__(self, *_, **__):
        touched.append("__call__")


class Anything(Shown):
    """Has every attribute that is asked for."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Shown(f"<{name}>")


class Unequal(Shown):
    """Cannot be compared or hashed."""

    __hash__ = None

    def __eq__(self, other):
        raise RuntimeError("compared")

    def __bool__(self):
        raise RuntimeError("asked whether it is true")

    def __len__(self):
        raise RuntimeError("measured")


class Raising:
    """Has a repr that raises."""

    def __init__(self, error):
        self.error = error

    def __repr__(self):
        raise self.error


class NoText:
    """Has a repr that is none."""

    def __repr__(self):
        return 5


class Endless:
    """Has a repr that has no end."""

    def __repr__(self):
        return repr(self)


def imposter(name):
    """A class that is called as a built-in one, and is none."""
    return type(name, (Shown,), {"__iter__": lambda self: self, "__len__": lambda self: 1 << 62})


class Growing(OrderedDict):
    """A dict without end."""

    def items(self):
        while True:
            yield "<key>", "<value>"

    def __repr__(self):
        return "<growing>"


class LivingList(list):
    """A list that raises when it is looked at."""

    def __iter__(self):
        raise RuntimeError("iterated")

    def __len__(self):
        raise RuntimeError("measured")


def nested(depth):
    """Lists within lists."""
    value = []
    for _ in range(depth):
        value = [value]
    return value


STRANGE = (
    Anything("<anything>"),
    Unequal("<unequal>"),
    *(
        Raising(error)
        for error in (RuntimeError("<no>"), RecursionError(), AttributeError(), SystemExit(1), MemoryError())
    ),
    NoText(),
    Endless(),
    *(imposter(name)("<imposter>") for name in ("dict", "list", "deque", "set", "str", "int", "array", "Event")),
    Growing(),
    LivingList([1]),
    nested(100_000),
    10**5000,
    {1: 2, "a": Unequal("<b>"), (Raising(SystemExit(2)),): {Raising(ValueError())}},
    type("<img src=x onerror=alert(1)>", (), {})(),
    type("a\nb\x1b[2J", (Shown,), {})("<named>"),
)
VALUES = (*map(Shown, TEXTS), *STRANGE)


class Unsaid(Exception):
    """Has a message that raises."""

    def __str__(self):
        raise RuntimeError("said")


class NoMessage(Exception):
    """Has a message that is none."""

    def __str__(self):
        return 5  # noqa: PLE0307 - that is the point


def noted(*notes):
    """An error with notes, whatever they are."""
    error = ValueError("<noted>")
    error.__notes__ = notes if len(notes) != 1 else notes[0]
    return error


def circle():
    """Two errors that caused each other."""
    one, other = ValueError("<one>"), ValueError("<other>")
    one.__cause__, other.__cause__ = other, one
    return one


ERRORS = (
    *(ValueError(text) for text in TEXTS),
    *(ValueError(value) for value in STRANGE),
    *(SystemExit(text) for text in TEXTS[:3]),
    Unsaid(),
    NoMessage(),
    noted("<script>alert(1)</script>", "\x1b[2J"),
    noted(5),
    circle(),
    ExceptionGroup("<group>", [ValueError("<inner>"), ExceptionGroup("</pre><script>", [KeyError("<b>")])]),
    type("<script>alert(1)</script>", (Exception,), {})("<named>"),
    type("a\nb", (Exception,), {"__str__": lambda self: "\x1b[2J"})(),
)
