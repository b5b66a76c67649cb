"""How much room an arm has among points: its links are as thick lines from joint to joint."""

from __future__ import annotations

import itertools

import numpy as np

from vlm_nav.geometry.arrays import FloatArray

# One point within is noise, more are a thing.
_NOISE_POINTS = 2


def arm_touches(places: FloatArray, radius_m: float, points: FloatArray) -> bool:
    """Return whether points (m, 3) lie within `radius_m` of the lines between places (n, 3)."""
    if len(points) <= _NOISE_POINTS or len(places) < 2:
        return False
    low, high = places.min(axis=0) - radius_m, places.max(axis=0) + radius_m
    near = points[((points >= low) & (points <= high)).all(axis=1)]
    if len(near) <= _NOISE_POINTS:
        return False
    nearest = np.min([_distance_m(near, *ends) for ends in itertools.pairwise(places)], axis=0)
    return int(np.count_nonzero(nearest < radius_m)) > _NOISE_POINTS


def _distance_m(points: FloatArray, start: FloatArray, end: FloatArray) -> FloatArray:
    """Return how far points (n, 3) are from the line between two places (3,)."""
    way = end - start
    square = float(way @ way)
    share = np.clip((points - start) @ way / square, 0.0, 1.0) if square > 0.0 else 0.0
    away: FloatArray = np.linalg.norm(points - start - np.multiply.outer(share, way), axis=-1)
    return away
