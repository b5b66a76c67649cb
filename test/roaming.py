"""A robot that roams an empty floor in no time: eyes, base, turner, and who decides, by script."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from synthetic import frame_of

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Decision, DecisionOutcome, Waypoint
from vlm_nav.core.events import Event
from vlm_nav.core.reasons import ReasonCode, Refusal
from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.navigation.arrival import ArrivalCheck
from vlm_nav.navigation.carrying_on import CarryingOn
from vlm_nav.navigation.looking_around import LookingAround
from vlm_nav.navigation.mission import Mission, MissionLimits
from vlm_nav.navigation.ports import DriveOutcome
from vlm_nav.navigation.sight import Sight
from vlm_nav.navigation.so_far import SoFar
from vlm_nav.navigation.until_arrived import UntilArrivedSettings
from vlm_nav.observation.costmap import Costmap, CostmapView
from vlm_nav.vlm.doubles import ScriptedModel
from vlm_nav.vlm.errors import ModelError
from vlm_nav.vlm.question import Answer, Purpose, Question

FRAME = frame_of()
REACHED = DriveOutcome(reached=True, reason=None, detail='')


def failed(reason: ReasonCode, detail: str = 'by script') -> DriveOutcome:
    """Return how a drive or a turn ended that did not get there."""
    return DriveOutcome(reached=False, reason=reason, detail=detail)


def goal(x_m: float, y_m: float) -> Decision:
    """Return the decision to go to a place of the map."""
    return Decision(DecisionOutcome.GOAL, 'go', Waypoint('map', 7, x_m, y_m, 0.0), calls=1)


def held(reason: ReasonCode, detail: str = 'by script') -> Decision:
    """Return a decision to stay."""
    return Decision(DecisionOutcome.HOLD, 'go', reason=reason, detail=detail, calls=1)


@dataclass
class Roamer:
    """Stands somewhere, drives and turns as `drives` and `turns` say: in time, or not at all.

    Scripts are used up from the front; when one is at its end, all goes well. `decisions` is what
    the selector says, its last entry again and again.
    """

    decisions: list[Decision | Refusal] = field(default_factory=list)
    looks: list[Refusal | None] = field(default_factory=list)
    drives: list[DriveOutcome] = field(default_factory=list)
    turns: list[DriveOutcome] = field(default_factory=list)
    drive_s: float = 1.0
    turn_s: float = 0.5
    pose: FloorPose = FloorPose(0.0, 0.0, 0.0)
    with_depth: bool = True
    with_costmap: bool = False
    did: list[str] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)
    so_far: list[SoFar] = field(default_factory=list)
    deadlines_s: list[float] = field(default_factory=list)
    moving: bool = False

    async def look(self, deadline: Deadline) -> Sight:
        """Show an endless floor from where the robot stands."""
        self.did.append('look')
        refusal = self.looks.pop(0) if self.looks else None
        if refusal is not None:
            raise refusal
        number = self.did.count('look')
        frame = replace(
            FRAME,
            map_from_base=transform_from_floor_pose(self.pose),
            identifier=f'front/{number}',
            stamp_ns=number,
            depth_m=FRAME.depth_m if self.with_depth else None,
        )
        if not self.with_costmap:
            return Sight(frame)
        free = np.zeros((400, 400), dtype=np.int8)
        costmap = Costmap(free, 0.05, FloorPose(-10.0, -10.0, 0.0), 'map', number)
        return Sight(frame, (CostmapView(costmap, frame.map_from_base),))

    async def select(
        self, sight: Sight, instruction: str, deadline: Deadline, so_far: SoFar = SoFar()
    ) -> Decision:
        """Say what stands next in the script."""
        self.did.append('decide')
        self.sights.append(sight)
        self.so_far.append(so_far)
        decision = self.decisions.pop(0) if len(self.decisions) > 1 else self.decisions[0]
        if isinstance(decision, Refusal):
            raise decision
        return decision

    async def drive(self, waypoint: Waypoint, deadline: Deadline) -> DriveOutcome:
        """Be there after `drive_s`, or when the deadline ends."""
        self.did.append(f'drive to {waypoint.x_m:g} {waypoint.y_m:g}')
        self.deadlines_s.append(deadline.remaining_s())
        await self._move(self.drive_s)
        outcome = self.drives.pop(0) if self.drives else REACHED
        if outcome.reached:
            self.pose = FloorPose(waypoint.x_m, waypoint.y_m, waypoint.yaw_rad)
        return outcome

    async def turn(self, angle_rad: float, deadline: Deadline) -> DriveOutcome:
        """Have turned after `turn_s`."""
        self.did.append('turn')
        await self._move(self.turn_s)
        outcome = self.turns.pop(0) if self.turns else REACHED
        if outcome.reached:
            self.pose = replace(self.pose, yaw_rad=self.pose.yaw_rad + angle_rad)
        return outcome

    async def _move(self, duration_s: float) -> None:
        self.moving = True
        try:
            await asyncio.sleep(duration_s)
        finally:
            self.moving = False


class Judge(ScriptedModel):
    """A model that says by script whether the robot has arrived, and points at a pixel.

    `says` is used up from the front; at its end the answer is no. Without a pixel it points
    nowhere.
    """

    def __init__(self, *says: bool | ModelError, at: Pixel | None = None) -> None:
        """Keep the script."""
        self.says, self.at = list(says), at
        self.asked: list[Question] = []

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        """Answer, or raise what the script holds."""
        self.asked.append(question)
        said = self.says[0] if self.says else None
        if question.purpose is Purpose.ARRIVAL and isinstance(said, ModelError):
            self.says.pop(0)
            raise said
        return await super().ask(question, deadline)

    def reply(self, question: Question) -> str:
        """Return the text of the answer."""
        points: list[int] = []
        arrived = False
        if question.purpose is Purpose.ARRIVAL:
            arrived = bool(self.says.pop(0)) if self.says else False
        elif self.at is not None:
            marks = [mark for picture in question.pictures for mark in picture.marks]
            at = self.at
            marks.sort(key=lambda m: math.hypot(m.anchor.u_px - at.u_px, m.anchor.v_px - at.v_px))
            points = [mark.label for mark in marks[: question.pick]]
        none = not (points or arrived)
        return json.dumps({'reason': 'r', 'points': points, 'none': none, 'arrived': arrived})


def roaming(
    robot: Roamer,
    judge: Judge | None = None,
    listeners: Sequence[Callable[[Event], None]] = (),
    *,
    turns: bool = True,
    limits: MissionLimits = MissionLimits(),
    name_record: Callable[[], str] = lambda: 'a_record',
    **settings: Any,
) -> Mission:
    """Return a mission that carries instructions on with this robot."""
    given = UntilArrivedSettings(**settings)
    arrival = ArrivalCheck(
        judge or Judge(), distance_m=given.arrival_distance_m, listeners=listeners
    )
    around = LookingAround(
        robot, robot, given.turn_step_rad, given.views, given.turn_timeout_s, 5.0, listeners
    )
    carrying_on = CarryingOn(arrival, around if turns else None, given)
    return Mission(robot, robot, robot, limits, listeners, name_record, carrying_on)
