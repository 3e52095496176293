"""Which of our modules knows the types of a library. It is imported when a value of the library is met."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from framework.archive.digest.walk import Encoder

_MODULES = {
    "numpy": "arrays",
    "pandas": "tables",
    "polars": "polars_tables",
    "pyarrow": "arrow_tables",
    "scipy": "scientific",
    "sklearn": "scientific",
    "numba": "scientific",
    "xarray": "scientific",
}


def library_encoder(kind: type) -> Encoder | None:
    """Return the encoder for a type of a library, or a class derived from one; None where there is none."""
    for base in kind.__mro__:
        module = _MODULES.get(base.__module__.partition(".")[0])
        if module is not None:
            found = import_module(f"framework.archive.digest.{module}").encoder(kind)
            if found is not None:
                return cast("Encoder", found)
    return None
