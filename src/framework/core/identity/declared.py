"""What a processor says about its own identity: `depends`, `ignore` and `version`, in its class or in its decorator."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from framework.archive import digest
from framework.core.identity.code_dependencies import CodeDependencies
from framework.core.identity.parts import Part, shown
from framework.core.identity.reading.definition_reader import DefinitionReader
from framework.core.identity.reading.definitions import is_own
from framework.core.processor import AbstractProcessor


@dataclass(frozen=True, slots=True)
class Declared:
    """What was declared for one processor."""

    depends: tuple[Any, ...]
    ignore: frozenset[str]
    version: Any

    @classmethod
    def of(cls, processor: AbstractProcessor) -> Declared:
        """The declarations of the processor and of decorators of its `process` or `build`, together."""
        places = (processor, processor.process, getattr(processor, "build", None))
        versions = [version for place in places if (version := getattr(place, "version", None)) is not None]
        return cls(
            tuple(value for place in places for value in listed(getattr(place, "depends", ()))),
            frozenset(str(name) for place in places for name in listed(getattr(place, "ignore", ()))),
            versions[-1] if versions else None,
        )

    def added_to(self, code: CodeDependencies) -> tuple[Any, ...]:
        """Add what it depends on; returns the facts of it alone, for a version that stands for the rest."""
        if not self.depends:
            return ()
        alone = CodeDependencies(DefinitionReader(""))
        for collected in (code, alone):
            for number, value in enumerate(self.depends):
                _add(collected, f"depends[{number}]", value)
        alone.find_state(())
        return alone.facts()


def listed(value: Any) -> Iterable[Any]:
    """The members of a declaration; a single value stands for itself."""
    return value if isinstance(value, tuple | list | set | frozenset) else (value,)


def _add(code: CodeDependencies, label: str, value: Any) -> None:
    if isinstance(value, Path):
        for file in _files(value):
            code.add_fact(Part(str(file), "file", str(file), "", label), _content(file))
    elif isinstance(value, ModuleType) and not is_own(value):
        version = _version(value.__name__)
        code.add_fact(Part(f"{label} {value.__name__}", "module", "", version), version)
    elif isinstance(value, FunctionType | type | ModuleType):
        code.add(value, label)
        code.add_fact(Part(label, "constant", "", code.reader.label(value)), code.reader.label(value))
    else:
        code.add_fact(Part(label, "constant", "", shown(value)), digest(value, name=label))


def _files(path: Path) -> Iterator[Path]:
    """The file, or all files below a folder."""
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.is_file())
    else:
        yield path


def _content(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        return type(error).__name__


def _version(module: str) -> str:
    package = module.partition(".")[0]
    names = importlib.metadata.packages_distributions().get(package, [package])
    try:
        return importlib.metadata.version(names[0])
    except importlib.metadata.PackageNotFoundError:
        return ""
