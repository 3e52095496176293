"""The console script, as a user types it."""

import json
import os
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from framework.archive import Workspace
from framework.cli import main
from framework.cli.runtimes import _table
from framework.core import AbstractProcessor, Event, Pipeline
from framework.notebook import ScalingMonitor
from framework.notebook.monitor.monitor_view import MonitorView

ANALYSIS = """
from framework.core import AbstractProcessor, Context, Event, Pipeline

class Greeter(AbstractProcessor):
    def process(self, context: Context, event: Event):
        match event:
            case Event(name="start", who=who):
                context.submit(Event(name="greet", who=who))
            case Event(name="greet", who=who):
                print(f"hello {who}")

class Settings:
    pipeline = Pipeline([Greeter()])

pipeline = Pipeline([Greeter()])
limit = 3
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with a module `analysis` in it that no other test has imported."""
    (tmp_path / "analysis.py").write_text(ANALYSIS)
    (tmp_path / "broken.py").write_text("raise RuntimeError('the disk is full')\n")
    (tmp_path / "needy.py").write_text("import a_missing_package\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in ("analysis", "broken", "needy"):
        sys.modules.pop(name, None)


def command(*arguments, **options):
    """Run the real console script."""
    line = [sys.executable, "-m", "framework", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, timeout=100, check=False, **options)


def notebook(path, *cells):
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), path)
    return path


def refused(capsys, *arguments):
    """The one line that says why a command was refused."""
    assert main([str(argument) for argument in arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("framework: ")
    return line


def test_the_version_is_that_of_the_distribution():
    done = command("--version")
    assert (done.returncode, done.stdout) == (0, f"framework {version('framework')}\n")


def test_an_unknown_command_shows_the_usage():
    done = command("frobnicate")
    assert done.returncode == 2
    assert done.stderr.startswith("usage: framework")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """What a clean run for another program wrote, and where its files are."""
    folder = tmp_path_factory.mktemp("ran")
    path = notebook(folder / "small.ipynb", "print('counting')\n40 + 2")
    return command("run", path, "--output", folder / "out"), folder / "out"


def test_run_prints_results_and_leaves_copy_and_report(ran):
    done, folder = ran
    assert done.returncode == 0
    assert done.stdout.splitlines()[:2] == ["counting", "42"]
    assert sorted(file.name for file in folder.iterdir()) == ["small.html", "small.ipynb"]


def test_a_clean_run_for_another_program_warns_of_nothing_and_draws_no_bar(ran):
    done, _ = ran
    assert done.stderr == ""
    assert "\x1b" not in done.stdout


def test_a_tutorial_comes_out_as_it_was_saved_from_a_kernel_as_users_start_it(tmp_path):
    saved = Path(__file__).parents[2] / "notebooks" / "07-archives.ipynb"
    done = command("run", saved, "--no-html", "--output", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert without_version(tmp_path / saved.name) == without_version(saved)


def without_version(path):
    found = json.loads(path.read_text())
    del found["metadata"]["language_info"]["version"]  # of the Python that ran it
    return found


def test_a_failing_cell_makes_the_run_fail_with_its_plain_traceback(tmp_path):
    path = notebook(tmp_path / "bad.ipynb", "x = 1", "raise LookupError('no such station')")
    done = command("run", path, "--no-html", "--output", tmp_path / "out")
    assert done.returncode == 1
    assert "LookupError" in done.stderr
    assert "no such station" in done.stderr
    assert "failed in code cell 2" in done.stderr
    assert "\x1b" not in done.stderr
    assert (tmp_path / "out" / "bad.ipynb").exists()


def test_an_interrupt_stops_the_cell_and_keeps_what_ran_before(tmp_path):
    path = notebook(tmp_path / "long.ipynb", "1", "import threading\nprint('waiting')\nthreading.Event().wait()")
    line = [sys.executable, "-m", "framework", "run", path, "--no-html", "--output", tmp_path / "out"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert "waiting\n" in iter(running.stdout.readline, "")
        running.send_signal(signal.SIGINT)
        _, complaint = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "KeyboardInterrupt" in complaint
    assert "failed in code cell 2" in complaint
    executed = nbformat.read(tmp_path / "out" / "long.ipynb", as_version=4)
    assert [cell.execution_count for cell in executed.cells] == [1, 2]


def test_a_missing_notebook_is_named(capsys, folder):
    assert "nowhere.ipynb is no notebook: there is no such file" in refused(capsys, "run", "nowhere.ipynb")


def test_graph_prints_mermaid(capsys, folder):
    assert main(["graph", "analysis:pipeline"]) == 0
    out, _ = capsys.readouterr()
    assert out.startswith("flowchart LR\n")
    assert "Greeter" in out


def test_graph_follows_dots(capsys, folder):
    assert main(["graph", "analysis:Settings.pipeline"]) == 0
    assert "Greeter" in capsys.readouterr().out


@pytest.mark.parametrize(("form", "opening"), [("dot", "digraph"), ("svg", "<svg")])
def test_graph_writes_other_formats_to_a_file(capsys, folder, form, opening):
    assert main(["graph", "analysis:pipeline", "--format", form, "-o", f"picture.{form}"]) == 0
    text = (folder / f"picture.{form}").read_text()
    assert text.startswith(opening)
    assert "Greeter" in text
    assert capsys.readouterr().out == ""


def test_a_place_that_cannot_be_written_is_named(capsys, folder):
    line = refused(capsys, "graph", "analysis:pipeline", "--output", "nowhere/picture.dot")
    assert "nowhere/picture.dot: No such file" in line
    small = notebook(folder / "small.ipynb", "1")
    assert "analysis.py: File exists" in refused(capsys, "run", small, "--output", "analysis.py")


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        ("analysis", "write MODULE:NAME"),
        ("analysi:pipeline", "did you mean 'analysis'?"),
        ("analysis:pipelin", "did you mean 'pipeline'?"),
        ("analysis:limit", "analysis:limit is int, which has no graph()"),
        ("analysis:Greeter", "has no graph()"),
    ],
)
def test_graph_says_what_is_wrong_with_its_target(capsys, folder, target, complaint):
    assert complaint in refused(capsys, "graph", target)


@pytest.mark.parametrize(("module", "error"), [("broken", "the disk is full"), ("needy", "a_missing_package")])
def test_a_module_that_fails_on_import_shows_its_own_traceback(capsys, folder, module, error):
    assert main(["graph", f"{module}:pipeline"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert error in err
    assert err.endswith(f"framework: importing {module} failed, see above\n")


def test_a_reader_that_goes_away_is_no_error(folder):
    reading, writing = os.pipe()
    os.close(reading)
    line = [sys.executable, "-m", "framework", "graph", "analysis:pipeline"]
    done = subprocess.run(line, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=100, check=False)
    os.close(writing)
    assert done.stderr == ""


@pytest.fixture
def workspace(tmp_path):
    path = tmp_path / "workspace"
    with Workspace(path) as opened:
        for name in ("Parse", "Count", "Total"):
            opened.archive(name)["key"] = name
    return path


def test_archives_lists_the_catalog(capsys, workspace):
    assert main(["archives", str(workspace)]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ("Parse", "Count", "Total"))


def test_archives_shows_no_more_than_asked_for(capsys, workspace):
    assert main(["archives", str(workspace), "--limit", "1"]) == 0
    out = capsys.readouterr().out
    assert sum(name in out for name in ("Parse", "Count", "Total")) == 1
    assert "... and 2 more\n3 archives, " in out


def test_a_name_cannot_steer_the_terminal(capsys, tmp_path):
    with Workspace(tmp_path / "odd") as opened:
        opened.archive("\x1b[2Jgone\n")["key"] = 1
    assert main(["archives", str(tmp_path / "odd")]) == 0
    assert r"\x1b[2Jgone\n" in capsys.readouterr().out


def test_a_missing_workspace_is_named_and_not_made(capsys, folder):
    assert "elsewhere" in refused(capsys, "archives", "elsewhere")
    assert not (folder / "elsewhere").exists()


def test_a_folder_that_is_no_workspace_is_refused(capsys, folder):
    assert str(folder) in refused(capsys, "archives", folder)
    assert sorted(path.name for path in folder.iterdir()) == ["analysis.py", "broken.py", "needy.py"]


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_a_senseless_limit_is_refused(capsys, limit):
    with pytest.raises(SystemExit) as refusal:
        main(["archives", "x", "--limit", limit])
    assert refusal.value.code == 2
    assert "no positive number" in capsys.readouterr().err


def test_rows_that_a_watched_run_does_not_show_are_counted():
    class Idle(AbstractProcessor):
        interests = ((Event, "start"),)

        def process(self, context, event):
            pass

    pipeline = Pipeline([Idle() for _ in range(203)])

    assert _table(MonitorView(ScalingMonitor(pipeline))).caption == "... and 3 more"


def test_names_of_a_watched_run_cannot_steer_a_terminal():
    class Idle(AbstractProcessor):
        interests = ((Event, "start"),)

        def process(self, context, event):
            pass

    pipeline = Pipeline([Idle(name="\x1b[2J")], name="\x1b]0;x")
    table = _table(MonitorView(ScalingMonitor(pipeline)))

    assert str(table.title).startswith(r"\x1b]0;x: ")
    assert [str(cell) for cell in table.columns[0].cells] == [r"\x1b[2J"]
