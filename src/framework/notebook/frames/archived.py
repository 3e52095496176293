"""What was archived, as DataFrames. Start at `archive_frame`; `catalog_frame` says what there is."""

from __future__ import annotations

import ast
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framework.archive import Archive, CatalogEntry, Workspace
from framework.errors import OptionError, UnknownName
from framework.notebook.frames.fields import typed
from framework.notebook.frames.results import ResultFrame, ResultRows
from framework.notebook.widgets.require import require
from framework.observe.frames import Schema, typed_frame

if TYPE_CHECKING:
    import pandas as pd

CATALOG: Schema = {
    "name": "string",
    "identity": "string",
    "records": "int64",
    "created": "datetime64[us, UTC]",
    "updated": "datetime64[us, UTC]",
    "provides": "string",
    "requires": "string",
    "superseded_by": "string",
    "python": "string",
    "source": "string",
}
LAST = 3
"""Columns of a catalog behind those of the arguments."""
SHORT = 8
"""Characters of an identity that are shown, as `framework archives` shows them; `workspace.catalog()` has it whole."""
MICROSECOND = 1e-6
WIRING = frozenset({"provides", "requires", "persist", "dedupe", "name", "priority"})
"""Arguments that say where a builder stands and not what it does."""
_OPENING, _CLOSING = "([{<", ")]}>"
_SOURCES = "archives are read from a workspace, its path, a pipeline or an archive"


def archive_frame(
    source: Any,
    target: str | None = None,
    processor: str | None = None,
    since: datetime | float | None = None,
    limit: int | None = None,
) -> pd.DataFrame:
    """Archived results, one row per artifact or emitted event, in the order of archives and of first writing.

    Columns: target (of a plain event, its name), processor, inputs (a short text), built (UTC, to the second), seconds
    (how long it took), the arguments of the constructor where they are read from a workspace, then the fields of the
    artifacts: attributes, fields or items with a name; `artifact` for what has none. A field named as one of the first
    columns gets `artifact.` in front. Results of code that is not here are read as
    well, with stand-ins for its classes. Superseded archives are left out.

    Args:
        source: a workspace, its path, a pipeline (also one that runs), or one archive; or a list of these, such as the
            workspaces of a sweep.
        target: only artifacts of that target, or events of that name.
        processor: only what that processor archived, or only the archive of that name.
        since: only what was built then or later; a datetime, or seconds of Unix time.
        limit: at most so many rows.

    Raises:
        OptionError: an argument makes no sense.
        UnknownName: there is no archive of that name, or none makes artifacts of that target.
        ArchiveError: the workspace cannot be read.
    """
    if limit is not None and (not isinstance(limit, int) or limit < 0):
        raise OptionError(f"limit is a number of rows, or None for all; got {limit!r}")
    if not isinstance(since, datetime | float | int | None):
        raise OptionError(f"since is a datetime, or seconds of Unix time; got {since!r}")
    # A datetime has whole microseconds, which may be later than the time that was archived.
    start = since.timestamp() - MICROSECOND if isinstance(since, datetime) else since
    found, seen = ResultFrame(), set[str | None]()
    with closing(_results(source, processor)) as parts:
        for part in parts:
            if target is not None:
                seen.update(origin.target for origin in part.origins)
            found.extend(part.kept(target, start))
            if limit is not None and len(found) >= limit:
                break
    if target is not None and limit != 0 and target not in seen:
        known = {name for name in (*seen, *_announced(source)) if name is not None}
        if known and target not in known:
            raise UnknownName("target or event", target, sorted(known))
    return found.frame()[:limit]


def pipeline_frame(pipeline: Any, name: str, limit: int | None = 1000) -> pd.DataFrame:
    """What a pipeline archived under the name of a processor, an archive or a target; raises UnknownName."""
    if name in pipeline.results():
        return archive_frame(pipeline, processor=name, limit=limit)
    targets = {node.label for node in pipeline.graph().nodes if node.kind in {"target", "event"}}
    if name not in targets:
        raise UnknownName("processor, target or event", name, [*pipeline.results(), *sorted(targets)])
    return archive_frame(pipeline, target=name, limit=limit)


def catalog_frame(source: Any) -> pd.DataFrame:
    """The archives of a workspace, one row each, superseded ones too.

    Columns: name, identity (its first 8 characters), records, created, updated (UTC, to the second), provides,
    requires, one for each argument of the constructors, superseded_by (an identity), python, source (of the class that
    filled it). An argument named as another column gets `argument.` in front.

    Args:
        source: a workspace, its path, or a pipeline.

    Raises:
        OptionError: it is none of these.
        ArchiveError: the workspace cannot be read.
    """
    if isinstance(source, str | Path):
        with Workspace(source) as workspace:
            return catalog_frame(workspace)
    require(source, "catalog", _SOURCES)
    entries: Sequence[CatalogEntry] = source.catalog()
    frame = typed_frame(map(_catalog_row, entries), CATALOG)
    for name, values in _argument_columns(entries).items():
        column = f"argument.{name}" if name in CATALOG else name
        frame.insert(len(frame.columns) - LAST, column, typed(values))
    return frame


def _results(source: Any, processor: str | None) -> Generator[ResultRows]:
    if isinstance(source, list | tuple):
        for one in source:
            yield from _results(one, processor)
    elif isinstance(source, str | Path):
        with Workspace(source) as workspace:
            yield from _results(workspace, processor)
    elif isinstance(source, Workspace):
        yield from _of_workspace(source, processor)
    elif isinstance(source, Archive):
        yield from _from_archive(processor or "", source)
    else:
        require(source, "results", _SOURCES)
        archives: Mapping[str, Archive] = source.results()
        for name in _chosen(archives, processor):
            yield from _from_archive(name, archives[name])


def _of_workspace(workspace: Workspace, processor: str | None) -> Iterator[ResultRows]:
    current: dict[str, list[CatalogEntry]] = {}
    for entry in workspace.catalog():
        if not entry.superseded_by:
            current.setdefault(entry.name, []).append(entry)
    for name in _chosen(current, processor):
        for entry in current[name]:
            archive = workspace.archive(name, identity=entry.identity, placeholders=True)
            yield from _from_archive(name, archive, arguments_of(entry.arguments))


def _chosen(names: Collection[str], name: str | None) -> Collection[str]:
    if name is not None and name not in names:
        raise UnknownName("archive", name, list(names))
    return names if name is None else (name,)


def _from_archive(name: str, archive: Archive, arguments: Mapping[str, Any] | None = None) -> Iterator[ResultRows]:
    for keys, records in archive.batches():
        results = ResultRows.of(name, keys, records)
        results.arguments = arguments or {}
        yield results


def _announced(source: Any) -> Iterator[str]:
    """The targets and events that a source knows, also those of which it has no results."""
    if isinstance(source, list | tuple):
        for one in source:
            yield from _announced(one)
    elif isinstance(source, str | Path):
        with Workspace(source) as workspace:
            yield from _announced(workspace)
    elif isinstance(source, Workspace):
        yield from (target for entry in source.catalog() for target in entry.provides)
    elif hasattr(source, "graph"):
        yield from (node.label for node in source.graph().nodes if node.kind in {"target", "event"})


def _catalog_row(entry: CatalogEntry) -> Sequence[object]:
    listed, identities, times = {"provides", "requires"}, {"identity", "superseded_by"}, {"created", "updated"}
    values = []
    for name in CATALOG:
        value = getattr(entry, name)
        if name in listed:
            value = ", ".join(value)
        values.append(value[:SHORT] if name in identities else value.replace(microsecond=0) if name in times else value)
    return values


def _argument_columns(entries: Sequence[CatalogEntry]) -> Mapping[str, Sequence[Any]]:
    rows = [arguments_of(entry.arguments) for entry in entries]
    return {name: [row.get(name) for row in rows] for name in dict.fromkeys(name for row in rows for name in row)}


def arguments_of(line: str) -> dict[str, Any]:
    """Return arguments by name, without wiring: literals as values, anything else as text."""
    pairs = (part.partition("=")[::2] for part in _parts(line))
    return {name: _value(text) for name, text in pairs if name.isidentifier() and name not in WIRING}


def _parts(line: str) -> Iterator[str]:
    """Split at commas outside of brackets and quotes."""
    part, depth, quote = "", 0, ""
    for before, sign in zip(" " + line, line, strict=False):
        if quote:
            quote = "" if sign == quote and before != "\\" else quote
        elif sign in "'\"":
            quote = sign
        else:
            depth += (sign in _OPENING) - (sign in _CLOSING)
            if sign == "," and depth == 0:
                yield part.strip()
                part = ""
                continue
        part += sign
    if part:
        yield part.strip()


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
