"""The fields of artifacts, as columns."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from framework.observe.frames import TEXT
from framework.observe.text import short_repr

if TYPE_CHECKING:
    import pandas as pd

_PLAIN = (str, bytes, int, float, complex, bool, type(None), type)


Fields = dict[str, list[Any]]
"""The values of each field that occurs, None where an artifact has none."""


def fields_of(artifacts: Sequence[Any]) -> Fields:
    """What artifacts are made of, by name: items, fields or attributes; else one `artifact`."""
    alike = _alike(artifacts)
    if alike is not None:
        return alike
    rows = [_fields_of(artifact) for artifact in artifacts]
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def typed(values: Sequence[Any]) -> pd.Series[Any]:
    """A column of the type that its values have in common."""
    import pandas as pd

    # Made as objects first: left to itself, pandas would turn 1 and None into 1.0 and NaN.
    series = pd.Series(values, dtype=object)
    kind = pd.api.types.infer_dtype(series)
    if kind == "string":
        return series.astype(TEXT)
    return (
        series.astype("Float64") if kind == "floating" else series.convert_dtypes()
    )  # floats that are whole stay floats


def text_of(value: object) -> str:
    """Return a text as it is, and the short repr of anything else."""
    return value if type(value) is str else short_repr(value)


def _fields_of(artifact: Any) -> Mapping[str, Any]:
    if isinstance(artifact, _PLAIN):
        return {"artifact": artifact}
    if isinstance(artifact, Mapping):
        return artifact if artifact and all(isinstance(key, str) for key in artifact) else {"artifact": artifact}
    if dataclasses.is_dataclass(artifact):
        return {field.name: getattr(artifact, field.name) for field in dataclasses.fields(artifact)}
    names = getattr(artifact, "_fields", None)
    if isinstance(artifact, tuple) and names:
        return dict(zip(names, artifact, strict=True))
    if hasattr(artifact, "__array__") or not getattr(artifact, "__dict__", None):
        return {"artifact": artifact}
    return {name: value for name, value in vars(artifact).items() if not name.startswith("_")} or {"artifact": artifact}


def _alike(artifacts: Sequence[Any]) -> Fields | None:
    """The fields of artifacts that all have the same fields, read column by column; None of others."""
    kinds = set(map(type, artifacts))
    if len(kinds) != 1:
        return None
    (kind,) = kinds
    if kind in _PLAIN:
        return {"artifact": [*artifacts]}
    names = list(_fields_of(artifacts[0]))
    if dataclasses.is_dataclass(kind) and names:
        return {name: [*map(attrgetter(name), artifacts)] for name in names}
    if kind is not dict or names == ["artifact"] or set(map(len, artifacts)) != {len(names)}:
        return None
    try:
        return {name: [*map(itemgetter(name), artifacts)] for name in names}
    except KeyError:
        return None
