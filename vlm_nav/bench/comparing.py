"""Whether one way of driving is better than another on the same episodes, and how surely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vlm_nav.core.errors import InvalidValueError

_RESAMPLES = 10_000
_SHARE = 0.95


@dataclass(frozen=True)
class PairedDifference:
    """The mean of the first less that of the second, and the interval that holds it in 95 %."""

    mean: float
    low: float
    high: float


def paired_difference(first: ArrayLike, second: ArrayLike, seed: int = 0) -> PairedDifference:
    """Return the difference of figures (n,) of the same episodes, by bootstrap over episodes.

    Raises InvalidValueError where the two are not of one length, or empty.
    """
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.ndim != 1 or one.shape != other.shape or not len(one):
        raise InvalidValueError(
            f'figures of the same episodes were wanted, got {one.shape} and {other.shape}'
        )
    differences = one - other
    random = np.random.default_rng(seed)
    drawn = random.integers(len(differences), size=(_RESAMPLES, len(differences)))
    means = differences[drawn].mean(axis=1)
    low, high = np.quantile(means, [(1.0 - _SHARE) / 2.0, (1.0 + _SHARE) / 2.0])
    return PairedDifference(float(differences.mean()), float(low), float(high))


@dataclass(frozen=True)
class Comparison:
    """Two ways of driving on the episodes that both have driven."""

    episodes: int
    success: PairedDifference
    spl: PairedDifference


def compare(
    first: Sequence[Mapping[str, object]], second: Sequence[Mapping[str, object]]
) -> Comparison:
    """Return how results (`per_episode` of two runs) differ, episode by episode.

    Raises InvalidValueError where they are not of the same episodes.
    """
    pairs = _paired(first, second)
    one, other = zip(*pairs, strict=True)
    return Comparison(
        len(pairs),
        paired_difference(_numbers('success', one), _numbers('success', other)),
        paired_difference(_numbers('spl', one), _numbers('spl', other)),
    )


def _paired(
    first: Sequence[Mapping[str, object]], second: Sequence[Mapping[str, object]]
) -> list[tuple[Mapping[str, object], Mapping[str, object]]]:
    one, other = ({_episode(row): row for row in rows} for rows in (first, second))
    if not one or one.keys() != other.keys():
        only = sorted(map(str, one.keys() ^ other.keys()))
        raise InvalidValueError(
            'results of the same episodes were wanted, got '
            f'{len(one)} and {len(other)}; not in both: {", ".join(only[:6]) or "none"}'
        )
    return [(one[key], other[key]) for key in one]


def _episode(row: Mapping[str, object]) -> tuple[object, ...]:
    missing = {'seed', 'house', 'target', 'success', 'spl'} - row.keys()
    if missing:
        raise InvalidValueError(f'a result has {", ".join(sorted(missing))}, got {[*row][:8]}')
    episode = row['seed'], row['house'], row['target']
    if not all(isinstance(part, (int, str)) for part in episode):
        raise InvalidValueError(f'an episode has a seed, a house and a target, got {episode}')
    return episode


def _numbers(name: str, rows: Sequence[Mapping[str, object]]) -> list[float]:
    found = []
    for row in rows:
        value = row[name]
        if not isinstance(value, (bool, int, float)) or not 0.0 <= value <= 1.0:
            raise InvalidValueError(f'{name} is a number from 0 to 1, got {value!r}')
        found.append(float(value))
    return found
