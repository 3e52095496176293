"""`SafeFrame`: a DataFrame of a user's objects that is shown whatever their reprs do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from framework.notebook.frames.fields import text_of


class SafeFrame(pd.DataFrame):
    """Shows a short text for each object where pandas fails to print one of them, because its repr raises."""

    @property
    def _constructor(self) -> Callable[..., SafeFrame]:
        return SafeFrame

    def _repr_html_(self) -> Any:
        return self._display("_repr_html_")

    def __repr__(self) -> str:
        text: str = self._display("__repr__")
        return text

    def _display(self, method: str) -> Any:
        try:
            return getattr(super(), method)()
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001 - a user's repr may raise anything, SystemExit as well
            return getattr(pd.DataFrame(self._texts()), method)()

    def _texts(self) -> dict[Any, Any]:
        texts = {}
        for place, name in enumerate(self.columns):
            column = self.iloc[:, place]
            texts[name] = column.map(text_of) if column.dtype == object else column
        return texts
