"""The module name of build records in pickles since version 0.1; workspaces of that version stay readable by it."""

from framework.reactive.building.build_records import BuildRecord, SourcedRecord

__all__ = ["BuildRecord", "SourcedRecord"]
