"""Pictures and frames made smaller: colours by area, depth without any that nobody measured."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.observation.rgbd_frame import RgbdFrame


def shrunk_frame(frame: RgbdFrame, longest_side_px: int) -> RgbdFrame:
    """Return a frame whose longer side is at most so long; one that is small enough as it is.

    What it shows lies where it lay. A pixel's depth is the one measured nearest to its middle, NaN
    where nothing that it covers was measured: between two surfaces none is made up.
    """
    rgb = shrunk_picture(frame.rgb, longest_side_px)
    if rgb is frame.rgb:
        return frame
    height, width = rgb.shape[:2]
    return replace(
        frame,
        rgb=rgb,
        depth_m=None if frame.depth_m is None else _shrunk_depth(frame.depth_m, (height, width)),
        camera=frame.camera.resized(width, height),
    )


def shrunk_picture(rgb: RgbArray, longest_side_px: int) -> RgbArray:
    """Return a picture (h, w, 3) whose longer side is at most so long, or the same picture."""
    height, width = rgb.shape[:2]
    scale = longest_side_px / max(height, width)
    if scale >= 1.0:
        return rgb
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _shrunk_depth(depth_m: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    (rows, down), (columns, across) = (
        _covered(size, new) for size, new in zip(depth_m.shape, shape, strict=True)
    )
    pairs = [(row, column) for row in range(len(rows)) for column in range(len(columns))]
    pairs.sort(key=lambda pair: math.hypot(down[pair[0]], across[pair[1]]))
    shrunk: NDArray[np.float32] = np.full(shape, np.nan, dtype=depth_m.dtype)
    for row, column in pairs:
        unknown = np.isnan(shrunk)
        if not unknown.any():
            break
        np.copyto(shrunk, depth_m[np.ix_(rows[row], columns[column])], where=unknown)
    return shrunk


def _covered(size: int, new: int) -> tuple[list[NDArray[np.intp]], list[float]]:
    """Return which of `size` pixels the `new` ones (new,) cover, and how far from their middles.

    The first array names one that each of them covers, and so on; distances are in old pixels.
    """
    scale = size / new
    count = math.ceil(scale)
    aside = [scale * ((index + 0.5) / count - 0.5) for index in range(count)]
    middles = scale * (np.arange(new) + 0.5)
    return [np.floor(middles + away).astype(np.intp) for away in aside], aside
