import io

import nbformat
import pytest
from apps import Saved
from displays import STATIC
from visit import VIEWPORT

from framework.notebook.runner import run_notebook

OURS = ".fw-shown"
PICTURE = f"{OURS} img[src^='data:image/svg']"


@pytest.fixture(scope="module")
def executed(folder):
    """A notebook that was run without a browser, and its report as HTML."""
    Saved.write(folder / "static.ipynb", STATIC)
    return run_notebook(folder / "static.ipynb", folder / "executed", echo=io.StringIO())


@pytest.fixture(scope="module")
def pages(executed):
    """The notebook as pages: our report, and what nbconvert makes of it for JupyterLab's looks and for nbviewer's."""
    from nbconvert import HTMLExporter

    notebook = nbformat.read(executed.executed, 4)
    exporters = {
        "nbconvert": HTMLExporter(),
        "nbviewer": HTMLExporter(template_name="classic"),
    }
    for name, exporter in exporters.items():
        exporter.exclude_input = True
        page, _ = exporter.from_notebook_node(notebook)
        executed.html.with_name(f"{name}.html").write_text(page, encoding="utf-8")
    return executed.html.parent


@pytest.fixture
def saved(page, pages):
    page.set_viewport_size(VIEWPORT)
    visit = Saved(page, "", pages)
    yield visit
    page.emulate_media(color_scheme="light")
    visit.close()


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("name", ["static", "nbconvert", "nbviewer"])
def test_a_saved_page_can_be_read_by_a_reader_of_either_system(saved, name, system):
    saved.theme(system)
    saved.visit(f"{name}.html")
    saved.page.locator(PICTURE).first.wait_for()
    saved.picture(f"saved-{name}-{system}")

    found = saved.illegible(OURS)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", ["static", "nbconvert", "nbviewer"])
def test_pictures_of_a_light_page_are_light_in_a_dark_system(saved, name):
    saved.theme("dark")
    saved.visit(f"{name}.html")

    assert saved.corner(PICTURE) == "light"


def test_a_report_asks_no_other_host(saved):
    saved.visit("static.html")
    saved.page.locator(PICTURE).first.wait_for()

    assert saved.outside == []
    assert saved.errors == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_untrusted_notebook_can_be_read_without_a_kernel_of_its_own(lab, executed, folder, theme):
    (folder / "untrusted.ipynb").write_bytes(executed.executed.read_bytes())
    lab.visit("untrusted.ipynb")
    lab.theme(theme)
    picture = lab.page.locator(PICTURE).first
    picture.scroll_into_view_if_needed()
    assert lab.page.evaluate("() => !window.jupyterapp.shell.currentWidget.content.model.cells.get(1).trusted")
    lab.page.wait_for_timeout(300)  # the theme's style sheet fades in
    lab.picture(f"untrusted-{theme}")

    assert lab.corner(PICTURE) == theme
    found = lab.illegible(OURS)
    assert not found, "\n".join(found)
