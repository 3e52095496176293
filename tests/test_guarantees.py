import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def existing():
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    return set(re.findall(r"def (test_\w+)\(", sources))


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", TEXT))))
def test_a_test_that_is_named_as_proof_exists(name, existing):
    assert name in existing


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(tests/[\w/]+\.py)`", TEXT))))
def test_a_file_that_is_named_as_proof_exists(path):
    assert (ROOT / path).is_file()


@pytest.mark.parametrize("row", [line for line in TEXT.splitlines() if line.startswith("| ") and "|---" not in line])
def test_every_promise_names_its_proof(row):
    assert "Shown by" in row or "`test" in row
