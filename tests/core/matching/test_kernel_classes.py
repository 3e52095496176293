import nbformat
import pytest
from nbclient import NotebookClient

CELLS = {
    "imports": """
from framework.core import AbstractProcessor, Event, Pipeline, infer_interests
from framework.core.identity.identity import identity_of
from framework.source import source_of
""",
    "classes": """
class Tick(Event):
    pass

class Names:
    START = "start"

class Greeter(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(Names.START):
                context.submit(Tick("tick"))
            case Tick():
                print("ticked")
""",
    "uses": """
old = Greeter
pipeline = Pipeline([Greeter()], strict_interest_inference=True)
print(infer_interests(Greeter.process))
print(source_of(Names).text.splitlines()[0], source_of(Greeter).line)
print(pipeline.explain(Event("stop")))
pipeline.submit(Event("start"))
pipeline.run()
""",
    "again": """
class Greeter(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event("again"):
                pass
""",
    "both": """
print(infer_interests(old.process), infer_interests(Greeter.process))
print("ticked" in source_of(old).text, "again" in source_of(Greeter).text)
print(identity_of(old()).digest == identity_of(Greeter()).digest)
""",
    "constant": """
Names.START = "begin"
print(infer_interests(old.process))
""",
    "hidden": """
exec("class Hidden(AbstractProcessor):\\n    def process(self, context, event): pass")
try:
    Pipeline([Hidden()])
except TypeError as error:
    print(type(error).__name__, "declare interests" in str(error))
""",
    "await": """
import asyncio
await asyncio.sleep(0)
class Awaited(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event("awaited"):
                pass
print(infer_interests(Awaited.process), source_of(Awaited).line)
""",
}


@pytest.fixture(scope="module")
def printed():
    """What each cell prints, run one after the other in one kernel."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text.strip()) for text in CELLS.values()])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    outputs = ("".join(output.get("text", "") for output in cell.outputs) for cell in notebook.cells)
    return dict(zip(CELLS, outputs, strict=True))


def test_classes_of_a_cell_are_inferred_explained_and_run(printed):
    assert printed["uses"].splitlines() == [
        "(('Event', 'start'), ('Tick', None))",
        "class Names: 7",
        "Event(name='stop')",
        "processor  receives  reason                                    where",
        "Greeter    no        name='stop' is not Names.START ('start')  In[2] line 10",
        "ticked",
    ]


def test_a_class_that_is_defined_again_and_the_old_one_are_kept_apart(printed):
    assert printed["both"].splitlines() == [
        "(('Event', 'start'), ('Tick', None)) (('Event', 'again'),)",
        "True True",
        "False",
    ]


def test_a_constant_that_changes_is_seen_by_the_class_that_uses_it(printed):
    assert printed["constant"].strip() == "(('Event', 'begin'), ('Tick', None))"


def test_a_class_made_by_exec_is_refused_with_the_remedy(printed):
    assert printed["hidden"].strip() == "InterestError True"


def test_a_cell_that_awaits_at_its_top_level_is_read(printed):
    assert printed["await"].strip() == "(('Event', 'awaited'),) 3"
