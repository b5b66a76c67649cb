"""What was seen earlier is one picture to remember by, and nothing to choose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from synthetic import frame_of

from vlm_nav.drawing.marks import PictureKind
from vlm_nav.evidence.remembered_views import remembered_views
from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.memory.keyframes import Keyframes, KeyframeSettings
from vlm_nav.observation.rgbd_frame import RgbdFrame


def frame_at(x_m: float) -> RgbdFrame:
    pose = transform_from_floor_pose(FloorPose(x_m, 0.0, 0.0))
    return replace(frame_of(map_from_base=pose), identifier=f'{x_m:g}')


def test_all_of_them_stand_on_one_sheet_without_marks() -> None:
    kept = Keyframes(KeyframeSettings(travel_m=1.0)).with_frames(map(frame_at, (0.0, 2.0, 4.0)))
    (sheet,) = remembered_views(kept.kept, np.eye(4))
    assert (sheet.kind, sheet.marks) == (PictureKind.REMEMBERED, ())
    height, width = kept.kept[0].rgb.shape[:2]
    assert sheet.rgb.shape[0] == height
    assert sheet.rgb.shape[1] > 3 * width - 1


def test_where_they_were_taken_is_written_as_seen_from_the_robot() -> None:
    kept = Keyframes(KeyframeSettings(travel_m=1.0)).with_frames(map(frame_at, (0.0, 2.0)))
    one, other = (
        remembered_views(kept.kept, transform_from_floor_pose(FloorPose(0.0, 0.0, yaw_rad)))[0]
        for yaw_rad in (0.0, 1.5)
    )
    assert not np.array_equal(one.rgb, other.rgb)


def test_nothing_remembered_is_no_picture() -> None:
    assert remembered_views((), np.eye(4)) == ()
