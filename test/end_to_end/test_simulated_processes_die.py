"""The simulator, the navigator or the model's server is killed in the middle of an instruction.

The others end or go on with a reason, nothing hangs, and what was recorded can be read. All this
happens in one house: what lives is used again, what does not is started.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from end_to_end.human import Human
from end_to_end.processes import PATIENCE_S, JsonProcess, Line, Told, child_of
from vlm_nav.records.read import read_record
from vlm_nav.records.report import write_report

pytestmark = [pytest.mark.ros, pytest.mark.timeout(240)]

NAMESPACE = 'house'
SMALL = ('rate_hz:=5.0', 'noise:=false')
VALUES = {
    'pivot.rounds': 1,
    'pivot.runs': 1,
    'look_timeout_s': 3.0,
    'decision_timeout_s': 10.0,
    'pivot.question_timeout_s': 5.0,
    'nav2.silence_timeout_s': 3.0,
    'mission_timeout_s': 120.0,
}
# A search without an end: nothing like it stands in the house.
SEARCH = 'go to the elephant'
GROUND_TRUTH = {'loose', 'plan', 'pose', 'things', 'touched'}
ENDS_WITHIN_S = 60.0


class House:
    """A simulated robot in a house, the navigators that are started, and a person beside them."""

    def __init__(self, node: Any, folder: Path) -> None:
        from nav_msgs.msg import Odometry

        from vlm_nav.ros.qos import SENSOR

        self.folder, self.human = folder, Human(node)
        self.places = Told('places')
        node.create_subscription(Odometry, 'odom', self._heard, SENSOR)
        self._started: list[JsonProcess] = []
        self._simulator: tuple[JsonProcess, Line] | None = None
        self._navigator: tuple[JsonProcess, Line] | None = None
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            # Where the doubles answer, whichever simulator is there.
            self._port = free.getsockname()[1]

    def simulator(self) -> tuple[JsonProcess, Line]:
        """Return the launched simulator and what it told when it was ready."""
        if self._simulator is None:
            words = ('simulate.launch.py', *self._named, *SMALL, f'answers_port:={self._port}')
            launched = self._start('end_to_end.launch_file', *words)
            ready = launched.told.wait(lambda line: line.get('event') == 'ready')
            self._simulator = launched, ready
        return self._simulator

    def navigator(self, **values: Any) -> JsonProcess:
        """Return a launched navigator with these parameters and its watchdog, both there."""
        if self._navigator is not None and self._navigator[1] != values:
            self.end_navigator()
        if self._navigator is None:
            file = self.folder / 'parameters.yaml'
            given = {**VALUES, 'records.folder': str(self.folder / 'runs'), **values}
            file.write_text(yaml.safe_dump({'/**': {'ros__parameters': given}}))
            launched = self._start(
                'end_to_end.launch_file', 'navigate.launch.py', *self._named,
                'use_sim_time:=true', f'params_file:={file}',
            )  # fmt: skip
            launched.wait_log('active: instructions')
            launched.wait_log('hears a navigator')
            self._navigator = launched, values
        return self._navigator[0]

    def seeing_navigator(self) -> JsonProcess:
        """Return a launched navigator that the simulator answers."""
        _, told = self.simulator()
        return self.navigator(**{'vlm.spec': f'double:{told["answers"]}/seer'})

    def end_simulator(self) -> None:
        """End what is left of the simulator."""
        assert self._simulator is not None
        self._simulator[0].stop()
        self._simulator = None

    def end_navigator(self) -> None:
        """End the navigator, or what is left of it."""
        assert self._navigator is not None
        self._navigator[0].stop()
        self._navigator = None

    def start_model(self) -> tuple[JsonProcess, str]:
        """Start a double of a model's server; return it with its URL."""
        model = self._start('vlm_nav.sim.answering.openai_double', '--target-color', 'blue')
        return model, model.told.wait(lambda line: 'listening' in line)['listening']

    def drive(self, instruction: str) -> Line:
        """Give an instruction and return its first goal, as soon as the robot moves."""
        before = len(self.human.decisions.lines)
        self.instruct(instruction)
        goal = self.human.decisions.wait(
            lambda line: line['outcome'] == 'goal' and line['instruction'] == instruction,
            before,
            patience_s=2 * PATIENCE_S,
        )
        here = self.places.lines[-1]
        self.places.wait(lambda place: _apart_m(place, here) > 0.2, len(self.places.lines) - 1)
        return goal

    def instruct(self, instruction: str) -> None:
        """Give an instruction until somebody who lives has heard it: it decides."""
        before, until_s = len(self.human.decisions.lines), time.monotonic() + PATIENCE_S
        # Those who were killed still count as listeners.
        while time.monotonic() < until_s:
            self.human.instruct(instruction)
            with suppress(AssertionError):
                self.human.decisions.wait(
                    lambda line: line['instruction'] == instruction, before, patience_s=5.0
                )
                return
        raise AssertionError('nobody decides')

    def end_of(self, goal: Line) -> Line:
        """Return how the instruction of a goal ended."""
        return self.human.outcomes.wait(
            lambda line: line['record'] == goal['record'], patience_s=ENDS_WITHIN_S
        )

    def stop(self) -> None:
        """End everything, the newest first."""
        for process in reversed(self._started):
            process.stop()

    @property
    def _named(self) -> tuple[str, ...]:
        return (f'namespace:={NAMESPACE}',)

    def _start(self, module: str, *arguments: str) -> JsonProcess:
        environment = {
            'OPENAI_API_KEY': 'sk-0',
            'PYTHONPATH': str(Path(__file__).resolve().parents[1]),
        }
        self._started.append(JsonProcess(module, arguments, environment))
        return self._started[-1]

    def _heard(self, message: Any) -> None:
        place = message.pose.pose.position
        self.places.add({'x_m': place.x, 'y_m': place.y})


def _apart_m(place: Line, other: Line) -> float:
    return float(abs(place['x_m'] - other['x_m']) + abs(place['y_m'] - other['y_m']))


@pytest.fixture(scope='module')
def house(human_node: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Give the house of all tests; its processes end with them."""
    from rclpy.node import Node

    from vlm_nav.ros.spinning import SpinThread

    node = Node('human', context=human_node.context, namespace=f'/{NAMESPACE}')
    with SpinThread(node):
        found = House(node, tmp_path_factory.mktemp('house'))
        try:
            yield found
        finally:
            found.stop()
    node.destroy_node()


def kill(launched: JsonProcess, executable: str) -> None:
    """Kill what a launch file has started."""
    os.kill(child_of(launched, executable), signal.SIGKILL)


def record_of(house: House, goal: Line) -> Any:
    """Return the record of a goal's instruction; its report can be made as well."""
    folder = house.folder / 'runs' / goal['record']
    assert write_report(folder).is_file()
    return read_record(folder)


def listeners_to_the_truth(house: House) -> list[str]:
    """Return the nodes that subscribe to what is true in the simulation; it must be told."""
    node = house.human.node
    topics = [name for name, _ in node.get_topic_names_and_types() if '/ground_truth/' in name]
    assert {topic.rpartition('/')[2] for topic in topics} == GROUND_TRUTH
    return [
        found.node_name
        for topic in topics
        for found in node.get_subscriptions_info_by_topic(topic)
    ]


def test_a_killed_server_of_the_model_ends_the_instruction_with_a_reason(house: House) -> None:
    house.simulator()
    model, url = house.start_model()
    navigator = house.navigator(
        **{'vlm.spec': 'openai', 'vlm.base_url': url, 'vlm.model': 'double'}
    )
    before = len(house.human.decisions.lines)
    house.human.instruct(SEARCH)
    model.told.wait(lambda line: 'pictures' in line)
    model.process.kill()
    outcome = house.human.outcomes.wait(
        lambda line: line['instruction'] == SEARCH, patience_s=ENDS_WITHIN_S
    )
    assert outcome['reason'] == 'vlm_unreachable'
    assert len(house.human.decisions.lines) > before
    record = record_of(house, outcome)
    assert record.ended.reason == 'vlm_unreachable'
    assert navigator.process.poll() is None


def test_a_killed_navigator_leaves_a_robot_that_stands_and_a_record_of_what_it_did(
    house: House,
) -> None:
    navigator = house.seeing_navigator()
    goal = house.drive(SEARCH)
    kill(navigator, 'navigator')
    navigator.wait_log('cancelling goal', 'no heartbeat')
    until_s = time.monotonic() + PATIENCE_S
    while _apart_m(*house.places.lines[-50::49]) > 0.01:
        assert time.monotonic() < until_s, 'the robot does not stop'
        time.sleep(0.1)
    record = record_of(house, goal)
    assert record.ended is None
    assert record.decisions[-1].outcome == 'goal'
    house.end_navigator()
    house.seeing_navigator()
    assert house.drive(f'{SEARCH}, again')['outcome'] == 'goal'


def test_a_killed_simulator_ends_the_instruction_with_a_reason_and_a_new_one_is_driven(
    house: House,
) -> None:
    simulator, _ = house.simulator()
    navigator = house.seeing_navigator()
    goal = house.drive(SEARCH)
    assert listeners_to_the_truth(house) == []
    kill(simulator, 'simulator')
    outcome = house.end_of(goal)
    assert outcome['reason'] in ('nav_silent', 'nav_not_active', 'no_image', 'vlm_unreachable')
    record = record_of(house, goal)
    assert record.ended.reason == outcome['reason']
    assert len(record.decisions) >= 1
    assert navigator.process.poll() is None
    # Another simulator begins where time began: the same navigator works with it.
    house.end_simulator()
    house.simulator()
    assert house.drive(f'{SEARCH}, again')['outcome'] == 'goal'
