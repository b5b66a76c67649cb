"""Where points begin and end, but for a few that lie apart."""

from __future__ import annotations

import numpy as np

from vlm_nav.geometry.arrays import FloatArray

_APART_SHARE = 0.015


def ends(values: FloatArray) -> FloatArray:
    """Return the least and the greatest (2, ...) of values (n, ...), but for 1.5 % to each side.

    numpy's percentile does the same in five times the time.
    """
    ordered = np.sort(values, axis=0)
    skipped = int(_APART_SHARE * len(ordered))
    both: FloatArray = ordered[[skipped, len(ordered) - 1 - skipped]]
    return both
