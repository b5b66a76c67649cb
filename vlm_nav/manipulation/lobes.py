"""Two things that touch are wide, narrow where they touch, and wide again."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

# A narrow thing beside a wide one shows at the lesser share, two alike at the greater.
_NECK_SHARES = (0.35, 0.5)
_LEAST_WIDE_CELLS = 3.0
_LEAST_SHARE = 0.1
_BETWEEN = 0.6
_MOST_CUTS = 3
_SLIT = np.ones((3, 3), dtype=np.uint8)


def own_lobe(whole: NDArray[np.bool_], seed: tuple[int, int]) -> NDArray[np.bool_] | None:
    """Return the part of `whole` (h, w) around the seed (row, column), cut at its necks.

    A neck is narrower than half of the widest place. None where the seed lies in the neck, so
    that it belongs to neither side.
    """
    lobe = whole
    for _ in range(_MOST_CUTS):
        cores = _cores(lobe)
        if cores is None:
            break
        own = _nearest(cores, seed)
        if own is None:
            return None
        lobe = lobe & own
    return lobe


def has_slits_only(whole: NDArray[np.bool_]) -> bool:
    """Return whether a region (h, w) has no neck once slits one or two cells wide are closed."""
    closed = cv2.morphologyEx(np.pad(whole.astype(np.uint8), 1), cv2.MORPH_CLOSE, _SLIT)
    return _cores(closed[1:-1, 1:-1] > 0) is None


def _cores(lobe: NDArray[np.bool_]) -> list[NDArray[np.bool_]] | None:
    """Return the wide places of a region, None where there is but one."""
    padded = np.pad(lobe.astype(np.uint8), 1)
    inside = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1]
    widest = float(inside.max())
    if widest < _LEAST_WIDE_CELLS:
        return None
    for share in _NECK_SHARES:
        wide = (inside > share * widest).astype(np.uint8)
        _, labels, sizes, _ = cv2.connectedComponentsWithStats(wide, connectivity=4)
        areas = sizes[1:, cv2.CC_STAT_AREA]
        large = np.flatnonzero(areas >= _LEAST_SHARE * areas.sum()) + 1
        if len(large) > 1:
            return [labels == number for number in large]
    return None


def _nearest(cores: list[NDArray[np.bool_]], seed: tuple[int, int]) -> NDArray[np.bool_] | None:
    """Return the cells nearer to the seed's core than to any other, None between two of them."""
    away = np.stack(
        [cv2.distanceTransform(1 - core.astype(np.uint8), cv2.DIST_L2, 3) for core in cores]
    )
    nearest = away.argmin(axis=0)
    own = int(nearest[seed])
    at_seed = away[:, seed[0], seed[1]]
    if float(at_seed[own]) > _BETWEEN * float(np.delete(at_seed, own).min()):
        return None
    found: NDArray[np.bool_] = nearest == own
    return found
