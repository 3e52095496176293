"""`sweep`: one pipeline for each combination of parameters, and what comes of all of them as one table."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from framework.archive import digest
from framework.core import Pipeline
from framework.core.reactive_event import ReactiveEvent
from framework.errors import OptionError, RemoteError, RunFailed, UnknownName, WiringError
from framework.observe import EventSubmitted, Happening
from framework.observe.text import short_repr
from framework.reactive.offloading.remote import Returned, call
from framework.reactive.offloading.transport import Transport

if TYPE_CHECKING:
    import pandas as pd

PipelineFactory = Callable[..., Pipeline]
OWN_NAMES = ("error", "seconds")


class _Point(NamedTuple):
    """One combination of parameters, and the folder of its workspace if it has one of its own."""

    parameters: Mapping[str, Any]
    workspace: Path | None


def sweep(
    factory: PipelineFactory,
    target: str,
    /,
    *,
    executor: Executor | None = None,
    workspace: Path | str | None = None,
    on_error: Literal["raise", "keep"] = "raise",
    **grid: Iterable[Any],
) -> pd.DataFrame:
    """Build a target with one pipeline for each combination of parameters.

    Example::

        def growth(rate, years, workspace):
            return Pipeline([Cities(), Grow(rate, years)], workspace=workspace)

        sweep(growth, "population", rate=[0.01, 0.02], years=[10, 20], workspace="results")

    Args:
        factory: makes a pipeline of one value of each parameter; with `workspace`, it takes that folder as well.
        target: what each pipeline builds.
        executor: where pipelines run, each from its start to its end: threads, processes, or a Dask client. By default
            here, one after another.
        workspace: where results are kept, so that a further sweep builds what is new only. Pipelines that run here
            share it: what is equal in several combinations is built once. On an executor each combination has a folder
            of its own in it, named after its parameters, since one process at a time writes to a workspace.
        on_error: what to do about a pipeline that fails: raise when all have ended, or keep its error in the table.
        grid: the values of each parameter; combinations come in the order of `itertools.product`.

    Returns:
        A row for each artifact: the parameters, the fields of the artifact (or `artifact`), and `seconds`, how long its
        pipeline took. With `on_error="keep"` there is `error`, the text of a failure, in a row without artifact where
        there were none.

    Raises:
        OptionError: there is no parameter, or one is not a list of values.
        ExceptionGroup: pipelines failed; their errors are in it, each with its parameters as a note.
    """
    points = list(_points(grid, workspace, apart=executor is not None))
    shared = None if workspace is None else Path(workspace)
    runs = _here(factory, target, points, shared) if executor is None else _away(factory, target, points, executor)
    done = list(runs)
    errors = [_noted(point, returned.error) for point, returned in zip(points, done, strict=True) if returned.error]
    if errors and on_error == "raise":
        raise ExceptionGroup(f"{len(errors)} of {len(points)} pipelines failed", errors)
    return _table(points, done, errors=on_error == "keep")


def run_for(
    factory: PipelineFactory, target: str, parameters: Mapping[str, Any], workspace: Path | None
) -> Iterator[Any]:
    """Yield the artifacts of a target in a pipeline of its own, wherever it is sent; raises what the run does."""
    options = {} if workspace is None else {"workspace": workspace}
    pipeline = factory(**parameters, **options)
    if not isinstance(pipeline, Pipeline):
        raise WiringError(f"a factory returns a Pipeline, got {short_repr(pipeline)}: return Pipeline([...])")
    provided = [
        provides for name in pipeline.snapshot().nodes if (provides := getattr(pipeline[name], "provides", None))
    ]
    if target not in provided:
        raise UnknownName("target", target, provided)
    artifacts: list[Any] = []

    def note(happening: Happening) -> None:
        match happening:
            case EventSubmitted(event=ReactiveEvent(name="built", artifact=artifact, again=False) as event):
                if event.target == target:
                    artifacts.append(artifact)

    failed = None
    with pipeline.observe(note):
        pipeline.resolve(target)
        try:
            pipeline.run()
        except RunFailed as error:
            failed = error
    yield from artifacts
    if failed is not None:
        raise failed


def _points(grid: Mapping[str, Iterable[Any]], workspace: Path | str | None, *, apart: bool) -> Iterator[_Point]:
    if not grid:
        raise OptionError("sweep takes the values of each parameter by its name: sweep(factory, 'out', k=[1, 2, 3])")
    for name, values in grid.items():
        if isinstance(values, str | bytes) or not isinstance(values, Iterable):
            raise OptionError(f"sweep takes a list of values for {name}, got {values!r}: {name}=[{values!r}]")
    for combination in itertools.product(*grid.values()):
        parameters = dict(zip(grid, combination, strict=True))
        own = Path(workspace) / digest(parameters) if workspace is not None and apart else None
        yield _Point(parameters, own)


def _here(
    factory: PipelineFactory, target: str, points: Iterable[_Point], workspace: Path | None
) -> Iterator[Returned]:
    for point in points:
        yield call(run_for, (factory, target, point.parameters, workspace))


def _away(factory: PipelineFactory, target: str, points: Iterable[_Point], executor: Executor) -> Iterator[Returned]:
    """Have pipelines run on an executor, a bounded number at a time."""
    transport = Transport(executor)
    submit = transport.bind(run_for)
    waiting: deque[Future[Any]] = deque()
    try:
        for point in points:
            if len(waiting) >= transport.max_pending:
                yield _returned(waiting.popleft())
            waiting.append(submit((factory, target, point.parameters, point.workspace)))
        while waiting:
            yield _returned(waiting.popleft())
    finally:
        for future in waiting:
            future.cancel()
        transport.close()


def _returned(future: Future[Any]) -> Returned:
    started = time.perf_counter()
    try:
        return Transport.arrived(future)
    except Exception as error:  # noqa: BLE001 - of the executor: it is told beside those of pipelines
        return Returned([], error, time.perf_counter() - started)


def _noted(point: _Point, error: BaseException) -> Exception:
    told = error if isinstance(error, Exception) else RuntimeError(repr(error))
    told.add_note(f"with {', '.join(f'{name}={value!r}' for name, value in point.parameters.items())}")
    return told


def _table(points: list[_Point], done: list[Returned], *, errors: bool) -> pd.DataFrame:
    import pandas as pd

    from framework.notebook.frames.fields import fields_of, typed
    from framework.notebook.frames.safe_frame import SafeFrame

    rows = [
        (point, artifact, returned)
        for point, returned in zip(points, done, strict=True)
        for artifact in returned.artifacts or ([None] if errors and returned.error else [])
    ]
    names = points[0].parameters if points else {}
    columns = {name: typed([point.parameters[name] for point, _, _ in rows]) for name in names}
    for name, values in fields_of([artifact for _, artifact, _ in rows]).items():
        columns[f"artifact.{name}" if name in columns or name in OWN_NAMES else name] = typed(values)
    columns["seconds"] = pd.Series([returned.seconds for *_, returned in rows], dtype=float)
    if errors:
        columns["error"] = typed([_text(returned.error) for *_, returned in rows])
    return SafeFrame(columns)


def _text(error: BaseException | None) -> str | None:
    if error is None:
        return None
    first = error.exceptions[0] if isinstance(error, BaseExceptionGroup) else error
    return str(first) if isinstance(first, RemoteError) else f"{type(first).__name__}: {first}"
