"""One action from the winners of several runs: ranked, so that a refused one has a follower.

Winners are vectors (E, d) in the unit of the actions; what is returned is too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float64]


def mean_first(winners: Vectors) -> Vectors:
    """Return the mean of the winners, and then the winners, the nearest to it first."""
    mean = winners.mean(axis=0)
    away = np.linalg.norm(winners - mean, axis=1)
    return np.concatenate([mean[None], winners[np.argsort(away, kind='stable')]])


def most_central_first(winners: Vectors) -> Vectors:
    """Return the winners, the one with the least way to all others first."""
    return winners[np.argsort(_ways(winners), kind='stable')]


def verified_first(winners: Vectors, doubts: Vectors) -> Vectors:
    """Return the winners, the least doubted (E,) first, and of equal ones the most central."""
    return winners[np.lexsort((_ways(winners), doubts))]


def scatter(picks: Vectors, offered: Vectors) -> float:
    """Return how far apart the picks (k, d) of an answer lie: 1.0 is as near as they could.

    The geometric verifier: who sees what is meant picks marks around one place, who guesses picks
    them anywhere. `offered` (m, d) are all marks that could be picked; the ways from the first
    pick to the others are held against those to as many marks as stand nearest to it. It needs
    no model, and has nothing against a single pick.
    """
    best = picks[0]
    wanted = np.linalg.norm(picks[1:] - best, axis=1).sum()
    nearest = np.sort(np.linalg.norm(offered - best, axis=1))[1 : len(picks)].sum()
    return float(wanted / nearest) if nearest > 0.0 else 1.0


def _ways(winners: Vectors) -> Vectors:
    ways: Vectors = np.linalg.norm(winners[:, None] - winners[None], axis=-1).sum(axis=1)
    return ways
