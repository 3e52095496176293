import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def existing():
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    return set(re.findall(r"def (test_\w+)\(", sources))


def named(pattern):
    found = set(re.findall(pattern, TEXT))
    assert found
    return found


def test_each_test_that_is_named_as_proof_exists(existing):
    assert named(r"`(test_\w+)`") - existing == set()


def test_each_file_that_is_named_as_proof_exists():
    assert [path for path in sorted(named(r"`(tests/[\w/]+\.py)`")) if not (ROOT / path).is_file()] == []


def test_every_promise_names_its_proof():
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and "|---" not in line]
    assert len(rows) > 100
    assert [row for row in rows if "Shown by" not in row and "`test" not in row] == []
