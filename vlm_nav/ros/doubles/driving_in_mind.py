"""How a robot without a body comes from one place to another: straight on."""

from __future__ import annotations

import math

from vlm_nav.geometry.poses import FloorPose


def distance_m(start: FloorPose, end: FloorPose) -> float:
    """Return the straight distance between two poses."""
    return math.hypot(end.x_m - start.x_m, end.y_m - start.y_m)


def advanced(
    pose: FloorPose, target: FloorPose, step_m: float, stop_m: float
) -> tuple[FloorPose, bool]:
    """Return the pose `step_m` nearer to the target, and whether it is `stop_m` before it."""
    left_m = distance_m(pose, target) - stop_m
    if left_m <= step_m and stop_m == 0.0:
        return target, True
    bearing_rad = math.atan2(target.y_m - pose.y_m, target.x_m - pose.x_m)
    step_m = max(0.0, min(step_m, left_m))
    moved = FloorPose(
        pose.x_m + step_m * math.cos(bearing_rad),
        pose.y_m + step_m * math.sin(bearing_rad),
        bearing_rad,
    )
    return moved, left_m <= step_m
