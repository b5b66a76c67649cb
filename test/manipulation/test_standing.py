"""The base between the picture and the motion: where it has moved, the arm does not."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hands import ArmDouble, EyesDouble, grasp_at, lifted_at, plan_of
from synthetic import frame_of

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import HandReason, ReasonCode
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.manipulation.careful_arms import StandingArm
from vlm_nav.manipulation.events import PickTask
from vlm_nav.manipulation.grasp_plan import Place
from vlm_nav.manipulation.picking import Picking
from vlm_nav.manipulation.standing import Standing, StandingSettings

BEFORE = FloorPose(3.0, -2.0, 1.0)
CUP = PickTask('the cup', Pixel(30.0, 20.0))


class Wheels:
    """A double of a base whose odometry tells where it is, or nothing."""

    def __init__(self) -> None:
        self.pose: FloorPose | None = BEFORE
        self.asked: list[str] = []

    def now(self, frame: str) -> FloatArray | None:
        """Return where it is."""
        self.asked.append(frame)
        return None if self.pose is None else transform_from_floor_pose(self.pose)


async def reason_after(pose: FloorPose | None) -> tuple[ReasonCode | None, ArmDouble]:
    """Return how a pick ends before whose motion the base came to a pose, and the arm."""
    wheels, arm = Wheels(), ArmDouble()
    arm.may_end.set()
    wheels.pose = pose
    standing = Standing(wheels.now)
    at_picture = transform_from_floor_pose(BEFORE)
    frame = replace(frame_of(), map_frame='odom', map_from_base=at_picture)
    nobody: Any = None
    hand = Picking(
        EyesDouble(frame),
        nobody,
        lambda frame, pixel: lifted_at(pixel),
        lambda frame, lifted: plan_of(grasp_at(), grasp_at(y_m=0.1)),
        StandingArm(arm, standing.moved),
        listeners=(standing,),
    )
    end = await hand.carry_out(CUP)
    assert wheels.asked == ['odom']
    return end.reason, arm


@pytest.mark.parametrize(
    'pose',
    [
        FloorPose(3.01, -2.0, 1.0),
        FloorPose(3.0, -2.006, 1.0),
        FloorPose(3.0, -2.0, 1.0 + math.radians(1.0)),
        FloorPose(3.0, -2.0, 1.0 - math.radians(1.0)),
        FloorPose(3.0, -2.0, 1.0 + math.pi),
    ],
)
async def test_where_the_base_has_moved_since_the_picture_the_arm_does_not(
    pose: FloorPose,
) -> None:
    reason, arm = await reason_after(pose)
    assert (reason, arm.picked) == (HandReason.BASE_MOVED, [])


@pytest.mark.parametrize('pose', [BEFORE, FloorPose(3.003, -2.003, 1.005), None])
async def test_a_base_that_stands_or_of_which_nobody_tells_holds_nothing_up(
    pose: FloorPose | None,
) -> None:
    reason, arm = await reason_after(pose)
    assert (reason, len(arm.picked)) == (None, 1)


async def test_nothing_is_put_down_from_a_base_that_has_moved() -> None:
    grasp, arm = grasp_at(), ArmDouble()
    place = Place(grasp.base_from_grasp, grasp.base_from_pregrasp, grasp.base_from_grasp, 0.1, 1.0)
    wheels = Wheels()
    standing = Standing(wheels.now)
    steady = StandingArm(arm, standing.moved)
    # Without a picture there is nothing that it could have moved since.
    assert (await steady.place(place, Deadline.after(5.0))).done
    standing_still = replace(frame_of(), map_frame='odom')
    standing._frame = standing_still
    assert (await steady.place(place, Deadline.after(5.0))).reason is HandReason.BASE_MOVED
    assert len(arm.placed) == 1
    assert steady.reachable(grasp.base_from_grasp) is None
    await steady.stop()
    assert arm.stops == 1


@pytest.mark.parametrize(
    'wrong', [{'odom_frame': '/odom'}, {'base_moved_m': 0.0}, {'base_turned_rad': math.nan}]
)
def test_settings_name_a_frame_and_leave_room(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match='got'):
        StandingSettings(**wrong)
