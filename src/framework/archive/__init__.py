"""Where results are kept: digests, archives in memory and in a workspace."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from framework.archive.archive import Archive
from framework.archive.digest.digest import digest
from framework.archive.digest.encoders import register_encoder
from framework.archive.memory import InMemCache

if TYPE_CHECKING:
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

_PLACES = {
    "CatalogEntry": "records.catalog",
    "Description": "records.catalog",
    "Placeholder": "records.placeholders",
    "Session": "session",
    "Workspace": "workspace",
    "rotate_key": "records.trust",
}


def __getattr__(name: str) -> Any:
    """Import what only workspaces need when it is asked for: a pipeline in memory starts without it."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    return value
