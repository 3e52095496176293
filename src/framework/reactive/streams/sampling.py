"""Builders that let a part of a stream through: `StreamSampler` and `ReservoirSampler`."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any, Unpack

from framework.core import Context
from framework.errors import OptionError
from framework.reactive.building.origin import Origin, made_from, origins_of
from framework.reactive.checks import Inputs, positive
from framework.reactive.streams.collecting import StreamBuilder, StreamOptions

Seed = int | str | None


class StreamSampler(StreamBuilder):
    """Announces the arguments of each input, a tuple, with a fixed probability; `requires=["*sample"]` unpacks them.

    Equal seeds and targets give equal decisions, one after another; two samplers with one seed decide independently.
    """

    def __init__(
        self,
        provides: str | None = None,
        requires: Iterable[str] | None = None,
        probability: float | None = None,
        seed: Seed = 42,
        **options: Unpack[StreamOptions],
    ) -> None:
        """Sample a stream; arguments and errors beside these are those of `StreamBuilder`.

        Args:
            provides: the target of the sample.
            requires: the targets that are sampled.
            probability: of each input to be announced, from 0 to 1; must be given.
            seed: of the decisions; None for others in every run.
            options: `forwards_to`, `topics`, `name`, `priority`.

        Raises:
            OptionError: `probability` is not a number from 0 to 1.
        """
        super().__init__(provides, requires, **options)
        if not isinstance(probability, int | float) or not 0 <= probability <= 1:
            raise OptionError(f"{self.name}: probability is a number from 0 to 1, got {probability!r}")
        self._probability = probability
        self._seed = seed
        self._random = _stream(seed, self.provides)

    def on_init(self, context: Context) -> None:  # noqa: ARG002 - the signature of a hook
        """Begin the decisions anew."""
        self._random = _stream(self._seed, self.provides)

    def build(self, context: Context, *args: object) -> Iterable[Inputs]:  # noqa: ARG002 - nothing to submit
        """Announce an input, or not."""
        return [args] if self._random.random() < self._probability else ()


class ReservoirSampler(StreamBuilder):
    """Announces at most `size` inputs of each phase, one by one, when the phase is quiet.

    Each input has the same chance and at most `size` are held: algorithm R of Vitter (1985), Random Sampling with a
    Reservoir.
    """

    def __init__(
        self,
        provides: str | None = None,
        requires: Iterable[str] | None = None,
        size: int | None = None,
        seed: Seed = None,
        **options: Unpack[StreamOptions],
    ) -> None:
        """Sample a phase; arguments and errors beside these are those of `StreamBuilder`.

        Args:
            provides: the target of the samples.
            requires: the targets that are sampled.
            size: how many inputs a sample has; must be given.
            seed: of the choice. A fixed one chooses the same positions in every run, hence None is the default.
            options: `forwards_to`, `topics`, `name`, `priority`.

        Raises:
            OptionError: `size` is not positive.
        """
        super().__init__(provides, requires, **options)
        self._size = positive(self.name, "size", size)
        self._seed = seed
        self._reset()

    def _reset(self) -> None:
        self._random = _stream(self._seed, self.provides)
        self._sample: list[tuple[Inputs, tuple[Origin, ...]]] = []
        self._seen = 0

    def on_init(self, context: Context) -> None:  # noqa: ARG002 - the signature of a hook
        """Begin with an empty reservoir."""
        self._reset()

    def build(self, context: Context, *args: object) -> Iterable[Inputs]:
        """Keep an input in the place of another, or not."""
        self._seen += 1
        if self._seen <= self._size:
            self._sample.append((args, origins_of(context)))
        elif (place := self._random.randrange(self._seen)) < self._size:
            self._sample[place] = args, origins_of(context)
        return ()

    def phase(self, context: Context, phase: int) -> Iterable[Any]:  # noqa: ARG002 - the signature of a hook
        """Announce the arguments of each input of the sample, a tuple, as a StreamSampler does."""
        sample, self._sample, self._seen = self._sample, [], 0
        return [made_from(context, args, origins) for args, origins in sample]


def _stream(seed: Seed, target: str) -> random.Random:
    return random.Random(None if seed is None else f"{seed}:{target}")  # noqa: S311 - a sample is no secret
