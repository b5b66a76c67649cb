"""Which pixels a box or a mask means, and where in them the thing ends by its depth."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Pixel
from vlm_nav.geometry.arrays import DepthArray
from vlm_nav.manipulation.lifted import PixelBox
from vlm_nav.manipulation.surfaces import depth_std_m
from vlm_nav.observation.rgbd_frame import RgbdFrame

_SAME_THING_M = 0.25
_REACH_SHARE = 0.12
_MOST_REACH_PX = 12
_STEP_M = 0.006
_HOLE_SHARE = 0.25
_STEP_SIGMAS = 3.0
_CROSS = np.array(((0, 1, 0), (1, 1, 1), (0, 1, 0)), dtype=np.uint8)
_SQUARE = np.ones((3, 3), dtype=np.uint8)


def fitted_to_depth(mask: NDArray[np.bool_], depth_m: DepthArray) -> NDArray[np.bool_]:
    """Return a mask (H, W) whose border is moved to the edge in the depth that is near it.

    What draws masks, and registration, err by several pixels. Within a tenth of the mask's size
    what an edge in the depth parts from its inside is taken away, and what hangs together with
    it up to an edge is added. Where no edge is near, the border stays.
    """
    # A mask is as long as a square of its area, here.
    reach_px = int(np.clip(round(_REACH_SHARE * math.sqrt(int(mask.sum()))), 1, _MOST_REACH_PX))
    window = _window(mask, reach_px + 1)
    inner, part_m = mask[window], depth_m[window]
    edge = _edges(part_m)
    kept = inner & _hangs_together(inner & ~edge, _core(inner, reach_px)) | (
        inner & ~_known(part_m)
    )
    fitted = np.zeros_like(mask)
    fitted[window] = kept | _added(inner, kept, edge, part_m, reach_px)
    return fitted


def without_holes(depth_m: DepthArray, mask: NDArray[np.bool_]) -> DepthArray:
    """Return depth (H, W) whose holes inside a mask (H, W) have the depth that is nearest.

    Where a shiny thing has no depth it is there all the same. What is at the mask's border is
    nobody's hole.
    """
    known = _known(depth_m) & mask
    size_px = max(3, round(_HOLE_SHARE * math.sqrt(int(mask.sum()))))
    if not known.any():
        return depth_m
    window = _window(mask, size_px)
    part, part_m = known[window], depth_m[window]
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size_px, size_px))
    closed = cv2.morphologyEx(part.astype(np.uint8), cv2.MORPH_CLOSE, kernel) > 0
    holes = closed & mask[window] & ~part
    _, nearest = cv2.distanceTransformWithLabels(
        (~part).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    depths_m = np.full(int(nearest.max()) + 1, np.nan, dtype=np.float32)
    depths_m[nearest[part]] = part_m[part]
    filled_m: DepthArray = depth_m.copy()
    filled_m[window][holes] = depths_m[nearest[holes]]
    return filled_m


def _window(mask: NDArray[np.bool_], margin_px: int) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - margin_px), int(rows[-1]) + margin_px + 1),
        slice(max(0, int(columns[0]) - margin_px), int(columns[-1]) + margin_px + 1),
    )


def _known(depth_m: DepthArray) -> NDArray[np.bool_]:
    known: NDArray[np.bool_] = np.isfinite(depth_m)
    return known


def _edges(depth_m: DepthArray) -> NDArray[np.bool_]:
    """Return the pixels (h, w) without depth, and those behind a step."""
    edge = ~_known(depth_m)
    with np.errstate(invalid='ignore'):
        step_m = _STEP_M + _STEP_SIGMAS * depth_std_m(depth_m.astype(np.float64))
        edge[:, 1:] |= np.abs(np.diff(depth_m, axis=1)) > step_m[:, 1:]
        edge[1:] |= np.abs(np.diff(depth_m, axis=0)) > step_m[1:]
    return edge


def _core(mask: NDArray[np.bool_], reach_px: int) -> NDArray[np.bool_]:
    """Return what lies so deep in the mask that it is the thing's whatever its border is."""
    inside = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    core: NDArray[np.bool_] = inside > min(reach_px, 0.5 * float(inside.max()))
    return core


def _hangs_together(free: NDArray[np.bool_], core: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what of `free` hangs together with the core, grown by one pixel."""
    count, labels = cv2.connectedComponents(free.astype(np.uint8), connectivity=4)
    named = np.zeros(count, dtype=np.bool_)
    named[labels[core]] = True
    named[0] = False
    together: NDArray[np.bool_] = cv2.dilate(named[labels].astype(np.uint8), _CROSS) > 0
    return together


def _added(
    mask: NDArray[np.bool_],
    kept: NDArray[np.bool_],
    edge: NDArray[np.bool_],
    depth_m: DepthArray,
    reach_px: int,
) -> NDArray[np.bool_]:
    """Return the pixels beside the mask that come before the first edge from there on."""
    away_px, nearest = cv2.distanceTransformWithLabels(
        (~mask).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    beside = (away_px > 0.0) & (away_px <= reach_px)
    until_px = np.full(int(nearest.max()) + 1, np.inf, dtype=np.float32)
    met = beside & edge
    np.minimum.at(until_px, nearest[met].astype(np.int64), away_px[met])
    until_px[np.isinf(until_px)] = 0.0
    reached = np.zeros(len(until_px), dtype=np.bool_)
    reached[nearest[kept]] = True
    added = beside & (away_px < until_px[nearest]) & reached[nearest] & _known(depth_m)
    # Nothing that is one pixel wide is a border.
    opened: NDArray[np.bool_] = (
        cv2.morphologyEx((kept | added).astype(np.uint8), cv2.MORPH_OPEN, _SQUARE) > 0
    )
    found: NDArray[np.bool_] = opened & added
    return found


def mask_of(frame: RgbdFrame, target: PixelBox | NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which pixels (H, W) a mask, or the thing in the middle of a box, is made of.

    A mask of another size than the picture has none.
    """
    shape = frame.rgb.shape[:2]
    if not isinstance(target, PixelBox):
        return target if target.shape == shape else np.zeros(shape, dtype=np.bool_)
    mask = np.zeros(shape, dtype=np.bool_)
    top, left = max(0, round(target.top_px)), max(0, round(target.left_px))
    mask[top : max(0, round(target.bottom_px) + 1), left : max(0, round(target.right_px) + 1)] = 1
    if frame.depth_m is None:
        return mask
    # Of all that a box shows, the thing in its middle counts, not what is behind.
    inner = frame.depth_m[mask]
    inner = inner[np.isfinite(inner)]
    if not len(inner):
        return mask
    rows, columns = np.nonzero(mask & np.isfinite(frame.depth_m))
    off = np.abs(rows - (target.top_px + target.bottom_px) / 2) / max(1, np.ptp(rows)) + np.abs(
        columns - (target.left_px + target.right_px) / 2
    ) / max(1, np.ptp(columns))
    middle_m = float(np.median(frame.depth_m[rows, columns][off <= np.percentile(off, 30.0)]))
    with np.errstate(invalid='ignore'):
        near: NDArray[np.bool_] = mask & (
            np.abs(frame.depth_m - middle_m) < _SAME_THING_M * middle_m
        )
    return near


def middle_of(frame: RgbdFrame, mask: NDArray[np.bool_] | None) -> Pixel | None:
    """Return the pixel with depth that lies deepest in the mask."""
    if mask is None or not mask.any():
        return None
    padded = np.pad(mask.astype(np.uint8), 1)
    inside = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1]
    if frame.depth_m is not None:
        inside = np.where(np.isfinite(frame.depth_m), inside, 0.0)
    if not inside.max() > 0.0:
        return None
    row, column = np.unravel_index(int(inside.argmax()), inside.shape)
    return Pixel(float(column), float(row))
