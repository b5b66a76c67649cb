"""What nobody saw, filled from around it and shown as such."""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import RgbArray

# Lines in what was invented: dark enough to be seen, and not to be taken for a thing.
_LINE_EVERY_PX, _LINE_PX = 10, 2
_LINE_SHARE, _PLAIN_SHARE = 0.72, 0.9


def filled(rgb: RgbArray, known: NDArray[np.bool_]) -> RgbArray:
    """Return the picture (H, W, 3) with slanted lines over colours from around its holes.

    Where `known` (H, W) the picture stays as it is.
    """
    if known.all():
        return rgb
    weight = known.astype(np.float32)
    colours = _around(rgb * known[..., None], weight)
    invented = np.clip(colours * _shades(*known.shape)[..., None], 0.0, 255.0).astype(np.uint8)
    return np.where(known[..., None], rgb, invented)


def _around(rgb: NDArray[np.uint8], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean colours (H, W, 3) of what is known nearby, grey where nothing is."""
    height, width = weight.shape
    size = (max(1, width // 4), max(1, height // 4))
    colours = np.asarray(cv2.resize(rgb.astype(np.float32), size, interpolation=cv2.INTER_AREA))
    shares = np.asarray(cv2.resize(weight, size, interpolation=cv2.INTER_AREA))
    levels = [(colours, shares)]
    while min(levels[-1][1].shape) > 1:
        colours, shares = levels[-1]
        half = (max(1, shares.shape[1] // 2), max(1, shares.shape[0] // 2))
        levels.append(
            (
                np.asarray(cv2.resize(colours, half, interpolation=cv2.INTER_AREA)),
                np.asarray(cv2.resize(shares, half, interpolation=cv2.INTER_AREA)),
            )
        )
    found = np.full((*levels[-1][1].shape, 3), 128.0, dtype=np.float32)
    for colours, shares in reversed(levels):
        wide = (shares.shape[1], shares.shape[0])
        coarse = np.asarray(cv2.resize(found, wide)).reshape(*shares.shape, 3)
        # A little of what is coarser stays everywhere: it decides where nothing is known.
        found = (colours.reshape(coarse.shape) + 1e-3 * coarse) / (shares[..., None] + 1e-3)
    return np.asarray(cv2.resize(found, (width, height)), dtype=np.float32).reshape(
        height, width, 3
    )


@functools.lru_cache(maxsize=8)
def _shades(height: int, width: int) -> NDArray[np.float32]:
    rows, columns = np.indices((height, width), sparse=True)
    lines = (rows + columns) % _LINE_EVERY_PX < _LINE_PX
    return np.where(lines, _LINE_SHARE, _PLAIN_SHARE).astype(np.float32)
