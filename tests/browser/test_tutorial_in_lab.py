"""The tutorials in JupyterLab: run where they have widgets, else as they were saved, which nbval runs and compares."""

import contextlib
import shutil
from pathlib import Path

import nbformat.sign
import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
WITH_WIDGETS = ("04-flow.ipynb", "05-stepping.ipynb", "06-watching.ipynb", "08-gallery.ipynb")
AS_SAVED = sorted({path.name for path in NOTEBOOKS.glob("*.ipynb")} - set(WITH_WIDGETS))
PICTURE = ".jp-OutputArea-output img[src^='data:image']"
# JupyterLab shows the cells of a notebook one after the other
SHOWN = "(outputs) => document.querySelectorAll('.jp-OutputArea-output').length >= outputs"
TRUSTED = "() => window.jupyterapp.shell.currentWidget.content.model.cells.get(1).trusted"


def ends_well(lab, name):
    assert lab.page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert lab.page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']").count() == 0
    lab.picture(Path(name).stem)


def pictures_in(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return sum(output.get("data", {}).get("text/html", "").count('src="data:image') for output in outputs)


def test_some_tutorials_that_are_shown_as_saved_have_pictures():
    assert sum(pictures_in(nbformat.read(NOTEBOOKS / name, 4)) for name in AS_SAVED) >= 2


@pytest.fixture
def tutorials(folder):
    shutil.copytree(NOTEBOOKS, folder, dirs_exist_ok=True)
    return folder


@pytest.mark.usefixtures("tutorials")
@pytest.mark.parametrize("name", WITH_WIDGETS)
def test_a_tutorial_with_widgets_runs_from_top_to_bottom(lab, name):
    lab.visit(name)
    lab.run_all()

    ends_well(lab, name)


@pytest.mark.parametrize("name", AS_SAVED)
def test_a_tutorial_is_shown_as_it_was_saved_to_a_reader_who_trusts_it(lab, tutorials, name):
    saved = nbformat.read(tutorials / name, 4)
    with contextlib.closing(nbformat.sign.NotebookNotary()) as notary:
        notary.sign(saved)
    lab.visit(name)
    lab.page.wait_for_function(SHOWN, arg=sum(len(cell.get("outputs", ())) for cell in saved.cells))
    pictures = lab.page.locator(PICTURE).all()

    assert lab.page.evaluate(TRUSTED)
    assert len(pictures) == pictures_in(saved)
    for picture in pictures:
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("image => image.complete && image.naturalWidth > 100")
    ends_well(lab, name)
