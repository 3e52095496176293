"""The name by which the pickles of build records call their class, so that workspaces of version 0.1 stay readable."""

from framework.reactive.building.build_records import BuildRecord

__all__ = ["BuildRecord"]
