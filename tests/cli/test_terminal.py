"""The commands in a real terminal, and what they answer to other programs."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_notebook

STATISTICS = """
import logging
from framework.core import AbstractProcessor, Event, Pipeline
from framework.flow import Flow
from framework.reactive import reactive

logging.getLogger("framework").setLevel(logging.CRITICAL)


@reactive(provides="number", persist=True)
def numbers(context):
    yield from [1, 2, 3]


@reactive(provides="square", requires=["number"], persist=True)
def squares(context, number):
    yield {"number": number, "square": number * number}


class Parse(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="page", number=number):
                if number == 2:
                    raise ValueError("blank")
                context.submit(Event("wrod"))


class Count(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="word"):
                pass


async def double(item):
    return 2 * item


statistics = Pipeline([numbers, squares], workspace="results", name="statistics")
statistics.resolve("square")
pages = Pipeline([Parse(), Count()], name="pages")
for number in range(4):
    pages.submit(Event("page", number=number))
healthy = Pipeline([Count()], name="healthy")
healthy.submit(Event("word"))
flow = Flow(name="doubles").add(double)


async def check(line):
    if line == "b":
        raise ValueError(line)


odd = Flow(name="odd").add(check)
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "work.py").write_text(STATISTICS)
    return tmp_path


def piped(folder, *arguments):
    """Run the command for another program."""
    line = [sys.executable, "-m", "framework", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, timeout=100, check=False, cwd=folder)


def typed(folder, *arguments):
    """Run the command in a terminal of 100 columns; its exit code and all that was written there."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.environ |= {"TERM": "xterm-256color"}
        os.environ.pop("NO_COLOR", None)
        os.execv(sys.executable, [sys.executable, "-m", "framework", *map(str, arguments)])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    written = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        written += part
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), written.decode()


def plain(text):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def notebook(path, *cells, tags=()):
    made = [new_code_cell(cell) for cell in cells]
    made[0].metadata["tags"] = list(tags)
    nbformat.write(new_notebook(cells=made), path)
    return path


def test_a_run_in_a_terminal_shows_which_cell_it_is_at(tmp_path):
    notebook(tmp_path / "three.ipynb", "import time", "time.sleep(1)\nprint('second')", "print('third')")
    code, written = typed(tmp_path, "run", "three.ipynb", "--no-html")

    assert code == 0
    assert re.search(r"cell 2 of 3 .*\d:\d\d:\d\d print\('second'\)", plain(written))
    assert re.search(r"\sthird\s", plain(written))
    assert "3 cells in" in plain(written)


def test_parameters_are_read_as_papermill_reads_them(tmp_path):
    given = {"a": "5", "b": "0.5", "c": "True", "d": "None", "e": "a=b", "f": "two words"}
    values = {"a": 5, "b": 0.5, "c": True, "d": None, "e": "a=b", "f": "two words"}
    named = "\n".join(f"{name} = 1" for name in (*given, "other"))
    notebook(tmp_path / "set.ipynb", named, "print([a, b, c, d, e, f, other])", tags=["parameters"])
    options = [word for name, text in given.items() for word in ("-p", f"{name}={text}")]
    done = piped(tmp_path, "run", "set.ipynb", "--no-html", *options)

    assert f"{[*values.values(), 1]}\n" in done.stdout
    assert done.stdout.startswith("parameters: " + ", ".join(f"{name} = {values[name]!r}" for name in given) + "\n")


def test_parameters_of_an_earlier_run_are_replaced(tmp_path):
    notebook(tmp_path / "set.ipynb", "pages = 1", "print(pages)", tags=["parameters"])
    piped(tmp_path, "run", "set.ipynb", "--no-html", "--output", ".", "-p", "pages=2")
    done = piped(tmp_path, "run", "set.ipynb", "--no-html", "--output", ".", "-p", "pages=3")
    cells = nbformat.read(tmp_path / "set.ipynb", 4).cells

    assert "3\n" in done.stdout
    assert [cell.metadata.get("tags") for cell in cells] == [["parameters"], ["injected-parameters"], None]


@pytest.mark.parametrize(
    ("given", "complaint"), [("page=3", "did you mean 'pages'?"), ("pages", "write -p name=value")]
)
def test_a_parameter_that_cannot_be_set_is_refused(tmp_path, given, complaint):
    notebook(tmp_path / "set.ipynb", "pages = 1", tags=["parameters"])
    done = piped(tmp_path, "run", "set.ipynb", "-p", given)

    assert done.returncode == 2
    assert complaint in done.stderr


def test_a_plan_is_printed_and_executes_nothing(folder):
    done = piped(folder, "plan", "work:statistics", "square")

    assert done.returncode == 0
    assert "numbers: build 1 (never built)" in done.stdout
    assert not (folder / "results").exists() or piped(folder, "archives", "results").stdout.startswith("ARCHIVE")


def test_a_plan_of_a_flow_is_refused(folder):
    assert "only a Pipeline has targets" in piped(folder, "plan", "work:flow", "square").stderr


def test_a_diagnosis_names_what_is_odd_and_fails(folder):
    done = piped(folder, "diagnose", "work:pages", "--run")

    assert done.returncode == 1
    assert "did you mean 'word'" in done.stdout


def test_a_diagnosis_of_a_healthy_run_says_so(folder):
    done = piped(folder, "diagnose", "work:healthy", "--run")
    assert (done.returncode, done.stdout) == (0, "nothing odd\n")


@pytest.mark.parametrize(("target", "options"), [("work:flow", []), ("work:pages", ["--items", "work.py"])])
def test_items_belong_to_a_flow(folder, target, options):
    done = piped(folder, "watch", target, *options)

    assert done.returncode == 2
    assert "--items" in done.stderr


def test_a_watched_run_shows_each_processor_and_how_it_ended(folder):
    code, written = typed(folder, "watch", "work:pages")
    text = plain(written)

    assert code == 1
    assert re.search(r"pages: Finished \d\.\d s, 3 done, 1 failed", text)
    assert re.search(r"Parse +0 +0 +3 +1 ", text)
    assert "Finished: 1 phase, 4 delivered, 1 failure" in text


def test_a_flow_is_fed_the_lines_of_a_file(folder):
    (folder / "items.txt").write_text("a\nb\n")
    done = piped(folder, "watch", "work:flow", "--items", "items.txt")

    assert done.returncode == 0
    assert "2 done" in done.stdout


def test_a_flow_is_diagnosed_after_a_run(folder):
    (folder / "items.txt").write_text("a\nb\n")
    healthy = piped(folder, "diagnose", "work:flow", "--items", "items.txt")
    odd = piped(folder, "diagnose", "work:odd", "--items", "items.txt")

    assert (healthy.returncode, healthy.stdout) == (0, "nothing odd\n")
    assert odd.returncode == 1
    line = STATISTICS.splitlines().index("        raise ValueError(line)") + 1
    assert odd.stdout.startswith(f"! 1 item of check raised ValueError: b. [work.py:{line}]")


def test_a_watched_run_for_another_program_prints_the_report(folder):
    done = piped(folder, "watch", "work:statistics")

    assert done.returncode == 0
    assert done.stdout.startswith("Finished: ")


def test_archives_have_sizes_and_colours_only_in_a_terminal(folder):
    piped(folder, "watch", "work:statistics")
    code, written = typed(folder, "archives", "results")
    other = piped(folder, "archives", "results").stdout

    assert code == 0
    assert "\x1b[" in written
    assert "\x1b" not in other
    for text in (plain(written), other):
        assert re.search(r"squares +3 +\d+ B ", text)
        assert re.search(r"2 archives, [\d.]+ kB on disk", text)


def test_superseded_archives_are_pruned_after_a_look(folder):
    piped(folder, "watch", "work:statistics")
    (folder / "work.py").write_text(STATISTICS.replace("number * number", "number ** 2"))
    piped(folder, "watch", "work:statistics")
    listed = piped(folder, "archives", "results").stdout
    looked = piped(folder, "archives", "results", "--prune", "--dry-run").stdout
    pruned = piped(folder, "archives", "results", "--prune").stdout

    assert "1 superseded: --prune deletes them" in listed
    assert "would delete 1 superseded archive" in looked
    assert "deleted 1 superseded archive" in pruned
    assert "superseded" not in piped(folder, "archives", "results").stdout


@pytest.mark.parametrize(("form", "read"), [("csv", pd.read_csv), ("parquet", pd.read_parquet)])
def test_archives_are_exported_for_other_tools(folder, form, read):
    piped(folder, "watch", "work:statistics")
    done = piped(folder, "archives", "results", "--export", form, "--output", "files")
    frame = read(folder / "files" / f"squares.{form}")

    assert "squares: 3 rows" in done.stdout
    assert frame["square"].tolist() == [1, 4, 9]


def test_a_name_that_is_not_there_is_answered_with_the_pipelines_and_flows(folder):
    done = piped(folder, "graph", "work:zzz")

    assert done.returncode == 2
    assert done.stderr.endswith("is named 'zzz'; there are: statistics, pages, healthy, flow, odd\n")
