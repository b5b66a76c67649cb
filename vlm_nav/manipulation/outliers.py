"""Where points begin and end, but for a few that lie apart."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray

_Number = TypeVar('_Number', bound=np.floating)

APART_SHARE = 0.015
"""Which share of the points at either end does not count."""


def ends(values: FloatArray) -> FloatArray:
    """Return the least and the greatest (2, ...) of values (n, ...), but for 1.5 % to each side.

    numpy's percentile does the same in five times the time.
    """
    ordered = np.sort(values, axis=0)
    skipped = int(APART_SHARE * len(ordered))
    both: FloatArray = ordered[[skipped, len(ordered) - 1 - skipped]]
    return both


def thinned(points: NDArray[_Number], most: int) -> NDArray[_Number]:
    """Return every so many of the points (n, 3), `most` at most."""
    return points[:: max(1, math.ceil(len(points) / most))]
