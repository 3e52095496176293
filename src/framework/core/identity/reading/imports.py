"""What an import statement inside a function binds, and how a module is called."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import PurePath
from types import ModuleType
from typing import Any

from framework.archive.digest.code import is_installed
from framework.core.identity.reading.references import Import
from framework.observe.user_code import is_library


def module_label(name: str) -> str:
    """The name of a module, the same whether it is run as a script or imported."""
    if name not in {"__main__", "__mp_main__"}:
        return name
    module = sys.modules.get(name)
    spec = getattr(module, "__spec__", None)
    file = getattr(module, "__file__", None)
    return spec.name if spec is not None else PurePath(file).stem if file else "__main__"


def imported(statement: Import, namespace: Mapping[str, Any]) -> ModuleType | tuple[Mapping[str, Any], str, Any] | None:
    """A module, or namespace, name and value of a variable; None for what is installed or cannot be imported.

    Own modules are imported, as the function will do.
    """
    level, name, attribute = statement
    try:
        name = importlib.util.resolve_name("." * level + name, namespace.get("__package__") or "")
        module = _module(name)
        if module is None or attribute is None:
            return module
        if attribute in vars(module):
            return vars(module), attribute, vars(module)[attribute]
        try:
            return _module(f"{name}.{attribute}")
        except Exception:  # noqa: BLE001 - a module can give what is not there
            return vars(module), "__getattr__", vars(module)["__getattr__"]
    except Exception:  # noqa: BLE001 - what an import raises is the function's own affair
        return None


def _module(name: str) -> ModuleType | None:
    if name in sys.modules:
        return sys.modules[name]
    package = name.partition(".")[0]
    if package in sys.stdlib_module_names or (package in sys.modules and is_installed(package)):
        return None
    spec = importlib.util.find_spec(package)
    if spec is None or is_library(spec.origin or next(iter(spec.submodule_search_locations or ()), "")):
        return None
    return importlib.import_module(name)
