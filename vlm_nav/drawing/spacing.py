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
    u_px, v_px = np.ascontiguousarray(anchors.T)
    while len(taken) < most and open_places.any():
        index = int(np.argmax(open_places))
        taken.append(index)
        right_px, down_px = u_px - u_px[index], v_px - v_px[index]
        open_places &= right_px * right_px + down_px * down_px >= apart_px * apart_px
    return np.array(taken, dtype=np.int64)
