"""The navigator as a process over DDS: its lifecycle, its answers, and its ends."""

from __future__ import annotations

import array
import asyncio
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip('rclpy')
pytest.importorskip('nav2_msgs')
pytest.importorskip('vlm_nav_msgs')

from action_msgs.msg import GoalStatus
from ament_index_python.packages import get_package_prefix
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from end_to_end.human import Human
from end_to_end.processes import JsonProcess, Line, Told
from geometry_msgs.msg import Point, Pose, Twist, TwistStamped, Vector3
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from nav_msgs.msg import MapMetaData, OccupancyGrid
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.action import ActionClient
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image, Joy
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from visualization_msgs.msg import InteractiveMarkerFeedback, InteractiveMarkerUpdate
from visualization_msgs.srv import GetInteractiveMarkers
from vlm_nav_msgs.action import NavigateByInstruction

from vlm_nav.ros.navigator_work import NavigatorWork
from vlm_nav.ros.qos import COMMAND, LATCHED, OUTPUT, SENSOR
from vlm_nav.ros.spinning import answer_of

pytestmark = pytest.mark.ros
PATIENCE_S = 20.0
NAMESPACE = '/robot1'
TRANSITIONS = {
    'configure': Transition.TRANSITION_CONFIGURE,
    'cleanup': Transition.TRANSITION_CLEANUP,
    'activate': Transition.TRANSITION_ACTIVATE,
    'deactivate': Transition.TRANSITION_DEACTIVATE,
}
DOWN = {'active': 'deactivate', 'inactive': 'cleanup'}
QUICK = {
    'vlm.spec': 'scripted:first',
    'until_arrived': False,
    'pivot.rounds': 1,
    'pivot.runs': 1,
    'pivot.samples': 4,
    'pivot.picks': 2,
    'maximum_age_s': 2.0,
    # The base drives in its head while the robot's transforms stand still.
    'nav2.position_tolerance_m': 100.0,
}
USUAL = {
    **QUICK,
    'depth_transport': 'raw',
    'require_costmap': False,
    'dry_run': False,
    'fence': '',
    'override': 'none',
    'confirm': False,
    'confirm_timeout_s': 30.0,
    'override_quiet_s': 0.5,
    'budget.mission_calls': 0,
    'budget.hour_calls': 0,
    'cassette': '',
    'cassette_mode': 'live',
}


class Manager:
    """Asks a navigator for its state, and for others."""

    def __init__(self, node: Any) -> None:
        self._get = node.create_client(GetState, 'navigator/get_state')
        self._change = node.create_client(ChangeState, 'navigator/change_state')

    def state(self) -> str:
        """Return the state, asking again: an answer is lost to whom the server does not know."""
        until_s = time.monotonic() + PATIENCE_S
        for client in (self._get, self._change):
            assert client.wait_for_service(PATIENCE_S), client.srv_name
        while (response := self._get.call(GetState.Request(), timeout_sec=1.0)) is None:
            assert time.monotonic() < until_s, 'no state was told'
        return str(response.current_state.label)

    def change(self, transition: str) -> bool:
        """Ask for a transition and return whether it was made."""
        request = ChangeState.Request(transition=Transition(id=TRANSITIONS[transition]))
        response = self._change.call(request, timeout_sec=PATIENCE_S)
        assert response is not None, f'no answer to {transition}'
        return bool(response.success)


class Robot:
    """Camera, base and navigator in a namespace, and the person beside them."""

    def __init__(self, node: Any, start: Callable[..., JsonProcess], records: Path) -> None:
        self.node = node
        moved = ['-r', f'__ns:={NAMESPACE}', '-r', '/tf:=tf', '-r', '/tf_static:=tf_static']
        start('vlm_nav.ros.doubles.drawn_room_camera', '--ros-args', *moved)
        self.base = start('vlm_nav.ros.doubles.navigate_to_pose_server', '--ros-args', *moved)
        file = records / 'parameters.yaml'
        values = {**QUICK, 'records.folder': str(records)}
        file.write_text(yaml.safe_dump({'/**': {'ros__parameters': values}}))
        self.navigator = start(
            'vlm_nav.ros.launch_stand_in', 'navigate.launch.py', f'namespace:={NAMESPACE[1:]}',
            'autostart:=false', f'params_file:={file}',
        )  # fmt: skip
        self.human = Human(node)
        manager = Manager(node)
        self.state, self.change = manager.state, manager.change
        self.client = ActionClient(node, NavigateByInstruction, 'navigator/navigate')
        self.feedback: list[str] = []
        self._maps: Any = None

    def set(self, node: str = 'navigator', **values: Any) -> str:
        """Set parameters of a node (__ for .) and return why it refused, if it did."""
        named = [
            Parameter(name.replace('__', '.'), value=value).to_parameter_msg()
            for name, value in values.items()
        ]
        request = SetParametersAtomically.Request(parameters=named)
        service = f'{node}/set_parameters_atomically'
        result = self.human.call(SetParametersAtomically, service, request).result
        assert result.successful is (not result.reason)
        return str(result.reason)

    def begin(self, speed_m_s: float = 50.0, **values: Any) -> None:
        """Have the navigator active with the usual parameters but for these."""
        while (state := self.state()) in DOWN:
            assert self.change(DOWN[state])
        self.forget_map()
        wanted = {name.replace('.', '__'): value for name, value in USUAL.items()}
        assert self.set(**{**wanted, **values}) == ''
        assert self.set('navigate_to_pose_double', speed_m_s=speed_m_s) == ''
        assert self.change('configure')
        assert self.change('activate')

    def ask(self, instruction: str) -> Line:
        """Give an instruction by topic and return how it ended."""
        before = len(self.human.outcomes.lines)
        self.human.instruct(instruction)
        return self.human.outcomes.wait(lambda line: line['instruction'] == instruction, before)

    def map(self, value: int, half_m: float = 20.0, age_s: float = 0.0) -> None:
        """Publish a latched global costmap of one value around the map's origin."""
        if self._maps is None:
            topic = 'global_costmap/costmap'
            self._maps = self.node.create_publisher(OccupancyGrid, topic, LATCHED)
        stamp = self.node.get_clock().now().nanoseconds - int(age_s * 1e9)
        cells = round(half_m / 0.05)
        origin = Pose(position=Point(x=-half_m, y=-half_m))
        grid = OccupancyGrid(
            header=Header(frame_id='map'),
            info=MapMetaData(resolution=0.1, width=cells, height=cells, origin=origin),
            data=array.array('b', [value]) * (cells * cells),
        )
        grid.header.stamp.sec, grid.header.stamp.nanosec = divmod(stamp, 1_000_000_000)
        self._maps.publish(grid)

    def forget_map(self) -> None:
        """Take the costmap back, for eyes that are opened later."""
        if self._maps is not None:
            self.node.destroy_publisher(self._maps)
            self._maps = None

    def ends_with(self, reason: str | None) -> Line:
        """Give instructions until one ends for a reason, and return that end."""
        until_s = time.monotonic() + PATIENCE_S
        while (end := self.ask(f'until {reason}'))['reason'] != reason:
            assert time.monotonic() < until_s, f'wanted {reason}, the last end was {end}'
        return end

    async def send(self, instruction: str) -> Any:
        """Send an instruction by the action and return the accepted goal."""
        assert await asyncio.to_thread(self.client.wait_for_server, PATIENCE_S)
        self.feedback = told = []
        goal = NavigateByInstruction.Goal(instruction=instruction)
        handle = await self.answer(
            lambda: self.client.send_goal_async(
                goal, lambda message: told.append(message.feedback.stage)
            )
        )
        assert handle.accepted
        return handle

    async def result(self, handle: Any) -> tuple[int, Any]:
        """Return status and result of a goal."""
        response = await self.answer(handle.get_result_async)
        return response.status, response.result

    async def answer(self, start: Callable[[], Any]) -> Any:
        """Return what a future of rclpy gives."""
        return await asyncio.wait_for(answer_of(self.node, start), PATIENCE_S)

    async def driving(self, before: int) -> Line:
        """Return the goal that the base has accepted since."""
        return await asyncio.to_thread(
            self.base.told.wait, lambda line: line.get('event') == 'accepted', before
        )


@pytest.fixture(scope='module')
def robot(ros_context: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    """Give the processes, which end with the module: none may fail or stay."""
    from rclpy.node import Node

    from vlm_nav.ros.spinning import SpinThread

    processes = []

    def start(module: str, *arguments: str) -> JsonProcess:
        processes.append(JsonProcess(module, arguments))
        return processes[-1]

    node = Node('human', context=ros_context, namespace=NAMESPACE)
    with ExitStack() as ending:
        ending.callback(node.destroy_node)
        ending.enter_context(SpinThread(node))
        found = Robot(node, start, tmp_path_factory.mktemp('records'))
        ending.callback(found.client.destroy)
        try:
            yield found
        finally:
            statuses = [process.stop(signal.SIGTERM) for process in processes]
    assert statuses == [0, 0, 0], [process.told.lines[-30:] for process in processes]
    for process in processes:
        assert left_of_session(process.process.pid) == []


def left_of_session(session: int) -> list[str]:
    """Return the processes of a session that still run."""
    found = []
    for status in Path('/proc').glob('[0-9]*/stat'):
        with suppress(OSError):
            fields = status.read_text().rpartition(')')[2].split()
            if int(fields[3]) == session:
                found.append(str(status))
    return found


def test_without_autostart_it_takes_nothing_until_its_manager_activates_it(robot: Robot) -> None:
    assert robot.state() == 'unconfigured'
    robot.human.instruct('too early\n[FATAL] forged')
    line = robot.navigator.wait_log('not active')
    assert 'WARN' in line
    assert not robot.change('activate')
    assert robot.change('configure')
    assert robot.state() == 'inactive'
    assert robot.change('activate')
    assert robot.state() == 'active'
    assert robot.navigator.wait_log('active: instructions are taken on /robot1/navigator')
    end = robot.ask('go "there"\n\x1b[2J')
    assert (end['outcome'], end['reached'], end['reason']) == ('goal', True, None)
    assert not any('forged' in line.get('log', '') for line in robot.navigator.told.lines)


def test_in_a_namespace_all_its_topics_lie_there(robot: Robot) -> None:
    robot.begin()
    names = ('navigator', NAMESPACE)
    listened = robot.node.get_subscriber_names_and_types_by_node
    topics = ('tf', 'tf_static', 'camera/depth/image_raw', 'global_costmap/costmap')
    wanted = {f'{NAMESPACE}/{topic}' for topic in topics}
    until_s = time.monotonic() + PATIENCE_S
    while not wanted <= (heard := {name for name, _ in listened(*names)}):
        assert time.monotonic() < until_s, f'it listens to {heard}'
        time.sleep(0.01)
    said = {name for name, _ in robot.node.get_publisher_names_and_types_by_node(*names)}
    shared = {'/clock', '/diagnostics', '/parameter_events', '/rosout'}
    assert {name for name in heard | said if not name.startswith('/robot1/')} <= shared
    for topic in ('annotated', 'markers', 'goal', 'decision', 'outcome'):
        assert f'/robot1/navigator/{topic}' in said


def test_parameters_are_not_changed_under_a_node_that_has_read_them(robot: Robot) -> None:
    robot.begin()
    for _ in ('active', 'inactive'):
        assert 'clean up first' in robot.set(pivot__runs=2)
        assert robot.state() in DOWN
        robot.change(DOWN[robot.state()])
    assert robot.state() == 'unconfigured'
    assert robot.set(pivot__runs=2) == ''
    assert 'pivot.runs out of range' in robot.set(pivot__runs=0)
    assert 'one of raw, compressed' in robot.set(image_transport='theora')
    assert robot.set(vlm__spec='scripted:nobody') == ''
    assert not robot.change('configure')
    assert robot.state() == 'unconfigured'
    assert robot.navigator.wait_log('parameters refused', "'scripted:nobody'", 'known: openai')


async def test_the_action_succeeds_and_is_fed_back_on_the_way(robot: Robot) -> None:
    robot.begin(speed_m_s=2.0)
    status, result = await robot.result(await robot.send('go by the action'))
    assert status == GoalStatus.STATUS_SUCCEEDED
    assert (result.outcome, result.reason) == ('goal', '')
    assert result.goal_pose.header.frame_id == 'map'
    assert Path(result.record).name
    stages = list(dict.fromkeys(robot.feedback))
    assert stages == ['looking', 'asking', 'deciding', 'driving']


async def test_the_action_is_aborted_with_the_reason_where_nothing_fits(robot: Robot) -> None:
    robot.begin(vlm__spec='scripted:none')
    status, result = await robot.result(await robot.send('go to nothing'))
    assert status == GoalStatus.STATUS_ABORTED
    assert (result.outcome, result.reason) == ('hold', 'none_fits')
    assert result.goal_pose.header.frame_id == ''


async def test_the_action_is_canceled_and_a_replaced_one_ends(robot: Robot) -> None:
    robot.begin(speed_m_s=0.0)
    before = len(robot.base.told.lines)
    first = await robot.send('go first')
    driven = await robot.driving(before)
    before = len(robot.base.told.lines)
    second = await robot.send('go second')
    status, result = await robot.result(first)
    assert (status, result.reason) == (GoalStatus.STATUS_ABORTED, 'replaced')
    assert (await robot.driving(before))['goal_id'] != driven['goal_id']
    await robot.answer(second.cancel_goal_async)
    status, result = await robot.result(second)
    assert (status, result.reason) == (GoalStatus.STATUS_CANCELED, 'cancelled')
    await asyncio.to_thread(robot.base.told.wait, lambda line: line.get('event') == 'canceled')


async def test_a_deactivation_ends_what_is_under_way_and_an_activation_takes_more(
    robot: Robot,
) -> None:
    robot.begin(speed_m_s=0.0)
    before = len(robot.base.told.lines)
    handle = await robot.send('go until deactivated')
    goal = await robot.driving(before)
    assert robot.change('deactivate')
    status, result = await robot.result(handle)
    assert (status, result.reason) == (GoalStatus.STATUS_ABORTED, 'shutting_down')
    robot.base.told.wait(
        lambda line: line.get('event') == 'canceled' and line['goal_id'] == goal['goal_id']
    )
    status, result = await robot.result(await robot.send('go while inactive'))
    assert (status, result.message) == (GoalStatus.STATUS_ABORTED, 'the node is not active')
    assert robot.set('navigate_to_pose_double', speed_m_s=50.0) == ''
    for _ in range(3):
        assert robot.change('activate')
        assert robot.ask('go again')['reached'] is True
        assert robot.change('deactivate')


def test_the_picture_is_shown_with_the_frame_of_the_camera(robot: Robot) -> None:
    robot.begin()
    shown = Told('annotated pictures')
    subscription = robot.node.create_subscription(
        Image,
        'navigator/annotated',
        lambda message: shown.add({'frame': message.header.frame_id, 'size': len(message.data)}),
        LATCHED,
    )
    robot.ask('show me')
    line = shown.wait(lambda line: True)
    assert line == {'frame': 'camera_color_optical_frame', 'size': 640 * 480 * 3}
    robot.node.destroy_subscription(subscription)


def test_diagnostics_come_once_a_second_with_a_level(robot: Robot) -> None:
    robot.begin()
    came = Told('diagnostics')

    def take(message: Any) -> None:
        (status,) = message.status
        values = {item.key: item.value for item in status.values}
        came.add({
            'at_s': time.monotonic(), 'level': status.level, 'message': status.message, **values,
        })  # fmt: skip

    subscription = robot.node.create_subscription(DiagnosticArray, '/diagnostics', take, OUTPUT)
    first = came.wait(lambda line: line['level'] == DiagnosticStatus.OK)
    assert 'camera/color/image_raw' in first['camera front']
    second = came.wait(lambda line: line['at_s'] > first['at_s'])
    assert 0.5 < second['at_s'] - first['at_s'] < 1.5
    assert came.wait(lambda line: line.get('watchdog') == 'listens')
    assert first['tokens of the instruction'] == '0'
    assert robot.change('deactivate')
    told = came.wait(lambda line: line['level'] == DiagnosticStatus.WARN)
    assert told['message'] == 'not active'
    robot.node.destroy_subscription(subscription)


def test_a_spent_budget_ends_the_instruction_and_shows_in_the_diagnostics(robot: Robot) -> None:
    robot.begin(until_arrived=True, budget__mission_calls=4)
    came = Told('diagnostics')

    def take(message: Any) -> None:
        (status,) = message.status
        came.add({'message': status.message, **{one.key: one.value for one in status.values}})

    subscription = robot.node.create_subscription(DiagnosticArray, '/diagnostics', take, OUTPUT)
    before = int(came.wait(lambda line: line['message'] == 'ready')['questions in all'])
    for instruction in ('go on', 'go on again'):
        end = robot.ask(instruction)
        assert (end['outcome'], end['reason']) == ('hold', 'budget_spent')
    told = came.wait(lambda line: line.get('questions in all') == str(before + 8))
    assert told['message'] == 'budget_spent'
    assert told['questions of the instruction'] == '4 of 4'
    assert told['questions of the last hour'] == str(before + 8)
    assert 'calls: 4 of 4 are spent' in told['budget']
    # Another activation forgets no hour.
    robot.begin(budget__hour_calls=before + 8)
    end = robot.ask('go on once more')
    assert (end['reason'], end['outcome']) == ('budget_spent', 'hold')
    assert 'hour' in end['detail']
    robot.node.destroy_subscription(subscription)


def test_what_was_recorded_is_decided_again_and_nothing_else_is(
    robot: Robot, tmp_path: Path
) -> None:
    tape = str(tmp_path / 'tape')
    told = robot.human.decisions
    decisions = []
    for mode in ('record', 'replay_or_fail'):
        robot.begin(cassette=tape, cassette_mode=mode)
        before = len(told.lines)
        assert robot.ask('go on tape')['reason'] is None
        decisions.append(told.wait(lambda line: line['instruction'] == 'go on tape', before))
    assert robot.navigator.wait_log('WARN', 'camera pictures and answers are kept', tape)
    recorded, again = decisions
    for name in ('outcome', 'labels', 'calls'):
        assert again[name] == recorded[name], name
    # The transforms of two looks differ in their last digit.
    for name in ('x_m', 'y_m', 'yaw_rad'):
        assert again[name] == pytest.approx(recorded[name], abs=1e-9), name
    end = robot.ask('go off tape')
    assert (end['outcome'], end['reason']) == ('hold', 'not_on_cassette')


def test_without_its_cassette_the_node_is_not_activated_and_says_why(
    robot: Robot, tmp_path: Path
) -> None:
    robot.begin()
    for transition in ('deactivate', 'cleanup'):
        assert robot.change(transition)
    assert robot.set(cassette=str(tmp_path / 'none'), cassette_mode='replay') == ''
    assert robot.change('configure')
    assert not robot.change('activate')
    assert robot.navigator.wait_log('a cassette was wanted in')
    assert robot.state() == 'inactive'


def test_a_costmap_decides_what_is_offered_and_where_a_goal_may_lie(robot: Robot) -> None:
    robot.begin()
    robot.map(0)
    assert robot.ends_with(None)['reached']
    robot.map(100)
    assert robot.ends_with('all_candidates_blocked')['outcome'] == 'hold'
    robot.map(0, age_s=60.0)
    assert 'older than the picture' in robot.ends_with('no_valid_costmap')['detail']
    robot.map(0, half_m=0.6)
    robot.ends_with('goal_outside_map')
    accepted = len(robot.base.told.lines)
    end = robot.ask('go outside the map')
    assert (end['outcome'], end['reason']) == ('goal', 'goal_outside_map')
    assert len(robot.base.told.lines) == accepted


@pytest.mark.parametrize('given', [{'depth_transport': 'none'}, {'require_costmap': True}])
def test_where_a_costmap_is_needed_nothing_is_done_without_one(
    robot: Robot, given: dict[str, Any]
) -> None:
    robot.begin(**given)
    assert robot.ends_with('no_valid_costmap')['outcome'] == 'hold'
    robot.map(0)
    assert robot.ends_with(None)['reached'] is True


def test_within_a_fence_nothing_beyond_it_is_offered(robot: Robot) -> None:
    robot.begin(fence='-0.5 -0.5, 0.7 -0.5, 0.7 0.7, -0.5 0.7')
    end = robot.ask('stay inside')
    assert (end['outcome'], end['reason']) == ('hold', 'all_candidates_blocked')
    assert 'outside_fence' in end['detail']
    robot.begin(fence='-0.5 -2, 4 -2, 4 2, -0.5 2')
    assert robot.ask('drive inside')['reason'] is None
    assert robot.change('deactivate')
    assert robot.change('cleanup')
    assert robot.set(fence='0 0, 1 1') == ''
    assert not robot.change('configure')
    assert robot.navigator.wait_log('parameters refused', 'three corners or more')


def button_of(robot: Robot, instruction: str, shown: Told) -> Line:
    """Give an instruction and return the button that waits to be clicked on."""
    before = len(shown.lines)
    robot.human.instruct(instruction)
    return shown.wait(lambda line: bool(line['buttons']), before)


def test_a_goal_that_wants_a_release_is_not_sent_before_it(robot: Robot) -> None:
    robot.begin(confirm=True)
    shown = Told('buttons')
    updates = robot.node.create_subscription(
        InteractiveMarkerUpdate,
        'navigator/confirm/update',
        lambda message: shown.add({
            'number': message.seq_num,
            'buttons': [(marker.name, marker.header.frame_id) for marker in message.markers],
            'erased': list(message.erases),
        }),
        COMMAND,
    )  # fmt: skip
    clicks = robot.node.create_publisher(
        InteractiveMarkerFeedback, 'navigator/confirm/feedback', COMMAND
    )
    assert not robot.human.call(Trigger, 'navigator/release', Trigger.Request()).success
    before = len(robot.base.told.lines)
    first = button_of(robot, 'go by the service', shown)
    ((name, frame_id),) = first['buttons']
    assert frame_id == 'map'
    asked = GetInteractiveMarkers.Request()
    service = 'navigator/confirm/get_interactive_markers'
    answer = robot.human.call(GetInteractiveMarkers, service, asked)
    assert answer.sequence_number == first['number']
    assert [marker.name for marker in answer.markers] == [name]
    assert len(robot.base.told.lines) == before
    assert robot.human.call(Trigger, 'navigator/release', Trigger.Request()).success
    end = robot.human.outcomes.wait(lambda line: line['instruction'] == 'go by the service')
    assert end['reached'] is True
    assert shown.wait(lambda line: name in line['erased'])['number'] == first['number'] + 1
    before = len(robot.base.told.lines)
    ((second, _),) = button_of(robot, 'go by the button', shown)['buttons']
    click = InteractiveMarkerFeedback(event_type=InteractiveMarkerFeedback.BUTTON_CLICK)
    # A click on the button of the goal before releases nothing, however long it has arrived.
    click.marker_name = name
    clicks.publish(click)
    time.sleep(0.5)
    assert len(robot.base.told.lines) == before
    click.marker_name = second
    clicks.publish(click)
    end = robot.human.outcomes.wait(lambda line: line['instruction'] == 'go by the button')
    assert end['reached'] is True
    robot.node.destroy_subscription(updates)
    robot.node.destroy_publisher(clicks)


def test_a_goal_that_nobody_releases_or_that_is_cancelled_is_not_sent(robot: Robot) -> None:
    robot.begin(confirm=True, confirm_timeout_s=0.3)
    before = len(robot.base.told.lines)
    end = robot.ask('wait in vain')
    assert (end['outcome'], end['reached'], end['reason']) == ('goal', False, 'not_confirmed')
    robot.begin(confirm=True)
    decided = len(robot.human.decisions.lines)
    robot.human.instruct('wait and be cancelled')
    robot.human.decisions.wait(lambda line: line['outcome'] == 'goal', decided)
    assert robot.human.call(Trigger, 'navigator/cancel', Trigger.Request()).success
    end = robot.human.outcomes.wait(lambda line: line['instruction'] == 'wait and be cancelled')
    assert end['reason'] == 'cancelled'
    assert len(robot.base.told.lines) == before


TAKEN_OVER = {
    'twist': Twist(linear=Vector3(x=0.2)),
    'twist_stamped': TwistStamped(twist=Twist(angular=Vector3(z=math.nan))),
    'joy': Joy(axes=[0.0, -0.6], buttons=[0, 0]),
}


@pytest.mark.parametrize('kind', TAKEN_OVER)
def test_who_takes_the_robot_over_ends_the_drive_and_is_not_disturbed(
    robot: Robot, kind: str
) -> None:
    robot.begin(speed_m_s=0.0, override=kind)
    message = TAKEN_OVER[kind]
    publisher = robot.node.create_publisher(type(message), 'override', SENSOR)
    until_s = time.monotonic() + PATIENCE_S
    while not publisher.get_subscription_count():
        assert time.monotonic() < until_s, 'nobody listens to override'
        time.sleep(0.01)
    before = len(robot.base.told.lines)
    robot.human.instruct(f'go until {kind}')
    robot.base.told.wait(lambda line: line.get('event') == 'accepted', before)
    publisher.publish(type(message)())
    publisher.publish(message)
    end = robot.human.outcomes.wait(lambda line: line['instruction'] == f'go until {kind}')
    assert (end['reached'], end['reason']) == (False, 'overridden')
    robot.base.told.wait(lambda line: line.get('event') == 'canceled', before)
    assert robot.ask('go in spite of it')['reason'] == 'overridden'
    assert robot.set('navigate_to_pose_double', speed_m_s=50.0) == ''
    robot.ends_with(None)
    robot.node.destroy_publisher(publisher)


def test_a_dry_run_decides_and_sends_nothing(robot: Robot) -> None:
    robot.begin(dry_run=True)
    sent = len(robot.base.told.lines)
    end = robot.ask('go in thought')
    assert (end['outcome'], end['reached'], end['reason']) == ('goal', False, 'dry_run')
    decision = robot.human.decisions.wait(lambda line: line['record'] == end['record'])
    assert f'({decision["x_m"]:.2f}, {decision["y_m"]:.2f})' in end['detail']
    assert len(robot.base.told.lines) == sent
    robot.begin()
    assert robot.ask('go in earnest')['reached']
    assert len(robot.base.told.lines) > sent


NEVER_BEGIN = {
    'out_of_range': ({'pivot.rounds': 11}, 2, ['pivot.rounds', 'Max: 10', '11']),
    'unknown_text': ({'image_transport': 'theora'}, 1, ['raw, compressed', 'theora']),
    'unfit_camera': ({'cameras': "['front', 'a/b']"}, 1, ["got 'a/b'"]),
    'unfit_topic': (
        {'cameras': "['front', 'left']", 'left.image': 'no topic'},
        1,
        ['left.image is the name of a topic', 'no topic'],
    ),
    'unknown_model': ({'vlm.spec': 'gpt'}, 1, ['gpt', 'known: openai[:MODEL]']),
}
STATES = {
    'unconfigured': [],
    'inactive': ['configure'],
}


def started(name: str, values: dict[str, Any], *arguments: str) -> subprocess.Popen[str]:
    """Start the navigator itself in a namespace with parameters."""
    program = Path(get_package_prefix('vlm_nav'), 'lib', 'vlm_nav', 'navigator')
    given = [word for item in values.items() for word in ('-p', '{}:={}'.format(*item))]
    command = [str(program), '--ros-args', '-r', f'__ns:=/{name}', *given, *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ})


@pytest.fixture(scope='module')
def never_beginning() -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Give navigators with parameters that they refuse, all started at once."""
    running = {name: started(name, values) for name, (values, _, _) in NEVER_BEGIN.items()}
    running['no_file'] = started('no_file', {}, '--params-file', '/no/such/file.yaml')
    yield running
    for process in running.values():
        with process:
            process.kill()


@pytest.mark.parametrize('name', NEVER_BEGIN)
def test_parameters_that_are_refused_end_the_process_with_the_reason(
    never_beginning: dict[str, subprocess.Popen[str]], name: str
) -> None:
    _, status, words = NEVER_BEGIN[name]
    said = never_beginning[name].communicate(timeout=PATIENCE_S)[1]
    assert never_beginning[name].returncode == status, said
    assert 'Traceback' not in said
    line = next(line for line in said.splitlines() if words[0] in line)
    assert all(word in line for word in words)
    if status == 2:
        assert said == f'{line}\n'
        assert line.startswith('navigator: ')


def test_a_file_of_parameters_that_is_not_there_ends_the_process_with_2(
    never_beginning: dict[str, subprocess.Popen[str]],
) -> None:
    process = never_beginning['no_file']
    said = process.communicate(timeout=PATIENCE_S)[1]
    assert process.returncode == 2
    assert 'Traceback' not in said
    assert '/no/such/file.yaml' in said.splitlines()[-1]


@pytest.fixture(scope='module')
def waiting() -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Give navigators that wait for a manager, all started at once."""
    given = {'autostart': 'false', 'vlm.spec': 'scripted:first', 'records.folder': "''"}
    running = {name: started(f'in_{name}', given) for name in STATES}
    running['by_itself'] = started('in_by_itself', {**given, 'autostart': 'true'})
    yield running
    for process in running.values():
        with process:
            process.kill()


@pytest.mark.parametrize('name', STATES)
def test_a_termination_ends_it_with_0_in_every_state(
    waiting: dict[str, subprocess.Popen[str]], spun: Callable[..., Any], name: str
) -> None:
    manager = Manager(spun('manager', namespace=f'/in_{name}'))
    assert manager.state() == 'unconfigured'
    for transition in STATES[name]:
        assert manager.change(transition)
    assert manager.state() == name
    waiting[name].send_signal(signal.SIGTERM)
    said = waiting[name].communicate(timeout=PATIENCE_S)[1]
    assert waiting[name].returncode == 0, said
    assert 'Traceback' not in said


def test_with_autostart_it_becomes_active_by_itself_and_ends_with_0(
    waiting: dict[str, subprocess.Popen[str]],
) -> None:
    process = waiting['by_itself']
    assert process.stderr is not None
    assert 'active: instructions are taken on /in_by_itself/' in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=PATIENCE_S)[1]
    assert (process.returncode, said) == (0, '')


BEGINS_IN_VAIN = """
import sys
from vlm_nav.ros import navigator, navigator_work

def begin(self, settings):
    raise ZeroDivisionError('in vain')

navigator_work.NavigatorWork.begin = begin
sys.exit(navigator.main())
"""


@pytest.mark.parametrize('autostart', [False, True])
def test_what_goes_wrong_when_it_begins_fails_the_activation_with_the_error_in_the_log(
    spun: Callable[..., Any], autostart: bool
) -> None:
    space = f'in_vain_{autostart}'.lower()
    given = ['-r', f'__ns:=/{space}', '-p', f'autostart:={autostart}', '-p', 'vlm.model:=m']
    command = [sys.executable, '-c', BEGINS_IN_VAIN, '--ros-args', *given]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        if not autostart:
            manager = Manager(spun('manager', namespace=f'/{space}'))
            assert manager.state() == 'unconfigured'
            assert manager.change('configure')
            assert not manager.change('activate')
            assert manager.state() == 'inactive'
            process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=PATIENCE_S)[1]
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == (1 if autostart else 0)
    assert 'ZeroDivisionError: in vain' in said
    assert ('could not activate itself' in said) is autostart


class SlowToEnd:
    """What lives while the node is active, and takes its time to end."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()
        self.ended = False

    async def close(self) -> None:
        """End once it may."""
        await self.may_end.wait()
        self.ended = True


async def test_activities_that_end_at_the_same_time_do_not_wait_for_each_other(
    spun: Callable[..., Any],
) -> None:
    work = NavigatorWork(spun('navigator', namespace='/at_once'))
    shifts = [SlowToEnd(), SlowToEnd()]
    for shift in shifts:
        work._shift = shift  # type: ignore[assignment]
        work.end_soon()
        await asyncio.sleep(0)
    for shift in shifts:
        asyncio.get_running_loop().call_later(0.05, shift.may_end.set)
    await asyncio.wait_for(work.close(), PATIENCE_S)
    assert all(shift.ended for shift in shifts)
