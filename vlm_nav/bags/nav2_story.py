"""What is told of each goal of NavigateToPose in a bag.

The result with its error code is on no topic: why a goal ended is told only where the data
show something, and then as what it points to.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from vlm_nav.bags.nav2_topics import Nav2Topics
from vlm_nav.bags.nav2_traces import Place


class GoalEnd(str, Enum):
    """How a goal ended, by the status topic."""

    SUCCEEDED = 'succeeded'
    CANCELED = 'canceled'
    ABORTED = 'aborted'
    PREEMPTED = 'preempted'
    NOT_SEEN = 'not seen'


class Sender(str, Enum):
    """Who sent a goal."""

    ACTION = 'an action client'
    GOAL_POSE = '/goal_pose'
    EITHER = 'an action client or /goal_pose'


class Hint(str, Enum):
    """What the data point to where a goal did not end well, or ended oddly."""

    NOT_FINITE = 'not_finite'
    OUTSIDE_MAP = 'outside_map'
    IN_OBSTACLE = 'in_obstacle'
    TOO_NEAR_OBSTACLE = 'too_near_obstacle'
    UNKNOWN_SPACE = 'unknown_space'
    REFUSED_AT_ONCE = 'refused_at_once'
    NO_PATH = 'no_path'
    FROZEN = 'frozen'
    HARDLY_MOVED = 'hardly_moved'
    ENDED_SHORT = 'ended_short'


@dataclass(frozen=True)
class GoalStory:
    """One goal; times in seconds from the bag's first message, None for what it does not show.

    `target_from_plan` tells that the target is the last path's end, which may lie beside what
    was asked for. `stands` is where the robot was last seen until the goal's end.
    """

    number: int
    goal_id: str
    sender: Sender
    began_s: float
    ended_s: float | None
    duration_s: float
    end: GoalEnd
    preempted_by: int | None
    cancel_asked_s: float | None
    target: Place | None
    target_from_plan: bool
    stands: Place | None
    travelled_m: float | None
    recoveries: int | None
    nearest_m: float | None
    left_m: float | None
    frozen_s: float
    hints: tuple[Hint, ...]


@dataclass(frozen=True)
class Nav2Story:
    """All goals of one action in the order in which they began."""

    topics: Nav2Topics
    goals: tuple[GoalStory, ...]
