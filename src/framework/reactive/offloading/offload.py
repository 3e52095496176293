"""`offload`: a builder whose function runs on an executor: threads, processes, a cluster."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from concurrent.futures import Executor, Future
from typing import Any

from framework.core import Context
from framework.core.mailboxes.hold import Hold
from framework.errors import WiringError
from framework.reactive.builder import ReactiveBuilder
from framework.reactive.building.buildable import Buildable
from framework.reactive.building.building import Building
from framework.reactive.building.calls import Calls
from framework.reactive.offloading.remote import Function
from framework.reactive.offloading.transport import Submit, Transport


def offload(  # noqa: PLR0913 - options of a builder
    provides: str,
    requires: Iterable[str],
    build: Function,
    executor: Executor,
    *,
    max_pending: int | None = None,
    ordered: bool = True,
    persist: bool = False,
    name: str | None = None,
    priority: int = 0,
) -> OffloadBuilder:
    """Make a builder whose `build` runs on an executor; the pipeline stays where it is.

    The function gets the artifacts only, no context, and returns or yields artifacts. Outside of threads, it and its
    inputs are pickled, by value where they come from a notebook. A failure is kept with its input; the phase stays
    open until all results are in; a stop or Ctrl-C cancels calls that have not begun.

    Example::

        with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
            Pipeline([numbers, offload("primes", ["numbers"], factorise, pool), sink])

    Args:
        provides: the target that it announces.
        requires: the targets whose artifacts the function gets.
        build: the function.
        executor: any `concurrent.futures.Executor`, or a Dask client (or its `get_executor(...)`, which takes options
            such as `resources`); it is not shut down. A pool that would fork is replaced by one that spawns, for the
            length of the run.
        max_pending: how many inputs may be in flight, results that wait for their turn included; by default 128, or
            four for each thread of a Dask cluster that has more than 32.
        ordered: announce results in the order of their inputs; otherwise as they come.
        persist: keep the results.
        name: the function's by default.
        priority: lower runs first.

    Raises:
        WiringError: `build` is not a function, or `executor` not an executor.
        OptionError: `max_pending` is not positive.
        Unpicklable: the function cannot be sent to another process.
    """
    if not callable(build):
        raise WiringError(f"offload takes a function of the artifacts, got {build!r}: def build(word): return [word]")
    if inspect.iscoroutinefunction(build) or inspect.isasyncgenfunction(build):
        raise WiringError(f"{build!r} is asynchronous, and executors do not await: write `def`, or use FlowBuilder")
    title: str = name or str(getattr(build, "__name__", type(build).__name__))
    # A class of its own, in the user's module: what its results depend on is the function, not this file.
    members = {"__module__": getattr(build, "__module__", __name__), "__wrapped__": build}
    cls: type[OffloadBuilder] = type(title, (OffloadBuilder,), members)
    transport = Transport(executor, max_pending=max_pending, ordered=ordered)
    return cls(provides, requires, build, transport, persist=persist, name=title, priority=priority)


class OffloadBuilder(ReactiveBuilder):
    """Made by `offload`."""

    def __init__(  # noqa: PLR0913 - internal: what offload knows
        self,
        provides: str,
        requires: Iterable[str],
        function: Function,
        transport: Transport,
        *,
        persist: bool = False,
        name: str | None = None,
        priority: int = 0,
    ) -> None:
        self._transport = transport
        self._submit = transport.bind(function)
        self._function = function
        super().__init__(provides, requires, persist=persist, name=name, priority=priority)

    def build(self, context: Context, *args: Any) -> Iterable[Any]:  # noqa: ARG002 - away from it
        """Call the function in this process: to rerun a failure, or to compare archived inputs."""
        return self._function(*args)

    def _begin(self) -> Building:
        return OffloadCalls(self, self._transport, self._submit)


class OffloadCalls(Calls):
    """Sends inputs through a transport."""

    def __init__(self, builder: Buildable, transport: Transport, submit: Submit) -> None:
        super().__init__(builder, transport)
        self._send = submit

    def _submit(self, hold: Hold, arguments: tuple[Any, ...]) -> Future[Any]:  # noqa: ARG002 - not told elsewhere
        return self._send(arguments)
