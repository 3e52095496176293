"""`recreate` and `with_replacements`: new instances of processors, for `pipeline.renew` and `pipeline.compare`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from framework.core.processor import AbstractProcessor, not_a_processor
from framework.errors import OptionError, UnknownName


def recreate(processor: AbstractProcessor, cls: type[AbstractProcessor] | None = None) -> AbstractProcessor:
    """Make a processor again, of another class if given, from its recorded arguments; raises OptionError."""
    args, kwargs = processor._arguments
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
    """Return each replacement in the place of its name, and new instances of the others; raises as `Pipeline.renew`."""
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
