"""A view is made of the frames that show most of it in front, and of no more than are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.imagination.sources import sources_of
from vlm_nav.observation.rgbd_frame import RgbdFrame

_CAMERA = PinholeCamera(80, 60, 60.0, 60.0, 39.5, 29.5)
_AHEAD = np.array(
    ((0.0, 0.0, 1.0, 0.0), (-1.0, 0.0, 0.0, 0.0), (0.0, -1.0, 0.0, 1.0), (0.0, 0.0, 0.0, 1.0))
)


def of_wall(
    name: str, distance_m: float, x_m: float = 0.0, shown: slice = slice(None)
) -> RgbdFrame:
    """Return a frame from `x_m` ahead that sees a wall so far away, in some columns alone."""
    depth_m = np.full((60, 80), np.nan, dtype=np.float32)
    depth_m[:, shown] = distance_m
    base_from_camera = _AHEAD.copy()
    base_from_camera[0, 3] = x_m
    rgb = np.zeros((60, 80, 3), dtype=np.uint8)
    return RgbdFrame(rgb, depth_m, _CAMERA, base_from_camera, np.eye(4), 'map', 0, name)


def names(frames: Sequence[RgbdFrame], most: int = 3) -> list[str]:
    found = sources_of(frames, _CAMERA, _AHEAD, most)
    return [source.frame.identifier for source in found]


def test_a_frame_of_the_next_room_shows_nothing_through_the_wall() -> None:
    behind = of_wall('next room', 4.0, x_m=2.5)
    assert names([behind, of_wall('wall', 2.0)]) == ['wall']
    assert names([behind]) == ['next room']


def test_frames_that_add_something_come_before_those_that_show_the_same_again() -> None:
    left, right = of_wall('left', 2.0, shown=slice(50)), of_wall('right', 2.0, shown=slice(40, 80))
    again = of_wall('left again', 2.0, shown=slice(48))
    assert names([left, again, right], most=2) == ['left', 'right']


def test_frames_that_show_nothing_of_it_are_no_source() -> None:
    blind = of_wall('blind', np.nan)
    without = replace(blind, depth_m=None, identifier='without depth')
    assert names([blind, without]) == []
    assert names([of_wall('wall', 2.0)], most=0) == []
