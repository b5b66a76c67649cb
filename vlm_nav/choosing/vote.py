"""How far independent runs agree, measured in the units of the actions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Agreement:
    """The largest group of runs that want nearly the same.

    `members` are indices of the runs, in order; `share` is their part of all runs that were
    made, those without a result among them.
    """

    members: tuple[int, ...]
    share: float


def largest_agreement(actions: NDArray[np.float64], radius: float, runs_made: int) -> Agreement:
    """Return the largest group within `radius` of one of its members' actions (E, d).

    `runs_made` counts the failed runs too, so that silence never looks like agreement. Of
    groups of one size the tighter wins, then the earlier.
    """
    if len(actions) == 0:
        return Agreement((), 0.0)
    away = np.linalg.norm(actions[:, None, :] - actions[None, :, :], axis=-1)
    near = away <= radius
    spread = np.where(near, away, 0.0).sum(axis=1)
    best = min(range(len(actions)), key=lambda index: (-near[index].sum(), spread[index], index))
    members = tuple(int(index) for index in np.flatnonzero(near[best]))
    return Agreement(members, len(members) / max(1, runs_made))
