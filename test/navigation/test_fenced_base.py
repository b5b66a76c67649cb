"""Driving within a fence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.reasons import DrivingReason, ObservationReason
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.navigation import fenced_base
from vlm_nav.navigation.fence import fence_from
from vlm_nav.navigation.fenced_base import FencedBase
from vlm_nav.navigation.ports import DriveOutcome

FENCE = fence_from('0 0, 4 0, 4 4, 0 4', ['2 2, 3 2, 3 3, 2 3'])
INSIDE = Waypoint('map', 7, 1.0, 1.0, 0.0)
REACHED = DriveOutcome(True, None, 'there')


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fenced_base, '_PERIOD_S', 0.001)
    monkeypatch.setattr(fenced_base, '_LOST_S', 0.05)


class Robot:
    """Is where the script says, pose after pose, and arrives when that is over."""

    def __init__(self, *poses: tuple[float, float] | None) -> None:
        self.poses = list(poses)
        self.driven: list[Waypoint] = []
        self.stopped = False
        self.over = asyncio.Event()

    def own_pose(self, frame_id: str) -> FloorPose | None:
        assert frame_id == 'map'
        if not self.poses:
            self.over.set()
            return FloorPose(1.0, 1.0, 0.0)
        pose = self.poses.pop(0)
        return None if pose is None else FloorPose(*pose, 0.0)

    async def drive(self, waypoint: Waypoint, deadline: Deadline) -> DriveOutcome:
        self.driven.append(waypoint)
        try:
            await asyncio.wait_for(self.over.wait(), 20.0)
        finally:
            self.stopped = True
        return REACHED

    def base(self, own_pose: Callable[[str], FloorPose | None] | None = None) -> FencedBase:
        return FencedBase(self, FENCE, own_pose or self.own_pose, 0.22)


@pytest.mark.parametrize('place', [(5.0, 1.0), (0.1, 1.0), (2.5, 2.5), (1.9, 2.5)])
async def test_a_goal_beyond_the_fence_is_not_sent(place: tuple[float, float]) -> None:
    robot = Robot()
    waypoint = Waypoint('map', 7, *place, 0.0)
    outcome = await robot.base().drive(waypoint, Deadline.after(20.0))
    assert (outcome.reached, outcome.reason) == (False, DrivingReason.GOAL_OUTSIDE_FENCE)
    assert f'({place[0]:.2f}, {place[1]:.2f})' in outcome.detail
    assert robot.driven == []


async def test_a_goal_that_was_offered_is_not_refused_for_a_rounding() -> None:
    robot = Robot()
    at_the_limit = Waypoint('map', 7, 0.22 - 1e-6, 1.0, 0.0)
    assert await robot.base().drive(at_the_limit, Deadline.after(20.0)) == REACHED


async def test_within_the_fence_the_robot_arrives() -> None:
    robot = Robot((1.0, 1.0), (1.0, 2.0), (0.01, 3.99))
    assert await robot.base().drive(INSIDE, Deadline.after(20.0)) == REACHED
    assert robot.driven == [INSIDE]


@pytest.mark.parametrize('beyond', [(4.1, 1.0), (2.1, 2.1)])
async def test_who_leaves_the_fence_or_enters_what_is_kept_out_is_stopped(
    beyond: tuple[float, float],
) -> None:
    robot = Robot((1.0, 1.0), None, beyond, (1.0, 1.0))
    outcome = await robot.base().drive(INSIDE, Deadline.after(20.0))
    assert (outcome.reached, outcome.reason) == (False, DrivingReason.LEFT_FENCE)
    assert f'({beyond[0]:.2f}, {beyond[1]:.2f})' in outcome.detail
    assert robot.stopped


async def test_who_stands_outside_may_drive_in_but_not_through_and_out() -> None:
    robot = Robot((-1.0, 1.0), (-0.1, 1.0), (0.5, 1.0), (1.0, 1.0))
    assert await robot.base().drive(INSIDE, Deadline.after(20.0)) == REACHED
    robot = Robot((-1.0, 1.0), (0.5, 1.0), (-0.1, 1.0))
    outcome = await robot.base().drive(INSIDE, Deadline.after(20.0))
    assert outcome.reason is DrivingReason.LEFT_FENCE
    # From outside of the fence straight into what is kept out.
    robot = Robot((-1.0, 1.0), (2.1, 2.1))
    outcome = await robot.base().drive(INSIDE, Deadline.after(20.0))
    assert outcome.reason is DrivingReason.LEFT_FENCE


async def test_a_robot_whose_place_nobody_knows_is_stopped() -> None:
    robot = Robot()
    outcome = await robot.base(lambda frame_id: None).drive(INSIDE, Deadline.after(20.0))
    assert outcome.reason is ObservationReason.NO_TRANSFORM
    assert "'map'" in outcome.detail
    assert robot.stopped


class Patience:
    """A double of a deadline, which is over when it is asked for the third time."""

    def __init__(self) -> None:
        self.asked = 0

    @classmethod
    def after(cls, duration_s: float) -> Patience:
        return cls()

    def expired(self) -> bool:
        self.asked += 1
        return self.asked >= 3


async def test_a_place_that_is_lost_for_moments_again_and_again_stops_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fenced_base, 'Deadline', Patience)
    here = (1.0, 1.0)
    robot = Robot(here, None, None, here, None, None, here, None, None, here)
    assert await robot.base().drive(INSIDE, Deadline.after(20.0)) == REACHED
    robot = Robot(here, None, None, None, here)
    outcome = await robot.base().drive(INSIDE, Deadline.after(20.0))
    assert outcome.reason is ObservationReason.NO_TRANSFORM
