"""Making a processor again: what `pipeline.renew` and `pipeline.compare` stand on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from framework.core.mailboxes.inbox import what_instead
from framework.core.processor import AbstractProcessor
from framework.errors import OptionError, UnknownName


def made_again(processor: AbstractProcessor, cls: type[AbstractProcessor] | None = None) -> AbstractProcessor:
    """A new instance from the constructor arguments that were recorded when the processor was made.

    Args:
        processor: whose arguments to repeat.
        cls: another class to make, by default the same.

    Raises:
        OptionError: the constructor does not take them (any more).
    """
    args, kwargs = processor._arguments  # noqa: SLF001 - recorded by the base class for this
    made = cls or type(processor)
    try:
        return made(*args, **kwargs)
    except Exception as error:
        raise OptionError(
            f"{processor.name} cannot be made again from its constructor arguments "
            f"({type(error).__name__}: {error}): give renew an instance of {made.__name__}"
        ) from error


def replaced(
    processors: Sequence[tuple[str, AbstractProcessor]], replacements: Iterable[AbstractProcessor]
) -> list[AbstractProcessor]:
    """The processors of a renewed pipeline: each replacement supersedes the one of its name, the rest is made again.

    Raises:
        UnknownName: a replacement has a name that is not there.
        OptionError: two replacements have one name, or a processor cannot be made again.
    """
    names = [name for name, _ in processors]
    given: dict[str, AbstractProcessor] = {}
    for replacement in replacements:
        if not isinstance(replacement, AbstractProcessor):
            raise TypeError(f"renew takes processor instances, got {what_instead(replacement)}")
        if replacement.name not in names:
            raise UnknownName("processor", replacement.name, names)
        if replacement.name in given:
            raise OptionError(f"renew was given two processors named {replacement.name}: give one")
        given[replacement.name] = replacement
    return [given.get(name) or made_again(processor) for name, processor in processors]
