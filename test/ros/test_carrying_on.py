"""The navigator as a process over DDS carries instructions on until it has arrived or gives up."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip('rclpy')
pytest.importorskip('nav2_msgs')
pytest.importorskip('vlm_nav_msgs')

from end_to_end.human import Human
from end_to_end.processes import JsonProcess, Line
from nav2_msgs.action import Spin
from rclpy.action import ActionServer
from std_srvs.srv import Trigger

pytestmark = pytest.mark.ros
NAMESPACE = '/roaming'
VALUES = {
    'pivot.rounds': 1,
    'pivot.runs': 1,
    'pivot.samples': 4,
    'pivot.picks': 1,
    'maximum_age_s': 2.0,
    # The base drives in its head while the robot's transforms stand still.
    'nav2.position_tolerance_m': 100.0,
    'nav2.ready_timeout_s': 10.0,
    'decision_limit': 2,
    # All that is offered is near enough to be known.
    'visited_radius_m': 5.0,
}


class Spinner:
    """Nav2's Spin, which turns nothing and says that it has."""

    def __init__(self, node: Any) -> None:
        self.angles: list[float] = []
        self.server = ActionServer(node, Spin, 'spin', execute_callback=self.turn)

    def turn(self, handle: Any) -> Any:
        """Have turned at once."""
        self.angles.append(handle.request.target_yaw)
        handle.succeed()
        return Spin.Result()


class Robot:
    """Camera, base and navigator with a model by script."""

    def __init__(self, node: Any, ending: ExitStack, records: Path, values: Line) -> None:
        moved = ['-r', f'__ns:={NAMESPACE}', '-r', '/tf:=tf', '-r', '/tf_static:=tf_static']
        values = {**VALUES, **values, 'records.folder': str(records)}
        file = records / 'parameters.yaml'
        file.write_text(yaml.safe_dump({'/**': {'ros__parameters': values}}))
        self.records = records
        quick = ['--ros-args', '-p', 'speed_m_s:=50.0', *moved]
        launched = ['navigate.launch.py', f'namespace:={NAMESPACE[1:]}', f'params_file:={file}']
        processes = [
            JsonProcess('vlm_nav.ros.doubles.drawn_room_camera', ['--ros-args', *moved]),
            JsonProcess('vlm_nav.ros.doubles.navigate_to_pose_server', quick),
            JsonProcess('vlm_nav.ros.launch_stand_in', launched),
        ]
        for process in processes:
            ending.callback(process.stop)
        assert processes[-1].wait_log('active: instructions are taken')
        self.spinner = Spinner(node)
        ending.callback(self.spinner.server.destroy)
        self.human = Human(node)

    def release(self) -> None:
        """Release what waits for it, as soon as it does; nothing has turned before."""
        until_s = time.monotonic() + 30.0
        while not self.human.call(Trigger, 'navigator/release', Trigger.Request()).success:
            assert time.monotonic() < until_s, 'nothing waits for a release'
            assert self.spinner.angles == []
            time.sleep(0.02)

    def end_of(self, instruction: str) -> tuple[Line, dict[str, Any]]:
        """Return how an instruction ended, and its record."""
        end = self.human.outcomes.wait(lambda line: line['instruction'] == instruction)
        path = self.records / end['record'] / 'decision.json'
        until_s = time.monotonic() + 10.0
        while not path.is_file():
            assert time.monotonic() < until_s, path
            time.sleep(0.01)
        return end, json.loads(path.read_text(encoding='utf-8'))


@pytest.fixture
def robot(request: Any, ros_context: Any, tmp_path: Path) -> Iterator[Robot]:
    """Give the processes, with the parameters that the test names."""
    from rclpy.node import Node

    from vlm_nav.ros.spinning import SpinThread

    node = Node('human', context=ros_context, namespace=NAMESPACE)
    with ExitStack() as ending:
        ending.callback(node.destroy_node)
        ending.enter_context(SpinThread(node))
        yield Robot(node, ending, tmp_path, request.param)


@pytest.mark.parametrize('robot', [{'vlm.spec': 'scripted:none', 'confirm': True}], indirect=True)
def test_where_nothing_fits_it_looks_to_all_sides_once_it_may_and_gives_up(robot: Robot) -> None:
    robot.human.instruct('go to nothing')
    robot.release()
    end, record = robot.end_of('go to nothing')
    assert (end['outcome'], end['reached'], end['reason']) == ('gave_up', False, 'not_found')
    assert robot.spinner.angles == pytest.approx([1.05] * 5)
    assert [one['outcome'] for one in record['decisions']] == ['turn', 'gave_up']
    assert [turn['turned'] for turn in record['decisions'][0]['turns']] == [True] * 5
    assert [len(look['views']) for look in record['looks']] == [1, 6]
    assert record['ended']['reason'] == 'not_found'


@pytest.mark.parametrize('robot', [{'vlm.spec': 'scripted:first'}], indirect=True)
def test_it_drives_on_as_long_as_it_has_not_arrived(robot: Robot) -> None:
    robot.human.instruct('go on and on')
    end, record = robot.end_of('go on and on')
    assert (end['outcome'], end['reason']) == ('gave_up', 'decisions_spent')
    assert [one['outcome'] for one in record['decisions']] == ['goal', 'goal', 'gave_up']
    assert [bool(one['drive']) for one in record['decisions']] == [True, True, False]
    assert [one['said'] for one in record['arrivals']] == [False] * 3
    decisions = [line for line in robot.human.decisions.lines if line['record'] == end['record']]
    assert [line['outcome'] for line in decisions] == ['goal', 'goal', 'gave_up']
