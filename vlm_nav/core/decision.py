"""Decisions: what the robot is going to do about an instruction, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from vlm_nav.core.reasons import ReasonCode


class DecisionOutcome(str, Enum):
    """What a decision amounts to.

    turn: look around on the spot, and decide from all that is seen. hold: stay, for a reason that
    ends the instruction. gave_up: the instruction was under way and is not carried on.
    """

    GOAL = 'goal'
    TURN = 'turn'
    HOLD = 'hold'
    ARRIVED = 'arrived'
    GAVE_UP = 'gave_up'


@dataclass(frozen=True)
class Waypoint:
    """A pose on the floor to drive to, in the frame `frame_id`, as seen at `stamp_ns`."""

    frame_id: str
    stamp_ns: int
    x_m: float
    y_m: float
    yaw_rad: float


@dataclass(frozen=True)
class Decision:
    """The end of one round of looking and asking.

    `waypoint` is there exactly when `outcome` is GOAL. `confidence` is the share of runs that
    agree, None where a single run was made or no choice came about. `labels` are the numbers
    that the last question's winner bore, best first; `calls` counts questions asked. `offered`
    are the places that could have been chosen instead.
    """

    outcome: DecisionOutcome
    instruction: str
    waypoint: Waypoint | None = None
    reason: ReasonCode | None = None
    detail: str = ''
    confidence: float | None = None
    labels: tuple[int, ...] = ()
    calls: int = 0
    record: str = ''
    offered: tuple[Waypoint, ...] = ()
