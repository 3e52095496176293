"""Programs of several modules with one planted bug each: the first or second finding names its line."""

import importlib
import sys
from pathlib import Path

import pytest

from framework.observe.findings import Findings

PROGRAMS = Path(__file__).parents[3] / "planted"
NAMES = sorted(folder.parent.name for folder in PROGRAMS.glob("*/program.py"))
MARK = "planted"


@pytest.fixture(autouse=True)
def programs(monkeypatch):
    monkeypatch.syspath_prepend(str(PROGRAMS))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] in NAMES]:
        del sys.modules[name]


def planted_lines(name):
    return [
        f"{path.name}:{number}"
        for path in sorted((PROGRAMS / name).glob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if MARK in line
    ]


@pytest.mark.filterwarnings("ignore:'return' in a 'finally' block:SyntaxWarning")  # Python 3.14 says so as well
@pytest.mark.parametrize("name", NAMES)
def test_the_first_or_second_finding_names_the_line_of_the_bug(name, tmp_path):
    findings = importlib.import_module(f"{name}.program").run(tmp_path)
    assert isinstance(findings, Findings)
    said = [str(finding) for finding in findings[:2]]
    assert any(line in text for text in said for line in planted_lines(name)), said
    assert len(findings) <= 2, findings
