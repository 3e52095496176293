"""Where results are kept: digests, archives in memory and in a workspace."""

from framework.archive.digest import digest

__all__ = ["digest"]
