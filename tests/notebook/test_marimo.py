import json
import subprocess
import sys

import pytest

NOTEBOOK = """\
import marimo

app = marimo.App()


@app.cell
def _():
    import framework.notebook
    from framework.core import AbstractProcessor, Event, Pipeline
    from framework.flow import Flow

    class Read(AbstractProcessor):
        def process(self, context, event):
            match event:
                case Event(name="start"):
                    raise ValueError("<b>start</b>")

    pipeline = Pipeline([Read()], strict_interest_inference=True, on_error="keep", name="drawn")
    accepted = pipeline.submit(Event(name="start"))
    return Event, Flow, pipeline


@app.cell
def shown_pipeline(pipeline):
    pipeline
    return


@app.cell
def shown_explanation(Event, pipeline):
    pipeline.explain(Event(name="stop"))
    return


@app.cell
def shown_monitor(pipeline):
    pipeline.watch()
    return


@app.cell
def shown_report(pipeline):
    report = pipeline.run()
    report
    return (report,)


@app.cell
def shown_failures(report):
    report.failures
    return


@app.cell
def shown_flow(Flow):
    async def fetch(item):
        return item

    Flow(name="crawl").add(fetch)
    return
"""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """What each cell of a notebook showed and printed in a kernel of marimo."""
    folder = tmp_path_factory.mktemp("marimo")
    (folder / "cells.py").write_text(NOTEBOOK)
    export = [sys.executable, "-m", "marimo", "-y", "export", "ipynb", "--include-outputs"]
    subprocess.run([*export, "cells.py", "-o", "cells.ipynb"], cwd=folder, check=True, capture_output=True)
    cells = json.loads((folder / "cells.ipynb").read_text())["cells"]
    return {cell["metadata"].get("marimo", {}).get("name", ""): cell["outputs"] for cell in cells}


def html(outputs, name):
    return "".join("".join(out.get("data", {}).get("text/html", "")) for out in outputs[name])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("shown_pipeline", "drawn: not started, 1 processor, 1 event waiting"),
        ("shown_explanation", "<td"),
        ("shown_report", "Finished: 1 phase, 1 delivered, 1 failure"),
        ("shown_failures", "&lt;b&gt;start&lt;/b&gt;"),
        ("shown_flow", "crawl: not started, 1 job"),
    ],
)
def test_marimo_shows_what_jupyter_shows(outputs, name, words):
    assert words in html(outputs, name)


def test_pictures_are_shown_in_marimo(outputs):
    assert 'src="data:image/svg+xml;base64,' in html(outputs, "shown_pipeline")


def test_a_monitor_is_a_live_widget_in_marimo_and_prints_no_progress_line(outputs):
    assert "<marimo-anywidget" in html(outputs, "shown_monitor")
    assert [out for out in outputs["shown_monitor"] if out["output_type"] == "stream"] == []
