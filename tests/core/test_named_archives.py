"""Archives that a user opens by name: `pipeline.archive(...)`."""

import pytest
from samples import processor

from framework.archive import Workspace
from framework.core import Event, Pipeline
from framework.errors import ArchiveError, UnknownName


@pytest.fixture(params=["memory", "workspace"])
def workspace(request, tmp_path):
    """Where archives are kept: the promises are the same for both."""
    return tmp_path / "workspace" if request.param == "workspace" else None


def test_an_archive_is_a_mapping_in_the_order_of_first_writing(workspace):
    with Pipeline([], workspace=workspace) as pipeline:
        archive = pipeline.archive("notes")
        archive.update(b=1, a=2)
        archive["b"] = 3
        assert (list(archive.items()), len(archive)) == ([("b", 3), ("a", 2)], 2)


def test_a_name_gives_the_same_archive_to_everybody(workspace):
    def note(context, event):
        pipeline.archive("notes")[context.processor] = event.n

    pipeline = Pipeline([processor(note, "a", name=name) for name in ("x", "y")], workspace=workspace)
    notes = pipeline.archive("notes")
    pipeline.submit(Event("a", n=1))
    pipeline.run()
    assert dict(notes) == {"x": 1, "y": 1}


def test_an_archive_that_is_only_to_be_read_refuses_to_be_written(tmp_path):
    with Pipeline([], workspace=tmp_path) as pipeline:
        pipeline.archive("notes")["k"] = 1
        reading = pipeline.archive("notes", readonly=True)
        assert dict(reading) == {"k": 1}
        with pytest.raises(ArchiveError, match="readonly"):
            reading["k"] = 2


def test_an_ended_pipeline_still_reads_its_archives(tmp_path):
    with Pipeline([], workspace=tmp_path) as pipeline:
        pipeline.archive("notes")["k"] = 1
    assert dict(pipeline.archive("notes")) == {"k": 1}
    assert dict(Workspace(tmp_path).archive("notes")) == {"k": 1}
    with pytest.raises(UnknownName, match="did you mean 'notes'"):
        pipeline.archive("nots")
