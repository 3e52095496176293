"""Runs a notebook without a browser: `run_notebook` is what `framework run` and `make demo` call.

Needs the `lab` extra; nbclient and nbconvert are imported when a notebook is run.
"""

from __future__ import annotations

import ast
import asyncio
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from framework.errors import MissingPackage, NotANotebook, UnknownName
from framework.parsing import parsed

if TYPE_CHECKING:
    from nbclient import NotebookClient
    from nbformat import NotebookNode

NEEDED = ("nbformat", "nbclient", "nbconvert", "ipykernel")

# nbconvert's page asks content delivery networks for require.js, MathJax and mermaid; a report is read offline.
OFFLINE_PAGE = """\
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
"""


@dataclass(frozen=True, slots=True)
class NotebookRun:
    """What a run left behind: the executed copy, the report (None where none was asked for) and the failure, if any.

    `elapsed` is in seconds, `cells` counts the code cells that were started, `failure` is a text with the traceback.
    """

    notebook: Path
    executed: Path
    html: Path | None
    cells: int
    elapsed: float
    failure: str | None = None


def run_notebook(  # noqa: PLR0913 - a call names what it wants
    path: str | Path,
    output: str | Path = "build",
    *,
    html: bool = True,
    echo: TextIO | None = None,
    parameters: Mapping[str, object] | None = None,
    on_cell: Callable[[int, int, str], object] | None = None,
) -> NotebookRun:
    """Execute every cell in a fresh kernel of this Python, in the notebook's folder, and print what comes out.

    The copy is written also when a cell fails, up to that cell; give the notebook's own folder as `output` to update
    the notebook in place. It holds no widget state and no timings, so that equal runs write equal files.

    Args:
        path: the notebook.
        output: the folder for the executed copy and the report; made where it is missing.
        html: write a report that shows without network beside the copy.
        echo: where the cells' text goes as it comes; standard output by default.
        parameters: values by name, set in a cell of their own behind the one with the tag `parameters` (the
            convention of papermill), or before all others where there is none.
        on_cell: told of each code cell as it starts: its number, how many there are, its source.

    Raises:
        NotANotebook: `path` cannot be read as a notebook.
        UnknownName: the cell with the tag `parameters` sets no variable of the name of a parameter.
        MissingPackage: nbclient, nbconvert or ipykernel is not installed.
    """
    path, output = Path(path), Path(output)
    _require_packages()
    notebook = _read(path)
    if parameters:
        _inject(notebook, parameters)
    output.mkdir(parents=True, exist_ok=True)
    client = _client(notebook, path.parent, echo or sys.stdout)
    if on_cell is not None:
        total = sum(cell.cell_type == "code" for cell in notebook.cells)
        client.on_cell_execute = lambda cell, **_: on_cell(client.code_cells_executed + 1, total, cell.source)
    started = time.perf_counter()
    try:
        failure = _execute(client)
    finally:
        executed = _write(notebook, output / path.name)
    elapsed = time.perf_counter() - started
    report = _report(notebook, executed) if html else None
    return NotebookRun(path, executed, report, client.code_cells_executed, elapsed, failure)


def _require_packages() -> None:
    missing = [package for package in NEEDED if find_spec(package) is None]
    if missing:
        raise MissingPackage("running a notebook", missing, hint="the extra 'lab' of framework brings all")


def _read(path: Path) -> NotebookNode:
    import nbformat

    if not path.is_file():
        raise NotANotebook(path, "there is no such file")
    try:
        # nbformat reports a document of another kind as whatever it runs into
        notebook: NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError, nbformat.ValidationError) as error:
        raise NotANotebook(path, str(error).splitlines()[0]) from error
    return notebook


def _inject(notebook: NotebookNode, parameters: Mapping[str, object]) -> None:
    """Add a cell that sets the parameters, in place of one from an earlier run."""
    from nbformat.v4 import new_code_cell

    cells = [cell for cell in notebook.cells if "injected-parameters" not in cell.metadata.get("tags", ())]
    tagged = [place for place, cell in enumerate(cells) if "parameters" in cell.metadata.get("tags", ())]
    if tagged:
        known = _assigned(cells[tagged[0]].source)
        for name in parameters:
            if known and name not in known:
                raise UnknownName("parameter", name, sorted(known))
    source = "\n".join(["# Parameters", *(f"{name} = {value!r}" for name, value in parameters.items())])
    injected = new_code_cell(source, metadata={"tags": ["injected-parameters"]})  # type: ignore[no-untyped-call]
    place = tagged[0] + 1 if tagged else 0
    notebook.cells = [*cells[:place], injected, *cells[place:]]


def _assigned(source: str) -> set[str]:
    """Return the variables that a cell sets; none where it is more than Python, as with a magic command."""
    try:
        tree = parsed(source)
    except SyntaxError:
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _client(notebook: NotebookNode, folder: Path, echo: TextIO) -> NotebookClient:
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    class ThisPython(KernelSpecManager):
        # a spec of the name that the notebook asks for may belong to another environment
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            del kernel_name
            return KernelSpec(**get_kernel_dict())

    class Echoing(NotebookClient):
        def create_kernel_manager(self) -> AsyncKernelManager:
            self.km = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=ThisPython())
            return self.km

        def on_comm_open_jupyter_widget(self, msg: Any) -> None:
            """No widget: what is printed into one stands in the cell, instead of in the state that is not kept."""

        def output(self, outs: list[NotebookNode], msg: Any, display_id: str | None, cell_index: int) -> Any:
            out = super().output(outs, msg, display_id, cell_index)
            if out is not None:
                echo.write(_shown(out))
                echo.flush()
            return out

    return Echoing(
        notebook,
        resources={"metadata": {"path": str(folder)}},
        timeout=None,
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
        # a kernel that listens on the loopback address says so on every start
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        on_cell_start=lambda cell, **_: echo.write(_headings(cell)),
    )


def _execute(client: NotebookClient) -> str | None:
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    # On the main thread nbclient takes Ctrl-C for itself and kills the kernel; so the cell is stopped, and tells where.
    with ThreadPoolExecutor(1, "notebook") as pool:
        running = pool.submit(asyncio.run, client.async_execute())
        try:
            _until_done(running, client)
        except CellExecutionError as error:
            return str(error)
        except DeadKernelError:
            cell = client.code_cells_executed
            return f"the kernel died in code cell {cell}: out of memory, killed, or a crash in C code"
    return None


def _until_done(running: Future[Any], client: NotebookClient) -> None:
    try:
        running.result()
    except KeyboardInterrupt:
        if client.km is not None:
            asyncio.run(_interrupt(client.km))
        running.result()


async def _interrupt(manager: Any) -> None:
    await manager.interrupt_kernel()


def _headings(cell: NotebookNode) -> str:
    if cell.cell_type != "markdown":
        return ""
    return "".join(f"\n{line}\n" for line in cell.source.splitlines() if line.startswith("#"))


def _shown(out: NotebookNode) -> str:
    if out.output_type == "stream":
        return str(out.text)
    if out.output_type == "error":
        return f"{out.ename}: {out.evalue}\n"
    text = out.data.get("text/plain", "")
    return f"{text}\n" if text else ""


def _write(notebook: NotebookNode, path: Path) -> Path:
    import nbformat

    notebook.metadata.pop("widgets", None)
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
    return path


def _report(notebook: NotebookNode, executed: Path) -> Path:
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(raw_template=OFFLINE_PAGE, embed_images=True)  # type: ignore[no-untyped-call]
    page, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": executed.stem}})
    report = executed.with_suffix(".html")
    report.write_text(page, encoding="utf-8")
    return report
