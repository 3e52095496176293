"""`depends`, `ignore` and `version`."""

import pytest
from projects import identity_in, project

from framework.core import Event

PROCESS = "    def process(self, context, event):\n        return event\n"


def digest_of(folder, make="P()", **texts):
    return identity_in(folder, make, **texts).digest


DEPENDS = "import helpers\nfrom pathlib import Path\nFILE = Path(__file__).with_name('rates.csv')\n"


@pytest.mark.parametrize(
    ("declared", "before", "after"),
    [
        ("helpers", "def unused(): return 1", "def unused(): return 2"),
        ("helpers.f", "def f(): return 1", "def f(): return 2"),
        ("(1, helpers.LIMIT)", "LIMIT = 1", "LIMIT = 2"),
        ("[helpers.C]", "class C:\n    x = 1", "class C:\n    x = 2"),
    ],
    ids=["module", "function", "values", "class"],
)
@pytest.mark.parametrize("where", ["class", "decorator"])
def test_what_is_declared_counts(tmp_path, declared, before, after, where):
    if where == "class":
        main = f"{DEPENDS}class P(AbstractProcessor):\n    depends = {declared}\n{PROCESS}"
    else:
        main = f"{DEPENDS}class P(AbstractProcessor):\n    @caching(depends={declared})\n{PROCESS}"
    first = digest_of(tmp_path, main=main, helpers=before)
    assert digest_of(tmp_path, main=main, helpers=f"# a comment\n{before}") == first
    assert digest_of(tmp_path, main=main, helpers=after) != first


def test_files_count_by_their_content_and_folders_by_their_files(tmp_path):
    (tmp_path / "folder").mkdir()
    for declared, file in (("FILE", "rates.csv"), ("FILE.with_name('folder')", "folder/one.csv")):
        main = f"{DEPENDS}class P(AbstractProcessor):\n    depends = {declared}\n{PROCESS}"
        found = []
        for content in ("1", "2", "1"):
            (tmp_path / file).write_text(content)
            found.append(digest_of(tmp_path, main=main, helpers=""))
        assert found[0] == found[2] != found[1]
        (tmp_path / file).unlink()
        assert digest_of(tmp_path, main=main, helpers="") not in found


def test_an_installed_package_counts_by_its_version(tmp_path, monkeypatch):
    main = f"import tenacity\nclass P(AbstractProcessor):\n    depends = tenacity\n{PROCESS}"
    first = digest_of(tmp_path, main=main)
    monkeypatch.setattr("importlib.metadata.version", lambda name: "0")
    assert digest_of(tmp_path, main=main) != first


def test_ignored_parameters_and_attributes_do_not_count(tmp_path):
    main = (
        "class P(AbstractProcessor):\n    ignore = ('verbose', 'note')\n"
        f"    def __init__(self, size=1, verbose=False): self.size, self.verbose = size, verbose\n{PROCESS}"
        "def noted(note):\n    made = P()\n    made.note = note\n    return made\n"
    )
    first = digest_of(tmp_path, main=main)
    assert digest_of(tmp_path, "P(verbose=True)", main=main) == first == digest_of(tmp_path, "noted(1)", main=main)
    assert digest_of(tmp_path, "P(2)", main=main) != first


def test_a_version_stands_for_the_code_and_not_for_what_is_declared(tmp_path):
    main = f"import helpers\nclass P(AbstractProcessor):\n    @caching(version=1, depends=helpers.LIMIT)\n{PROCESS}"
    first = digest_of(tmp_path, main=main, helpers="LIMIT = 1")
    assert digest_of(tmp_path, main=main.replace("return event", "return 2"), helpers="LIMIT = 1") == first
    assert digest_of(tmp_path, main=main, helpers="LIMIT = 2") != first


STATEFUL = """
class P(AbstractProcessor):
    def __init__(self):
        super().__init__()
        self.total = 0
        self.seen = []

    @caching
    def process(self, context, event):
        match event:
            case Event(name="in"):
                self.{change}
"""


@pytest.mark.parametrize("change", ["total += 1", "seen.append(event)", "seen[0:] = [event]"])
def test_a_cached_processor_that_changes_itself_between_inputs_is_named_in_a_warning(tmp_path, caplog, change):
    with project(tmp_path, main=STATEFUL.format(change=change)) as main:
        pipeline = main.Pipeline([main.P()], workspace=tmp_path / "workspace")
        pipeline.submit(Event("in"))
        pipeline.run()
    attribute = change[:4].rstrip("l") if change.startswith("seen") else "total"
    (warning,) = [record.getMessage() for record in caplog.records if "keeps its results" in record.getMessage()]
    assert f"self.{attribute} (main.py:" in warning


def test_what_is_set_in_the_constructor_or_read_is_no_reason_for_a_warning(tmp_path, caplog):
    with project(tmp_path, main=STATEFUL.format(change="seen.count(event)")) as main:
        pipeline = main.Pipeline([main.P()], workspace=tmp_path / "workspace")
        pipeline.submit(Event("in"))
        pipeline.run()
    assert [record for record in caplog.records if "keeps its results" in record.getMessage()] == []
