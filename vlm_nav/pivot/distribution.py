"""The Gaussian over actions that PIVOT refits after each answer (paper, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray


@dataclass(frozen=True)
class Gaussian:
    """Independent normal distributions, one for each axis of an action."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self) -> None:
        """Raise InvalidValueError unless mean and std are finite, match, and std is positive."""
        numbers = np.array((*self.mean, *self.std))
        if len(self.mean) != len(self.std) or not np.isfinite(numbers).all():
            raise InvalidValueError(f'mean and std match and are finite, got {self}')
        if min(self.std, default=0.0) <= 0.0:
            raise InvalidValueError(f'a standard deviation is positive, got {self.std}')

    def sample(self, count: int, rng: np.random.Generator) -> FloatArray:
        """Return `count` actions (count, d)."""
        return rng.normal(self.mean, self.std, size=(count, len(self.mean)))


def fit(selected: ArrayLike, floor: ArrayLike, *, isotropic: bool) -> Gaussian:
    """Fit a Gaussian to the chosen actions (n, d), n >= 1, its std never below `floor` (d,).

    Per axis the maximum-likelihood standard deviation; isotropic, one for all axes, the root of
    the mean variance. A single action gives the floor. Raises InvalidValueError for none.
    """
    actions = np.asarray(selected, dtype=np.float64)
    if actions.ndim != 2 or len(actions) == 0:
        raise InvalidValueError(f'a fit needs actions of shape (n, d), got {actions.shape}')
    std = actions.std(axis=0)
    if isotropic:
        std = np.full_like(std, np.sqrt(np.mean(np.square(std))))
    std = np.maximum(std, np.asarray(floor, dtype=np.float64))
    return Gaussian(tuple(map(float, actions.mean(axis=0))), tuple(map(float, std)))
