"""A workspace, and everything that its user does with it. Start at `fill` and `visit`."""

from framework import cli
from framework.archive import Session, Workspace
from framework.cli import console
from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.errors import ArchiveError, FrameworkError
from framework.notebook import archive_frame, catalog_frame
from framework.notebook.tables import plan_view
from framework.notebook.views import runtime_view
from framework.reactive import ReactiveBuilder, ReactiveEvent, plan

NOTES = {"plain": 1, "list": [1, 2], ("key", 1): {"a": (1, "b")}, "text": "x" * 100} | dict.fromkeys(range(8), "many")
WORDS = ("one", "two", "three")


class Upper(AbstractProcessor):
    """Keeps what it emits."""

    @caching
    def process(self, context, event):
        match event:
            case Event("word", text=text):
                context.submit(Event("upper", text=text.upper()))


class Numbers(ReactiveBuilder):
    """A source."""

    def __init__(self):
        super().__init__(provides="numbers", requires=[], persist=True)

    def build(self, context):
        yield from range(3)


class Doubles(ReactiveBuilder):
    """A builder."""

    def __init__(self):
        super().__init__(provides="doubles", requires=["numbers"], persist=True)

    def build(self, context, number):
        yield 2 * number


class Sink(AbstractProcessor):
    """Notes what comes out."""

    def __init__(self):
        super().__init__()
        self.got = []

    def process(self, context, event):
        match event:
            case Event("upper", text=text):
                self.got.append(text)
            case ReactiveEvent("built", target="doubles", artifact=number):
                self.got.append(str(number))


def pipeline(path):
    """The pipeline that fills the workspace, ready to run."""
    pipeline = Pipeline([Upper(), Numbers(), Doubles(), Sink()], workspace=path, name="imports")
    for text in WORDS:
        pipeline.submit(Event("word", text=text))
    pipeline.resolve("doubles")
    return pipeline


def run(path):
    """Run it, and say what came out."""
    with pipeline(path) as made:
        made.archive("notes").update(NOTES)
        made.run()
        return sorted(made["Sink"].got)


def fill(path):
    """Make the workspace."""
    run(path)


# -- visits; each gives something to compare with what it gave before


def names(path):
    with Workspace(path) as workspace:
        return workspace.names(), [(entry.name, entry.records, str(entry)[:5]) for entry in workspace.catalog()]


def shown(path):
    with Workspace(path) as workspace:
        return repr(workspace).startswith("<Workspace "), workspace.size() > 0


def records(path):
    with Workspace(path) as workspace:
        archives = {name: workspace.archive(name, readonly=True) for name in workspace.names()}
        lengths = {name: len(archive) for name, archive in archives.items()}
        kept = {name: [*archive] for name, archive in archives.items()}
        return lengths, kept, {name: repr([*archive.pairs()]) for name, archive in archives.items()}


def notes(path):
    """Each record by its key, whatever became of the others."""
    found, refused = {}, None
    with Workspace(path) as workspace:
        archive = workspace.archive("notes", placeholders=True)
        for key, value in NOTES.items():
            try:
                found[key] = archive[key]
            except FrameworkError as error:
                refused, found[key] = error, value
    if refused and found == NOTES:
        raise refused
    return found


def verified(path):
    with Workspace(path) as workspace:
        return workspace.verify()


def frames(path):
    return archive_frame(path).to_csv(), catalog_frame(path)[["name", "records", "source"]].to_csv()


def planned(path):
    with pipeline(path) as made:
        rows = plan(made, "doubles")
        html, text = plan_view(rows)
        return text, html, runtime_view(made)[1]


def results(path):
    with pipeline(path) as made:
        kept = {name: repr([*archive.pairs()]) for name, archive in made.results().items()}
        return kept, made.frame("Doubles").to_csv()


def compared(path):
    with pipeline(path) as made:
        return repr(made.compare("Upper", Upper))


def listed(path):
    if cli.main(["archives", str(path)]) == console.REFUSED:
        raise ArchiveError("said on stderr")


def resumed(path):
    return run(path)


def written(path):
    with Session(path, "a user") as session:
        archive = session.archive("notes")
        before = repr([*archive.pairs()])
        archive["plain"] = NOTES["plain"]
        del archive["text"]
        archive["text"] = NOTES["text"]
        return before


def pruned(path):
    with Workspace(path) as workspace:
        return workspace.prune(dry_run=True), workspace.prune()


READING = (names, shown, records, notes, verified, frames, planned, results, compared, listed)
WRITING = (resumed, written, pruned)


def visit(path, visits=(*READING, *WRITING)):
    """What each visit gives: something, or an error of the package."""
    return {each.__name__: _answer(each, path) for each in visits}


def _answer(each, path):
    try:
        return each(path)
    except FrameworkError as error:
        inner = getattr(error, "exceptions", (error,))
        strange = [one for one in inner if not isinstance(one, FrameworkError)]
        if strange:
            raise strange[0] from error
        return error
