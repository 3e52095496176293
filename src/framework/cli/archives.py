"""`framework archives`: what a workspace keeps, what can be deleted, and all of it as files for other tools."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from framework.archive import CatalogEntry, Workspace
from framework.cli.console import DONE, safe_name, show_table, size
from framework.errors import MissingPackage
from framework.observe.findings import times

if TYPE_CHECKING:
    import pandas as pd

HEAD = ("ARCHIVE", "RECORDS", "SIZE", "UPDATED (UTC)", "MADE BY", "CODE", "ARGUMENTS")
_UNFIT = re.compile(r"[^\w.-]+")
_SCALAR = (str, int, float, bool, type(None))


def archives(options: argparse.Namespace) -> int:
    """List, prune or export."""
    with Workspace(options.workspace) as workspace:
        if options.prune:
            return _prune(workspace, dry_run=options.dry_run)
        if options.export:
            return _export(workspace, options.export, options.output)
        return _list(workspace, options.limit)


def _list(workspace: Workspace, limit: int | None) -> int:
    entries = workspace.catalog()
    show_table(HEAD, [_row(workspace, entry) for entry in entries[:limit]], numbers=("RECORDS", "SIZE"))
    if limit is not None and len(entries) > limit:
        print(f"... and {len(entries) - limit} more")
    superseded = sum(bool(entry.superseded_by) for entry in entries)
    hint = f", {superseded} superseded: --prune deletes them" if superseded else ""
    print(f"{times(len(entries), 'archive')}, {size(workspace.size())} on disk{hint}")
    return DONE


def _row(workspace: Workspace, entry: CatalogEntry) -> tuple[str, ...]:
    code = entry.identity[:8] + (" (superseded)" if entry.superseded_by else "")
    kept = size(workspace.size(entry))
    updated = f"{entry.updated:%Y-%m-%d %H:%M}"
    arguments = safe_name(entry.arguments)
    return safe_name(entry.name), f"{entry.records:,}", kept, updated, f"Python {entry.python}", code, arguments


def _prune(workspace: Workspace, *, dry_run: bool) -> int:
    before = workspace.size()
    gone = workspace.prune(dry_run=dry_run)
    for entry in gone:
        print(f"{safe_name(entry.name)} {entry.identity[:8]}: {times(entry.records, 'record')}")
    if dry_run:
        print(f"would delete {times(len(gone), 'superseded archive')}")
    else:
        print(f"deleted {times(len(gone), 'superseded archive')}, {size(max(0, before - workspace.size()))} given back")
    return DONE


def _export(workspace: Workspace, form: str, folder: Path) -> int:
    from framework.notebook import archive_frame

    folder.mkdir(parents=True, exist_ok=True)
    for name in dict.fromkeys(entry.name for entry in workspace.catalog() if not entry.superseded_by):
        frame = archive_frame(workspace, processor=name)
        path = folder / f"{_UNFIT.sub('_', name)}.{form}"
        _write(frame, path, form)
        print(f"{safe_name(name)}: {times(len(frame), 'row')} -> {path}")
    return DONE


def _write(frame: pd.DataFrame, path: Path, form: str) -> None:
    if form == "csv":
        frame.to_csv(path, index=False)
        return
    plain = frame.copy()
    for column in plain.select_dtypes("object").columns:
        values = plain[column].tolist()
        kinds = {type(value) for value in values if value is not None}
        if len(kinds) > 1 or not all(isinstance(value, _SCALAR) for value in values):  # a column of parquet has one
            plain[column] = [*map(repr, values)]
    try:
        plain.to_parquet(path, index=False)
    except ImportError as error:
        raise MissingPackage("writing parquet", ["pyarrow"], hint="or --export csv") from error
