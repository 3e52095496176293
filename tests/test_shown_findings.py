"""The tutorials, the README and the guides have no findings but those that they show on purpose."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)
SHOWN = {
    "01-first-pipeline": {"3 deliveries of Parse raised SyntaxError"},
    "02-builders": {
        "rendezvous place: key 'Africa/Abidjan' came from 'zone', not from 'by zone'",
        "343 deliveries of ratio raised ZeroDivisionError",
        "1 delivery of weather raised WiringError: weather requires 'forecast'",
    },
    "03-scale-out": {"1 delivery of picky raised TooFarNorth"},
    "04-flow": {
        "workers of ask (added at",
        "1 item of fetch raised Refused: 404 Not Found; trouble took over",
        "2 items of fetch raised Refused",
        "2 items were left when the flow was stopped",
    },
    "05-stepping": {
        "rendezvous joined: key 17 came from 'station', not from 'reading'; '17' came there, a str and no int",
        "1 delivery of Celsius raised ValueError",
        "no processor receives 1 event Event 'summary' that Summary submitted at In[2] line 39; did you mean 'sumary'",
    },
    "06-watching": set(),
    "07-archives": set(),
    "08-gallery": {
        "1 delivery of Words raised ValueError",
        "no processor receives 1 event Event 'thanks' that Reader submitted",
        "10 items of parse raised ValueError",
        "items were left when the flow was stopped",
        "workers of size.large.sign (added at",
    },
    "README.md": set(),
    "docs": {
        "6 items were dropped, 6 in parse: a LastWorkItem has ended the flow",
        "Light answers each __PHASE__ with new work; since phase 1 the state repeats every 2 phases",
        "1 delivery of Invert raised ZeroDivisionError",
        "2 items fit no arm of kind (added at",
        "no processor receives 1 event Event 'too hot' that Alarm submitted",
        "no processor receives 2 events Event 'recipt' that Till submitted",
        "no case of Till takes 1 delivery of Event 'sold'",
    },
}
"""What each shows, of which every finding has one, and each of which is in a finding."""


def cells_of(name):
    if name in {"README.md", "docs"}:
        pages = sorted((ROOT / name).rglob("*.md")) if name == "docs" else [ROOT / name]
        return [found["code"] for page in pages for found in BLOCK.finditer(page.read_text(encoding="utf-8"))]
    notebook = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", SHOWN)
def test_only_what_is_shown_on_purpose_is_a_finding(name, tmp_path):
    shutil.copytree(ROOT / "notebooks" / "data", tmp_path / "data")
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "findings_of_cells.py"],
        input=json.dumps(cells_of(name)),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    told = re.search(r"^FINDINGS (.*)$", done.stdout, re.MULTILINE)
    assert told, done.stderr
    findings = [text for _, text in json.loads(told[1])]
    assert [text for text in findings if not any(shown in text for shown in SHOWN[name])] == []
    assert {shown for shown in SHOWN[name] if not any(shown in text for text in findings)} == set()


def test_every_tutorial_is_looked_at():
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} == {*SHOWN} - {"README.md", "docs"}
