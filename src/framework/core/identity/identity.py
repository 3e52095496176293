"""What makes a processor's results its own: other code or other arguments have another identity."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from framework.archive import digest
from framework.core.identity.code_dependencies import Ingredients, has_source, shown
from framework.core.processor import AbstractProcessor


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity of a processor: equal digests mean equal name, code and arguments.

    `source` is the code that counts, for a reader; `arguments` maps each parameter of the constructor to a short repr.
    """

    name: str
    digest: str
    source: str
    arguments: Mapping[str, str]
    source_digest: str
    arguments_digest: str


def identity_of(processor: AbstractProcessor) -> Identity:
    """Compute the identity of a processor.

    The code is that of its class, of the user's own bases, and of the helpers and constants that they use in their
    module or notebook; comments and formatting do not count, and a `version` stands for all of it. The arguments count
    however they were spelled, defaults included; the name counts as such, the priority does not.

    Raises:
        Undigestable: a constructor argument has no digest; the message names processor and parameter.
    """
    cls = type(processor)
    arguments = _arguments(processor)
    arguments_digest = digest({key: _argument_digest(processor, key, value) for key, value in arguments.items()})
    code = Ingredients()
    code.add(cls)
    for value in arguments.values():
        if not isinstance(value, FunctionType):  # the argument's own digest covers its code
            code.add(value)
    facts = code.facts() if processor.version is None else ("version", processor.version)
    source_digest = digest((cls.__qualname__, facts))
    return Identity(
        name=processor.name,
        digest=digest((processor.name, source_digest, arguments_digest)),
        source=code.text(),
        arguments={key: shown(value) for key, value in arguments.items()},
        source_digest=source_digest,
        arguments_digest=arguments_digest,
    )


def _arguments(processor: AbstractProcessor) -> dict[str, Any]:
    """What the processor was made with, by parameter, without what only set its name and priority."""
    args, kwargs = processor._arguments  # noqa: SLF001 - recorded by the base class for this
    signature = inspect.signature(processor.__init__)  # type: ignore[misc]  # of this very instance
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    arguments: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            arguments |= value
        else:
            arguments[name] = value
    if arguments.get("name") is None or arguments["name"] == processor.name:
        arguments.pop("name", None)
    if arguments.get("priority") == processor.priority:
        del arguments["priority"]
    return arguments


def _argument_digest(processor: AbstractProcessor, parameter: str, value: Any) -> str:
    if isinstance(value, AbstractProcessor):  # one that wraps another
        return identity_of(value).digest
    if isinstance(value, FunctionType) and has_source(value):
        code = Ingredients()
        code.add(value)
        return digest(("function", value.__qualname__, code.facts()))
    return digest(value, name=f"argument {parameter!r} of {processor.name}")
