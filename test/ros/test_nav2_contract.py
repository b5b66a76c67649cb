"""One contract for NavigateToPose as a client sees it, for all that serve it.

Our double and the simulator's stand-in always, Nav2 itself where it is there.

Nav2 runs with its loop-back robot: the packages nav2_bringup and nav2_loopback_sim.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint

pytest.importorskip('rclpy')
pytest.importorskip('nav2_msgs')

from action_msgs.msg import GoalStatusArray
from action_msgs.srv import CancelGoal
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from rclpy.node import Node
from unique_identifier_msgs.msg import UUID

from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.navigation.nav2_states import DriveProgress, NavResult
from vlm_nav.ros.nav2_action import RclpyGoal, RclpyNavigateAction
from vlm_nav.ros.poses import pose_stamped
from vlm_nav.ros.qos import ACTION_STATUS, OUTPUT
from vlm_nav.ros.spinning import SpinThread, answer_of

pytestmark = [pytest.mark.ros, pytest.mark.timeout(300)]

NO_WORD = NavResult(GoalStatus.ABORTED, 0, '')
CANCELED = NavResult(GoalStatus.CANCELED, 0, '')
LAUNCH_FILES = ('tb3_loopback_simulation_launch.py', 'tb3_loopback_simulation.launch.py')


@dataclass(frozen=True)
class Stack:
    """A running server, and places of its map: the start, a near one, a far one, one outside."""

    namespace: str
    patience_s: float
    start: tuple[float, float]
    near: tuple[float, float]
    far: tuple[float, float]
    outside: tuple[float, float] = (1000.0, 1000.0)


DOUBLE = Stack('/lasting', 20.0, (0.0, 0.0), (4.0, 0.0), (80.0, 0.0))
# The hall of nav2_world.py.
STAND_IN = Stack('/hall', 30.0, (0.0, 0.0), (1.0, 0.0), (-9.0, 3.0))
# The map of the TurtleBot's sandbox.
NAV2 = Stack('', 100.0, (-2.0, -0.5), (-1.8, -0.5), (0.0, 2.0))


def nav2_launch_file() -> Path:
    """Return the launch file of Nav2 with its loop-back robot; skip where it is not installed."""
    packages = pytest.importorskip('ament_index_python.packages')
    try:
        packages.get_package_share_directory('nav2_loopback_sim')
        share = Path(packages.get_package_share_directory('nav2_bringup'))
    except packages.PackageNotFoundError as error:
        pytest.skip(f'Nav2 with its loop-back robot is not installed here: {error}')
    for name in LAUNCH_FILES:
        if (share / 'launch' / name).is_file():
            return share / 'launch' / name
    pytest.skip(f'this nav2_bringup has none of {", ".join(LAUNCH_FILES)}')


class Client:
    """A client of the server, with what it hears of the status topic."""

    def __init__(self, node: Node, stack: Stack) -> None:
        self.node = node
        self.stack = stack
        self.action = RclpyNavigateAction(node)
        self.cancels = node.create_client(CancelGoal, 'navigate_to_pose/_action/cancel_goal')
        self.goal_poses = node.create_publisher(PoseStamped, 'goal_pose', OUTPUT)
        self.status: dict[bytes, int] = {}
        node.create_subscription(
            GoalStatusArray, 'navigate_to_pose/_action/status', self._take, ACTION_STATUS
        )

    def _take(self, message: Any) -> None:
        for one in message.status_list:
            self.status[bytes(one.goal_info.goal_id.uuid)] = one.status

    async def until(self, what: str, true: Any) -> None:
        """Wait until something is true."""
        deadline = Deadline.after(self.stack.patience_s)
        while not true():
            assert not deadline.expired(), f'{what} did not come about'
            await asyncio.sleep(0.01)

    async def until_ready(self) -> None:
        """Wait until goals are taken."""
        deadline = Deadline.after(self.stack.patience_s)
        while (why := await self.action.not_ready()) is not None:
            assert not deadline.expired(), why
            await asyncio.sleep(0.1)

    async def accepted(self, place: tuple[float, float]) -> Driven:
        """Send a goal and wait for its acceptance."""
        progress: list[DriveProgress] = []
        goal = self.action.send(Waypoint('map', 0, *place, 0.0), progress.append)
        assert await asyncio.wait_for(goal.response, 10.0)
        return Driven(goal, progress, self.stack.patience_s)

    async def cancel_code(self, goal: RclpyGoal) -> int:
        """Cancel a goal, ended or not, and return the code that comes back."""
        request = CancelGoal.Request()
        request.goal_info.goal_id = UUID(uuid=list(goal.goal_id))
        answer = answer_of(self.node, lambda: self.cancels.call_async(request))
        return int((await asyncio.wait_for(answer, 10.0)).return_code)


@dataclass
class Driven:
    """An accepted goal and its feedback so far."""

    goal: RclpyGoal
    progress: list[DriveProgress]
    patience_s: float

    async def result(self) -> NavResult:
        """Wait for the result."""
        return await asyncio.wait_for(self.goal.result, self.patience_s)


@pytest.fixture(scope='module', params=['double', 'stand-in', 'Nav2'])
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """Give a running server that is held to the contract."""
    if request.param == 'double':
        request.getfixturevalue('lasting_double')
        yield DOUBLE
        return
    if request.param == 'stand-in':
        request.getfixturevalue('hall')
        yield STAND_IN
        return
    process = subprocess.Popen(
        ['ros2', 'launch', str(nav2_launch_file()), 'use_rviz:=False'], start_new_session=True
    )
    yield NAV2
    os.killpg(process.pid, signal.SIGINT)
    process.wait(30.0)


@pytest.fixture(scope='module')
def shared_client(ros_context: Any, stack: Stack) -> Iterator[Client]:
    """Give a client that is spun."""
    node = Node('contract', context=ros_context, namespace=stack.namespace)
    with SpinThread(node):
        yield Client(node, stack)
    node.destroy_node()


@pytest.fixture
async def client(shared_client: Client) -> Client:
    """Give the client once the server takes goals and the robot stands at the start."""
    if shared_client.stack is NAV2:
        poses = shared_client.node.create_publisher(
            PoseWithCovarianceStamped, 'initialpose', OUTPUT
        )
        pose = PoseWithCovarianceStamped()
        start = pose_stamped(Waypoint('map', 0, *NAV2.start, 0.0))
        pose.header.frame_id, pose.pose.pose = 'map', start.pose
        while await shared_client.action.not_ready() is not None:
            poses.publish(pose)
            await asyncio.sleep(1.0)
    await shared_client.until_ready()
    return shared_client


async def test_a_goal_is_accepted_and_reached_and_feedback_tells_the_way(client: Client) -> None:
    driven = await client.accepted(client.stack.near)
    result = await driven.result()
    assert result.status == GoalStatus.SUCCEEDED
    assert {progress.frame_id for progress in driven.progress} == {'map'}
    stamps = [progress.stamp_ns for progress in driven.progress]
    assert stamps == sorted(stamps)
    assert stamps[-1] > stamps[0]
    back = await client.accepted(client.stack.start)
    assert (await back.result()).status == GoalStatus.SUCCEEDED


async def test_before_there_is_a_path_nothing_is_left_of_it(client: Client) -> None:
    driven = await client.accepted(client.stack.far)
    await client.until('feedback with a path', lambda: driven.progress[-1:])
    await client.until('a path', lambda: driven.progress[-1].distance_remaining_m > 0.3)
    assert driven.progress[0].distance_remaining_m == 0.0
    driven.goal.cancel()
    assert await driven.result() == CANCELED


async def test_a_cancelled_goal_ends_canceled_without_a_word(client: Client) -> None:
    driven = await client.accepted(client.stack.far)
    assert await asyncio.wait_for(driven.goal.cancel(), 10.0) == CancelGoal.Response.ERROR_NONE
    assert await driven.result() == CANCELED


async def test_a_cancel_after_the_end_says_that_the_goal_has_ended(client: Client) -> None:
    driven = await client.accepted(client.stack.far)
    driven.goal.cancel()
    await driven.result()
    code = await client.cancel_code(driven.goal)
    assert code == CancelGoal.Response.ERROR_GOAL_TERMINATED


async def test_a_newer_goal_ends_the_older_one_as_aborted_without_a_word(client: Client) -> None:
    old = await client.accepted(client.stack.far)
    new = await client.accepted(client.stack.near)
    assert await old.result() == NO_WORD
    assert (await new.result()).status == GoalStatus.SUCCEEDED


async def test_a_goal_pose_of_somebody_else_is_such_a_newer_goal(client: Client) -> None:
    driven = await client.accepted(client.stack.far)
    await client.until('a subscriber', lambda: client.goal_poses.get_subscription_count() > 0)
    client.goal_poses.publish(pose_stamped(Waypoint('map', 0, *client.stack.start, 0.0)))
    assert await driven.result() == NO_WORD
    own = driven.goal.goal_id
    await client.until('its status', lambda: client.action.others_driving([own]))
    await client.until('its end', lambda: not client.action.others_driving([own]))


async def test_a_goal_outside_the_map_is_accepted_and_aborted_with_a_code(
    client: Client,
) -> None:
    result = await (await client.accepted(client.stack.outside)).result()
    assert (result.status, result.error_code) == (GoalStatus.ABORTED, 204)
    assert 'outside bounds' in result.error_msg


async def test_the_status_topic_tells_of_a_goal_while_it_runs_and_after_its_end(
    client: Client,
) -> None:
    driven = await client.accepted(client.stack.far)
    own = driven.goal.goal_id
    running = GoalStatus.EXECUTING
    await client.until('its status', lambda: client.status.get(own) == running)
    # The action has a subscription of its own, which may hear of it a little later.
    await client.until('its drive', lambda: client.action.others_driving([b'another']))
    assert not client.action.others_driving([own])
    driven.goal.cancel()
    await driven.result()
    await client.until('its end', lambda: client.status[own] == GoalStatus.CANCELED)
    await client.until('nobody', lambda: not client.action.others_driving([b'another']))


async def test_somebody_who_cancels_all_ends_this_clients_goal_too(client: Client) -> None:
    driven = await client.accepted(client.stack.far)
    answer = answer_of(client.node, lambda: client.cancels.call_async(CancelGoal.Request()))
    assert (await asyncio.wait_for(answer, 10.0)).return_code == CancelGoal.Response.ERROR_NONE
    assert await driven.result() == CANCELED
