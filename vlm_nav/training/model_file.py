"""From houses to a model file: demonstrations, training, and the numbers of both held together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from vlm_nav.core.errors import InvalidValueError, VlmNavError
from vlm_nav.imagination.where2imagine import OUTPUTS, Where2Imagine
from vlm_nav.training.demonstrations import demonstrations
from vlm_nav.training.network import Weights, apply, write_onnx
from vlm_nav.training.pairs import Pairs, joined
from vlm_nav.training.where2imagine import (
    Progress,
    TrainingSettings,
    error_of,
    guess_error,
    pictures_of,
    train,
)

FIRST_SEED = 100_000
"""The houses of training have seeds from here on; below, measurements draw theirs."""

# Every so many houses, one is held out.
_HELD_OUT = 8
_COMPARED = 64
_CLOSE = 1e-4


class ModelFileError(VlmNavError):
    """The file does not say what was trained."""


@dataclass(frozen=True)
class TrainingOrder:
    """What is to be trained on: so many houses from `first_seed` on, poses `horizon` steps later.

    `workers` processes demonstrate at once.
    """

    houses: int = 24
    first_seed: int = FIRST_SEED
    horizon: int = 11
    workers: int = 1
    settings: TrainingSettings = TrainingSettings()

    def __post_init__(self) -> None:
        """Raise InvalidValueError for fewer than two houses, and for those of measurements."""
        if self.houses < 2:
            raise InvalidValueError(f'one house is held out, two are wanted, got {self.houses}')
        if self.first_seed < FIRST_SEED:
            raise InvalidValueError(
                f'houses below seed {FIRST_SEED} are measured on, got {self.first_seed}'
            )


@dataclass(frozen=True)
class Trained:
    """What came of it: mean absolute errors on held-out houses, and what guessing would err."""

    pictures: int
    held_out_pictures: int
    error: float
    guess_error: float
    largest_difference: float
    bytes: int


def make_model(
    order: TrainingOrder, path: Path, tell: Callable[[str], None] = lambda words: None
) -> Trained:
    """Demonstrate, train, and write the model; raises ModelFileError where it says otherwise."""
    seeds = range(order.first_seed, order.first_seed + order.houses)
    houses = []
    for seed, pairs in zip(seeds, _demonstrated(order, seeds), strict=True):
        houses.append(pairs)
        tell(f'house {seed}: {len(pairs.poses)} pictures')
    held_out = joined(houses[::_HELD_OUT])
    pairs = joined([one for index, one in enumerate(houses) if index % _HELD_OUT])
    settings = order.settings

    def epoch_done(progress: Progress) -> None:
        tell(
            f'epoch {progress.epoch + 1} of {settings.epochs}: error {progress.training:.4f}, '
            f'on held-out houses {progress.held_out:.4f}'
        )

    weights = train(pairs, held_out, settings, epoch_done)
    about = {'seeds': f'{seeds[0]} to {seeds[-1]}', 'horizon': str(order.horizon)}
    write_onnx(weights, path, about)
    return Trained(
        len(pairs.poses),
        len(held_out.poses),
        error_of(weights, held_out, depth=settings.depth),
        guess_error(pairs, held_out),
        _difference(weights, held_out, path),
        path.stat().st_size,
    )


def _demonstrated(order: TrainingOrder, seeds: Sequence[int]) -> Iterator[Pairs]:
    demonstrate = partial(demonstrations, horizon=order.horizon)
    if order.workers == 1:
        yield from map(demonstrate, seeds)
        return
    # Not forked: no process inherits what another draws with.
    with ProcessPoolExecutor(order.workers, get_context('spawn')) as pool:
        yield from pool.map(demonstrate, seeds)


def _difference(weights: Weights, held_out: Pairs, path: Path) -> float:
    """Return by how much the file differs at most from what was trained."""
    pictures = pictures_of(held_out)[:_COMPARED]
    if not len(pictures):
        return 0.0
    trained = np.asarray(apply(weights, jnp.asarray(pictures)))
    read = Where2Imagine(path).said(pictures)
    assert trained.shape == (len(pictures), OUTPUTS)
    difference = float(np.abs(trained - read).max())
    if not difference < _CLOSE:
        raise ModelFileError(f'{path} says something else than was trained, by {difference}')
    return difference
