"""The module name of `BuildRecord` in pickles of version 0.1; workspaces of that version stay readable by it."""

from framework.reactive.building.build_records import BuildRecord

__all__ = ["BuildRecord"]
