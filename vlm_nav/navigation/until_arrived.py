"""How an instruction is carried on until the robot has arrived, and when it is given up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from vlm_nav.core.errors import InvalidValueError


class LookAround(str, Enum):
    """When the robot turns on the spot and looks to all sides.

    when_lost: where nothing that it sees fits. when_unseen: wherever the model cannot point at
    the thing, too. always: before the first decision too.
    """

    WHEN_LOST = 'when_lost'
    WHEN_UNSEEN = 'when_unseen'
    ALWAYS = 'always'
    NEVER = 'never'


@dataclass(frozen=True)
class UntilArrivedSettings:
    """Limits of one instruction, and how the robot arrives and looks around.

    With `approach_thing` the model is asked to point at the thing before each decision; where a
    costmap leads beside it, the robot goes there. With `face_thing` it is asked before each
    drive, so that the robot looks at the thing from the goal.

    `arrival_distance_m` is from the base to what was pointed at, on the floor. Floor that was seen
    from nearer than `visited_radius_m` counts as visited. A side is not turned to where
    a picture of it is at most `fresh_view_s` old and was taken within `fresh_view_m`.
    `retry_limit` is how often in a row what time may heal is tried again, `failure_limit` how many
    drives in a row may fail.
    """

    arrival_distance_m: float = 1.0
    approach_thing: bool = True
    face_thing: bool = True
    look_around: LookAround = LookAround.WHEN_LOST
    turn_step_rad: float = 1.05
    turn_timeout_s: float = 20.0
    fresh_view_s: float = 30.0
    fresh_view_m: float = 0.5
    visited_radius_m: float = 3.0
    decision_limit: int = 60
    mission_timeout_s: float = 1800.0
    path_limit_m: float = 200.0
    retry_limit: int = 2
    retry_pause_s: float = 1.0
    failure_limit: int = 3

    def __post_init__(self) -> None:
        """Raise InvalidValueError for limits that leave no room."""
        lengths = (self.arrival_distance_m, self.path_limit_m)
        times = (self.turn_timeout_s, self.mission_timeout_s)
        if not all(value > 0.0 for value in (*lengths, *times)):
            raise InvalidValueError(f'distances and times are above 0, got {self}')
        if self.decision_limit < 1 or self.failure_limit < 1 or self.retry_limit < 0:
            raise InvalidValueError(f'at least one decision and one drive are made, got {self}')
        if not (0.1 <= self.turn_step_rad <= math.pi):
            raise InvalidValueError(f'a turn is 0.1 to pi rad, got {self.turn_step_rad}')
        if not (self.fresh_view_s >= 0.0 and self.fresh_view_m > 0.0):
            raise InvalidValueError(f'a view is fresh for 0 s or more, near by, got {self}')
        if not (self.visited_radius_m >= 0.0 and self.retry_pause_s >= 0.0):
            raise InvalidValueError(f'a radius and a pause are 0 or more, got {self}')

    @property
    def views(self) -> int:
        """Return how many looks one look around has, the one before the first turn included."""
        return max(2, round(2.0 * math.pi / self.turn_step_rad))
