"""`ReactiveEvent`: the message between builders, exported by `framework.reactive`; `pipeline.resolve` submits one."""

from __future__ import annotations

from typing import Any, ClassVar

from framework.core.event import Event


class ReactiveEvent(Event):
    """Asks for a target (`resolve`) or announces one artifact of it (`built`).

    Events are routed by target as well, so that an artifact costs only processors that can use it::

        pipeline.submit(ReactiveEvent(name="resolve", target="doubles"))

        match event:
            case ReactiveEvent(name="built", target="doubles", artifact=value): ...

    A builder that resolves what it requires sets `asker` to its name; a resolve without one, from outside, asks again.
    An artifact that is announced `again` is for plain processors: builders have received it before.
    """

    __slots__ = ("origin",)
    __match_args__ = ("name", "target")
    routing_attribute: ClassVar[str] = "target"
    target: str
    artifact: Any
    asker: str | None = None
    again: bool = False
    origin: Any
    """Who built the artifact from what, for `provenance`; no attribute, as it is not part of the message."""

    def __init__(self, /, name: str, target: str, **attrs: Any) -> None:
        """Make an event.

        Args:
            name: "resolve" or "built".
            target: what is asked for or announced.
            attrs: `artifact` for "built".

        Raises:
            TypeError: `name` or `target` is no string, or "built" has no artifact.
        """
        if not isinstance(name, str) or not isinstance(target, str):
            raise TypeError(
                "name and target of a ReactiveEvent are strings: ReactiveEvent(name='resolve', target='pair'); "
                f"got {name!r} and {target!r}"
            )
        if name == "built" and "artifact" not in attrs:
            raise TypeError(
                f"{target!r} was built without an artifact: ReactiveEvent('built', {target!r}, artifact=...)"
            )
        self.name = name
        self.target = target
        if attrs:
            self.__dict__.update(attrs)

    def __getstate__(self) -> Any:
        """Return all but `origin`, for pickles and digests: events are equal that came about in different ways."""
        state = object.__getstate__(self)
        if state.__class__ is tuple:
            attributes, slots = state
            slots.pop("origin", None)
            return (attributes, slots) if slots else attributes
        return state


ReactiveEvent.__getstate__.attributes_only = True  # type: ignore[attr-defined]  # for `digest`
