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


def scatter(picks: Vectors) -> float:
    """Return how far from their middle the picks (k, d) of one answer lie, on average.

    The geometric verifier: who sees what is meant picks marks that lie together, who guesses
    does not. It needs no model, and can say nothing of a single pick (0).
    """
    return float(np.linalg.norm(picks - picks.mean(axis=0), axis=1).mean())


def _ways(winners: Vectors) -> Vectors:
    ways: Vectors = np.linalg.norm(winners[:, None] - winners[None], axis=-1).sum(axis=1)
    return ways
