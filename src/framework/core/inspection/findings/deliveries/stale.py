"""Results that were replayed although their code reads what their identity does not cover."""

from __future__ import annotations

import ast
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath
from typing import Literal, NamedTuple

from framework.core.identity.declared import Declared
from framework.core.identity.identity import identity_of
from framework.core.identity.parts import Part
from framework.core.inspection.findings.evidence import Evidence
from framework.core.processor import AbstractProcessor
from framework.errors import FrameworkError
from framework.observe.findings import Finding, times
from framework.observe.recording.history import Delivery
from framework.parsing import parsed

Read = Literal["an environment variable", "the clock", "random numbers", "a file", "the network"]
_CALLS: tuple[tuple[Read, str], ...] = (
    ("an environment variable", r"(os\.)?(getenv|environ(\..+)?)"),
    ("the clock", r"(time\.)?(time|time_ns|localtime|gmtime|strftime)|(.*\.)?(datetime|date)\.(now|today|utcnow)"),
    ("random numbers", r"random\.[a-z]+|(np|numpy)\.random\.[a-z]+|(uuid\.)?uuid[14]|secrets\..+"),
    ("the network", r"requests\.[a-z]+|(.*\.)?urlopen|httpx\.[a-z]+"),
    (
        "a file",
        r"open|(.+\.)?(read_text|read_bytes|read_csv|read_json|read_parquet|read_excel|loadtxt)|(np|numpy)\.load",
    ),
)
_SEEDED = re.compile(r".*(default_rng|RandomState|Random|Generator|seed)$")


class Reading(NamedTuple):
    """What a line of code reads that can be different tomorrow; `file` is the path where that is written out."""

    what: Read
    text: str
    where: str
    file: str | None


def stale(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each processor whose replayed results depend on more than their identity.

    A file counts if it was written after the record was made.
    """
    replayed: defaultdict[str, list[Delivery]] = defaultdict(list)
    for one in evidence.deliveries:
        if one.replayed:
            replayed[one.processor].append(one)
    for name, replays in replayed.items():
        processor = evidence.processors.get(name)
        if not isinstance(processor, AbstractProcessor):
            continue
        declared = Declared.of(processor)
        if declared.version is not None:
            continue
        for reading in _readings(processor):
            file = None
            if reading.what == "a file":
                file = _newer([reading.file], replays) or _newer(_paths(replays), replays)
                if file is None or any(isinstance(one, PurePath) for one in declared.depends):
                    continue
            yield _finding(name, reading, replays, evidence.totals[name].replayed, file)
            break


def _finding(name: str, reading: Reading, replays: list[Delivery], count: int, file: str | None) -> Finding:
    covered = "was written since" if file else "their identity does not cover"
    what = f"{Path(file).name!r}, which" if file else f"{reading.what}, which"
    return Finding(
        "stale results",
        f"{name} replayed {times(count, 'result')} that depend on {what} {covered}: `{reading.text}` at "
        f"{reading.where}",
        reading.where,
        name,
        count,
        tuple(repr(one.submission) for one in replays[:3]),
        "pass it in as an argument or with the input, or declare it with depends=",
        "serious" if reading.what in {"a file", "an environment variable"} else "notable",
    )


def _readings(processor: AbstractProcessor) -> Iterator[Reading]:
    try:
        parts = identity_of(processor).parts
    except FrameworkError:
        return
    found = [reading for part in parts if part.kind in {"class", "function"} for reading in _in_part(part)]
    yield from sorted(found, key=lambda reading: reading.what != "an environment variable")


def _in_part(part: Part) -> Iterator[Reading]:
    try:
        tree = parsed(textwrap.dedent(part.text))
    except SyntaxError:
        return
    first = re.search(r"(\d+)$", part.where)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call | ast.Subscript):
            continue
        called = ast.unparse(node.func if isinstance(node, ast.Call) else node.value)
        what = next((what for what, pattern in _CALLS if re.fullmatch(pattern, called)), None)
        if what is None or _SEEDED.match(called) or (isinstance(node, ast.Subscript) and "environ" not in called):
            continue
        line = int(first[1]) + node.lineno - 1 if first else node.lineno
        where = f"{part.where[: first.start()]}{line}" if first else part.where
        yield Reading(what, ast.unparse(node), where, _written_out(node))


def _written_out(node: ast.AST) -> str | None:
    """The path that a call names: `open("rates.csv")`, `Path("rates.csv").read_text()`."""
    constants = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return next((text for text in constants if "." in text), None)


def _paths(replays: Iterable[Delivery]) -> Iterator[str]:
    """The texts and paths in the inputs that were answered by records."""
    for one in replays:
        values = list(one.submission.attributes.values()) if one.submission else []
        for value in values:
            yield from (str(part) for part in (value if isinstance(value, tuple) else (value,)) if _may_be_path(part))


def _may_be_path(value: object) -> bool:
    return isinstance(value, PurePath) or (isinstance(value, str) and len(value) < 1000 and "\n" not in value)  # noqa: PLR2004


def _newer(paths: Iterable[str | None], replays: list[Delivery]) -> str | None:
    """Return a file that was written after the oldest of the records."""
    oldest = min(one.recorded or 0.0 for one in replays)
    for path in filter(None, paths):
        try:
            if Path(path).is_file() and Path(path).stat().st_mtime > oldest:
                return path
        except (OSError, ValueError):
            continue
    return None
