"""What was archived, as DataFrames. Start at `archive_frame`; `catalog_frame` says what there is."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framework.archive import Archive, CatalogEntry, Workspace
from framework.errors import OptionError, UnknownName
from framework.notebook.frames.configurations import arguments_of
from framework.notebook.frames.result_frame import ResultFrame
from framework.notebook.frames.results import Results
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
    "arguments": "string",
    "superseded_by": "string",
    "python": "string",
    "source": "string",
}
MICROSECOND = 1e-6
_SOURCES = "archives are read from a workspace, its path, a pipeline or an archive"


def archive_frame(
    source: Any,
    target: str | None = None,
    processor: str | None = None,
    since: datetime | float | None = None,
    limit: int | None = None,
) -> pd.DataFrame:
    """Archived results, one row per artifact or emitted event, in the order of archives and of first writing.

    Columns: target (of a plain event, its name), processor, inputs (a short text), built (UTC), seconds (how long it
    took), the arguments of the constructor where a workspace holds several configurations of one processor, then the
    fields of the artifacts: attributes, fields or items with a name; `artifact` for what has none. A
    field named as one of the first columns gets `artifact.` in front. Results of code that is not here are read as
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
        UnknownName: nothing was archived under that name.
        ArchiveError: the workspace cannot be read.
    """
    if limit is not None and (not isinstance(limit, int) or limit < 0):
        raise OptionError(f"limit is a number of rows, or None for all; got {limit!r}")
    if not isinstance(since, datetime | float | int | None):
        raise OptionError(f"since is a datetime, or seconds of Unix time; got {since!r}")
    # The column shows whole microseconds: what it shows must not be later than what it stands for.
    start = since.timestamp() - MICROSECOND if isinstance(since, datetime) else since
    found = ResultFrame()
    with closing(_results(source, processor)) as parts:
        for part in parts:
            found.extend(part.kept(target, start))
            if limit is not None and len(found) >= limit:
                break
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

    Columns: name, identity, records, created, updated (UTC), provides, requires, arguments, superseded_by, python,
    source (of the class that filled it).

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
    return typed_frame((_catalog_row(entry) for entry in source.catalog()), CATALOG)


def _results(source: Any, processor: str | None) -> Generator[Results]:
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


def _of_workspace(workspace: Workspace, processor: str | None) -> Iterator[Results]:
    current: dict[str, list[CatalogEntry]] = {}
    for entry in workspace.catalog():
        if not entry.superseded_by:
            current.setdefault(entry.name, []).append(entry)
    for name in _chosen(current, processor):
        for entry in current[name]:
            arguments = arguments_of(entry.arguments) if len(current[name]) > 1 else {}
            archive = workspace.archive(name, identity=entry.identity, placeholders=True)
            yield from _from_archive(name, archive, arguments)


def _chosen(names: Collection[str], name: str | None) -> Collection[str]:
    if name is not None and name not in names:
        raise UnknownName("archive", name, list(names))
    return names if name is None else (name,)


def _from_archive(name: str, archive: Archive, arguments: Mapping[str, Any] | None = None) -> Iterator[Results]:
    for keys, records in archive.batches():
        results = Results.of(name, keys, records)
        results.arguments = arguments or {}
        yield results


def _catalog_row(entry: Any) -> Sequence[Any]:
    listed = {"provides", "requires"}
    return [", ".join(getattr(entry, name)) if name in listed else getattr(entry, name) for name in CATALOG]
