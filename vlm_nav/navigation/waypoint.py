"""From a place before the base to a pose in the map."""

from __future__ import annotations

import math

from vlm_nav.core.candidate import GroundAction, Pixel
from vlm_nav.core.decision import Waypoint
from vlm_nav.geometry.poses import inverse, transform_points
from vlm_nav.observation.rgbd_frame import RgbdFrame


def waypoint_for(action: GroundAction, frame: RgbdFrame) -> Waypoint:
    """Return the place in the frame's map, as it lay when the picture was taken.

    The yaw points away from where the robot stood, so that it arrives looking onward.
    """
    x_m = action.range_m * math.cos(action.bearing_rad)
    y_m = action.range_m * math.sin(action.bearing_rad)
    start, goal = transform_points(frame.map_from_base, [(0.0, 0.0, 0.0), (x_m, y_m, 0.0)])
    yaw_rad = math.atan2(goal[1] - start[1], goal[0] - start[0])
    return Waypoint(frame.map_frame, frame.stamp_ns, float(goal[0]), float(goal[1]), yaw_rad)


def goal_pixel(waypoint: Waypoint, frame: RgbdFrame) -> Pixel:
    """Return where a goal on the floor shows in the frame's picture, NaN where it does not."""
    camera_from_map = inverse(frame.map_from_base @ frame.base_from_camera)
    # The floor is where the base stands, which is not z = 0 in every map.
    floor_m = frame.map_from_base[2, 3]
    point = transform_points(camera_from_map, (waypoint.x_m, waypoint.y_m, floor_m))
    u_px, v_px = frame.camera.project(point)
    return Pixel(float(u_px), float(v_px))
