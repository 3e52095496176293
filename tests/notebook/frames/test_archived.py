import subprocess
import sys
import textwrap
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from framework.archive import InMemCache, Workspace
from framework.core import AbstractProcessor, Event, Pipeline, caching
from framework.errors import NotAWorkspace, OptionError, UnknownName
from framework.notebook import archive_frame, catalog_frame
from framework.reactive import ReactiveBuilder, ReactiveEvent


@dataclass(frozen=True)
class Module:
    path: str
    lines: int | None


class Point(NamedTuple):
    x: int
    y: int


class Measure(AbstractProcessor):
    @caching
    def process(self, context, event):
        match event:
            case Event(name="file", path=path):
                context.submit(Event(name="measured", path=path, lines=len(path)))
                context.submit(
                    Event(name="built", target="module", artifact=Module(path, len(path) if path != "b" else None))
                )


class Names(AbstractProcessor):
    @caching
    def process(self, context, event):
        match event:
            case Event(name="file", path=path):
                context.submit(Event(name="named", processor=path.upper()))


def pipeline_at(workspace):
    pipeline = Pipeline([Measure(), Names()], strict_interest_inference=True, workspace=workspace)
    for path in ("aaa", "b"):
        pipeline.submit(Event(name="file", path=path))
    return pipeline


@pytest.fixture(autouse=True)
def key(tmp_path, monkeypatch):
    monkeypatch.setenv("FRAMEWORK_KEY_FILE", str(tmp_path / "key"))


@pytest.fixture
def workspace(tmp_path):
    pipeline_at(tmp_path / "results").run()
    return tmp_path / "results"


def test_every_archived_event_is_a_row_with_its_attributes_as_columns(workspace):
    frame = archive_frame(workspace, target="measured")

    assert frame["path"].tolist() == ["aaa", "b"]
    assert frame["lines"].tolist() == [3, 1]
    assert frame["processor"].unique().tolist() == ["Measure"]
    assert frame["inputs"].tolist()[0] == "Event(name='file', path='aaa')"


def test_the_artifacts_of_a_target_are_rows_with_their_fields_as_columns(workspace):
    frame = archive_frame(workspace, target="module")

    assert frame[["path", "lines"]].astype(object).where(frame.notna(), None).to_numpy().tolist() == [
        ["aaa", 3],
        ["b", None],
    ]


def test_columns_are_typed(workspace):
    kinds = {name: str(dtype) for name, dtype in archive_frame(workspace, target="module").dtypes.items()}

    assert kinds["built"] == "datetime64[us, UTC]"
    assert kinds["seconds"] == "float64"
    assert kinds["lines"] == "Int64"
    assert kinds["path"] == "string"


def test_whole_floats_stay_floats():
    archive = InMemCache()
    archive.update({"a": {"share": 1.0, "count": 1}, "b": {"share": 2.0, "count": None}})

    assert archive_frame(archive)[["share", "count"]].dtypes.astype(str).to_dict() == {
        "share": "Float64",
        "count": "Int64",
    }


def test_fields_that_only_some_results_have_are_missing_in_the_others():
    archive = InMemCache()
    archive.update({number: {"a": number} for number in range(2000)})
    archive["last"] = {"b": "x"}
    frame = archive_frame(archive)

    assert frame["a"].tolist()[:-1] == list(range(2000))
    assert frame["b"].isna().tolist() == [True] * 2000 + [False]
    assert frame["inputs"].tolist()[-1] == "last"


def test_a_field_named_as_one_of_our_columns_gets_a_prefix(workspace):
    assert archive_frame(workspace, processor="Names")["artifact.processor"].tolist() == ["AAA", "B"]


def test_one_processor_can_be_asked_for(workspace):
    assert set(archive_frame(workspace, processor="Names")["target"]) == {"named"}


def test_rows_can_be_limited(workspace):
    assert len(archive_frame(workspace, limit=3)) == 3
    assert len(archive_frame(workspace, limit=0)) == 0


def test_only_what_was_built_since_can_be_asked_for(workspace):
    built = archive_frame(workspace)["built"]

    assert len(archive_frame(workspace, since=built.min().to_pydatetime())) == len(built)
    assert len(archive_frame(workspace, since=datetime.now(UTC).timestamp() + 60)) == 0


def test_an_unknown_processor_suggests_the_nearest(workspace):
    with pytest.raises(UnknownName, match="did you mean 'Measure'"):
        archive_frame(workspace, processor="Measur")


def test_an_unknown_target_suggests_the_nearest(workspace, tmp_path):
    with pytest.raises(UnknownName, match="did you mean 'module'"):
        archive_frame(workspace, target="modul")
    with pytest.raises(UnknownName, match="did you mean 'measured'"):
        archive_frame(pipeline_at(tmp_path / "empty"), target="measurd")
    with pytest.raises(UnknownName, match="did you mean 'named'"):
        archive_frame(workspace, target="name", processor="Names")


def test_a_target_without_results_is_an_empty_frame(workspace, tmp_path):
    assert len(archive_frame(pipeline_at(tmp_path / "empty"), target="measured")) == 0
    assert len(archive_frame(workspace, target="module", since=datetime.now(UTC).timestamp() + 60)) == 0


def test_times_are_shown_to_the_second(workspace):
    assert (archive_frame(workspace)["built"].dt.microsecond == 0).all()
    assert (catalog_frame(workspace)["updated"].dt.microsecond == 0).all()


class Cut(AbstractProcessor):
    def __init__(self, length, python="3"):
        super().__init__()
        self.length, self.python = length, python

    @caching
    def process(self, context, event):
        match event:
            case Event(name="file", path=path):
                context.submit(Event(name="cut", path=path[: self.length]))


@pytest.fixture
def cuts(tmp_path):
    for length in (1, 2):
        pipeline = Pipeline([Cut(length)], strict_interest_inference=True, workspace=tmp_path / "cuts")
        pipeline.submit(Event(name="file", path="abc"))
        pipeline.run()
    return tmp_path / "cuts"


def test_arguments_are_columns(cuts, workspace):
    assert archive_frame(cuts)[["length", "path"]].values.tolist() == [[1, "a"], [2, "ab"]]
    catalog = catalog_frame(cuts)
    assert catalog["length"].tolist() == [1, 2]
    assert catalog["argument.python"].tolist() == ["3", "3"]
    assert list(catalog.columns[-3:]) == ["superseded_by", "python", "source"]
    assert "length" not in catalog_frame(workspace).columns


def test_identities_are_shown_by_their_first_characters(cuts):
    with Workspace(cuts) as workspace:
        identities = [entry.identity[:8] for entry in workspace.catalog()]

    assert catalog_frame(cuts)["identity"].tolist() == identities
    assert len(set(identities)) == 2


def test_a_negative_limit_is_refused(workspace):
    with pytest.raises(OptionError, match="got -1"):
        archive_frame(workspace, limit=-1)


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(NotAWorkspace, match="nowhere"):
        archive_frame(tmp_path / "nowhere")


def test_a_running_pipeline_can_be_read(tmp_path):
    pipeline = pipeline_at(tmp_path / "live")
    pipeline.step()

    assert len(archive_frame(tmp_path / "live", target="measured")) == 2
    pipeline.close()


def test_a_pipeline_without_workspace_can_be_read():
    pipeline = pipeline_at(None)
    pipeline.run()

    assert len(archive_frame(pipeline, target="measured")) == 2


def test_a_pipeline_with_workspace_can_be_read(tmp_path):
    pipeline = pipeline_at(tmp_path / "own")
    pipeline.run()

    assert len(archive_frame(pipeline, processor="Measure")) == 4


def test_a_pipeline_that_has_not_run_has_an_empty_frame(tmp_path):
    assert len(archive_frame(pipeline_at(tmp_path / "own"))) == 0


def test_one_archive_is_a_frame_of_its_keys_and_values():
    archive = InMemCache()
    archive["origin"] = Point(0, 0)
    archive["far"] = Point(3, 4)
    frame = archive_frame(archive)

    assert frame["inputs"].tolist() == ["origin", "far"]
    assert frame["y"].tolist() == [0, 4]


def test_values_without_fields_stand_in_one_column():
    archive = InMemCache()
    archive["a"], archive["b"], archive["c"] = [1, 2], 7, {1: "x"}

    assert archive_frame(archive)["artifact"].tolist() == [[1, 2], 7, {1: "x"}]


def test_arrays_of_equal_length_stay_one_value_each():
    import numpy as np

    archive = InMemCache()
    archive["a"], archive["b"] = np.arange(3), np.arange(3)

    assert archive_frame(archive)["artifact"][1].tolist() == [0, 1, 2]


def test_archives_can_be_read_without_the_code_that_wrote_them(tmp_path):
    (tmp_path / "gone.py").write_text(
        textwrap.dedent("""
        from framework.core import AbstractProcessor, Event, Pipeline, caching

        class Found:
            def __init__(self, where):
                self.where = where

        class Find(AbstractProcessor):
            @caching
            def process(self, context, event):
                match event:
                    case Event(name="find"):
                        context.submit(Event(name="built", target="found", artifact=Found("here")))

        def run(path):
            pipeline = Pipeline([Find()], strict_interest_inference=True, workspace=path)
            pipeline.submit(Event(name="find"))
            pipeline.run()
        """),
        encoding="utf-8",
    )
    subprocess.run([sys.executable, "-c", "import gone; gone.run('w')"], cwd=tmp_path, check=True)

    assert archive_frame(tmp_path / "w")["where"].tolist() == ["here"]


def test_the_catalog_has_a_row_for_each_archive(workspace):
    frame = catalog_frame(workspace)

    assert frame["name"].tolist() == ["Measure", "Names"]
    assert frame["records"].tolist() == [2, 2]
    assert "class Measure" in frame["source"][0]


def test_the_catalog_of_an_open_workspace_is_the_same(workspace):
    with Workspace(workspace) as opened:
        assert catalog_frame(opened).equals(catalog_frame(workspace))


def test_the_catalog_of_a_pipeline_is_that_of_its_workspace(tmp_path):
    pipeline = pipeline_at(tmp_path / "own")
    pipeline.run()

    assert catalog_frame(pipeline)["name"].tolist() == ["Measure", "Names"]
    assert len(catalog_frame(pipeline_at(None))) == 0


def test_a_pipeline_gives_frames_by_name_of_processor_or_target(tmp_path):
    pipeline = pipeline_at(tmp_path / "own")
    pipeline.run()

    assert len(pipeline.frame("Names")) == 2
    assert len(pipeline.frame("measured")) == 2
    assert len(pipeline.frame("Measure", limit=1)) == 1
    with pytest.raises(UnknownName, match="did you mean 'Names'"):
        pipeline.frame("Nam")


class Words(ReactiveBuilder):
    def __init__(self):
        super().__init__(provides="words", requires=["text"], persist=True)

    def build(self, context, text):
        for word in text.split():
            yield {"word": word, "length": len(word)}


def test_the_artifacts_of_a_builder_are_rows_with_their_inputs(tmp_path):
    pipeline = Pipeline([Words()], workspace=tmp_path / "built", strict_interest_inference=True)
    pipeline.submit(ReactiveEvent(name="resolve", target="words"))
    pipeline.submit(ReactiveEvent(name="built", target="text", artifact="to be"))
    pipeline.run()
    frame = archive_frame(tmp_path / "built", target="words")

    assert frame["word"].tolist() == ["to", "be"]
    assert frame["length"].tolist() == [2, 2]
    assert frame["inputs"].tolist() == ["('to be',)"] * 2
    assert frame["seconds"].notna().all()
