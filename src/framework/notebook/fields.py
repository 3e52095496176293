"""The fields of artifacts, as columns."""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_PLAIN = (str, bytes, int, float, complex, bool, type(None), type)


def fields_of(artifact: Any) -> Mapping[str, Any]:
    """What an artifact is made of, by name: items, fields or attributes; else one `artifact`."""
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


def columns_of(rows: Sequence[Mapping[str, Any]], taken: Container[str]) -> pd.DataFrame:
    """A frame with a column for each field that occurs, typed by what is in it; `taken` names get a prefix."""
    import pandas as pd

    names = dict.fromkeys(name for row in rows for name in row)
    columns = {f"artifact.{name}" if name in taken else name: [row.get(name) for row in rows] for name in names}
    # Made as objects first: left to itself, pandas would turn 1 and None into 1.0 and NaN.
    typed = {name: pd.Series(values, dtype=object).convert_dtypes() for name, values in columns.items()}
    return pd.DataFrame(typed, index=range(len(rows)))
