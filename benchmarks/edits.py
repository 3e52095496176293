"""Which edits of a project each cache notices: `python benchmarks/edits.py --write` puts the table into the guide.

Every cell is two processes: one computes and keeps a result, the project is edited, the other asks for the result. DVC
is run as a command, from an environment of its own (`uv tool install dvc`), with both modules as dependencies of its
stage; its column is left out where there is none.
"""

import atexit
import functools
import importlib
import os
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
import traceback
from importlib.metadata import version
from pathlib import Path

from edits_cases import EDITS, Edit

PAGE = Path(__file__).parents[1] / "docs" / "guides" / "identity.md"
BEGIN, END = "<!-- edits: begin -->\n", "<!-- edits: end -->\n"

TOOLS = {
    "framework": """
import work
from framework.core import AbstractProcessor, Event, Pipeline, caching

class P(AbstractProcessor):
    @caching
    def process(self, context, event):
        match event:
            case Event(name="in", value=value):
                context.submit(Event(name="out", value=work.result(value)))

class Show(AbstractProcessor):
    def process(self, context, event):
        match event:
            case Event(name="out", value=value):
                print(value)

pipeline = Pipeline([P(), Show()], workspace="kept")
pipeline.submit(Event(name="in", value=NUMBER))
pipeline.run()
""",
    "joblib": """
import work
from joblib import Memory

print(Memory("kept", verbose=0).cache(work.result)(NUMBER))
""",
    "diskcache": """
import diskcache, work

print(diskcache.Cache("kept").memoize()(work.result)(NUMBER))
""",
    "Hamilton": """
import work
from hamilton import driver

built = driver.Builder().with_modules(work).with_cache(path="kept").build()
print(built.execute(["result"], inputs={"number": NUMBER})["result"])
""",
    "pipefunc": """
import work
from pipefunc import Pipeline, PipeFunc

pipeline = Pipeline(
    [PipeFunc(work.result, "result", cache=True)], cache_type="disk", cache_kwargs={"cache_dir": "kept"}
)
print(pipeline("result", number=NUMBER))
""",
}
DVC = shutil.which("dvc")
STAGE = """
stages:
  result:
    cmd: {python} -B main.py > printed
    deps: [main.py, work.py, helpers.py]
    outs: [printed]
"""
if DVC:
    TOOLS["DVC"] = """
import work

print(work.result(NUMBER))
"""
PACKAGES = {"joblib": "joblib", "diskcache": "diskcache", "Hamilton": "sf-hamilton", "pipefunc": "pipefunc"}
MODULES = ("framework.core", "joblib", "diskcache", "hamilton.driver", "hamilton.caching.adapter", "pipefunc")


def outcome(tool: str, edit: Edit) -> str:
    """What a tool does after an edit: notices it, replays the old result, or builds without need."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = "from helpers import Money\n" if "Money" in edit.number else ""
        (folder / "main.py").write_text(made + TOOLS[tool].replace("NUMBER", edit.number))
        printed, runs = [], []
        for text in (edit.before, edit.after):
            for module in ("work", "helpers"):
                (folder / f"{module}.py").write_text(re.sub(r"\bK\b", text, getattr(edit, module)))
            code = reproduced(folder) if tool == "DVC" else forked(folder)
            lines = (folder / "printed").read_text().strip().splitlines()
            if code:
                return f"fails: {lines[-1][:60]}"
            printed.append(lines[-1])
            runs.append(len((folder / "ran").read_text()))
    if edit.counts:
        return "noticed" if printed[0] != printed[1] else "**stale**"
    return "replayed" if runs[0] == runs[1] else "built again"


@functools.cache
def repository() -> Path:
    """Return an empty repository of DVC: making one takes as long as a run."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    subprocess.run([DVC, "init", "--no-scm", "--quiet"], cwd=folder, check=True)
    return folder


def reproduced(folder: Path) -> int:
    """Let DVC run the project as a stage, if it thinks that it must; returns its exit code."""
    if not (folder / ".dvc").exists():
        shutil.copytree(repository() / ".dvc", folder / ".dvc")
        (folder / "dvc.yaml").write_text(STAGE.format(python=sys.executable))
    return subprocess.run([DVC, "repro", "--quiet"], cwd=folder, check=False).returncode


def forked(folder: Path) -> int:
    """Run the project in a process of its own, which has the tools imported already; returns its exit code."""
    child = os.fork()
    if child == 0:
        code = 1
        with (folder / "printed").open("w") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            sys.stdout = sys.stderr = output
            os.chdir(folder)
            sys.path.insert(0, str(folder))
            sys.dont_write_bytecode = True
            try:
                runpy.run_path("main.py", run_name="__main__")
                code = 0
            except BaseException:  # noqa: BLE001 - whatever it is, it is what the table says
                traceback.print_exc()
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def table() -> str:
    """One row for each edit, one column for each tool; at the end what is right."""
    lines = [f"| edit of | {' | '.join(TOOLS)} |", f"|---|{'---|' * len(TOOLS)}"]
    right = dict.fromkeys(TOOLS, 0)
    for edit in EDITS:
        cells = {tool: outcome(tool, edit) for tool in TOOLS}
        for tool, cell in cells.items():
            right[tool] += cell in {"noticed", "replayed"}
        lines.append(f"| {edit.name} | {' | '.join(cells.values())} |")
        print(lines[-1], file=sys.stderr)
    counts = " | ".join(f"{count} of {len(EDITS)}" for count in right.values())
    lines.append(f"| **right** | {counts} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table, or write it into the guide with `--write`."""
    for module in MODULES:  # before anything is measured: a process for each cell would import them anew
        importlib.import_module(module)
    versions = ", ".join(f"{tool} {version(package)}" for tool, package in PACKAGES.items())
    if DVC:
        said = subprocess.run([DVC, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
        versions += f", DVC {said.strip()}"
    text = f"{table()}\nRun with {versions} on Python {'.'.join(map(str, sys.version_info[:2]))}.\n"
    if "--write" in sys.argv:
        page = PAGE.read_text(encoding="utf-8")
        before, after = page.split(BEGIN)[0], page.split(END)[1]
        PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
