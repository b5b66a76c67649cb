"""How fast to drive and to turn so as to follow a path: regulated pure pursuit.

As in Nav2's controller of that name: turn on the spot while the path lies far off the nose, else
follow the arc to a place ahead on it, slower in bends, near things and near the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose, wrap_angle
from vlm_nav.sim.driving.planning import length_m

_BEGINNING_M = 1.5


@dataclass(frozen=True)
class Velocity:
    """How fast the base drives ahead, and turns to the left."""

    forward_m_s: float = 0.0
    turn_rad_s: float = 0.0

    def times(self, share: float) -> Velocity:
        """Return the velocity that leads over the same arc, so much slower."""
        return Velocity(share * self.forward_m_s, share * self.turn_rad_s)


STANDING = Velocity()


@dataclass(frozen=True)
class PursuitSettings:
    """Speeds, accelerations, and when a goal is reached; defaults as in Nav2's stock file.

    `slow_within_m` is the way left from which on it slows down, `slow_cost` the costmap value
    from which on, `turn_first_rad` how far off the nose the path may lie while driving.
    """

    speed_m_s: float = 0.5
    slowest_m_s: float = 0.08
    turn_rad_s: float = 1.0
    acceleration_m_s2: float = 2.5
    turn_acceleration_rad_s2: float = 3.2
    ahead_m: float = 0.45
    slow_within_m: float = 0.6
    slow_cost: int = 60
    turn_first_rad: float = 0.785
    position_tolerance_m: float = 0.25
    yaw_tolerance_rad: float = 0.25

    def __post_init__(self) -> None:
        """Raise InvalidValueError unless all are above 0."""
        wrong = {name: value for name, value in vars(self).items() if not value > 0.0}
        if wrong:
            raise InvalidValueError(f'settings of pursuit are above 0, got {wrong}')


def followed(
    pose: FloorPose,
    rest: FloatArray,
    settings: PursuitSettings = PursuitSettings(),
    cost: int = 0,
) -> Velocity:
    """Return the velocity that follows what is left of a path, see `rest_of`.

    `cost` is the costmap's value at the robot. Accelerations are not limited here.
    """
    near = cost >= settings.slow_cost
    # Beside things no corner is cut.
    ahead = place_ahead(rest, settings.ahead_m * (0.5 if near else 1.0))
    left_m = length_m(rest)
    away_m = math.hypot(ahead[0] - pose.x_m, ahead[1] - pose.y_m)
    if away_m < 1e-6:
        return STANDING
    bearing_rad = bearing_to(pose, ahead)
    if abs(bearing_rad) > settings.turn_first_rad:
        return Velocity(0.0, turning(bearing_rad, settings))
    curvature = 2.0 * math.sin(bearing_rad) / away_m
    speed_m_s = settings.speed_m_s / max(1.0, abs(curvature) * 0.5)
    if left_m < settings.slow_within_m:
        speed_m_s = min(speed_m_s, settings.speed_m_s * left_m / settings.slow_within_m)
    if near:
        speed_m_s = min(speed_m_s, settings.speed_m_s * 0.4)
    speed_m_s = max(speed_m_s, settings.slowest_m_s)
    turn_rad_s = curvature * speed_m_s
    if abs(turn_rad_s) > settings.turn_rad_s:
        speed_m_s *= settings.turn_rad_s / abs(turn_rad_s)
        turn_rad_s = math.copysign(settings.turn_rad_s, turn_rad_s)
    return Velocity(speed_m_s, turn_rad_s)


def turning(angle_rad: float, settings: PursuitSettings) -> float:
    """Return how fast to turn so that the turn by an angle can still be ended in time."""
    braking = math.sqrt(2.0 * 0.5 * settings.turn_acceleration_rad_s2 * abs(angle_rad))
    return math.copysign(min(settings.turn_rad_s, max(0.15, braking)), angle_rad)


def rest_of(pose: FloorPose, path: FloatArray) -> FloatArray:
    """Return the path (n, 2) from the place on that is nearest to the robot.

    Only its beginning is looked at: a path may come back beside itself behind a wall.
    """
    steps = np.diff(path, axis=0)
    begins_m = np.concatenate([[0.0], np.cumsum(np.hypot(*steps.T))])[:-1]
    steps = steps[begins_m <= _BEGINNING_M]
    starts = path[: len(steps)]
    squared = np.maximum((steps**2).sum(axis=1), 1e-12)
    own = np.array((pose.x_m, pose.y_m))
    shares = np.clip(((own - starts) * steps).sum(axis=1) / squared, 0.0, 1.0)
    nearest = starts + shares[:, None] * steps
    index = int(((nearest - own) ** 2).sum(axis=1).argmin())
    rest: FloatArray = np.vstack([nearest[index], path[index + 1 :]])
    return rest


def place_ahead(rest: FloatArray, ahead_m: float) -> FloatArray:
    """Return the place `ahead_m` along what is left of a path, its end at most."""
    passed_m = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(rest, axis=0).T))])
    place: FloatArray = np.array([np.interp(ahead_m, passed_m, rest[:, axis]) for axis in (0, 1)])
    return place


def bearing_to(pose: FloorPose, place: FloatArray) -> float:
    """Return how far to the left of the nose a place lies."""
    towards_rad = math.atan2(place[1] - pose.y_m, place[0] - pose.x_m)
    return wrap_angle(towards_rad - pose.yaw_rad)


def eased(
    wanted: Velocity, previous: Velocity, duration_s: float, settings: PursuitSettings
) -> Velocity:
    """Return the wanted velocity as far as the accelerations allow within a duration."""
    forward_m_s = settings.acceleration_m_s2 * duration_s
    turn_rad_s = settings.turn_acceleration_rad_s2 * duration_s
    return Velocity(
        _within(wanted.forward_m_s, previous.forward_m_s, forward_m_s),
        _within(wanted.turn_rad_s, previous.turn_rad_s, turn_rad_s),
    )


def moved_by(pose: FloorPose, velocity: Velocity, duration_s: float) -> FloorPose:
    """Return where a base that goes exactly as fast as told is after a duration."""
    yaw_rad = pose.yaw_rad + velocity.turn_rad_s * duration_s
    middle_rad = pose.yaw_rad + velocity.turn_rad_s * duration_s / 2.0
    step_m = velocity.forward_m_s * duration_s
    return FloorPose(
        pose.x_m + step_m * math.cos(middle_rad),
        pose.y_m + step_m * math.sin(middle_rad),
        wrap_angle(yaw_rad),
    )


def _within(wanted: float, previous: float, step: float) -> float:
    return min(max(wanted, previous - step), previous + step)
