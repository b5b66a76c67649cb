"""What nobody saw, filled from around it and shown as such."""

from __future__ import annotations

import functools
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import RgbArray

# Lines in what was invented: dark enough to be seen, and not to be taken for a thing.
_LINE_EVERY_PX, _LINE_PX = 10, 2
_LINE_SHARE, _PLAIN_SHARE = 184, 230
_REST = np.float32(1e-3)


def filled(rgb: RgbArray, known: NDArray[np.bool_]) -> RgbArray:
    """Return the picture (H, W, 3) with slanted lines over colours from around its holes.

    Where `known` (H, W) the picture stays as it is; elsewhere it must be black.
    """
    if known.all():
        return rgb
    invented = _around(rgb, known.astype(np.uint8))
    cv2.multiply(invented, _shades(*known.shape), dst=invented, scale=1.0 / 255.0)
    cv2.copyTo(rgb, known.astype(np.uint8), invented)
    return invented


def _around(rgb: RgbArray, known: NDArray[np.uint8]) -> RgbArray:
    """Return the mean colours (H, W, 3) of what is known nearby, grey where nothing is."""
    height, width = known.shape
    size = (max(1, width // 4), max(1, height // 4))
    levels = [
        (
            _smaller(rgb, size).astype(np.float32).reshape(size[1], size[0], 3),
            _smaller(255 * known, size).astype(np.float32) / np.float32(255.0),
        )
    ]
    while max(levels[-1][1].shape) > 1:
        colours, shares = levels[-1]
        half = (max(1, shares.shape[1] // 2), max(1, shares.shape[0] // 2))
        smaller = _smaller(colours, half).reshape(half[1], half[0], 3)
        levels.append((smaller, _smaller(shares, half)))
    found = np.full((1, 1, 3), 128.0, dtype=np.float32)
    for colours, shares in reversed(levels):
        wide = (shares.shape[1], shares.shape[0])
        coarse = np.asarray(cv2.resize(found, wide)).reshape(colours.shape)
        # A little of what is coarser stays everywhere: it decides where nothing is known.
        found = (colours + _REST * coarse) / (shares[..., None] + _REST)
    smooth = np.clip(found, 0.0, 255.0).astype(np.uint8)
    return np.asarray(cv2.resize(smooth, (width, height)), dtype=np.uint8)


def _smaller(picture: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


@functools.lru_cache(maxsize=8)
def _shades(height: int, width: int) -> RgbArray:
    rows, columns = np.indices((height, width), sparse=True)
    lines = (rows + columns) % _LINE_EVERY_PX < _LINE_PX
    shades = np.where(lines, _LINE_SHARE, _PLAIN_SHARE).astype(np.uint8)
    return np.repeat(shades[..., None], 3, axis=2)
