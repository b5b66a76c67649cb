"""The part of a picture around a point, in coarse cells: what an object is cut out of."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Pixel
from vlm_nav.geometry.arrays import DepthArray, FloatArray
from vlm_nav.observation.rgbd_frame import FrameError, RgbdFrame

_MOST_CELLS = 160
_SPECK_PX = 40
_SPECK_STEP_M = 0.02
_LEAST_KEPT = 0.5
_UNITS_IN_M = 5000.0


@dataclass(frozen=True, eq=False)
class Cells:
    """A window of a picture, one cell for `step_px` x `step_px` pixels.

    `points_base` (h, w, 3) is NaN where nothing is known, `colours` (h, w, 3) are the pixels',
    `seed` the row and column of the cell of the pixel that was asked for. The window begins at
    the pixel (`left_px`, `top_px`).
    """

    points_base: NDArray[np.float32]
    colours: NDArray[np.uint8]
    seed: tuple[int, int]
    left_px: int
    top_px: int
    step_px: int

    @property
    def known(self) -> NDArray[np.bool_]:
        """Return which cells (h, w) have a point."""
        return np.isfinite(self.points_base[..., 0])

    def reach_out(self, cells: NDArray[np.bool_], shape: tuple[int, int]) -> bool:
        """Return whether cells (h, w) go on where the window ends and the picture does not."""
        height, width = cells.shape
        return bool(
            (self.top_px > 0 and cells[0].any())
            or (self.left_px > 0 and cells[:, 0].any())
            or (self.top_px + height * self.step_px < shape[0] and cells[-1].any())
            or (self.left_px + width * self.step_px < shape[1] and cells[:, -1].any())
        )

    def whole_mask(self, cells: NDArray[np.bool_], shape: tuple[int, int]) -> NDArray[np.bool_]:
        """Return the mask (H, W) of the whole picture that cells (h, w) stand for."""
        mask = np.zeros(shape, dtype=np.bool_)
        fine = np.repeat(np.repeat(cells, self.step_px, axis=0), self.step_px, axis=1)
        part = mask[self.top_px :, self.left_px :][: fine.shape[0], : fine.shape[1]]
        part[...] = fine[: part.shape[0], : part.shape[1]]
        return mask


def cells_around(
    frame: RgbdFrame, pixel: Pixel, distance_m: float, reach_m: float, share: float = 1.0
) -> Cells:
    """Return the cells within `reach_m` of a pixel whose point is `distance_m` ahead.

    With a `share` below 1 they reach less far and are as small as they would be. A cell
    takes the first depth that it has. Raises FrameError on a frame without depth.
    """
    if frame.depth_m is None:
        raise FrameError('cells need a frame with depth, got one without')
    reach_px = math.ceil(frame.camera.fx_px * reach_m / max(distance_m, 0.05))
    left, top, right, bottom = _window(frame, pixel, reach_px)
    step = max(1, math.ceil(max(right - left, bottom - top) / _MOST_CELLS))
    left, top, right, bottom = _window(frame, pixel, math.ceil(share * reach_px))
    u, v = round(pixel.u_px), round(pixel.v_px)
    part_m = frame.depth_m[top:bottom, left:right]
    depth_m = part_m[::step, ::step].copy()
    rays = frame.camera.pixel_rays()[top:bottom:step, left:right:step]
    for down in range(step):
        for across in range(step):
            other = part_m[down::step, across::step]
            same = depth_m[: other.shape[0], : other.shape[1]]
            np.copyto(same, other, where=~np.isfinite(same))
    depth_m = without_specks(depth_m)
    rotation = frame.base_from_camera[:3, :3].astype(np.float32)
    points = (rays * depth_m[..., None]).reshape(-1, 3) @ rotation.T
    points += frame.base_from_camera[:3, 3].astype(np.float32)
    colours = np.ascontiguousarray(frame.rgb[top:bottom:step, left:right:step])
    seed = ((v - top) // step, (u - left) // step)
    return Cells(points.reshape(rays.shape), colours, seed, left, top, step)


def _window(frame: RgbdFrame, pixel: Pixel, reach_px: int) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom (one behind) of the picture around a pixel."""
    u, v = round(pixel.u_px), round(pixel.v_px)
    return (
        max(0, u - reach_px),
        max(0, v - reach_px),
        min(frame.camera.width_px, u + reach_px + 1),
        min(frame.camera.height_px, v + reach_px + 1),
    )


def without_specks(
    depth_m: DepthArray, speck_px: int = _SPECK_PX, step_m: float = _SPECK_STEP_M
) -> DepthArray:
    """Return depth (h, w) without small patches that hang together with nothing around them.

    Stereo and structured light see such patches, here of `speck_px` pixels at most, before and
    behind edges, where nothing is.
    """
    units = np.nan_to_num(depth_m * _UNITS_IN_M, nan=0.0).clip(0, 32000).astype(np.int16)
    cv2.filterSpeckles(units, 0, speck_px, step_m * _UNITS_IN_M)
    kept = units > 0
    # Sparse depth, as registration leaves it, is nothing but specks: then none is a fault.
    if kept.sum() < _LEAST_KEPT * np.isfinite(depth_m).sum():
        return depth_m
    return np.where(kept, depth_m, np.float32(np.nan))


def normals_of(cells: Cells, from_camera_base: FloatArray) -> NDArray[np.float32]:
    """Return the normals (3, h, w) of the smoothed surface, towards the camera at this place."""
    known = cells.known
    weight = np.maximum(cv2.blur(known.astype(np.float32), (3, 3)), np.float32(1e-6))
    smooth = np.empty((3, *known.shape), dtype=np.float32)
    for plane, values in zip(smooth, planes_of(cells), strict=True):
        np.divide(cv2.blur(np.where(known, values, np.float32(0.0)), (3, 3)), weight, out=plane)
    padded = np.pad(smooth, ((0, 0), (1, 1), (1, 1)), mode='edge')
    normals = _cross(
        padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2], padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    )
    smooth -= from_camera_base.astype(np.float32)[:, None, None]
    # Towards the camera, and of length 1.
    length = np.sqrt(np.maximum(dot(normals, normals), np.float32(1e-24)))
    normals /= np.where(dot(normals, smooth) > 0.0, -length, length)
    return normals


def planes_of(cells: Cells) -> NDArray[np.float32]:
    """Return the points of cells as planes (3, h, w) of x, y and z: sums run faster over them."""
    planes: NDArray[np.float32] = np.ascontiguousarray(np.moveaxis(cells.points_base, -1, 0))
    return planes


def dot(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the products (...) of vectors (3, ...)."""
    products: NDArray[np.float32] = one[0] * other[0] + one[1] * other[1] + one[2] * other[2]
    return products


def _cross(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the cross products of vectors (3, h, w); numpy's own takes five times as long."""
    (a0, a1, a2), (b0, b1, b2) = one, other
    crossed: NDArray[np.float32] = np.stack(
        [a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0]
    )
    return crossed
