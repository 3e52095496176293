"""`recreate` and `with_replacements`: new instances of processors, for `pipeline.renew` and `pipeline.compare`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from framework.core.processor import AbstractProcessor, not_a_processor
from framework.errors import OptionError, UnknownName


def recreate(processor: AbstractProcessor, cls: type[AbstractProcessor] | None = None) -> AbstractProcessor:
    """Make a new instance with the constructor arguments that were recorded when the processor was made.

    Args:
        processor: its arguments are used again.
        cls: the class of the new instance, by default the same.

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


def with_replacements(
    processors: Mapping[str, AbstractProcessor], replacements: Iterable[AbstractProcessor]
) -> list[AbstractProcessor]:
    """Return the processors of a renewed pipeline: each replacement in its place, new instances of the others.

    Args:
        processors: those of the former pipeline, by their unique names.
        replacements: each supersedes the processor of its name.

    Raises:
        UnknownName: a replacement has a name that is not there.
        OptionError: two replacements have one name, or a processor cannot be made again.
    """
    given: dict[str, AbstractProcessor] = {}
    for replacement in replacements:
        if not isinstance(replacement, AbstractProcessor):
            raise TypeError(f"renew takes processor instances, got {not_a_processor(replacement)}")
        if replacement.name not in processors:
            raise UnknownName("processor", replacement.name, list(processors))
        if replacement.name in given:
            raise OptionError(f"renew was given two processors named {replacement.name}: give one")
        given[replacement.name] = replacement
    return [given.get(name) or recreate(processor) for name, processor in processors.items()]
