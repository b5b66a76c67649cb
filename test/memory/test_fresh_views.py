"""What was looked at a moment ago from nearly here stands for another look."""

from __future__ import annotations

from dataclasses import replace

import pytest
from synthetic import frame_of

from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.memory.fresh_views import FreshViews
from vlm_nav.observation.rgbd_frame import RgbdFrame


def frame_at(x_m: float, stamp_s: float) -> RgbdFrame:
    frame = frame_of(map_from_base=transform_from_floor_pose(FloorPose(x_m, 0.0, 0.0)))
    return replace(frame, stamp_ns=round(stamp_s * 1e9), identifier=f'{x_m:g} {stamp_s:g}')


def names_around(views: FreshViews, reference: RgbdFrame) -> list[str]:
    return [frame.identifier for frame in views.around(reference)]


def test_only_what_is_young_and_from_near_stands_for_a_look() -> None:
    frames = [frame_at(0.0, 1.0), frame_at(0.2, 8.0), frame_at(2.0, 8.0), frame_at(0.1, 12.0)]
    views = FreshViews(fresh_s=5.0, near_m=0.5).with_frames(frames)
    # The first is too old, the third from elsewhere, the last of a time that is not yet.
    assert names_around(views, frame_at(0.0, 10.0)) == ['0.2 8']


def test_a_frame_of_another_map_or_the_look_itself_does_not() -> None:
    here = frame_at(0.0, 10.0)
    elsewhere = replace(frame_at(0.0, 9.0), map_frame='odom')
    assert FreshViews().with_frames([here, elsewhere]).around(here) == ()


@pytest.mark.parametrize('views', [FreshViews(fresh_s=0.0), FreshViews().forgotten()])
def test_where_none_is_wanted_or_all_are_forgotten_there_is_none(views: FreshViews) -> None:
    seen = views.with_frames([frame_at(0.0, 9.0)])
    kept = seen if views.fresh_s == 0.0 else seen.forgotten()
    assert kept.around(frame_at(0.0, 10.0)) == ()


def test_no_more_are_kept_than_show_all_sides_and_the_newest_stay() -> None:
    views = FreshViews()
    for number in range(40):
        views = views.with_frames([frame_at(0.0, float(number))])
    stamps = [frame.stamp_ns for frame in views.frames]
    assert len(stamps) == 12
    assert stamps[-1] == 39_000_000_000
