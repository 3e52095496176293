"""`BuildContext`: the context that `build` gets, valid for as long as it builds."""

from __future__ import annotations

from framework.core import Context
from framework.core.context import ForwardingContext
from framework.errors import UnsafeSubmit
from framework.reactive.building.origin import Origin


class BuildContext(ForwardingContext):
    """Forwards to the context of the delivery that continues a build; a build may take several."""

    __slots__ = ("current", "origins")

    def __init__(self) -> None:
        self.current: Context | None = None
        self.origins: tuple[Origin, ...] = ()  # of the input that is being built

    @property
    def inner(self) -> Context:  # type: ignore[override]
        """The context of the present delivery; raises UnsafeSubmit outside of one."""
        if self.current is None:
            raise UnsafeSubmit
        return self.current

    def _check_owner(self) -> None:
        """Leave it to the context of the delivery, which may be on another thread than the one before."""
