"""The surface around each of many pixels, as a plane fitted to the depth of its neighbours."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import DepthArray, FloatArray, RgbArray
from vlm_nav.geometry.camera import PinholeCamera

RADIUS = 5
"""How many steps a neighbour is away at most; a step is one pixel or several."""

# How fast a neighbour counts less: by its distance in steps, by the difference of its colour.
_NEAR_STEPS = 2.5
_ALIKE = 25.0
_UNLIKE_WEIGHT = 0.1
_FIT_STEPS = 3
_SURFACE_SIGMAS = 4.0
_BEGIN_SIGMAS = 10.0
# The eight directions in which a pixel needs neighbours.
_SECTORS = 8

_DOWN, _RIGHT = np.mgrid[-RADIUS : RADIUS + 1, -RADIUS : RADIUS + 1]
_ROUND = np.hypot(_DOWN, _RIGHT) <= RADIUS
_OFFSETS = np.column_stack([_RIGHT[_ROUND], _DOWN[_ROUND]])
_DISTANCES = np.hypot(*_OFFSETS.T)
_BESIDE = (_DISTANCES > 0.0) & (_DISTANCES < 2.5)
_OWN = int(np.flatnonzero(_DISTANCES == 0.0)[0])
_NEAR_WEIGHTS = np.exp(-0.5 * np.square(_DISTANCES / _NEAR_STEPS)).astype(np.float32)
_DESIGN = np.column_stack([_OFFSETS, np.ones(len(_OFFSETS))]).astype(np.float32)
_PRODUCTS = (_DESIGN[:, :, None] * _DESIGN[:, None, :]).reshape(-1, 9)
# Keeps the normal equations solvable where all neighbours lie on a line.
_RIDGE = np.diag((1e-3, 1e-3, 1e-6)).astype(np.float32)
_SECTOR_OF = np.floor(np.arctan2(_OFFSETS[:, 1], _OFFSETS[:, 0]) / math.tau * _SECTORS + 0.5)
_IN_SECTOR = ((_SECTOR_OF.astype(int) % _SECTORS)[:, None] == np.arange(_SECTORS)) & (
    _DISTANCES > 0.0
)[:, None]


@dataclass(frozen=True, eq=False)
class Surfaces:
    """The surfaces around n pixels, in the optical frame.

    `depth_m` (n,) is that of the surface at the pixel, `own_m` (n,) what the pixel itself has;
    NaN where there is none. `normals` (n, 3) of length 1 point towards the camera. `share` (n,)
    is how much of the neighbours, by weight, lies on the surface, `beside` (n,) how much of those
    right beside the pixel; `rms_m` (n,) how far those on it are from it. `known` (n,) counts
    the neighbours with depth, `surrounded` (n,) where they lie to all sides.
    """

    depth_m: FloatArray
    own_m: FloatArray
    normals: FloatArray
    share: FloatArray
    beside: FloatArray
    rms_m: FloatArray
    known: NDArray[np.int64]
    surrounded: NDArray[np.bool_]


def depth_std_m(depth_m: FloatArray | float) -> FloatArray:
    """Return the axial noise (...) at these depths, as `geometry.depth.depth_std_m`."""
    deviation: FloatArray = 0.0012 + 0.0019 * np.square(np.asarray(depth_m) - 0.4)
    return deviation


def fit_surfaces(
    depth_m: DepthArray,
    rgb: RgbArray,
    camera: PinholeCamera,
    pixels: NDArray[np.int64],
    step_px: int = 1,
) -> Surfaces:
    """Return the surfaces around whole pixels (n, 2) of u and v, which lie in the picture.

    A plane in space is linear in inverse depth over the picture. The fit begins at the pixel's
    own depth, where it has one, else at the depth of the neighbours of its colour; neighbours
    off the surface lose their weight step by step. Neighbours lie `step_px` pixels apart.
    """
    window_m, colour = _windows(depth_m, rgb, pixels, step_px)
    own_m = window_m[:, _OWN].astype(np.float64)
    known = np.isfinite(window_m)
    weights = (_NEAR_WEIGHTS * colour * known).astype(np.float32)
    begin_m = _begin(window_m, weights, own_m)
    sigma_m = depth_std_m(begin_m)[:, None].astype(np.float32)
    inverse_depths = np.divide(1.0, window_m, out=np.zeros_like(window_m), where=known)
    off_m = np.where(known, window_m - begin_m[:, None].astype(np.float32), np.inf)
    kept = weights * (np.abs(off_m) < _BEGIN_SIGMAS * sigma_m)
    plane = _solved(kept, inverse_depths)
    for _ in range(_FIT_STEPS - 1):
        off_m = _off_surface(plane, window_m, known)
        kept = weights * np.exp(-0.5 * np.square(off_m / (2.0 * sigma_m)))
        plane = _solved(kept, inverse_depths)
    off_m = np.abs(_off_surface(plane, window_m, known))
    on_surface = off_m < _SURFACE_SIGMAS * sigma_m
    return Surfaces(
        depth_m=_inverted(plane[:, 2]),
        own_m=own_m,
        normals=_normals(plane, camera, pixels, step_px),
        share=_share(weights, on_surface),
        beside=_share(known[:, _BESIDE].astype(np.float32), on_surface[:, _BESIDE]),
        rms_m=np.sqrt(_share(weights * on_surface, np.where(on_surface, np.square(off_m), 0.0))),
        known=known.sum(axis=1),
        surrounded=_surrounded(known & on_surface),
    )


def _windows(
    depth_m: DepthArray, rgb: RgbArray, pixels: NDArray[np.int64], step_px: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the depths (n, k) of the neighbours, and how alike (n, k) their colours are."""
    height, width = depth_m.shape
    at = pixels[:, None, :] + _OFFSETS * step_px
    inside = (at[..., 0] >= 0) & (at[..., 0] < width) & (at[..., 1] >= 0) & (at[..., 1] < height)
    flat = np.where(inside, at[..., 1] * width + at[..., 0], 0)
    window_m = np.where(inside, depth_m.reshape(-1)[flat], np.float32(np.nan))
    colours = rgb.reshape(-1, 3)[flat].astype(np.int16)
    unlike = np.abs(colours - colours[:, _OWN, None]).max(axis=-1).astype(np.float32)
    alike = np.exp(-0.5 * np.square(unlike / _ALIKE)) + np.float32(_UNLIKE_WEIGHT)
    return window_m.astype(np.float32), alike


def _begin(
    window_m: NDArray[np.float32], weights: NDArray[np.float32], own_m: FloatArray
) -> FloatArray:
    """Return the pixels' own depths (n,), or the weighted medians of their neighbours."""
    order = np.argsort(window_m, axis=1)
    summed = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
    middle = (summed >= 0.5 * summed[:, -1:]).argmax(axis=1)[:, None]
    median_m = np.take_along_axis(window_m, np.take_along_axis(order, middle, 1), 1)[:, 0]
    return np.where(np.isfinite(own_m), own_m, median_m)


def _solved(weights: NDArray[np.float32], values: NDArray[np.float32]) -> FloatArray:
    """Return the planes (n, 3): slope per step to the right, down, and value at the pixel."""
    normal_matrices = (weights @ _PRODUCTS).reshape(-1, 3, 3) + _RIDGE
    sides = (weights * values) @ _DESIGN
    solved = np.linalg.solve(normal_matrices.astype(np.float64), sides[..., None])
    plane: FloatArray = np.asarray(solved[..., 0], dtype=np.float64)
    return plane


def _off_surface(
    plane: FloatArray, window_m: NDArray[np.float32], known: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return how far (n, k) the neighbours are behind the surface, infinite where unknown."""
    fitted_m = _inverted(plane.astype(np.float32) @ _DESIGN.T).astype(np.float32)
    off_m = np.where(known & np.isfinite(fitted_m), window_m - fitted_m, np.float32(np.inf))
    return off_m.astype(np.float32)


def _inverted(values: NDArray[np.floating]) -> FloatArray:
    """Return the depths of inverse depths, NaN behind the camera."""
    positive = values > 1e-3
    inverted = np.full(values.shape, np.nan)
    np.divide(1.0, values, out=inverted, where=positive)
    return inverted


def _share(weights: NDArray[np.float32], amount: NDArray[np.floating | np.bool_]) -> FloatArray:
    total = weights.sum(axis=1, dtype=np.float64)
    shared: FloatArray = (weights * amount).sum(axis=1, dtype=np.float64) / np.maximum(total, 1e-9)
    return shared


def _surrounded(known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return whether neighbours lie on all sides: no three sectors in a row are empty."""
    seen = (known.astype(np.float32) @ _IN_SECTOR.astype(np.float32)) > 0.0
    empty = ~seen & ~np.roll(seen, 1, axis=1) & ~np.roll(seen, 2, axis=1)
    surrounded: NDArray[np.bool_] = ~empty.any(axis=1)
    return surrounded


def _normals(
    plane: FloatArray, camera: PinholeCamera, pixels: NDArray[np.int64], step_px: int
) -> FloatArray:
    """Return the normals (n, 3), towards the camera; NaN where there is no surface."""
    rays = camera.rays(pixels)
    across = plane[:, 0] * camera.fx_px / step_px
    down = plane[:, 1] * camera.fy_px / step_px
    ahead = plane[:, 2] - across * rays[:, 0] - down * rays[:, 1]
    away = np.column_stack([across, down, ahead])
    length = np.linalg.norm(away, axis=1, keepdims=True)
    with np.errstate(invalid='ignore', divide='ignore'):
        normals: FloatArray = -away / length
    return normals
