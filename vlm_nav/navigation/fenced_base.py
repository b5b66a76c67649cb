"""A base that is sent nowhere outside the fence, and stopped where it leaves it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.reasons import DrivingReason, ObservationReason
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.navigation.fence import Fence
from vlm_nav.navigation.interrupted import drive_unless
from vlm_nav.navigation.ports import Base, DriveOutcome

_PERIOD_S = 0.1
# Who does not know where the robot is cannot keep it inside.
_LOST_S = 2.0
# What was allowed when it was offered is not refused for a rounding.
_ROUNDING_M = 1e-3


@dataclass(frozen=True, eq=False)
class FencedBase:
    """Implements navigation.ports.Base with another base, within a fence.

    A goal beyond the fence ends with `goal_outside_fence` and is not sent. A robot that crosses
    the fence, or into what is kept out, is stopped with `left_fence`; one whose place in the
    map, which `own_pose` gives, is not known for 2 s, with `no_transform`.
    """

    base: Base
    fence: Fence
    own_pose: Callable[[str], FloorPose | None]
    radius_m: float

    async def drive(self, waypoint: Waypoint, deadline: Deadline) -> DriveOutcome:
        """Drive within the fence; see navigation.ports.Base."""
        place = np.array((waypoint.x_m, waypoint.y_m))
        if not self.fence.allows(place, self.radius_m - _ROUNDING_M):
            detail = f'({waypoint.x_m:.2f}, {waypoint.y_m:.2f}) in {waypoint.frame_id!r}'
            return DriveOutcome(
                False,
                DrivingReason.GOAL_OUTSIDE_FENCE,
                f'{detail} is nearer than {self.radius_m:g} m to the border, or beyond it',
            )
        objection = self._objection(waypoint.frame_id)
        return await drive_unless(objection, self.base, waypoint, deadline)

    async def _objection(self, frame_id: str) -> DriveOutcome:
        lost = Deadline.after(_LOST_S)
        was_allowed: np.ndarray | None = None
        while True:
            pose = self.own_pose(frame_id)
            if pose is not None:
                lost = Deadline.after(_LOST_S)
                allowed = self.fence.clearances_m(np.array((pose.x_m, pose.y_m))) >= 0.0
                if was_allowed is not None and (was_allowed & ~allowed).any():
                    return _left(pose, frame_id)
                was_allowed = allowed if was_allowed is None else was_allowed | allowed
            elif lost.expired():
                detail = f'for {_LOST_S:g} s the place of the robot in {frame_id!r} was not known'
                return DriveOutcome(False, ObservationReason.NO_TRANSFORM, detail)
            await asyncio.sleep(_PERIOD_S)


def _left(pose: FloorPose, frame_id: str) -> DriveOutcome:
    place = f'({pose.x_m:.2f}, {pose.y_m:.2f}) in {frame_id!r}'
    return DriveOutcome(False, DrivingReason.LEFT_FENCE, f'the robot left the fence at {place}')
