"""While a robot drives it is looked for the thing; where that comes in sight, the drive ends."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from roaming import Judge, Roamer, failed, goal, held, roaming

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import DecisionOutcome, Waypoint
from vlm_nav.core.reasons import (
    AskingReason,
    ChoosingReason,
    DrivingReason,
    ObservationReason,
    Refusal,
)
from vlm_nav.geometry.poses import FloorPose, floor_pose_of
from vlm_nav.memory.visited import VisitedPlaces
from vlm_nav.navigation.approach import Approach
from vlm_nav.navigation.arrival import ArrivalCheck
from vlm_nav.navigation.mission import MissionLimits
from vlm_nav.navigation.on_way import LookOnWay, drive_looking
from vlm_nav.navigation.ports import DriveOutcome
from vlm_nav.navigation.sight import Sight
from vlm_nav.navigation.steps import Steps
from vlm_nav.navigation.whereabouts import Whereabouts

STEP_M = 0.25
GOAL = Waypoint('map', 0, 4.0, 0.0, 0.0)


@dataclass
class Watched(Roamer):
    """A roamer that drives ahead step by step, each once it was looked at the one before."""

    looked: asyncio.Event = field(default_factory=asyncio.Event)
    stopped_at_m: float | None = None

    async def look(self, deadline: Deadline) -> Sight:
        """See from where the robot is."""
        self.looked.set()
        return await super().look(deadline)

    async def drive(self, waypoint: Waypoint, deadline: Deadline) -> DriveOutcome:
        """Drive along x."""
        self.did.append('drive')
        try:
            while self.pose.x_m < waypoint.x_m:
                self.looked.clear()
                await self.looked.wait()
                self.pose = FloorPose(self.pose.x_m + STEP_M, 0.0, 0.0)
        except asyncio.CancelledError:
            self.stopped_at_m = self.pose.x_m
            raise
        return DriveOutcome(True, None, '')


def looking(robot: Roamer, shows: Callable[[float], bool], asked: list[float]) -> LookOnWay:
    """Return what looks every metre, and sees the thing where `shows` says so of x."""

    async def ask(sight: Sight) -> bool:
        x_m = floor_pose_of(sight.frame.map_from_base).x_m
        asked.append(x_m)
        return shows(x_m)

    return LookOnWay(1.0, robot, 1.0, ask, period_s=0.001)


async def test_the_drive_ends_where_the_thing_comes_in_sight() -> None:
    robot, asked = Watched(), list[float]()
    on_way = looking(robot, lambda x_m: x_m >= 2.0, asked)
    outcome = await drive_looking(robot, GOAL, Deadline.after(10.0), on_way)
    assert outcome.reason is DrivingReason.THING_IN_SIGHT
    assert not outcome.reached
    assert asked == pytest.approx([1.0, 2.0], abs=2 * STEP_M)
    assert robot.stopped_at_m == pytest.approx(2.0, abs=3 * STEP_M)


async def test_where_it_does_not_come_in_sight_the_goal_is_reached() -> None:
    robot, asked = Watched(), list[float]()
    on_way = looking(robot, lambda x_m: False, asked)
    outcome = await drive_looking(robot, GOAL, Deadline.after(10.0), on_way)
    assert outcome.reached
    assert len(asked) == 3


@pytest.mark.parametrize('what', ['no picture', 'no answer'])
async def test_who_sees_nothing_or_is_not_answered_drives_on(what: str) -> None:
    robot = Watched()
    on_way = looking(robot, lambda x_m: False, [])
    if what == 'no picture':
        robot.looks = [Refusal(ObservationReason.STALE_IMAGE, 'by script')] * 100
    else:

        async def refuse(sight: Sight) -> bool:
            raise Refusal(AskingReason.VLM_UNREACHABLE, 'by script')

        on_way = dataclasses.replace(on_way, shows=refuse)
    outcome = await drive_looking(robot, GOAL, Deadline.after(10.0), on_way)
    assert outcome.reached


async def test_a_drive_that_ended_so_is_no_failure_and_the_next_decision_is_made_there() -> None:
    robot = Roamer(
        [goal(4.0, 0.0), goal(1.0, 0.0), held(ChoosingReason.NONE_FITS)],
        drives=[failed(DrivingReason.THING_IN_SIGHT)],
        drive_s=0.0,
        turn_s=0.0,
    )
    end = await roaming(robot, turns=False, failure_limit=1).carry_out('go')
    assert end.decision.outcome is DecisionOutcome.GAVE_UP
    assert robot.did.count('drive to 1 0') == 1
    assert all(visit.failed is None for visit in robot.so_far[-1].visited.visits)


@pytest.mark.parametrize(('every_m', 'looks'), [(1.0, True), (0.0, False)])
async def test_it_is_looked_on_the_way_as_often_as_wanted(every_m: float, looks: bool) -> None:
    robot = Watched([goal(4.0, 0.0), held(ChoosingReason.NONE_FITS)])
    judge = Judge(at=Pixel(80.0, 90.0)) if looks else Judge()
    mission = roaming(robot, judge, turns=False, approach_thing=False, face_thing=False)
    assert mission.carrying_on is not None
    carrying_on = dataclasses.replace(mission.carrying_on, look_every_m=every_m)
    mission = dataclasses.replace(mission, carrying_on=carrying_on)
    if not looks:
        # Nobody looks on the way: the robot would wait for it for ever.
        task = asyncio.ensure_future(mission.carry_out('go'))
        await robot_drives(robot)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert robot.pose.x_m == 0.0
        return
    await mission.carry_out('go')
    assert robot.stopped_at_m is not None
    assert robot.stopped_at_m < 4.0


async def robot_drives(robot: Roamer) -> None:
    """Wait until a drive has begun."""
    until = Deadline.after(10.0)
    while not any(one.startswith('drive') for one in robot.did):
        assert not until.expired()
        await asyncio.sleep(0.001)


async def test_near_what_was_pointed_at_is_told_from_elsewhere() -> None:
    robot = Roamer()
    steps = Steps(robot, robot, MissionLimits(), (), 'go', '')
    arrival = ArrivalCheck(Judge(at=Pixel(80.0, 90.0)))
    approach = Approach(steps, arrival, Whereabouts(VisitedPlaces()))
    nowhere = approach.is_near(GOAL)
    assert not nowhere
    assert await approach.comes_in_sight(await robot.look(Deadline.after(1.0)))
    assert approach.thing is not None
    x_m, y_m = approach.thing
    assert approach.is_near(dataclasses.replace(GOAL, x_m=x_m + 1.0, y_m=y_m))
    assert not approach.is_near(dataclasses.replace(GOAL, x_m=x_m + 4.0, y_m=y_m))
