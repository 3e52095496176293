"""`Buildable`: what the run of a builder needs to know about the builder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Protocol

from framework.core import Context


class Buildable(Protocol):
    """Declares a target and builds its artifacts; `ReactiveBuilder` is one."""

    name: str
    provides: str
    requires: list[str]
    persist: bool
    dedupe: bool
    _plumbing: ClassVar[bool]

    @property
    def _opens_archive(self) -> bool:
        """Return whether results are kept."""

    def build(self, context: Context, *args: Any) -> Iterable[Any]:
        """Yield or return the artifacts for one input."""
