"""The Nav2 client and the double that drives in its head, two processes over DDS."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.geometry.poses import FloorPose

pytest.importorskip('rclpy')
pytest.importorskip('nav2_msgs')

from action_msgs.srv import CancelGoal

from vlm_nav.navigation.nav2_states import DriveEnd, DriveProgress, DriveState
from vlm_nav.ros.nav2 import Nav2Client
from vlm_nav.ros.nav2_action import RclpyNavigateAction
from vlm_nav.ros.nav2_port import Nav2Settings
from vlm_nav.ros.nav2_ready import RequireActive
from vlm_nav.ros.spinning import answer_of

pytestmark = pytest.mark.ros
PATIENT = Nav2Settings(ready_timeout_s=10.0, response_timeout_s=2.0, silence_timeout_s=1.0)
NEAR = Waypoint('map', 1_700_000_000_000_000_123, 0.2, 0.1, 2.5)
FAR = Waypoint('map', 1_700_000_000_000_000_123, 50.0, 0.0, 0.0)


class Robot:
    """A client on its own node; it believes to stand where the last feedback says."""

    def __init__(self, node: Any, require_active: RequireActive, settings: Nav2Settings) -> None:
        self.progress: list[DriveProgress] = []
        self.client = Nav2Client(
            RclpyNavigateAction(node, require_active),
            settings,
            own_pose=self.own_pose,
            on_feedback=self.progress.append,
        )

    def own_pose(self, _frame_id: str) -> FloorPose | None:
        """Return where the last feedback saw the robot."""
        return self.progress[-1].pose if self.progress else None

    def start(self, waypoint: Waypoint) -> 'asyncio.Task[DriveEnd]':
        """Start a drive."""
        return asyncio.ensure_future(self.client.drive_to_end(waypoint, Deadline.after(20.0)))

    async def state(self, waypoint: Waypoint) -> DriveState:
        """Drive and return how it ended."""
        return (await self.start(waypoint)).state


async def introduced(node: Any) -> None:
    """Wait until the action server has discovered what the node made so far.

    An answer to somebody whom the server has not yet discovered is lost. Endpoints are told in
    the order of their making, so an answer to the last one shows that all are known.
    """
    client = node.create_client(CancelGoal, 'navigate_to_pose/_action/cancel_goal')
    deadline = Deadline.after(10.0)
    while not deadline.expired():
        if client.service_is_ready():
            answer = answer_of(node, lambda: client.call_async(CancelGoal.Request()))
            if (await asyncio.wait({answer}, timeout=0.5))[0]:
                return
        await asyncio.sleep(0.02)
    raise AssertionError('the action server does not answer')


@pytest.fixture
def robot(spun: Callable[..., Any]) -> Callable[..., Any]:
    """Give a maker of robots in a namespace, closed at the end of their `async with`."""

    @asynccontextmanager
    async def make(
        namespace: str,
        require_active: RequireActive = RequireActive.NEVER,
        settings: Nav2Settings = PATIENT,
    ) -> AsyncIterator[Robot]:
        node = spun('robot', namespace=f'/{namespace}')
        made = Robot(node, require_active, settings)
        await introduced(node)
        yield made
        await made.client.close()

    return make


async def believed(robot: Robot) -> str:
    """Return the id of the goal that is believed in, once there is one."""
    while robot.client.believed_goal is None:
        await asyncio.sleep(0.01)
    return robot.client.believed_goal.hex()


async def test_a_goal_is_driven_to_and_arrives_as_it_was_sent(
    robot: Callable[..., Any], start_double: Callable[..., Any]
) -> None:
    double = start_double('reach', speed_m_s=1.0)
    async with robot('reach') as one:
        assert await one.state(NEAR) is DriveState.REACHED
        accepted, succeeded = await double.event('accepted'), await double.event('succeeded')
        assert accepted['goal_id'] == succeeded['goal_id']
        assert accepted['stamp_ns'] == NEAR.stamp_ns
        assert (accepted['frame_id'], accepted['x_m'], accepted['y_m']) == ('map', 0.2, 0.1)
        assert accepted['yaw_rad'] == pytest.approx(2.5)
        assert one.progress[-1].frame_id == 'map'
    assert double.stop(signal.SIGTERM) == 0


async def test_cancelling_stops_the_robot_before_the_cancellation_goes_on(
    robot: Callable[..., Any], start_double: Callable[..., Any]
) -> None:
    double = start_double('cancel', speed_m_s=0.0)
    async with robot('cancel') as one:
        drive = one.start(FAR)
        await double.event('accepted')
        drive.cancel()
        with pytest.raises(asyncio.CancelledError):
            await drive
        await double.event('canceled')
        first = await double.event('accepted')
        again = one.start(FAR)
        second = await believed(one)
        assert second != first['goal_id']
        await double.event('accepted', second)
        await one.client.close()
        assert (await again).state is DriveState.SHUT_DOWN
        await double.event('canceled', second)


async def test_a_newer_goal_replaces_and_a_strangers_preempts(
    robot: Callable[..., Any], start_double: Callable[..., Any]
) -> None:
    double = start_double('replace', speed_m_s=0.5)
    async with robot('replace') as one, robot('replace') as stranger:
        first = one.start(FAR)
        old = await believed(one)
        await double.event('accepted', old)
        second = one.start(FAR)
        assert (await first).state is DriveState.REPLACED
        new = await believed(one)
        assert new != old
        await double.event('preempted', old)
        strange = stranger.start(FAR)
        end = await second
        assert end.state is DriveState.PREEMPTED
        await double.event('preempted', new)
        strange.cancel()
        with pytest.raises(asyncio.CancelledError):
            await strange


class Lifecycle:
    """The lifecycle service of a bt_navigator, answering what it is told to."""

    def __init__(self, node: Any) -> None:
        from lifecycle_msgs.msg import State
        from lifecycle_msgs.srv import GetState

        self.state = State(id=State.PRIMARY_STATE_INACTIVE, label='inactive')
        self.active = State(id=State.PRIMARY_STATE_ACTIVE, label='active')
        node.create_service(GetState, 'bt_navigator/get_state', self._answer)

    def _answer(self, _request: Any, response: Any) -> Any:
        response.current_state = self.state
        return response


async def eventually(ask: Callable[[], Awaitable[str | None]], wanted: str | None) -> None:
    """Ask until the answer is the wanted one, or holds it."""
    deadline = Deadline.after(10.0)
    while True:
        answer = await ask()
        if answer == wanted or (wanted and answer and wanted in answer):
            return
        assert not deadline.expired(), f'wanted {wanted!r}, came {answer!r}'
        await asyncio.sleep(0.05)


async def test_nav2_is_ready_when_it_is_active_and_not_when_its_server_is_there(
    spun: Callable[..., Any],
    robot: Callable[..., Any],
    start_double: Callable[..., Any],
) -> None:
    double = start_double('managed', speed_m_s=1.0)
    lifecycle = Lifecycle(spun('bt_navigator', namespace='/managed'))
    action = RclpyNavigateAction(spun('asker', namespace='/managed'))
    await eventually(action.not_ready, 'bt_navigator is inactive, not active')
    brief = Nav2Settings(ready_timeout_s=0.5)
    async with robot('managed', RequireActive.ALWAYS, brief) as one:
        assert await one.state(NEAR) is DriveState.NOT_ACTIVE
        lifecycle.state = lifecycle.active
        await eventually(action.not_ready, None)
        # An answer is lost while the server has not yet discovered who asked.
        while (state := await one.state(NEAR)) is DriveState.SILENT:
            pass
        assert state is DriveState.REACHED
        assert double.wait_for('accepted')


async def test_without_a_lifecycle_service_the_mode_decides(
    spun: Callable[..., Any], start_double: Callable[..., Any]
) -> None:
    start_double('unmanaged')
    actions = {
        mode: RclpyNavigateAction(spun(f'asker_{mode.value}', namespace='/unmanaged'), mode)
        for mode in RequireActive
    }
    await eventually(actions[RequireActive.NEVER].not_ready, None)
    await eventually(actions[RequireActive.AUTO].not_ready, 'may still turn up')
    await eventually(actions[RequireActive.AUTO].not_ready, None)
    await eventually(actions[RequireActive.ALWAYS].not_ready, 'not known active')


async def test_without_any_server_the_answer_names_what_is_missing(
    spun: Callable[..., Any],
) -> None:
    action = RclpyNavigateAction(spun('asker', namespace='/nobody'))
    answer = await action.not_ready()
    assert answer == "there is no action server 'navigate_to_pose' in '/nobody'"
