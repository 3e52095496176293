"""`framework graph`, `plan`, `diagnose` and `watch`: questions to a pipeline or flow of a module."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framework.cli.console import DONE, FAILED, console, safe_name, show_text
from framework.errors import OptionError, RunFailed, UnknownName
from framework.observe import Graph

if TYPE_CHECKING:
    from rich.table import Table

    from framework.notebook.monitor.monitor_view import MonitorView

PLAN_STYLES = {r"\breplay\b": "green", r"\bbuild\b": "yellow", r"\bunknown\b": "dim", r"(?m)^ +\+.*": "green"}
FINDING_STYLES = {r"(?m)^!.*?\.(?= |$)": "bold red", r"(?m)^-.*?\.(?= |$)": "bold yellow"}
REFRESHES = 5
"""How often a second a watched run is shown."""


def graph(options: argparse.Namespace) -> int:
    """Draw it."""
    runtime = _named(options.target)
    if runtime is None:
        return FAILED
    text = _drawn(runtime.graph(), options.format)
    if options.output is None:
        print(text)
    else:
        options.output.write_text(f"{text}\n", encoding="utf-8")
    return DONE


def plan(options: argparse.Namespace) -> int:
    """Print what a run would replay and build for a target, and why."""
    pipeline = _named(options.target)
    if pipeline is None:
        return FAILED
    from framework.core import Pipeline
    from framework.reactive import plan as planned

    if not isinstance(pipeline, Pipeline):
        raise OptionError(f"{options.target} is {type(pipeline).__name__}: only a Pipeline has targets to plan")
    show_text(str(planned(pipeline, options.wanted)), PLAN_STYLES)
    return DONE


def diagnose(options: argparse.Namespace) -> int:
    """Print what is odd, after a run where one is asked for; 1 where something is serious."""
    runtime = _named(options.target)
    if runtime is None:
        return FAILED
    if not hasattr(runtime, "diagnose"):
        raise OptionError(
            f"{options.target} is {type(runtime).__name__}, which has no diagnose(): name a Pipeline or a Flow"
        )
    if options.run or options.items:
        _run(runtime, options)
    findings = runtime.diagnose()
    for finding in findings:
        show_text(f"{'!' if finding.severity == 'serious' else '-'} {finding}", FINDING_STYLES)
    if not findings:
        print("nothing odd" if options.run or options.items else "nothing odd so far: --run tells more")
    return FAILED if any(finding.severity == "serious" for finding in findings) else DONE


def watch(options: argparse.Namespace) -> int:
    """Run it, and show while it runs what each processor or job does."""
    runtime = _named(options.target)
    if runtime is None:
        return FAILED
    if not sys.stdout.isatty():
        from framework.notebook import watch as lines

        lines(runtime, out=sys.stderr)
        report = _run(runtime, options)
    else:
        report = _watched(runtime, options)
    from framework.notebook.flow_views import flow_report_view
    from framework.notebook.views import run_report_view

    _, text = flow_report_view(report) if options.items else run_report_view(report)
    print(text)
    return FAILED if report.failures else DONE


def _run(runtime: Any, options: argparse.Namespace) -> Any:
    """Run a pipeline or a flow to its end and return its report, also where deliveries failed; raises OptionError."""
    items = options.items
    is_flow = asyncio.iscoroutinefunction(runtime.run)
    if is_flow is (items is None):
        hint = "--items FILE feeds it the lines of a file" if is_flow else "its module submits its events; no --items"
        raise OptionError(f"{options.target} is {type(runtime).__name__}: {hint}")
    if items is not None:
        asyncio.run(runtime.run(items.read_text(encoding="utf-8").splitlines()))
        return runtime.report
    with contextlib.suppress(RunFailed):  # the report has the failures
        runtime.run()
    return runtime.report


def _watched(runtime: Any, options: argparse.Namespace) -> Any:
    from rich.live import Live

    from framework.notebook.monitor.monitor import ScalingMonitor
    from framework.notebook.monitor.monitor_view import MonitorView

    monitor, ended = ScalingMonitor(runtime), threading.Event()
    view = MonitorView(monitor)

    def look() -> None:
        while not ended.wait(1 / REFRESHES):
            monitor.sample()
            live.update(_table(view))

    watching = threading.Thread(target=look, name="framework-watch", daemon=True)
    with Live(_table(view), console=console(), refresh_per_second=REFRESHES) as live:
        watching.start()
        try:
            report = _run(runtime, options)
        finally:
            ended.set()
            watching.join()
            monitor.sample()
            live.update(_table(view))
    return report


def _table(view: MonitorView) -> Table:
    """Return a row per node: what waits, runs, is done and failed, and its share of the busy time as a bar."""
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    shown = view.rows()
    title = Text(f"{safe_name(shown['name'])}: {shown['header']}")
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for name in ("", "waiting", "running", "done", "failed", "busy"):
        table.add_column(name, justify="left" if name in {"", "busy"} else "right")
    most = max([1e-9, *(row["busy_seconds"] for row in shown["rows"])])
    for row in shown["rows"]:
        (waiting, _), working = row["queue"], row["workers"].get("working", 0)
        failed = Text(f"{row['failed']:,}", style="bold red" if row["failed"] else "dim")
        busy = ProgressBar(total=most, completed=row["busy_seconds"], width=20, complete_style="blue")
        style = "blue" if working else "yellow" if waiting else ""
        numbers = (f"{waiting:,}", f"{working}", f"{row['done']:,}")
        table.add_row(Text(safe_name(row["name"]), style=style), *numbers, failed, busy)
    table.caption = f"... and {shown['hidden']:,} more" if shown["hidden"] else None
    return table


def _named(target: str) -> Any:
    """Return what MODULE:NAME names; None when the module's own code failed, which has been printed."""
    module_name, colon, path = target.partition(":")
    if not (module_name and colon and path):
        raise OptionError(f"{target!r} names no pipeline: write MODULE:NAME, for example analysis:pipeline")
    module = _imported(module_name)
    return None if module is None else _attribute(module, path, target)


def _imported(name: str) -> Any:
    """The module, looked for in the current folder first; None when its own code failed, which has been printed."""
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise UnknownName("module", name, sorted(path.stem for path in Path.cwd().glob("*.py"))) from error
        traceback.print_exc()
    except (Exception, SystemExit):  # noqa: BLE001 - a user's module may raise anything; it is printed
        traceback.print_exc()
    print(f"framework: importing {name} failed, see above", file=sys.stderr)
    return None


def _attribute(module: Any, path: str, target: str) -> Any:
    found = module
    for name in path.split("."):
        if not hasattr(found, name):
            owner = getattr(found, "__name__", type(found).__name__)
            public = {one: value for one, value in vars(found).items() if one[0] != "_"}
            runtimes = [one for one, value in public.items() if _is_runtime(value)]
            raise UnknownName(f"attribute of {owner}", name, runtimes or list(public))
        found = getattr(found, name)
    if not _is_runtime(found):
        kind = found.__name__ if isinstance(found, type) else type(found).__name__
        raise OptionError(f"{target} is {kind}, which has no graph(): name a Pipeline or a Flow")
    return found


def _is_runtime(value: Any) -> bool:
    return not isinstance(value, type) and callable(getattr(value, "graph", None))


def _drawn(graph: Graph, form: str) -> str:
    if form == "mermaid":
        return graph.mermaid()
    from framework.notebook.graphs.drawing import Drawing

    drawing = Drawing(graph)
    return drawing.dot if form == "dot" else drawing.svg
