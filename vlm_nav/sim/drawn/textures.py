"""Surfaces for drawn scenes: colours as functions of the place on a solid.

A texture maps points (n, 3) in metres of its thing's frame and their unit normals (n, 3) to
colours (n, 3), red, green and blue in 0..1, before light. All are deterministic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vlm_nav.sim.drawn.ray_casting import Float32Array

Shade = tuple[float, float, float]
Texture = Callable[[Float32Array, Float32Array], Float32Array]


def noise(cells: Float32Array, seed: int = 0) -> Float32Array:
    """Return a number in 0..1 for each cell (n, k) of whole coordinates, the same each time."""
    with np.errstate(over='ignore'):
        mixed = np.full(len(cells), 374761393 + 7919 * seed, dtype=np.uint32)
        for column in cells.astype(np.int64).astype(np.uint32).T:
            mixed = (mixed ^ column * np.uint32(2246822519)) * np.uint32(3266489917)
            mixed ^= mixed >> np.uint32(15)
    share: Float32Array = (mixed % np.uint32(4096)).astype(np.float32) / np.float32(4095)
    return share


@dataclass(frozen=True)
class Plain:
    """One colour with a fine grain of `grain` (a share of it) in cells of `cell_m`."""

    color: Shade
    grain: float = 0.06
    cell_m: float = 0.012

    def __call__(self, points: Float32Array, normals: Float32Array) -> Float32Array:
        """Return the colours."""
        return _grained(self.color, noise(np.floor(points / self.cell_m)), self.grain)


@dataclass(frozen=True)
class Planks:
    """Wooden boards along x, each with a tone and fibres of its own."""

    color: Shade
    width_m: float = 0.16
    length_m: float = 1.4

    def __call__(self, points: Float32Array, normals: Float32Array) -> Float32Array:
        """Return the colours."""
        across = points[:, 1] / self.width_m
        row = np.floor(across)
        along = points[:, 0] / self.length_m + noise(row[:, None])
        board = np.column_stack([row, np.floor(along)])
        fibres = np.column_stack([row, np.floor(points[:, 0] * 9), np.floor(across * 14)])
        tone = 1.0 + 0.3 * (noise(board, 3) - 0.5) + 0.12 * (noise(fibres, 5) - 0.5)
        joint = (across - row < 0.035) | (along - np.floor(along) < 0.006)
        tone = np.where(joint, 0.55, tone)
        return _toned(np.asarray(self.color), tone)


@dataclass(frozen=True)
class Wood:
    """Wood of furniture: fibres along x of the thing."""

    color: Shade

    def __call__(self, points: Float32Array, normals: Float32Array) -> Float32Array:
        """Return the colours."""
        waves = np.sin(points[:, 1] * 130 + 3 * np.sin(points[:, 0] * 4) + points[:, 2] * 90)
        return _grained(self.color, (0.5 + 0.5 * waves).astype(np.float32), 0.16)


@dataclass(frozen=True)
class Stripes:
    """Two colours in turn along one axis (0 x, 1 y, 2 z), each `width_m` wide."""

    first: Shade
    second: Shade
    axis: int
    width_m: float

    def __call__(self, points: Float32Array, normals: Float32Array) -> Float32Array:
        """Return the colours."""
        even = np.floor(points[:, self.axis] / self.width_m) % 2 == 0
        colors = np.where(even[:, None], self.first, self.second)
        grain = 0.1 * (noise(np.floor(points / 0.008)) - 0.5)
        return _toned(colors, 1.0 + grain)


@dataclass(frozen=True)
class Skirted:
    """A painted wall with a skirting board of `skirting` below `height_m`."""

    paint: Shade
    skirting: Shade
    height_m: float = 0.1

    def __call__(self, points: Float32Array, normals: Float32Array) -> Float32Array:
        """Return the colours."""
        low = points[:, 2] < self.height_m
        edge = np.abs(points[:, 2] - self.height_m) < 0.008
        colors = np.where(low[:, None], self.skirting, self.paint)
        grain = 0.05 * (noise(np.floor(points / 0.03)) - 0.5) - 0.3 * edge
        return _toned(colors, 1.0 + grain)


@dataclass(frozen=True)
class Landscape:
    """What a window shows: sky above `horizon_m`, hills below."""

    horizon_m: float

    def __call__(self, points: Float32Array, normals: Float32Array) -> Float32Array:
        """Return the colours."""
        hills = self.horizon_m + 0.06 * np.sin(points[:, 1] * 5) + 0.03 * np.sin(points[:, 1] * 13)
        rise = np.clip((points[:, 2] - self.horizon_m)[:, None], 0.0, 1.0)
        sky = np.asarray((0.88, 0.94, 0.98)) - rise * np.asarray((0.3, 0.18, 0.05))
        ground = np.asarray((0.62, 0.72, 0.55))
        return np.where((points[:, 2] > hills)[:, None], sky, ground).astype(np.float32)


def lit(colors: Float32Array, normals: Float32Array, light: NDArray[np.float64]) -> Float32Array:
    """Return colours (n, 3) under a lamp in the direction `light` (3,) and light all around."""
    facing = np.clip(normals @ light.astype(np.float32), 0.0, 1.0)
    return _toned(colors, 0.58 + 0.5 * facing + 0.06 * normals[:, 2])


def _grained(color: Shade, grains: Float32Array, share: float) -> Float32Array:
    return _toned(np.asarray(color), 1.0 + share * (grains - 0.5))


def _toned(colors: NDArray[Any], tone: NDArray[Any]) -> Float32Array:
    """Return one colour (3,) or colours (n, 3), each times its tone (n,)."""
    toned: Float32Array = (tone[:, None] * colors).astype(np.float32)
    return toned
