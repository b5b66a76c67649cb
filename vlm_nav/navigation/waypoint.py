"""From a place before the base to a pose in the map."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from vlm_nav.core.candidate import GroundAction, Pixel
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import (
    FloorPose,
    floor_pose_of,
    inverse,
    transform_from_floor_pose,
    transform_points,
    wrap_angle,
)
from vlm_nav.observation.rgbd_frame import RgbdFrame


class FinalHeading(str, Enum):
    """Where the robot looks when it has arrived.

    onward: away from where it came. keep: as it looked when the goal was chosen. back: to where
    it came from.
    """

    ONWARD = 'onward'
    KEEP = 'keep'
    BACK = 'back'


@dataclass(frozen=True)
class Arrival:
    """How the robot arrives: so far before the chosen place on the straight way, and looking so.

    A place that is nearer than `stand_off_m` leaves the robot where it is, turned.
    """

    stand_off_m: float = 0.0
    final_heading: FinalHeading = FinalHeading.ONWARD

    def __post_init__(self) -> None:
        """Raise InvalidValueError for a distance that is none."""
        if not 0.0 <= self.stand_off_m < math.inf:
            raise InvalidValueError(f'a stand-off is 0 m or more, got {self.stand_off_m}')


def waypoint_for(action: GroundAction, frame: RgbdFrame, arrival: Arrival = Arrival()) -> Waypoint:
    """Return the place in the frame's map, as it lay when the picture was taken.

    By default the yaw points away from where the robot stood, so that it arrives looking onward.
    """
    range_m = max(0.0, action.range_m - arrival.stand_off_m)
    ahead = (math.cos(action.bearing_rad), math.sin(action.bearing_rad))
    there = (range_m * ahead[0], range_m * ahead[1], 0.0)
    start, beyond, goal = transform_points(
        frame.map_from_base, [(0.0, 0.0, 0.0), (*ahead, 0.0), there]
    )
    onward_rad = math.atan2(beyond[1] - start[1], beyond[0] - start[0])
    yaw_rad = {
        FinalHeading.ONWARD: onward_rad,
        FinalHeading.KEEP: floor_pose_of(frame.map_from_base).yaw_rad,
        FinalHeading.BACK: wrap_angle(onward_rad + math.pi),
    }[arrival.final_heading]
    return Waypoint(frame.map_frame, frame.stamp_ns, float(goal[0]), float(goal[1]), yaw_rad)


def waypoint_at(pose: FloorPose, frame: RgbdFrame) -> Waypoint:
    """Return a pose of the frame's base as one of its map."""
    there = floor_pose_of(frame.map_from_base @ transform_from_floor_pose(pose))
    return Waypoint(frame.map_frame, frame.stamp_ns, there.x_m, there.y_m, there.yaw_rad)


def goal_pixel(waypoint: Waypoint, frame: RgbdFrame) -> Pixel:
    """Return where a goal on the floor shows in the frame's picture, NaN where it does not."""
    camera_from_map = inverse(frame.map_from_base @ frame.base_from_camera)
    # The floor is where the base stands, which is not z = 0 in every map.
    floor_m = frame.map_from_base[2, 3]
    point = transform_points(camera_from_map, (waypoint.x_m, waypoint.y_m, floor_m))
    u_px, v_px = frame.camera.project(point)
    return Pixel(float(u_px), float(v_px))
