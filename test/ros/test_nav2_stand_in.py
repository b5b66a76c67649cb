"""The simulator's stand-in for Nav2 over DDS: rows of the table, its topics, its lifecycle."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from typing import Any

import numpy as np
import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.reasons import DrivingReason
from vlm_nav.geometry.poses import FloorPose

pytest.importorskip('rclpy')
pytest.importorskip('nav2_msgs')
pytest.importorskip('skimage')

from geometry_msgs.msg import Point, Pose, PoseStamped, Quaternion
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from nav2_msgs.action import NavigateToPose
from nav_msgs.msg import OccupancyGrid, Path
from rclpy.action import ActionClient
from std_msgs.msg import Header

from vlm_nav.messages.costmaps import costmap_from_message
from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.messages.poses import floor_pose_from
from vlm_nav.messages.stamps import stamp_ns_of
from vlm_nav.navigation.nav2_states import DriveEnd, DriveState
from vlm_nav.ros.nav2 import Nav2Client
from vlm_nav.ros.nav2_action import RclpyNavigateAction
from vlm_nav.ros.nav2_port import Nav2Settings
from vlm_nav.ros.nav2_spin import Nav2Spin
from vlm_nav.ros.qos import LATCHED, OUTPUT
from vlm_nav.ros.spin_action import RclpySpinAction
from vlm_nav.ros.spinning import answer_of

pytestmark = [pytest.mark.ros, pytest.mark.timeout(200)]

SETTINGS = Nav2Settings(ready_timeout_s=10.0, silence_timeout_s=20.0, cancel_timeout_s=10.0)
START = Waypoint('map', 0, 0.0, 0.0, 0.0)


class Line:
    """Clients of the stand-in, and the robot that it drives."""

    def __init__(self, node: Any, hall: Any) -> None:
        self.node = node
        self.hall = hall
        self.action = RclpyNavigateAction(node)
        self.spin_action = RclpySpinAction(node)
        self.base = Nav2Client(self.action, SETTINGS, own_pose=lambda _: hall.robot.pose)
        self.turner = Nav2Spin(self.spin_action, SETTINGS)
        self.raw = ActionClient(node, NavigateToPose, 'navigate_to_pose')
        self._changes: dict[str, Any] = {}

    async def drive(self, x_m: float, y_m: float, frame_id: str = 'map') -> DriveEnd:
        """Drive to a place and return how it ended."""
        waypoint = Waypoint(frame_id, 0, x_m, y_m, 0.0)
        return await self.base.drive_to_end(waypoint, Deadline.after(60.0))

    async def change(self, server: str, transition: int) -> bool:
        """Take a server up or down; return whether that was a change."""
        if server not in self._changes:
            self._changes[server] = self.node.create_client(ChangeState, f'{server}/change_state')
        client = self._changes[server]
        await self.until('its service', client.service_is_ready)
        request = ChangeState.Request(transition=Transition(id=transition))
        answer = answer_of(self.node, lambda: client.call_async(request))
        return bool((await asyncio.wait_for(answer, 10.0)).success)

    async def until(self, what: str, true: Callable[[], object]) -> None:
        """Wait until something is true."""
        deadline = Deadline.after(30.0)
        while not true():
            assert not deadline.expired(), f'{what} did not come about'
            await asyncio.sleep(0.01)

    async def heard(self, kind: Any, topic: str, qos: Any) -> Any:
        """Return the first message that a new subscriber hears."""
        messages: list[Any] = []
        subscription = self.node.create_subscription(kind, topic, messages.append, qos)
        await self.until(f'a message on {topic}', lambda: messages)
        self.node.destroy_subscription(subscription)
        return messages[0]

    async def raw_result(self, pose: PoseStamped) -> Any:
        """Send a pose as it is; return the result."""
        await self.until('the server', self.raw.server_is_ready)
        goal = NavigateToPose.Goal(pose=pose)
        sent = answer_of(self.node, lambda: self.raw.send_goal_async(goal))
        handle = await asyncio.wait_for(sent, 10.0)
        assert handle.accepted
        result = answer_of(self.node, handle.get_result_async)
        return await asyncio.wait_for(result, 30.0)


@pytest.fixture
async def line(hall: Any, spun: Callable[..., Any]) -> AsyncIterator[Line]:
    """Give clients, the robot at the start: it is put there, and then hardly has to drive."""
    line = Line(spun('client', namespace='/hall'), hall)
    hall.robot.pose = FloorPose(0.0, 0.0, 0.0)
    end = await line.base.drive_to_end(START, Deadline.after(60.0))
    assert end.state is DriveState.REACHED, end
    yield line
    await line.base.close()
    await line.turner.close()


@pytest.mark.parametrize(
    ('place', 'frame_id', 'state', 'words'),
    [
        ((2.0, 0.5), 'map', DriveState.REACHED, 'm from the goal'),
        ((1000.0, 0.0), 'map', DriveState.ABORTED, 'error 204: planner: GridBasedplugin'),
        ((4.0, 3.0), 'map', DriveState.ABORTED, 'error 208: planner: GridBasedplugin'),
        ((1.0, 0.0), 'nowhere', DriveState.ABORTED, 'error 9002: navigator: Failed to transform'),
    ],
)
async def test_the_navigators_client_hears_what_nav2_would_say(
    line: Line, place: tuple[float, float], frame_id: str, state: DriveState, words: str
) -> None:
    end = await line.drive(*place, frame_id)
    assert end.state is state
    assert words in end.detail


async def test_a_goal_in_odom_is_driven_to_where_it_lies_in_the_map(line: Line) -> None:
    """The robot's odom lies at (1, 0) of the map, turned by a quarter to the left."""
    end = await line.base.drive_to_end(Waypoint('odom', 0, 1.0, 1.0, 0.0), Deadline.after(60.0))
    assert end.state is DriveState.OFF_TARGET, 'the own pose that it is compared with is of map'
    pose = line.hall.robot.pose
    assert math.dist((pose.x_m, pose.y_m), (0.0, 1.0)) < 0.4


async def test_a_navigator_that_is_taken_down_on_the_way_ends_the_goal_and_takes_no_other(
    line: Line,
) -> None:
    driving = asyncio.ensure_future(line.drive(-9.0, 3.0))
    await line.until('a start', lambda: line.hall.robot.velocity.forward_m_s > 0.1)
    assert await line.change('bt_navigator', Transition.TRANSITION_DEACTIVATE)
    assert (await driving).state is DriveState.NOT_ACTIVE
    assert 'inactive' in (await line.action.not_ready() or '')
    sent = line.action.send(START, lambda _: None)
    assert not await asyncio.wait_for(sent.response, 10.0)
    assert await line.change('bt_navigator', Transition.TRANSITION_ACTIVATE)
    assert not await line.change('bt_navigator', Transition.TRANSITION_ACTIVATE)
    assert (await line.drive(0.0, 0.0)).state is DriveState.REACHED


async def test_a_controller_that_is_taken_down_ends_goals_without_a_word(line: Line) -> None:
    assert await line.change('controller_server', Transition.TRANSITION_DEACTIVATE)
    end = await line.drive(1.0, 0.0)
    assert await line.change('controller_server', Transition.TRANSITION_ACTIVATE)
    assert (end.state, end.detail) == (DriveState.ABORTED, 'Nav2 gave up without a word')


@pytest.mark.parametrize(
    ('x', 'turn', 'status', 'code'),
    [
        (math.inf, (0.0, 0.0, 0.0, 1.0), GoalStatus.ABORTED, 204),
        (math.nan, (0.0, 0.0, 0.0, 1.0), GoalStatus.ABORTED, 204),
        (1e300, (0.0, 0.0, 0.0, 1.0), GoalStatus.ABORTED, 204),
        (0.5, (0.0, 0.0, 0.0, 0.0), GoalStatus.SUCCEEDED, 0),
    ],
)
async def test_messages_that_make_no_sense_end_and_do_no_harm(
    line: Line, x: float, turn: tuple[float, ...], status: GoalStatus, code: int
) -> None:
    pose = Pose(
        position=Point(x=x),
        orientation=Quaternion(**dict(zip('xyzw', turn, strict=True))),
    )
    answer = await line.raw_result(PoseStamped(header=Header(frame_id='map'), pose=pose))
    assert (answer.status, answer.result.error_code) == (status, code)
    assert (await line.drive(0.0, 0.0)).state is DriveState.REACHED


async def test_the_navigators_turner_turns_the_robot(line: Line) -> None:
    before_rad = line.hall.robot.pose.yaw_rad
    outcome = await line.turner.turn(math.pi / 2, Deadline.after(30.0))
    assert outcome.reached
    turned_rad = math.remainder(line.hall.robot.pose.yaw_rad - before_rad, math.tau)
    assert turned_rad == pytest.approx(math.pi / 2, abs=0.15)


async def test_a_turn_that_takes_too_long_ends_with_nav2s_code(line: Line) -> None:
    sent = line.spin_action.send(6.28, 1.0)
    result = await asyncio.wait_for(sent.result, 30.0)
    assert (result.status, result.error_code) == (GoalStatus.ABORTED, 701)
    assert 'Exceeded time allowance' in result.error_msg


async def test_a_cancelled_turn_is_canceled_and_the_robot_stands(line: Line) -> None:
    sent = line.spin_action.send(60.0, 100.0)
    assert await asyncio.wait_for(sent.response, 10.0)
    await line.until('a turn', lambda: line.hall.robot.velocity.turn_rad_s > 0.1)
    await asyncio.wait_for(sent.cancel(), 10.0)
    assert (await asyncio.wait_for(sent.result, 10.0)).status == GoalStatus.CANCELED
    await line.until('standing', lambda: line.hall.robot.velocity.turn_rad_s == 0.0)


async def test_behaviors_that_are_taken_down_reject_turns(line: Line) -> None:
    assert await line.change('behavior_server', Transition.TRANSITION_DEACTIVATE)
    outcome = await Nav2Spin(line.spin_action, Nav2Settings(ready_timeout_s=0.5)).turn(
        1.0, Deadline.after(30.0)
    )
    assert await line.change('behavior_server', Transition.TRANSITION_ACTIVATE)
    assert outcome.reason is DrivingReason.NAV_NOT_ACTIVE


async def test_who_comes_late_gets_the_global_costmap_of_the_whole_map(line: Line) -> None:
    message = await line.heard(OccupancyGrid, 'global_costmap/costmap', LATCHED)
    costmap = costmap_from_message(message)
    assert costmap.frame_id == 'map'
    assert list(costmap.values_at([(4.0, 3.0), (0.0, 0.0), (2.9, 3.0)])) == [100, 0, 99]
    assert not costmap.contains(np.array((11.0, 0.0)))


async def test_the_local_costmap_rolls_along_with_the_axes_of_odom(line: Line) -> None:
    await line.drive(2.0, 3.0)
    message = await line.heard(OccupancyGrid, 'local_costmap/costmap', LATCHED)
    costmap = costmap_from_message(message)
    assert (costmap.frame_id, costmap.values.shape) == ('odom', (60, 60))
    assert costmap.resolution_m == pytest.approx(0.05)
    odometry = line.hall.robot.odometry()
    middle = (costmap.origin.x_m + 1.5, costmap.origin.y_m + 1.5)
    assert math.dist(middle, (odometry.x_m, odometry.y_m)) < 0.1
    assert costmap.origin.yaw_rad == 0.0
    # The block's near side is at x = 3 of the map, where odom's y is -2.
    assert costmap.values_at((odometry.x_m, -2.05)) == 100
    assert costmap.values_at((odometry.x_m, -1.5)) < 99


async def test_a_plan_leads_from_the_robot_to_the_goal_in_map(line: Line) -> None:
    plans: list[Path] = []
    line.node.create_subscription(Path, 'plan', plans.append, OUTPUT)
    await line.until('its publisher', lambda: line.node.count_publishers('/hall/plan') > 0)
    await line.drive(2.0, 0.5)
    await line.until('a plan', lambda: plans)
    plan = plans[-1]
    assert plan.header.frame_id == plan.poses[0].header.frame_id == 'map'
    assert stamp_ns_of(plan.header.stamp) > 0
    before, end = (pose.pose.position for pose in plan.poses[-2:])
    assert (end.x, end.y) == pytest.approx((2.0, 0.5))
    along_rad = math.atan2(end.y - before.y, end.x - before.x)
    assert floor_pose_from(plan.poses[-1].pose).yaw_rad == pytest.approx(along_rad)
