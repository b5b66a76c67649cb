"""Floor that was seen from near is known; what lies beyond, or behind something, is not."""

from __future__ import annotations

import dataclasses
import math

import pytest
from synthetic import Box, frame_of

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.memory.looked_over import LookedOver

NOTHING = LookedOver(2.5)


def test_floor_ahead_is_known_as_far_as_it_was_near() -> None:
    known = NOTHING.with_frames([frame_of()])
    assert known.covers(1.0, 0.0)
    assert known.covers(2.2, 0.0)
    assert not known.covers(3.0, 0.0)
    assert not known.covers(-1.0, 0.0)


def test_floor_lies_where_it_was_seen_in_the_map() -> None:
    pose = transform_from_floor_pose(FloorPose(10.0, -3.0, math.pi / 2.0))
    known = NOTHING.with_frames([frame_of(map_from_base=pose)])
    assert known.covers(10.0, -1.0)
    assert not known.covers(12.0, -3.0)


def test_what_stands_on_the_floor_hides_what_is_behind() -> None:
    wall = Box((1.2, 1.4), (-2.0, 2.0))
    known = NOTHING.with_frames([frame_of([wall])])
    assert known.covers(0.9, 0.0)
    assert not known.covers(2.0, 0.0)


def test_several_views_add_up_and_a_camera_without_depth_adds_nothing() -> None:
    behind = transform_from_floor_pose(FloorPose(0.0, 0.0, math.pi))
    blind = dataclasses.replace(frame_of(), depth_m=None)
    ahead = NOTHING.with_frames([frame_of(), blind])
    both = ahead.with_frames([frame_of(map_from_base=behind)])
    assert both.covers(1.0, 0.0)
    assert both.covers(-1.0, 0.0)
    assert NOTHING.with_frames([blind]) == NOTHING


def test_the_distance_may_be_nothing_but_no_number_below() -> None:
    assert LookedOver(0.0).with_frames([frame_of()]).cells == frozenset()
    for wrong in (-0.1, math.inf, math.nan):
        with pytest.raises(InvalidValueError):
            LookedOver(wrong)
