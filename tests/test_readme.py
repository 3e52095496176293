"""Every Python block of the README and the guides runs, and prints what the text block after it says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```$(?:\s*?^```text\n(?P<printed>.*?)^```$)?", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^]]*\]\((?!https?:|#|mailto:)([^)#]+)")


def blocks():
    for page in PAGES:
        name = page.relative_to(ROOT)
        for number, match in enumerate(BLOCK.finditer(page.read_text(encoding="utf-8")), start=1):
            yield pytest.param(match["code"], match["printed"], id=f"{name} {number}")


@pytest.mark.parametrize(("code", "printed"), list(blocks()))
def test_block_runs_as_it_stands(tmp_path, code, printed):
    script = tmp_path / "block.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    if printed is not None:
        assert done.stdout == printed


def test_the_readme_shows_programs():
    assert BLOCK.search((ROOT / "README.md").read_text(encoding="utf-8"))


def test_links_to_files_lead_somewhere():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [target for target in LINK.findall(readme) if not (ROOT / target).exists()] == []


def test_every_tutorial_is_on_the_guided_tour():
    linked = set(LINK.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    tutorials = {f"notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert tutorials - linked == set()


OTHERS = {
    "streamz": "from streamz import",
    "pipefunc": "from pipefunc import",
    "Hamilton": "from hamilton import",
    "Dask delayed": "from dask import",
    "the-framework": "from framework.core import AbstractProcessor",
    "flowrhythm": "from flowrhythm import",
}


@pytest.mark.parametrize("tool", OTHERS)
def test_users_of_another_tool_find_imports_names_what_differs_and_an_example(tool):
    page = (ROOT / "docs" / "from-other-tools.md").read_text(encoding="utf-8")
    section = next(part for part in page.split("\n## ")[1:] if tool in part.splitlines()[0])
    rows = [line for line in section.splitlines() if line.startswith("|")]
    prose = [
        part for part in re.sub(r"```.*?```", "", section, flags=re.DOTALL).split("\n\n")[1:] if part[:1].isalpha()
    ]

    assert OTHERS[tool] in section
    assert "from framework." in section
    assert len(rows) >= 8
    assert prose
    assert "```python" in section
