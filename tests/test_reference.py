"""The reference has each public name once, under the address that a user imports it from."""

import importlib.util
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ["core", "reactive", "flow", "observe", "archive", "notebook"]


@pytest.fixture(scope="module")
def hooks():
    spec = importlib.util.spec_from_file_location("site_hooks", ROOT / "docs" / "hooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def documented(hooks):
    return [name for _, _, text in hooks.reference() for name in re.findall(r"^::: (\S+)$", text, re.MULTILINE)]


def test_no_name_stands_twice(documented):
    assert [name for name, count in Counter(name.rpartition(".")[2] for name in documented).items() if count > 1] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there(documented, package):
    names = importlib.import_module(f"framework.{package}").__all__
    assert set(names) - {name.rpartition(".")[2] for name in documented} == set()


def test_nothing_private_and_no_inner_module_is_there(documented):
    public = [f"framework.{package}" for package in (*PACKAGES, "bridge", "errors")]
    assert [name for name in documented if name.rpartition(".")[0] not in public or "._" in name] == []


def test_names_of_the_list_exist(hooks):
    listed = [(package, name) for _, _, package, groups in hooks.tasks() for names in groups.values() for name in names]
    assert [pair for pair in listed if not hasattr(importlib.import_module(pair[0]), pair[1])] == []
