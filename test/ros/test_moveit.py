"""MoveIt as the arm's executor: what it is asked, in which order, and what its ends mean.

moveit_msgs comes with MoveIt only: its messages and its clients are doubles here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy')
pytest.importorskip('control_msgs')

from hands import grasp_at, pose_at
from moveit_doubles import TYPES, ActionDouble, MoveGroupDouble
from rclpy.task import Future

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import HandReason
from vlm_nav.manipulation.arm_port import ArmOutcome
from vlm_nav.manipulation.grasp_plan import Place
from vlm_nav.manipulation.planned_arm import PlannedArm
from vlm_nav.manipulation.trajectory_arm import TrajectorySettings
from vlm_nav.ros import moveit_client
from vlm_nav.ros.joint_trajectory_client import ControllerSettings, JointTrajectoryClient
from vlm_nav.ros.manipulator_parameters import MANIPULATOR_PARAMETERS, manipulator_settings
from vlm_nav.ros.moveit_client import MoveItClient
from vlm_nav.ros.moveit_goals import MoveItSettings

pytestmark = pytest.mark.ros
LIFT_M = 0.12
NO_GRIPPER = ControllerSettings(gripper_action='')


@pytest.fixture
def group() -> MoveGroupDouble:
    return MoveGroupDouble()


@pytest.fixture
def arm(
    group: MoveGroupDouble, spun: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> PlannedArm:
    """Give an arm whose motions the double of a move_group plans."""
    node = spun('hand', namespace='/moveit')
    monkeypatch.setattr(moveit_client, 'ActionClient', group.action)
    monkeypatch.setattr(node, 'create_client', group.create_client)
    controllers = JointTrajectoryClient(node, NO_GRIPPER, 0.08)
    client = MoveItClient(node, TYPES, controllers, 'base', 'tool', MoveItSettings())
    return PlannedArm(client, TrajectorySettings(lift_m=LIFT_M))


async def pick(arm: PlannedArm) -> ArmOutcome:
    return await arm.pick(grasp_at(0.4, 0.1, 0.3), Deadline.after(30.0))


def position(pose: Any) -> tuple[float, float, float]:
    return pose.position.x, pose.position.y, pose.position.z


async def test_it_goes_before_the_thing_freely_and_from_there_on_straight_lines(
    arm: PlannedArm, group: MoveGroupDouble
) -> None:
    assert (await pick(arm)).done
    assert [name for name, _ in group.goals] == ['move_action', *['execute_trajectory'] * 2]
    goal = group.goals[0][1]
    assert goal.request.start_state.is_diff
    assert not goal.planning_options.plan_only
    assert goal.request.group_name == 'manipulator'
    (wanted,) = goal.request.goal_constraints
    (place,) = wanted.position_constraints
    assert (place.header.frame_id, place.link_name) == ('base', 'tool')
    (at,) = place.constraint_region.primitive_poses
    assert position(at) == pytest.approx((0.4, 0.1, 0.4))
    (ball,) = place.constraint_region.primitives
    assert list(ball.dimensions) == [MoveItSettings().position_tolerance_m]
    (turned,) = wanted.orientation_constraints
    # From above: the tip's x points down.
    q = turned.orientation
    assert (q.w, q.x, q.y, q.z) == pytest.approx((np.sqrt(0.5), 0.0, np.sqrt(0.5), 0.0))
    ends = [position(request.waypoints[0]) for request in group.requests]
    assert ends == [pytest.approx((0.4, 0.1, 0.3)), pytest.approx((0.4, 0.1, 0.3 + LIFT_M))]
    assert all(request.avoid_collisions for request in group.requests)
    assert all(request.max_velocity_scaling_factor == 0.3 for request in group.requests)
    assert group.goals[1][1].trajectory == 'the way'


async def test_putting_down_is_a_free_motion_and_two_straight_ones(
    arm: PlannedArm, group: MoveGroupDouble
) -> None:
    at, before = pose_at(0.4, 0.0, 0.2), pose_at(0.4, 0.0, 0.3)
    place = Place(at, before, at[:3, 3], 0.05, 1.0)
    assert (await arm.place(place, Deadline.after(30.0))).done
    assert [name for name, _ in group.goals] == ['move_action', *['execute_trajectory'] * 2]
    heights = [position(request.waypoints[0])[2] for request in group.requests]
    assert heights == pytest.approx([0.2, 0.3])


@pytest.mark.parametrize(
    ('code', 'reason', 'stands'),
    [
        (-1, HandReason.UNREACHABLE, True),
        (-31, HandReason.UNREACHABLE, True),
        (-12, HandReason.IN_COLLISION, True),
        # It may be the plan that was late, or the motion.
        (-6, HandReason.UNREACHABLE, False),
        (-4, HandReason.ARM_ABORTED, False),
    ],
)
async def test_what_is_not_planned_or_not_carried_out_has_a_reason(
    arm: PlannedArm, group: MoveGroupDouble, code: int, reason: HandReason, stands: bool
) -> None:
    group.codes['move_action'] = code
    outcome = await pick(arm)
    assert (outcome.done, outcome.reason) == (False, reason)
    assert outcome.no_way is (reason if stands else None)
    assert str(code) in outcome.detail
    assert group.requests == []


@pytest.mark.parametrize(('fraction', 'planned'), [(0.6, 1), (np.nan, 1), (1.0, -31)])
async def test_a_straight_way_that_does_not_lead_to_its_end_is_not_begun(
    arm: PlannedArm, group: MoveGroupDouble, fraction: float, planned: int
) -> None:
    group.fraction, group.planned = fraction, planned
    outcome = await pick(arm)
    assert (outcome.done, outcome.reason) == (False, HandReason.UNREACHABLE)
    # The arm stands before the thing by then.
    assert outcome.no_way is None
    assert [name for name, _ in group.goals] == ['move_action']


async def test_cancelling_stops_the_motion_under_way(
    arm: PlannedArm, group: MoveGroupDouble
) -> None:
    del group.codes['execute_trajectory']
    task = asyncio.ensure_future(pick(arm))
    deadline = Deadline.after(30.0)
    while len(group.goals) < 2:
        assert not deadline.expired()
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert group.cancelled == 1


async def test_a_goal_that_is_accepted_while_it_is_cancelled_is_ended_before_that_goes_on(
    arm: PlannedArm, group: MoveGroupDouble
) -> None:
    group.accepted_later = Future()
    task, deadline = asyncio.ensure_future(pick(arm)), Deadline.after(30.0)
    while not group.goals:
        assert not deadline.expired()
        await asyncio.sleep(0.01)
    # Whoever is impatient cancels twice.
    for _ in range(2):
        task.cancel()
        await asyncio.wait([task], timeout=0.1)
        assert not task.done()
    group.accepted_later.set_result(ActionDouble(group, 'move_action').handle())
    await asyncio.wait([task])
    assert task.cancelled()
    assert group.cancelled == 1


async def test_a_motion_that_does_not_end_in_time_is_late_and_stopped(
    arm: PlannedArm, group: MoveGroupDouble
) -> None:
    del group.codes['move_action']
    outcome = await arm.pick(grasp_at(), Deadline.after(0.3))
    assert (outcome.done, outcome.reason) == (False, HandReason.ARM_LATE)
    assert group.cancelled == 1


def test_without_its_messages_it_is_refused_when_the_node_is_configured() -> None:
    values = {entry.name: entry.default for entry in MANIPULATOR_PARAMETERS}
    try:
        import moveit_msgs  # noqa: F401
    except ImportError:
        with pytest.raises(InvalidValueError, match='needs the package moveit_msgs'):
            manipulator_settings({**values, 'executor': 'moveit'})
    else:
        assert manipulator_settings({**values, 'executor': 'moveit'}).moveit == MoveItSettings()
