"""`run_notebook` on small notebooks, each in a real kernel; all but one are forked from a warm process."""

import io
import json
import os
import re
import signal
import sys
from pathlib import Path

import nbformat
import pytest
from ipykernel.kernelspec import get_kernel_dict
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from framework.errors import MissingPackage, NotANotebook
from framework.notebook.runner import run_notebook


def write(path: Path, *cells: str, **metadata) -> Path:
    """A notebook of these cells; those that begin with # are Markdown."""
    made = [new_markdown_cell(cell) if cell.startswith("#") else new_code_cell(cell) for cell in cells]
    nbformat.write(new_notebook(cells=made, metadata=metadata), path)
    return path


@pytest.fixture(scope="module", autouse=True)
def warm_kernels():
    """Start kernels as those of the tests are started, see tests/conftest.py."""
    known = Path(os.environ["JUPYTER_PATH"]) / "kernels" / "python3" / "kernel.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ipykernel.kernelspec.get_kernel_dict", lambda: json.loads(known.read_text()))
        yield


@pytest.fixture(scope="module")
def good(tmp_path_factory, warm_kernels):
    folder = tmp_path_factory.mktemp("good")
    (folder / "beside.txt").write_text("found beside the notebook")
    notebook = write(
        folder / "good.ipynb",
        "# A title",
        "print('to stdout')\nopen('beside.txt').read()",
        "import ipywidgets\nipywidgets.IntSlider(value=7)",
        "from IPython.display import SVG, display\n"
        'display(SVG(\'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>\'))',
        kernelspec={"name": "another-machine", "display_name": "Kernel of another machine"},
    )
    echo = io.StringIO()
    return run_notebook(notebook, folder / "out", echo=echo), echo.getvalue()


def test_text_results_are_printed_under_their_headings_in_order(good):
    _, echoed = good
    lines = [line for line in echoed.splitlines() if line]
    assert lines[:4] == ["# A title", "to stdout", "'found beside the notebook'", "IntSlider(value=7)"]


def test_the_executed_copy_is_a_clean_run(good):
    run, _ = good
    executed = nbformat.read(run.executed, as_version=4)
    code = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert run.failure is None
    assert [cell.execution_count for cell in code] == [1, 2, 3]
    assert "widgets" not in executed.metadata
    assert all("execution" not in cell.metadata for cell in code)


def test_the_report_shows_the_outputs_and_asks_nothing_of_the_network(good):
    run, _ = good
    page = run.html.read_text()
    assert "found beside the notebook" in page
    assert re.findall(r"""(?:src|href)=["']?(?:https?:)?//[^"' >]*""", page) == []


def test_a_kernel_is_started_as_users_start_it(tmp_path, monkeypatch):
    monkeypatch.setattr("ipykernel.kernelspec.get_kernel_dict", get_kernel_dict)
    notebook = write(tmp_path / "started.ipynb", "import os, sys\nprint(os.getppid(), *sys.orig_argv[1:4])")
    echo = io.StringIO()
    run = run_notebook(notebook, tmp_path / "out", html=False, echo=echo)
    assert run.failure is None
    assert echo.getvalue().split() == [str(os.getpid()), "-m", "ipykernel_launcher", "-f"]


def test_a_failing_cell_is_told_with_its_traceback_and_what_ran_before_is_kept(tmp_path):
    notebook = write(tmp_path / "bad.ipynb", "1 + 1", "{}['missing key']", "print('never')")
    echo = io.StringIO()
    run = run_notebook(notebook, tmp_path / "out", html=False, echo=echo)
    executed = nbformat.read(run.executed, as_version=4)
    assert run.failure is not None
    assert "KeyError" in run.failure
    assert "missing key" in run.failure
    assert run.cells == 2
    assert run.html is None
    assert "never" not in echo.getvalue()
    assert [cell.execution_count for cell in executed.cells] == [1, 2, None]


def test_an_error_that_the_notebook_announces_is_shown_and_passed(tmp_path):
    notebook = write(tmp_path / "announced.ipynb", "1 / 0", "print('after')")
    document = nbformat.read(notebook, as_version=4)
    document.cells[0].metadata["tags"] = ["raises-exception"]
    nbformat.write(document, notebook)
    echo = io.StringIO()
    run = run_notebook(notebook, tmp_path / "out", html=False, echo=echo)
    assert run.failure is None
    assert echo.getvalue().splitlines() == ["ZeroDivisionError: division by zero", "after"]


def test_a_kernel_that_dies_is_a_failure_that_names_the_cell(tmp_path):
    notebook = write(tmp_path / "deadly.ipynb", "1", "import os; os._exit(3)")
    run = run_notebook(notebook, tmp_path / "out", html=False, echo=io.StringIO())
    assert run.failure is not None
    assert "kernel died in code cell 2" in run.failure


def test_a_notebook_can_be_updated_in_place_and_equal_runs_write_equal_files(tmp_path):
    notebook = write(tmp_path / "tutorial.ipynb", "print(6 * 7)")
    run_notebook(notebook, tmp_path, html=False, echo=io.StringIO())
    first = notebook.read_bytes()
    run_notebook(notebook, tmp_path, html=False, echo=io.StringIO())
    assert b"42" in first
    assert notebook.read_bytes() == first


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "no such file"), ("no json", "JSON"), ("[]", "no notebook"), ('{"nbformat": 4}', "no notebook")],
)
def test_what_is_no_notebook_is_refused_by_its_path(tmp_path, content, reason):
    path = tmp_path / "thing.ipynb"
    if content is not None:
        path.write_text(content)
    with pytest.raises(NotANotebook, match=reason) as refused:
        run_notebook(path, tmp_path / "out")
    assert str(path) in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_cell_may_clear_what_it_has_shown(tmp_path):
    notebook = write(
        tmp_path / "clearing.ipynb",
        "from IPython.display import clear_output\nprint('first')\nclear_output()\nprint('second')",
    )
    echo = io.StringIO()
    run = run_notebook(notebook, tmp_path / "out", html=False, echo=echo)
    (cell,) = nbformat.read(run.executed, as_version=4).cells
    assert run.failure is None
    assert [output.text for output in cell.outputs] == ["second\n"]
    assert echo.getvalue() == "first\nsecond\n"


def test_packages_that_are_missing_are_named_with_the_extra_that_brings_them(monkeypatch, tmp_path):
    for package in ("nbclient", "nbconvert"):
        monkeypatch.setitem(sys.modules, package, None)
    notebook = write(tmp_path / "any.ipynb", "1")
    with pytest.raises(MissingPackage, match=r"running a notebook takes nbclient nbconvert: pip install .* 'lab'"):
        run_notebook(notebook, tmp_path / "out")


def test_what_a_cell_prints_into_an_output_widget_stands_in_the_cell(tmp_path):
    notebook = write(
        tmp_path / "aside.ipynb", "import ipywidgets\naside = ipywidgets.Output()", "with aside:\n    print('inside')"
    )
    echo = io.StringIO()
    run = run_notebook(notebook, tmp_path / "out", html=False, echo=echo)
    _, cell = nbformat.read(run.executed, as_version=4).cells
    assert run.failure is None
    assert echo.getvalue() == cell.outputs[0].text == "inside\n"


class Pressing(io.StringIO):
    """Presses Ctrl-C when the cell says that it waits."""

    def write(self, text):
        if "waiting" in text:
            os.kill(os.getpid(), signal.SIGINT)
        return super().write(text)


def test_ctrl_c_ends_the_cell_and_not_the_kernel(tmp_path):
    notebook = write(tmp_path / "long.ipynb", "import threading\nprint('waiting')\nthreading.Event().wait(50)")
    run = run_notebook(notebook, tmp_path / "out", html=False, echo=Pressing())
    assert "KeyboardInterrupt" in run.failure
    assert "kernel died" not in run.failure
