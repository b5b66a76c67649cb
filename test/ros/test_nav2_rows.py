"""What the Nav2 client makes of each behaviour that was measured on a running Nav2, over DDS.

The double replays them by name; after each the client drives again as if nothing had been.
"""

import asyncio
import dataclasses
import itertools
import math
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import FloorPose

pytest.importorskip('rclpy')
pytest.importorskip('nav2_msgs')

from action_msgs.srv import CancelGoal
from geometry_msgs.msg import PoseStamped
from rcl_interfaces.srv import SetParameters
from rclpy.node import Node
from rclpy.parameter import Parameter

from vlm_nav.navigation.nav2_states import DriveEnd, DriveProgress, DriveState
from vlm_nav.ros.doubles.nav2_behaviours import BEHAVIOURS
from vlm_nav.ros.nav2 import Nav2Client
from vlm_nav.ros.nav2_action import RclpyNavigateAction
from vlm_nav.ros.nav2_port import Nav2Settings
from vlm_nav.ros.poses import pose_stamped
from vlm_nav.ros.qos import OUTPUT
from vlm_nav.ros.spinning import SpinThread, answer_of

pytestmark = pytest.mark.ros

SETTINGS = Nav2Settings(
    ready_timeout_s=10.0,
    response_timeout_s=1.5,
    silence_timeout_s=2.0,
    cancel_timeout_s=3.0,
    replace_timeout_s=1.0,
    feedback_period_s=1e-6,
)
# Each row: what Nav2 does, how the drive ends, and what is said of it.
ROWS: list[tuple[str, DriveState, str]] = [
    ('normal', DriveState.REACHED, '0.00 m from the goal'),
    ('succeeds_with_code', DriveState.REACHED, 'error 701: spin'),
    ('off_target', DriveState.OFF_TARGET, '0.57 m from the goal, allowed are 0.5 m'),
    ('short_of_target', DriveState.REACHED, '0.33 m from the goal'),
    ('no_path', DriveState.ABORTED, 'error 208: planner: GridBasedplugin failed to plan'),
    ('outside_map', DriveState.ABORTED, 'outside bounds'),
    ('planner_dies', DriveState.ABORTED, 'gave up without a word'),
    ('never_ends', DriveState.LATE, 'did not end before the deadline'),
    ('no_behavior_tree', DriveState.ABORTED, 'error 9001: navigator: Error loading XML'),
    ('stuck', DriveState.ABORTED, 'error 105: controller: Failed to make progress'),
    ('frozen_feedback', DriveState.SILENT, 'stopped or froze for 2 s'),
    ('frozen_for_a_while', DriveState.REACHED, 'error 701'),
    ('abort', DriveState.ABORTED, 'gave up without a word'),
    ('controller_dies', DriveState.ABORTED, 'error 107: controller: Behavior Tree action client'),
    ('deactivated', DriveState.NOT_ACTIVE, 'bt_navigator is inactive'),
    ('reject', DriveState.REJECTED, 'rejected'),
    ('silent', DriveState.SILENT, 'no answer to the goal request in 1.5 s'),
    ('late_answer', DriveState.SILENT, 'no answer to the goal request'),
    ('bad_frame', DriveState.ABORTED, 'error 9002: navigator: Failed to transform'),
    ('drives_to_old_target', DriveState.REACHED, 'error 9002'),
    ('refuses_preemption', DriveState.ABORTED, 'gave up without a word'),
    ('cancel_refused', DriveState.LATE, ''),
    ('no_feedback', DriveState.SILENT, 'no feedback in 2 s'),
    ('storm_of_feedback', DriveState.REACHED, ''),
    ('result_gone', DriveState.SILENT, 'no longer has a result'),
]
HANGS = {'never_ends': 0.7, 'cancel_refused': 0.7}


class Line:
    """The client, the double and the way to tell the double what to do."""

    def __init__(self, node: Any, double: Any) -> None:
        self.node = node
        self.double = double
        self.progress: list[DriveProgress] = []
        self.warnings: list[str] = []
        self._parameters = node.create_client(
            SetParameters, 'navigate_to_pose_double/set_parameters'
        )
        self.goal_poses = node.create_publisher(PoseStamped, 'goal_pose', OUTPUT)
        self.cancels = node.create_client(CancelGoal, 'navigate_to_pose/_action/cancel_goal')
        self.client = Nav2Client(
            RclpyNavigateAction(node),
            SETTINGS,
            own_pose=self.own_pose,
            on_feedback=self.progress.append,
            warn=self.warnings.append,
        )
        self._seen = 0
        self._targets = itertools.cycle((2.0, -2.0))

    def own_pose(self, _frame_id: str) -> FloorPose | None:
        """Return where the last feedback saw the robot."""
        return self.progress[-1].pose if self.progress else None

    def begin(self) -> None:
        """Forget what was before."""
        self.warnings.clear()
        self._seen = len(self.double.events)

    async def behave(self, **parameters: Any) -> None:
        """Set parameters of the double."""
        wanted = [Parameter(name, value=value) for name, value in parameters.items()]
        request = SetParameters.Request(
            parameters=[parameter.to_parameter_msg() for parameter in wanted]
        )
        answer = await self.ask(self._parameters, request)
        assert all(result.successful for result in answer.results), answer

    async def ask(self, client: Any, request: Any) -> Any:
        """Return the double's answer; asks again where one is lost in discovery."""
        deadline = Deadline.after(15.0)
        while not deadline.expired():
            if client.service_is_ready():
                answer = answer_of(self.node, lambda: client.call_async(request))
                if (await asyncio.wait({answer}, timeout=2.0))[0]:
                    return answer.result()
            await asyncio.sleep(0.02)
        raise AssertionError(f'no answer from {client.srv_name}')

    def start(self, limit_s: float = 20.0) -> 'asyncio.Task[DriveEnd]':
        """Start a drive to where the robot is not yet."""
        waypoint = at(next(self._targets))
        return asyncio.ensure_future(self.client.drive_to_end(waypoint, Deadline.after(limit_s)))

    async def until(self, event: str, goal_id: str | None = None) -> dict[str, Any]:
        """Wait for an event of the double after those that were waited for before."""
        deadline = Deadline.after(15.0)
        while not deadline.expired():
            for number, line in enumerate(self.double.events[self._seen :], self._seen + 1):
                if line['event'] == event and goal_id in (None, line['goal_id']):
                    self._seen = number
                    return dict(line)
            await asyncio.sleep(0.01)
        raise AssertionError(f'no {event} of {goal_id}: {self.double.events[self._seen :][-5:]}')

    async def drives_again(self) -> None:
        """Check that a goal is reached as if nothing had been."""
        await self.behave(behaviour='normal', lifecycle='active')
        end = await self.start()
        assert end.state is DriveState.REACHED, end
        assert self.client.believed_goal is None


def at(x_m: float) -> Waypoint:
    """Return a waypoint on the x axis of the map."""
    return Waypoint('map', 1_700_000_000_000_000_000, x_m, 0.0, 0.0)


@pytest.fixture(scope='module')
def one_line(ros_context: Any, lasting_double: Any) -> Iterator[Line]:
    """Give a client and a double that all tests share, as a robot's day is one."""
    node = Node('rows', context=ros_context, namespace='/lasting')
    with SpinThread(node):
        yield Line(node, lasting_double)
    node.destroy_node()


@pytest.fixture
async def line(one_line: Line) -> AsyncIterator[Line]:
    """Give the line before a test; after it the client still drives."""
    one_line.begin()
    await one_line.behave(behaviour='normal', lifecycle='active')
    yield one_line
    await one_line.drives_again()


@pytest.mark.parametrize(('behaviour', 'state', 'words'), ROWS, ids=[row[0] for row in ROWS])
async def test_each_behaviour_is_named_and_afterwards_the_client_drives_again(
    line: Line, behaviour: str, state: DriveState, words: str
) -> None:
    await line.behave(behaviour=behaviour)
    end = await line.start(HANGS.get(behaviour, 20.0))
    assert (end.state, words in end.detail) == (state, True), end
    if behaviour in {'never_ends', 'frozen_feedback', 'no_feedback', 'late_answer'}:
        await line.until('canceled')
    assert ('refused to cancel' in ''.join(line.warnings)) is (behaviour == 'cancel_refused')
    assert ('accepted too late' in ''.join(line.warnings)) is (behaviour == 'late_answer')


def test_every_behaviour_of_the_double_is_tried() -> None:
    assert [row[0] for row in ROWS] == list(BEHAVIOURS)


async def test_an_inactive_nav2_gets_no_goal_though_its_server_is_there(line: Line) -> None:
    await line.behave(lifecycle='inactive')
    before = len(line.double.events)
    end = await line.start(1.0)
    assert end.state in (DriveState.NOT_ACTIVE, DriveState.LATE)
    assert len(line.double.events) == before


async def test_a_number_that_kills_a_planner_is_never_sent(line: Line) -> None:
    before = len(line.double.events)
    not_finite = itertools.product(('x_m', 'y_m', 'yaw_rad'), (math.nan, math.inf, -math.inf))
    for field, number in (*not_finite, ('x_m', 1e300), ('y_m', -1e300)):
        waypoint = dataclasses.replace(at(1.0), **{field: number})
        end = await line.client.drive_to_end(waypoint, Deadline.after(5.0))
        assert end.state in (DriveState.NOT_FINITE, DriveState.OUTSIDE_MAP), (field, number)
    assert len(line.double.events) == before


async def test_a_frame_that_nav2_cannot_look_up_is_never_sent(line: Line) -> None:
    for frame_id in ('', '/map'):
        waypoint = dataclasses.replace(at(1.0), frame_id=frame_id)
        with pytest.raises(InvalidValueError, match='frame'):
            await line.client.drive_to_end(waypoint, Deadline.after(5.0))


async def test_of_three_goals_at_once_the_last_is_driven_to(line: Line) -> None:
    await line.behave(behaviour='never_ends')
    first = line.start()
    await line.until('accepted')
    second = line.start()
    await line.until('preempted')
    await line.behave(behaviour='normal')
    third = line.start()
    ends = [(await drive).state for drive in (first, second, third)]
    assert ends == [DriveState.REPLACED, DriveState.REPLACED, DriveState.REACHED]
    assert line.warnings == []


async def test_a_newer_goal_outside_the_map_stops_the_robot_and_both_are_named(
    line: Line,
) -> None:
    await line.behave(behaviour='never_ends')
    first = line.start()
    await line.until('accepted')
    await line.behave(behaviour='outside_map')
    second = await line.start()
    assert (second.state, 'error 204' in second.detail) == (DriveState.ABORTED, True)
    assert (await first).state is DriveState.REPLACED


async def test_success_at_the_old_goal_is_not_taken_for_the_new_one(line: Line) -> None:
    await line.behave(behaviour='never_ends')
    first = line.start()
    await line.until('accepted')
    await line.behave(behaviour='drives_to_old_target')
    second = await line.start()
    assert second.state is DriveState.OFF_TARGET
    assert 'error 9002' in second.detail
    assert (await first).state is DriveState.REPLACED


async def test_a_replaced_goal_that_goes_on_is_cancelled(line: Line) -> None:
    await line.behave(behaviour='never_ends')
    first = line.start()
    old = await line.until('accepted')
    await line.behave(behaviour='refuses_preemption')
    second = await line.start()
    assert second.state is DriveState.ABORTED
    assert (await first).state is DriveState.REPLACED
    await line.until('canceled', old['goal_id'])


async def test_a_goal_that_preempted_another_is_cancelled_as_any(line: Line) -> None:
    await line.behave(behaviour='never_ends')
    first = line.start()
    await line.until('accepted')
    second = line.start()
    new = await line.until('accepted')
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    await line.until('canceled', new['goal_id'])
    assert (await first).state is DriveState.REPLACED


async def test_a_goal_pose_of_somebody_else_preempts(line: Line) -> None:
    await line.behave(behaviour='never_ends')
    drive = line.start()
    await line.until('accepted')
    while line.goal_poses.get_subscription_count() == 0:
        await asyncio.sleep(0.02)
    line.goal_poses.publish(pose_stamped(at(0.0)))
    end = await drive
    assert (end.state, end.detail) == (DriveState.PREEMPTED, "somebody else's goal took over")


async def test_somebody_who_cancels_everything_is_named(line: Line) -> None:
    await line.behave(behaviour='never_ends')
    drive = line.start()
    await line.until('accepted')
    await line.ask(line.cancels, CancelGoal.Request())
    end = await drive
    assert end.state is DriveState.CANCELED
    assert 'somebody else canceled' in end.detail


async def test_a_cancel_right_after_the_acceptance_ends_the_goal(line: Line) -> None:
    await line.behave(behaviour='never_ends')
    drive = line.start()
    while line.client.believed_goal is None:
        await asyncio.sleep(0)
    drive.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drive
    await line.until('canceled')
    assert line.warnings == []


async def test_the_distance_of_the_first_feedback_is_not_taken_for_arrival(line: Line) -> None:
    line.progress.clear()
    end = await line.start()
    assert end.state is DriveState.REACHED
    assert line.progress[0].distance_remaining_m == 0.0
    assert max(progress.distance_remaining_m for progress in line.progress) > 0.5


async def test_feedback_at_any_rate_is_passed_on_at_the_wanted_one(line: Line) -> None:
    await line.behave(behaviour='storm_of_feedback')
    slow = dataclasses.replace(SETTINGS, feedback_period_s=0.2)
    told: list[float] = []
    loop = asyncio.get_running_loop()
    client = Nav2Client(
        RclpyNavigateAction(line.node),
        slow,
        own_pose=line.own_pose,
        on_feedback=lambda progress: told.append(loop.time()),
    )
    await client.drive_to_end(at(-1.0), Deadline.after(20.0))
    assert told
    assert all(two - one >= 0.19 for one, two in itertools.pairwise(told))
