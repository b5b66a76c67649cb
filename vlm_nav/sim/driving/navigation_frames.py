"""Where a goal lies in the map, as far as Nav2 would find out: by its frame, at its stamp."""

from __future__ import annotations

import math
from collections import deque
from enum import Enum

from vlm_nav.geometry.poses import (
    FloorPose,
    floor_pose_of,
    transform_from_floor_pose,
    wrap_angle,
)
from vlm_nav.messages.stamps import NS_IN_S
from vlm_nav.sim.driving.navigation_words import Moment, NavigationGoal

MAP, ODOM, BASE = 'map', 'odom', 'base_link'
_BUFFER_NS = 10 * NS_IN_S


class NotFound(Enum):
    """Why a goal's place in the map is not known."""

    NOT_YET = 'not_yet'
    NEVER = 'never'


class Frames:
    """Remembers where the robot was for as long as Nav2's transform buffer does."""

    def __init__(self) -> None:
        """Know of no moment yet."""
        self._moments: deque[Moment] = deque()

    def take(self, moment: Moment) -> None:
        """Remember a moment, and forget the old ones."""
        if moment.map_from_base is not None:
            self._moments.append(moment)
        while self._moments and self._moments[0].stamp_ns < moment.stamp_ns - _BUFFER_NS:
            self._moments.popleft()

    def target(self, goal: NavigationGoal) -> FloorPose | NotFound:
        """Return a goal in the map; its yaw is NaN where its quaternion is none.

        A stamp ahead of now may still come (NOT_YET); what is forgotten, or a frame that nobody
        knows, never does. The frame map needs no transform, and so no stamp.
        """
        pose = FloorPose(goal.position_m[0], goal.position_m[1], yaw_of(goal.quaternion_xyzw))
        if goal.frame_id == MAP:
            return pose
        if goal.frame_id not in {ODOM, BASE} or not self._moments:
            return NotFound.NEVER
        moment = self._moment_at(goal.stamp_ns)
        if isinstance(moment, NotFound):
            return moment
        parent = moment.map_from_base if goal.frame_id == BASE else moment.map_from_odom
        assert parent is not None, 'only moments with a pose are kept'
        return _composed(parent, pose)

    def _moment_at(self, stamp_ns: int) -> Moment | NotFound:
        newest = self._moments[-1]
        if stamp_ns == 0:
            return newest
        if stamp_ns > newest.stamp_ns:
            return NotFound.NOT_YET
        if stamp_ns < self._moments[0].stamp_ns:
            return NotFound.NEVER
        return min(self._moments, key=lambda moment: abs(moment.stamp_ns - stamp_ns))


def yaw_of(quaternion_xyzw: tuple[float, float, float, float]) -> float:
    """Return the yaw of a message's quaternion, as Nav2 reads it: 0 of zeros, NaN of NaN."""
    x, y, z, w = quaternion_xyzw
    norm_squared = x * x + y * y + z * z + w * w
    if not math.isfinite(norm_squared):
        return math.nan
    if norm_squared == 0.0:
        return 0.0
    return math.atan2(2.0 * (w * z + x * y), norm_squared - 2.0 * (y * y + z * z))


def _composed(parent: FloorPose, pose: FloorPose) -> FloorPose:
    yaw_rad = wrap_angle(pose.yaw_rad + parent.yaw_rad)
    if not (math.isfinite(pose.x_m) and math.isfinite(pose.y_m)):
        return FloorPose(math.nan, math.nan, yaw_rad)
    place = FloorPose(pose.x_m, pose.y_m, 0.0)
    moved = floor_pose_of(transform_from_floor_pose(parent) @ transform_from_floor_pose(place))
    return FloorPose(moved.x_m, moved.y_m, yaw_rad)
