"""nbval passes over a cell that was never executed, so every tutorial must have been saved from one clean run."""

import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.name)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def bundles(notebook):
    return [output.data for cell in code_cells(notebook) for output in cell.outputs if "data" in output]


def test_cells_were_run_once_from_top_to_bottom(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_no_widget_state_is_kept(notebook):
    assert "widgets" not in notebook.metadata


def test_jupyterlab_did_not_add_its_own_pictures(notebook):
    assert [data for data in bundles(notebook) if {"text/vnd.mermaid", "image/svg+xml"} <= set(data)] == []


def test_pictures_show_in_an_untrusted_notebook(notebook):
    # inline <svg> and <style> are removed there, data-URI images stay
    assert [data for data in bundles(notebook) if "<svg" in "".join(data.get("text/html", ""))] == []


def test_nothing_is_fetched_from_outside(notebook):
    asks = re.compile(r"""(?:src|href)=["']?(?:https?:)?//|@import|url\(["']?https?:""")
    assert [html for data in bundles(notebook) if asks.search(html := "".join(data.get("text/html", "")))] == []


def test_a_title_opens_it(notebook):
    assert notebook.cells[0].cell_type == "markdown"
    assert notebook.cells[0].source.startswith("# ")


def test_there_are_tutorials():
    assert NOTEBOOKS
