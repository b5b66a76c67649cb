"""A frame that is made smaller shows the same things in the same places, and no new depths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthetic import CAMERA, Box, frame_of

from vlm_nav.observation.rgbd_frame import FrameError, RgbdFrame, points_base
from vlm_nav.observation.shrinking import shrunk_frame, shrunk_picture

LENS = (0.15, -0.48, 0.001, -0.002, 0.43)
LARGE = replace(CAMERA.resized(480, 360), distortion=LENS)


def large_frame() -> RgbdFrame:
    return frame_of([Box((2.0, 2.5), (-0.5, 0.5))], camera=LARGE)


@pytest.mark.parametrize('side_px', [240, 200, 160, 61, 1])
def test_what_is_seen_stays_where_it_was(side_px: int) -> None:
    whole = large_frame()
    shrunk = shrunk_frame(whole, side_px)
    assert max(shrunk.rgb.shape[:2]) == side_px
    known = np.isfinite(points_base(whole)).all(axis=-1)
    ahead = whole.camera.rays(np.argwhere(known)[::500, ::-1])
    scale = np.array((shrunk.camera.width_px, shrunk.camera.height_px)) / (480, 360)
    expected = (whole.camera.project(ahead) + 0.5) * scale - 0.5
    np.testing.assert_allclose(shrunk.camera.project(ahead), expected, atol=1e-6)


@pytest.mark.parametrize('side_px', [240, 200, 160, 61])
def test_each_depth_was_measured_within_the_pixel_that_it_stands_for(side_px: int) -> None:
    whole = large_frame()
    shrunk = shrunk_frame(whole, side_px)
    assert whole.depth_m is not None
    assert shrunk.depth_m is not None
    height, width = shrunk.depth_m.shape
    for row, column in np.argwhere(np.isfinite(shrunk.depth_m))[::37]:
        rows, columns = (
            slice(index * size // new, -(-(index + 1) * size // new))
            for index, size, new in ((row, 360, height), (column, 480, width))
        )
        assert shrunk.depth_m[row, column] in whole.depth_m[rows, columns]


def test_a_pixel_is_unknown_only_where_nothing_of_it_was_measured() -> None:
    whole = large_frame()
    assert whole.depth_m is not None
    depth_m = np.full_like(whole.depth_m, np.nan)
    depth_m[0::3, 2::3] = 1.5
    depth_m[:30] = np.nan
    shrunk = shrunk_frame(replace(whole, depth_m=depth_m), 160).depth_m
    assert shrunk is not None
    assert np.isnan(shrunk[:10]).all()
    np.testing.assert_array_equal(shrunk[10:], 1.5)


def test_of_what_a_pixel_covers_that_in_its_middle_counts() -> None:
    whole = large_frame()
    depth_m = np.full((360, 480), 9.0, dtype=np.float32)
    depth_m[1::3, 1::3] = np.arange(160.0) + 1.0
    shrunk = shrunk_frame(replace(whole, depth_m=depth_m), 160).depth_m
    np.testing.assert_array_equal(shrunk, np.tile(np.arange(160.0) + 1.0, (120, 1)))


def test_what_is_small_enough_is_returned_as_it_is() -> None:
    frame = large_frame()
    assert shrunk_frame(frame, 480) is frame
    assert shrunk_picture(frame.rgb, 1000) is frame.rgb


def test_a_frame_without_depth_gets_none() -> None:
    shrunk = shrunk_frame(replace(large_frame(), depth_m=None), 160)
    assert shrunk.depth_m is None
    with pytest.raises(FrameError):
        points_base(shrunk)
