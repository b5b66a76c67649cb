"""The navigator is killed while it drives: the watchdog cancels its goal."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from end_to_end.human import Human
from end_to_end.processes import PATIENCE_S, JsonProcess, Line, child_of

pytestmark = pytest.mark.ros

WITHIN_S = 1.0
# At once after its goal was accepted, and on the way.
KILLED_AFTER_S = (0.0, 0.3)
NAMESPACE = 'deadly'
VALUES = {
    'vlm.spec': 'scripted:first',
    'until_arrived': False,
    'pivot.rounds': 1,
    'pivot.runs': 1,
    'pivot.samples': 4,
    'pivot.picks': 2,
    'maximum_age_s': 2.0,
    'records.folder': '',
}


class Robot:
    """A base that never arrives, its navigator, and a watchdog that stays."""

    def __init__(self, node: Any, folder: Path) -> None:
        moved = ['-r', f'__ns:=/{NAMESPACE}', '-r', '/tf:=tf', '-r', '/tf_static:=tf_static']
        self.file = folder / 'parameters.yaml'
        self.file.write_text(yaml.safe_dump({'/**': {'ros__parameters': VALUES}}))
        double = 'vlm_nav.ros.doubles.'
        self.camera = JsonProcess(f'{double}drawn_room_camera', ['--ros-args', *moved])
        slow = ['-p', 'speed_m_s:=0.0']
        self.base = JsonProcess(f'{double}navigate_to_pose_server', ['--ros-args', *moved, *slow])
        self.watchdog = JsonProcess('vlm_nav.ros.watchdog', ['--ros-args', *moved])
        self.human = Human(node)
        self.navigators: list[JsonProcess] = []

    def start_navigator(self) -> JsonProcess:
        """Start a navigator without a watchdog of its own, and wait until that hears it."""
        said = len(self.watchdog.told.lines)
        arguments = ['navigate.launch.py', f'namespace:={NAMESPACE}', 'watchdog:=false']
        self.navigators.append(
            JsonProcess('end_to_end.launch_file', [*arguments, f'params_file:={self.file}'])
        )
        self.navigators[-1].wait_log('active')
        self.watchdog.wait_log(': hears a navigator', after=said)
        return self.navigators[-1]

    def drive(self, instruction: str) -> Line:
        """Give an instruction and return the goal that the base has accepted."""
        before, until_s = len(self.base.told.lines), time.monotonic() + PATIENCE_S
        # Those who were killed still count as listeners: only an answer shows who listens.
        while time.monotonic() < until_s:
            self.human.instruct(instruction)
            with suppress(AssertionError):
                return self.base.told.wait(is_accepted, before, patience_s=3.0)
        raise AssertionError(f'nobody drives: {self.human.decisions.lines[-1:]}')

    def ended(self, goal: Line) -> Line:
        """Return how a goal ended at the base."""
        return self.base.told.wait(
            lambda line: line['goal_id'] == goal['goal_id'] and line['event'] != 'accepted'
        )

    def stop(self) -> list[int]:
        """End all processes but the navigators and return their statuses."""
        for navigator in self.navigators:
            navigator.stop(signal.SIGTERM)
        return [process.stop() for process in (self.camera, self.base, self.watchdog)]


@pytest.fixture(scope='module')
def robot(human_node: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    """Give the robot; what stays beside the navigators ends with 0."""
    from rclpy.node import Node

    from vlm_nav.ros.spinning import SpinThread

    node = Node('human', context=human_node.context, namespace=f'/{NAMESPACE}')
    os.environ['PYTHONPATH'] = str(Path(__file__).resolve().parents[1])
    with SpinThread(node):
        found = Robot(node, tmp_path_factory.mktemp('dies'))
        try:
            yield found
        finally:
            statuses = found.stop()
    node.destroy_node()
    assert statuses == [0, 0, 0]


def is_accepted(line: Line) -> bool:
    """Return whether the base says that it has accepted a goal."""
    return bool(line.get('event') == 'accepted')


def killed_s(robot: Robot, after_s: float) -> float:
    """Kill a navigator so long after its goal was accepted; return when the goal ended."""
    launched = robot.start_navigator()
    goal = robot.drive(f'go for {after_s} s and die')
    time.sleep(after_s)
    os.kill(child_of(launched, 'navigator'), signal.SIGKILL)
    killed_s = time.monotonic()
    assert robot.ended(goal)['event'] == 'canceled'
    return time.monotonic() - killed_s


def test_the_goal_of_a_killed_navigator_is_cancelled_within_a_second(robot: Robot) -> None:
    took_s = sorted(killed_s(robot, after_s) for after_s in KILLED_AFTER_S)
    print(f'cancelled after s: {took_s}')
    assert took_s[-1] <= WITHIN_S
    assert robot.watchdog.wait_log('cancelling goal', 'no heartbeat')


def test_a_living_navigator_drives_on_and_ends_its_goals_itself(robot: Robot) -> None:
    from std_srvs.srv import Trigger

    launched = robot.start_navigator()
    said = len(robot.watchdog.told.lines)
    goal = robot.drive('go and live')
    time.sleep(2.0)
    assert robot.human.call(Trigger, 'navigator/cancel', Trigger.Request()).success
    assert robot.ended(goal)['event'] == 'canceled'
    # On a busy machine it was told twice, and the second replaced the first.
    outcome = robot.human.outcomes.wait(
        lambda line: line['instruction'] == 'go and live' and line['reason'] != 'replaced'
    )
    assert outcome['reason'] == 'cancelled'
    assert launched.stop(signal.SIGTERM) == 0
    time.sleep(1.0)
    logged = [line['log'] for line in robot.watchdog.told.lines[said:]]
    assert not [log for log in logged if 'cancel' in log]
