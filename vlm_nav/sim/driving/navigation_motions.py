"""Motions that Nav2 falls back on, moment by moment: turning, waiting, backing up."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose, wrap_angle
from vlm_nav.sim.driving.pursuit import STANDING, PursuitSettings, Velocity, moved_by

# Nav2's behaviors run at 10 Hz and turn at least this fast: small turns overshoot.
_CYCLE_S = 0.1
_SLOWEST_TURN_RAD_S = 0.4


class MotionState(Enum):
    """Whether a motion goes on."""

    RUNNING = 'running'
    DONE = 'done'
    FAILED = 'failed'


@dataclass(frozen=True)
class LookAhead:
    """Refuses what would bring the robot's disc to something within the next moments.

    `clearance_m` gives the distance of places (n, 2) to the nearest thing. Who is already nearer
    than `margin_m` beyond the radius may still go where it is no nearer.
    """

    clearance_m: Callable[[FloatArray], FloatArray]
    radius_m: float = 0.2
    margin_m: float = 0.01
    duration_s: float = 0.6

    def allows(self, pose: FloorPose, velocity: Velocity) -> bool:
        """Return whether the robot may go so fast from where it is."""
        if velocity.forward_m_s == 0.0:
            return True
        times_s = np.linspace(0.0, self.duration_s, 7)
        poses = [moved_by(pose, velocity, float(time_s)) for time_s in times_s]
        here_m, *ahead_m = self.clearance_m(np.array([(at.x_m, at.y_m) for at in poses]))
        return bool(min(ahead_m) >= min(self.radius_m + self.margin_m, here_m - 1e-4))


class Motion(Protocol):
    """A motion under way, asked for its velocity at each moment."""

    def step(self, now_s: float, pose: FloorPose) -> tuple[Velocity, MotionState]:
        """Return how fast to go, and whether that goes on."""
        ...


class Turn:
    """Turns by an angle, as Nav2's Spin: `turned_rad` says how far it has come."""

    def __init__(self, angle_rad: float, allowance_s: float, settings: PursuitSettings) -> None:
        """Turn to the left where `angle_rad` is above 0; 0 s of allowance are no limit."""
        self.turned_rad = 0.0
        self._angle_rad = angle_rad
        self._allowance_s = allowance_s or math.inf
        self._settings = settings
        self._began_s: float | None = None
        self._due_s = 0.0
        self._yaw_rad = 0.0
        self._velocity = STANDING

    def step(self, now_s: float, pose: FloorPose) -> tuple[Velocity, MotionState]:
        """See Motion; fails when the allowance is spent."""
        if self._began_s is None:
            self._began_s = self._due_s = now_s
            self._yaw_rad = pose.yaw_rad
        self.turned_rad += wrap_angle(pose.yaw_rad - self._yaw_rad)
        self._yaw_rad = pose.yaw_rad
        if now_s + 1e-9 < self._due_s:
            return self._velocity, MotionState.RUNNING
        self._due_s += _CYCLE_S
        left_rad = abs(self._angle_rad) - math.copysign(1.0, self._angle_rad) * self.turned_rad
        if left_rad < 1e-6:
            return STANDING, MotionState.DONE
        if now_s - self._began_s > self._allowance_s:
            return STANDING, MotionState.FAILED
        braking_rad_s = math.sqrt(2.0 * self._settings.turn_acceleration_rad_s2 * left_rad)
        speed = min(self._settings.turn_rad_s, max(_SLOWEST_TURN_RAD_S, braking_rad_s))
        self._velocity = Velocity(0.0, math.copysign(speed, self._angle_rad))
        return self._velocity, MotionState.RUNNING


class Wait:
    """Stands for a while."""

    def __init__(self, duration_s: float) -> None:
        """Stand this long from the first step on."""
        self._duration_s = duration_s
        self._until_s: float | None = None

    def step(self, now_s: float, pose: FloorPose) -> tuple[Velocity, MotionState]:
        """See Motion."""
        if self._until_s is None:
            self._until_s = now_s + self._duration_s
        done = now_s >= self._until_s
        return STANDING, MotionState.DONE if done else MotionState.RUNNING


class BackUp:
    """Drives backwards, never into anything."""

    def __init__(
        self, distance_m: float, speed_m_s: float, allowance_s: float, look_ahead: LookAhead
    ) -> None:
        """Drive this far within the allowance."""
        self._distance_m = distance_m
        self._speed_m_s = speed_m_s
        self._allowance_s = allowance_s
        self._look_ahead = look_ahead
        self._began: tuple[float, FloorPose] | None = None

    def step(self, now_s: float, pose: FloorPose) -> tuple[Velocity, MotionState]:
        """See Motion; fails before something, and when the allowance is spent."""
        if self._began is None:
            self._began = (now_s, pose)
        began_s, start = self._began
        velocity = Velocity(-self._speed_m_s, 0.0)
        if math.hypot(pose.x_m - start.x_m, pose.y_m - start.y_m) >= self._distance_m:
            return STANDING, MotionState.DONE
        late = now_s - began_s > self._allowance_s
        if late or not self._look_ahead.allows(pose, velocity):
            return STANDING, MotionState.FAILED
        return velocity, MotionState.RUNNING
