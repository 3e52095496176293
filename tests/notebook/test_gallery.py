import json
from pathlib import Path

import pytest

from framework.notebook import display

GALLERY = Path(__file__).parents[2] / "notebooks" / "08-gallery.ipynb"
# what makes one of each, as the last expression of a cell
MADE = {
    "Pipeline": "pipeline = library()\npipeline",
    "Flow": "flow_graph(flow)",
    "FlowReport": "flow.report",
    "Run": "run.wait()\nrun",
    "Explanation": "pipeline.explain(",
    "Provenance": "provenance(",
    "Plan": "plan(edited, ",
    "Comparison": "built.compare(",
    "Graph": "routing_graph(pipeline)",
    "RunReport": "report = pipeline.run()\nreport",
    "PhaseReport": "report.phases[0]",
    "Failures": "report.failures",
    "Profile": "report.profile()",
    "FlowProfile": "report.profile()",
    "ItemTrace": "flow.history.lineage(",
    "Findings": "pipeline.diagnose()",
    "Failure": "report.failures[0]",
    "PhaseStepper": "stepper",
    "ScalingMonitor": "flow.watch()",
    "Lineage": "lineage(",
    "SequenceDiagram": "sequence_diagram(",
    "frames": "archive_frame(",
}


@pytest.fixture(scope="module")
def cells():
    return json.loads(GALLERY.read_text(encoding="utf-8"))["cells"]


def test_the_gallery_has_every_display(cells):
    text = "\n".join("".join(cell["source"]) for cell in cells)
    known = {name for _, name in display.VIEWS}

    assert known <= set(MADE)
    assert [name for name, made in MADE.items() if made not in text] == []


def test_every_picture_of_the_documentation_is_taken_from_the_gallery(cells):
    taken = {cell["metadata"]["picture"] for cell in cells if "picture" in cell["metadata"]}
    kept = {path.stem for path in (GALLERY.parents[1] / "docs" / "pictures").glob("*.png")}

    assert kept == {f"{name}-{theme}" for name in taken for theme in ("light", "dark")}
