"""`AwaitedBuilding`: one run of a builder whose `build` is a coroutine function or an asynchronous generator."""

from __future__ import annotations

import inspect
import time
from collections.abc import AsyncIterable, Callable, Iterator
from concurrent.futures import Future
from typing import Any

from framework.core import Context
from framework.core.context import HeldContext
from framework.core.mailboxes.hold import Hold
from framework.core.mailboxes.loop import LoopThread
from framework.reactive.building.artifacts import artifacts_of
from framework.reactive.building.buildable import Buildable
from framework.reactive.building.building import Origins
from framework.reactive.building.calls import Calls

Built = tuple[list[Any], BaseException | None, float]


def is_awaited(build: Any) -> bool:
    """Return whether a `build` is to be awaited."""
    return inspect.iscoroutinefunction(build) or inspect.isasyncgenfunction(build)


class _Loop:
    """Has so many inputs under way on the event loop of the pipeline, which it does not own."""

    ordered = True

    def __init__(self, max_pending: int) -> None:
        self.max_pending = max_pending

    def arrived(self, future: Future[Any]) -> Built:
        built: Built = future.result()
        return built

    def close(self) -> None:
        """Do nothing: the pipeline ends its loop."""


class AwaitedBuilding(Calls):
    """Has up to `max_concurrency` inputs under way, and announces their artifacts in the order of the inputs."""

    _loop: LoopThread

    def __init__(self, builder: Buildable, max_concurrency: int) -> None:
        super().__init__(builder, _Loop(max_concurrency))

    def _answer(self, context: Context, inputs: tuple[Any, ...], origins: Origins) -> None:
        self._loop = context._event_loop()
        super()._answer(context, inputs, origins)

    def _submit(self, hold: Hold, arguments: tuple[Any, ...]) -> Future[Any]:
        build = self._builder.build
        return self._loop.run(lambda: _built(build, HeldContext(hold), arguments), owner=self._builder.name)

    def _build(self, arguments: tuple[Any, ...]) -> Iterator[Any]:
        return iter(wait_for_artifacts(self._builder.build, self.context, arguments))


def wait_for_artifacts(build: Callable[..., Any], context: Context, arguments: tuple[Any, ...]) -> list[Any]:
    """Await a `build` outside of any run, on a loop of its own."""
    loop = LoopThread("build")
    try:
        return loop.wait(lambda: _gathered(build, context, arguments))
    finally:
        loop.close()


async def _built(build: Callable[..., Any], context: HeldContext, arguments: tuple[Any, ...]) -> Built:
    started = time.perf_counter()
    artifacts: list[Any] = []
    error: BaseException | None = None
    try:
        artifacts = await _gathered(build, context, arguments)
    except Exception as raised:  # noqa: BLE001 - it is raised again where the input is known
        error = raised
    finally:
        context._retire()
    return artifacts, error, time.perf_counter() - started


async def _gathered(build: Callable[..., Any], context: Context, arguments: tuple[Any, ...]) -> list[Any]:
    result = build(context, *arguments)
    if isinstance(result, AsyncIterable):
        return [artifact async for artifact in result]
    return list(artifacts_of(await result, build))
