"""Parts of a picture that differ from what is around them, by depth and colour."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import DepthArray, RgbArray


@dataclass(frozen=True)
class SegmentSettings:
    """What is an edge, and how large a segment is.

    Depth has an edge where it jumps by `depth_share` of itself from one pixel to the next, colour
    where it changes by `colour_step` of 255 levels in CIELAB. A segment covers `smallest_share`
    to `largest_share` of the picture; what is larger is what things stand on or before.
    """

    depth_share: float = 0.015
    colour_step: float = 10.0
    smallest_share: float = 0.0008
    largest_share: float = 0.2

    def __post_init__(self) -> None:
        """Raise InvalidValueError for steps and shares that are none."""
        if not (min(self.depth_share, self.colour_step) > 0.0):
            raise InvalidValueError(f'steps are above 0, got {self}')
        if not 0.0 < self.smallest_share < self.largest_share <= 1.0:
            raise InvalidValueError(f'shares grow from above 0 up to 1, got {self}')


@dataclass(frozen=True, eq=False)
class Segments:
    """The segments of a picture: `labels` (H, W) is 0 where there is none, else 1, 2, ...

    `anchors` holds for each, in order, the pixel that lies farthest inside it, `areas_px` how many
    pixels it has. They are numbered by size, the largest first.
    """

    labels: NDArray[np.int32]
    anchors: tuple[Pixel, ...]
    areas_px: tuple[int, ...]


def segments(
    rgb: RgbArray, depth_m: DepthArray | None = None, settings: SegmentSettings = SegmentSettings()
) -> Segments:
    """Return the segments of a picture (H, W, 3), with depth (H, W) where there is any."""
    smooth = (~_edges(rgb, depth_m, settings)).astype(np.uint8)
    count, found, stats, _ = cv2.connectedComponentsWithStats(smooth, connectivity=4)
    areas = stats[:, cv2.CC_STAT_AREA]
    low, high = (
        share * smooth.size for share in (settings.smallest_share, settings.largest_share)
    )
    kept = [index for index in range(1, count) if low <= areas[index] <= high]
    kept.sort(key=lambda index: (-int(areas[index]), index))
    numbers = np.zeros(count, dtype=np.int32)
    numbers[kept] = np.arange(1, len(kept) + 1)
    parts = np.asarray(found, dtype=np.int32)
    labels = numbers[parts]
    # How deep a pixel lies within its own segment: borders of the picture are borders too.
    padded = cv2.copyMakeBorder(smooth, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    deep = np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 5), dtype=np.float32)
    boxes = np.asarray(stats, dtype=np.int32)
    anchors = tuple(_deepest(parts, deep[1:-1, 1:-1], boxes[index], index) for index in kept)
    return Segments(labels, anchors, tuple(int(areas[index]) for index in kept))


def _edges(
    rgb: RgbArray, depth_m: DepthArray | None, settings: SegmentSettings
) -> NDArray[np.bool_]:
    lab = cv2.cvtColor(cv2.bilateralFilter(rgb, 5, 30.0, 3.0), cv2.COLOR_RGB2LAB)
    edges: NDArray[np.bool_] = _steps(lab.astype(np.float32)) > settings.colour_step
    if depth_m is not None:
        with np.errstate(invalid='ignore', divide='ignore'):
            # The logarithm's step is the share; where depth begins or ends is no edge of its own.
            log = np.log(depth_m.astype(np.float32))[..., None]
            edges |= np.nan_to_num(_steps(log), nan=0.0, posinf=0.0) > settings.depth_share
    return edges


def _steps(channels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much each pixel (H, W) differs from the next to the right or below."""
    right, down = (np.zeros(channels.shape[:2], dtype=np.float32) for _ in range(2))
    right[:, :-1] = np.linalg.norm(np.diff(channels, axis=1), axis=2)
    down[:-1] = np.linalg.norm(np.diff(channels, axis=0), axis=2)
    return np.maximum(right, down)


def _deepest(
    parts: NDArray[np.int32], deep: NDArray[np.float32], stats: NDArray[np.int32], index: int
) -> Pixel:
    left, top, width, height = (int(value) for value in stats[:4])
    part = (slice(top, top + height), slice(left, left + width))
    inside = np.where(parts[part] == index, deep[part], -1.0)
    row, column = np.unravel_index(int(np.argmax(inside)), inside.shape)
    return Pixel(float(left + column), float(top + row))
