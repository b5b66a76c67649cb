"""Which marks fit on a picture together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Between centres, in radii: the outline of a disc may touch that of another, never its ring.
APART_RADII = 2.3
BORDER_RADII = 1.3


def pick_spaced(anchors: NDArray[np.float64], apart_px: float, most: int) -> NDArray[np.int64]:
    """Return indices, in order, of anchors (N, 2) that keep `apart_px` from each other.

    The first come first; at most `most` are taken.
    """
    taken: list[int] = []
    open_places = np.ones(len(anchors), dtype=np.bool_)
    while len(taken) < most and open_places.any():
        index = int(np.argmax(open_places))
        taken.append(index)
        away_px = np.hypot(*(anchors - anchors[index]).T)
        open_places &= away_px >= apart_px
    return np.array(taken, dtype=np.int64)
