"""Where rays meet axis-aligned boxes and ellipsoids, for all pixels at once.

Rays are arrays (n, 3), not normalised: a hit is told as the multiple of the ray, so that rays
with z = 1 in the optical frame give depth along the optical axis. All lengths are metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]

# Directions nearer to zero than this are moved away from it, so that slabs divide by no zero.
_SMALLEST = np.float32(1e-9)


@dataclass(frozen=True)
class Extent:
    """An axis-aligned box between two corners, in metres of some frame."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]

    def corners(self) -> NDArray[np.float64]:
        """Return the eight corners (8, 3)."""
        return np.array(
            [
                [self.low[axis] if index >> axis & 1 else self.high[axis] for axis in range(3)]
                for index in range(8)
            ]
        )

    def contains(self, point: NDArray[np.float64]) -> bool:
        """Return whether a point (3,) of the same frame lies inside."""
        return bool(((point > self.low) & (point < self.high)).all())


@dataclass(frozen=True, eq=False)
class Hits:
    """Where rays (n, 3) first meet a surface.

    `multiples` (n,) is inf for rays that miss it; `normals` (n, 3) are unit vectors toward the
    viewer, zero where missed.
    """

    multiples: Float32Array
    normals: Float32Array


def box_hits(extent: Extent, origin: Float32Array, rays: Float32Array) -> Hits:
    """Return where rays from `origin` (3,) outside of it enter the box."""
    entering, leaving = _slabs(extent, origin, rays)
    multiples = np.maximum(np.maximum(entering[:, 0], entering[:, 1]), entering[:, 2])
    leaves = np.minimum(np.minimum(leaving[:, 0], leaving[:, 1]), leaving[:, 2])
    hit = (multiples <= leaves) & (multiples > 0.0)
    return _faces(multiples, hit, entering, rays)


def inner_wall_hits(extent: Extent, origin: Float32Array, rays: Float32Array) -> Hits:
    """Return where rays from `origin` (3,) inside of it meet the walls of a hollow box."""
    _, leaving = _slabs(extent, origin, rays)
    multiples = np.minimum(np.minimum(leaving[:, 0], leaving[:, 1]), leaving[:, 2])
    return _faces(multiples, np.ones(len(rays), dtype=np.bool_), -leaving, rays)


def ellipsoid_hits(extent: Extent, origin: Float32Array, rays: Float32Array) -> Hits:
    """Return where rays from `origin` (3,) outside of it meet the ellipsoid inside `extent`."""
    low, high = np.asarray(extent.low, np.float32), np.asarray(extent.high, np.float32)
    centre, radii = (low + high) / 2, (high - low) / 2
    start, directions = (origin - centre) / radii, rays / radii
    squares = np.einsum('ij,ij->i', directions, directions)
    along = directions @ start
    discriminant = along**2 - squares * np.float32(start @ start - 1.0)
    missed = discriminant < 0.0
    multiples = (-along - np.sqrt(np.where(missed, 0.0, discriminant))) / squares
    missed |= multiples <= 0.0
    normals = (start + multiples[:, None] * directions) / radii
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    normals[missed] = 0.0
    return Hits(np.where(missed, np.inf, multiples).astype(np.float32), normals)


def _slabs(
    extent: Extent, origin: Float32Array, rays: Float32Array
) -> tuple[Float32Array, Float32Array]:
    """Return the multiples (n, 3) at which rays enter and leave the three slabs of a box."""
    directions = np.where(np.abs(rays) < _SMALLEST, _SMALLEST, rays)
    first = (np.asarray(extent.low, np.float32) - origin) / directions
    second = (np.asarray(extent.high, np.float32) - origin) / directions
    return np.minimum(first, second), np.maximum(first, second)


def _faces(
    multiples: Float32Array, hit: NDArray[np.bool_], slabs: Float32Array, rays: Float32Array
) -> Hits:
    """Return hits whose normals lie along the axis with the greatest of `slabs` (n, 3)."""
    normals = np.zeros_like(rays)
    rows = np.flatnonzero(hit)
    axis = slabs[rows].argmax(axis=1)
    normals[rows, axis] = -np.sign(rays[rows, axis])
    return Hits(np.where(hit, multiples, np.float32(np.inf)), normals)
