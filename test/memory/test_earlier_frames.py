"""Frames of earlier looks: few that lie apart, the newest of each place, none of another map."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from synthetic import CAMERA, frame_of

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.memory.earlier_frames import EarlierFrames
from vlm_nav.observation.rgbd_frame import RgbdFrame


def frame_at(name: str, x_m: float, yaw_rad: float = 0.0) -> RgbdFrame:
    pose = transform_from_floor_pose(FloorPose(x_m, 0.0, yaw_rad))
    return replace(frame_of(map_from_base=pose), identifier=name)


def names_of(earlier: EarlierFrames) -> list[str]:
    return [frame.identifier for frame in earlier.frames]


def test_a_newer_frame_takes_the_place_of_one_from_nearly_there() -> None:
    earlier = EarlierFrames().with_frames([frame_at('old', 0.0), frame_at('far', 3.0)])
    assert names_of(earlier.with_frames([frame_at('new', 0.2)])) == ['far', 'new']


def test_a_frame_along_another_heading_shows_something_else() -> None:
    turned = [frame_at(str(step), 0.0, step * math.pi / 3.0) for step in range(6)]
    assert len(EarlierFrames().with_frames(turned).frames) == 6


def test_where_there_are_too_many_the_older_of_the_two_nearest_goes() -> None:
    places = {'a': 0.0, 'b': 5.0, 'c': 6.0, 'd': 12.0, 'e': 20.0}
    frames = [frame_at(name, x_m) for name, x_m in places.items()]
    assert names_of(EarlierFrames(4).with_frames(frames)) == ['a', 'c', 'd', 'e']


def test_frames_without_depth_are_not_kept_and_with_none_wanted_none_is() -> None:
    flat = replace(frame_at('flat', 0.0), depth_m=None)
    assert not EarlierFrames().with_frames([flat]).frames
    assert not EarlierFrames(0).with_frames([frame_at('one', 0.0)]).frames
    with pytest.raises(InvalidValueError, match='got -1'):
        EarlierFrames(-1)


def test_they_come_placed_in_the_base_frame_of_now() -> None:
    earlier = EarlierFrames().with_frames([frame_at('there', 3.0)])
    here = frame_at('here', 1.0, math.pi / 2.0)
    (frame,) = earlier.around(here)
    np.testing.assert_allclose(
        frame.map_from_base @ frame.base_from_camera,
        earlier.frames[0].map_from_base @ earlier.frames[0].base_from_camera,
        atol=1e-9,
    )
    np.testing.assert_array_equal(frame.map_from_base, here.map_from_base)


def test_frames_of_another_map_are_forgotten() -> None:
    earlier = EarlierFrames().with_frames([frame_at('there', 3.0)])
    moved = replace(frame_at('here', 0.0), map_frame='other_map')
    assert earlier.around(moved) == ()
    assert names_of(earlier.with_frames([moved])) == ['here']


def test_however_large_the_pictures_are_what_is_kept_is_bounded() -> None:
    large = frame_of(camera=CAMERA.resized(1280, 960))
    places = [transform_from_floor_pose(FloorPose(5.0 * step, 0.0, 0.0)) for step in range(4)]
    frames = [replace(large, map_from_base=place) for place in places]
    kept = EarlierFrames(3).with_frames(frames).frames
    assert len(kept) == 3
    for frame in kept:
        assert frame.depth_m is not None
        assert frame.rgb.shape[:2] == frame.depth_m.shape == (480, 640)
        assert frame.rgb.base is None or frame.rgb.base.nbytes == frame.rgb.nbytes
        assert frame.depth_m.base is None
        assert frame.rgb.nbytes + frame.depth_m.nbytes == 480 * 640 * 7


def test_a_frame_that_is_small_enough_is_kept_as_it_is() -> None:
    frame = frame_at('small', 0.0)
    assert EarlierFrames().with_frames([frame]).frames == (frame,)
