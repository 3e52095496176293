"""Random small projects of several modules, one edit of each, and what their runs compute or replay."""

import importlib
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from rarer_links import ALL_LINKS, WHOLE_MODULES

HEAD = """\
from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.reactive import ReactiveBuilder, ReactiveEvent
"""
CACHED = """
class P(AbstractProcessor):
    @caching
    def process(self, context, event):
        match event:
            case Event(name="in", value=x):
                context.submit(Event(name="out", value={result}))
"""
BUILDER = """
class Source(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="number", requires=[])

    def build(self, context):
        yield 7

class P(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="out", requires=["number"], persist=True)

    def build(self, context, x):
        yield {result}
"""
RUN = """
class Show(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.seen = []

    def process(self, context, event):
        match event:
            case Event(name="out", value=value):
                self.seen.append(value)
            case ReactiveEvent(name="built", target="out", artifact=value):
                self.seen.append(value)


def run(workspace):
    show = Show()
    pipeline = Pipeline([{processors}, show], workspace=workspace)
    pipeline.submit(Event(name="in", value=7))
    pipeline.resolve("out")
    pipeline.run()
    identities = {{entry.identity for entry in pipeline.catalog() if entry.name == "P"}}
    return show.seen, len(identities)
"""


@dataclass
class Place:
    """Something with a constant of its own that a project reaches, or does not."""

    number: int
    link: str
    live: bool
    constant: int


@dataclass
class Project:
    """Texts of modules with the constants left open, and the places that they belong to."""

    texts: dict[str, list[str]]
    imports: dict[str, dict[str, None]]
    places: list[Place] = field(default_factory=list)
    comments: dict[str, int] = field(default_factory=dict)

    def files(self):
        """The text of each module, with the constants of now."""
        constants = {f"K{place.number}": str(place.constant) for place in self.places}
        for name, parts in self.texts.items():
            text = "\n".join([*self.imports[name], *parts]) + "\n"
            for key, value in constants.items():
                text = text.replace(f"<{key}>", value)
            yield f"{name}.py", "# a comment\n\n" * self.comments.get(name, 0) + text


def random_project(random: Random) -> Project:
    """Two to five modules, `main` with the processor first; a module uses those behind it."""
    names = ["main", *(f"m{number}" for number in range(1, random.randint(2, 5)))]
    hubs = [f"hub_{name}" for name in names]  # of each module its own: one of all would close circles of imports
    project = Project({name: [] for name in [*names, *hubs]}, {name: {} for name in [*names, *hubs]})
    live = _Maker(project, names, random, live=True)
    result = " + ".join(live.expression(0, "x", 3) for _ in range(random.randint(1, 3)))
    dead = _Maker(project, names, random, live=False)
    for _ in range(random.randint(1, 3)):
        dead.expression(random.randrange(len(names)), "x", 1)
    builder = random.random() < 0.5
    project.texts["main"].append((BUILDER if builder else CACHED).format(result=result))
    project.texts["main"].append(RUN.format(processors="Source(), P()" if builder else "P()"))
    project.imports["main"] = {HEAD: None} | project.imports["main"]
    return project


class _Maker:
    """Adds places to a project, live ones or dead ones."""

    def __init__(self, project, names, random, *, live):
        self.project, self.names, self.random, self.live = project, names, random, live

    def expression(self, user, variable, depth):
        """What a module makes of a variable, through a link that is defined in it or in a later module."""
        if depth == 0 or self.random.random() < 0.15 * (3 - depth):
            return variable
        here = self.random.random() < 0.25 or user == len(self.names) - 1
        link = self.random.choice([name for name, link in ALL_LINKS.items() if link.anywhere or not here])
        define, imports, use, _ = ALL_LINKS[link]
        number = len(self.project.places)
        self.project.places.append(Place(number, link, self.live, self.random.randrange(1000)))
        defining = user if here else self.random.randrange(user + 1, len(self.names))
        inner = self.expression(defining, "x", depth - 1) if "{inner}" in define else ""
        module = self.names[defining]
        slots = {"n": number, "k": f"<K{number}>", "d": module, "v": variable, "inner": inner}
        if not here:
            self.project.imports[self.names[user]][imports.format(**slots)] = None
            if link == "handed on by a third module":
                self.project.imports[f"hub_{module}"][f"from {module} import t{number}"] = None
        self.project.texts[module].append(define.format(**slots))
        return use.format(**slots)


def edited(project: Project, random: Random) -> str:
    """Edit one thing; says what: the link of a live place, `dead`, or `comment`."""
    kind = random.random()
    if kind < 0.15:
        name = random.choice(list(project.texts))
        project.comments[name] = project.comments.get(name, 0) + 1
        return "comment"
    place = random.choice([place for place in project.places if place.live is (kind < 0.75)] or project.places)
    place.constant += random.randint(1, 1000)
    return place.link if place.live else "dead"


@contextmanager
def imported(folder, project):
    """The `main` of the project as it is now, freshly imported."""
    names = []
    for name, text in project.files():
        (folder / name).write_text(text, encoding="utf-8")
        names.append(name.removesuffix(".py"))
    importlib.invalidate_caches()
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module("main")
    finally:
        sys.path.remove(str(folder))
        for name in names:
            sys.modules.pop(name, None)


def visited(folder, seed):
    """Run a project, edit it, run it again; what was edited, whether it went stale, whether it built without need."""
    random = Random(seed)
    project = random_project(random)
    with imported(folder, project) as main:
        first, _ = main.run(folder / "workspace")
    edit = edited(project, random)
    with imported(folder, project) as main:
        again, identities = main.run(folder / "workspace")
        expected, _ = main.run(None)
    needless = edit in {"dead", "comment"} and identities != 1
    unnoticed = edit not in {"dead", "comment"} and first == expected  # the edit changed nothing: no test of anything
    if needless and any(place.live and place.link in WHOLE_MODULES for place in project.places):
        edit = f"{edit}, in a project that uses a whole module"
    return edit, again != expected, needless, unnoticed
