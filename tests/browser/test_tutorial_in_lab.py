"""The tutorials in JupyterLab: run where they have widgets, else as they were saved, which nbval runs and compares."""

import shutil
from pathlib import Path

import nbformat.sign
import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
WITH_WIDGETS = ("04-flow.ipynb", "05-stepping.ipynb", "06-watching.ipynb", "08-gallery.ipynb")
AS_SAVED = sorted({path.name for path in NOTEBOOKS.glob("*.ipynb")} - set(WITH_WIDGETS))
TRUSTED = "() => window.jupyterapp.shell.currentWidget.content.model.cells.get(1).trusted"


def ends_well(lab, name):
    assert lab.page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert lab.page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']").count() == 0
    lab.picture(Path(name).stem)


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
    nbformat.sign.NotebookNotary().sign(nbformat.read(tutorials / name, 4))
    lab.visit(name)
    pictures = lab.page.locator(".jp-OutputArea-output img[src^='data:image']")

    assert lab.page.evaluate(TRUSTED)
    assert lab.page.locator(".jp-OutputArea-output").count() > 3
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("image => image.complete && image.naturalWidth > 100")
    ends_well(lab, name)
