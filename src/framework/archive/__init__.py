"""Where results are kept: digests, archives in memory and in a workspace."""

from framework.archive.archive import Archive
from framework.archive.digest.digest import digest
from framework.archive.digest.encoders import register_encoder
from framework.archive.memory import InMemCache
from framework.archive.records.catalog import CatalogEntry, Description
from framework.archive.records.placeholders import Placeholder
from framework.archive.records.trust import rotate_key
from framework.archive.session import Session
from framework.archive.workspace import Workspace

__all__ = [
    "Archive",
    "CatalogEntry",
    "Description",
    "InMemCache",
    "Placeholder",
    "Session",
    "Workspace",
    "digest",
    "register_encoder",
    "rotate_key",
]
__dir__ = __all__.copy  # autocompletion shows public names only
