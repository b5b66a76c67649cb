"""Masks end where the depth says so, and holes of a thing are of the thing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from table_scene import TableBox, table_frame

from vlm_nav.geometry.arrays import DepthArray
from vlm_nav.manipulation.masks import fitted_to_depth, without_holes

CARTON = TableBox(0.7, 0.0, (0.06, 0.06, 0.18))


def carton(noise: float = 1.0) -> tuple[DepthArray, NDArray[np.bool_]]:
    """Return the depth of a carton on a table and the mask of it that is right."""
    frame = table_frame(CARTON, noise=noise)
    assert frame.depth_m is not None
    mask: NDArray[np.bool_] = (frame.rgb == CARTON.color).all(axis=-1)
    return frame.depth_m, mask


def off(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Return what share of a mask is only in one of both."""
    return float((one ^ other).sum() / other.sum())


def test_a_mask_that_lies_beside_the_depth_is_moved_to_it() -> None:
    depth_m, mask = carton()
    for right_px in (5, -5):
        moved = np.roll(mask, right_px, axis=1)
        assert off(fitted_to_depth(moved, depth_m), mask) < 0.75 * off(moved, mask)


def test_a_mask_that_is_right_stays() -> None:
    depth_m, mask = carton()
    assert off(fitted_to_depth(mask, depth_m), mask) < 0.03


def test_where_no_edge_is_near_the_border_of_a_mask_stays() -> None:
    frame = table_frame()
    assert frame.depth_m is not None
    mask = np.zeros(frame.depth_m.shape, dtype=np.bool_)
    mask[280:330, 300:360] = True
    assert (fitted_to_depth(mask, frame.depth_m) == mask).all()


def test_a_hole_inside_a_mask_is_filled_and_its_surroundings_are_not() -> None:
    depth_m, mask = carton()
    rows, columns = np.nonzero(mask)
    hole = np.zeros_like(mask)
    hole[int(rows.mean()) - 4 : int(rows.mean()) + 4, int(columns.mean()) - 4 :][:, :8] = True
    holey = np.where(hole | ~mask, np.float32(np.nan), depth_m)
    filled = without_holes(holey, mask)
    assert (np.isfinite(filled) == mask).all()
    assert np.abs(filled - depth_m)[hole].max() < 0.03
    assert np.isnan(holey[hole]).all()


def test_a_mask_without_depth_is_left_alone() -> None:
    nothing_m = np.full((480, 640), np.nan, dtype=np.float32)
    _, mask = carton()
    assert (fitted_to_depth(mask, nothing_m) == mask).all()
    assert np.isnan(without_holes(nothing_m, mask)).all()
