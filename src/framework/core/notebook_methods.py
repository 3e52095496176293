"""The methods of `Pipeline` for notebooks; each imports `framework.notebook` when it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from framework.notebook import PhaseStepper, ScalingMonitor


class NotebookMethods:
    """The part of `Pipeline` that delegates to the notebook layer."""

    def stepper(self) -> PhaseStepper:
        """Step the pipeline with buttons, or by methods, and look back; nothing runs yet."""
        from framework.notebook import PhaseStepper

        return PhaseStepper(self)

    def watch(self) -> ScalingMonitor:
        """Watch the pipeline run: charts in a notebook, a progress line in a terminal."""
        from framework.notebook import watch

        return watch(self)

    def frame(self, name: str, limit: int | None = 1000) -> pd.DataFrame:
        """Return what was archived under the name of a processor, a target or an event, one row per artifact or event.

        Args:
            name: of a processor, a target or an event.
            limit: at most so many rows; None for all.

        Raises:
            UnknownName: it is none of them.
        """
        from framework.notebook.frames.archived import pipeline_frame

        return pipeline_frame(self, name, limit)
