"""A robot with a camera ahead and one to the left, through the launch file and over DDS."""

from __future__ import annotations

import math
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from end_to_end.chain import KEY, TESTS
from end_to_end.human import Human
from end_to_end.processes import JsonProcess, Line
from vlm_nav.core.reasons import ObservationReason
from vlm_nav.messages.images import rgb_from_message
from vlm_nav.records.read import read_record, sight_of
from vlm_nav.sim.drawn.drawn_room import ROBOT_POSE, furnished_room

pytestmark = pytest.mark.ros

CAMERA = 'vlm_nav.ros.doubles.drawn_room_camera'
QUARTER = math.pi / 2.0
# So the red chair is to the left of the robot, and not in the picture of the camera ahead.
ROBOT_YAW_RAD = math.radians(-115.0)
PARAMETERS = {
    'cameras': ['front', 'left'],
    'left.image': 'left/color/image_raw',
    'left.camera_info': 'left/color/camera_info',
    'left.depth': 'left/depth/image_raw',
    'left.depth_camera_info': 'left/depth/camera_info',
    'maximum_age_s': 1.0,
    'look_timeout_s': 3.0,
    'vlm.model': 'double',
    'until_arrived': False,
}


@dataclass
class Pair:
    """The running processes, and the person beside the robot."""

    model: JsonProcess
    left: JsonProcess
    human: Human
    records: Path
    annotated: list[Any]


@pytest.fixture(scope='module')
def pair(human_node: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Give the chain of processes with two cameras of one robot in the drawn room."""
    from sensor_msgs.msg import Image

    from vlm_nav.ros.qos import LATCHED

    records = tmp_path_factory.mktemp('records')
    with ExitStack() as ending:

        def start(module: str, *arguments: str) -> JsonProcess:
            environment = {'OPENAI_API_KEY': KEY, 'PYTHONPATH': TESTS}
            process = JsonProcess(module, arguments, environment)
            ending.callback(process.stop)
            return process

        def camera(*parameters: str) -> JsonProcess:
            words = [word for parameter in parameters for word in ('-p', parameter)]
            turned = f'robot_yaw_rad:={ROBOT_YAW_RAD}'
            return start(CAMERA, '--ros-args', '-p', turned, *words)

        model = start('vlm_nav.sim.answering.openai_double', '--target-color', 'red')
        url = model.told.wait(lambda line: 'listening' in line)['listening']
        values = {**PARAMETERS, 'vlm.base_url': url, 'records.folder': str(records)}
        file = records / 'parameters.yaml'
        file.write_text(yaml.safe_dump({'/**': {'ros__parameters': values}}))
        start('vlm_nav.ros.doubles.navigate_to_pose_server', '--ros-args', '-p', 'speed_m_s:=20.0')
        navigator = start('end_to_end.launch_file', 'navigate.launch.py', f'params_file:={file}')
        camera()
        left = camera('camera:=left', f'left_rad:={QUARTER}')
        navigator.wait_log('active: instructions are taken')
        annotated: list[Any] = []
        human_node.create_subscription(Image, 'navigator/annotated', annotated.append, LATCHED)
        yield Pair(model, left, Human(human_node), records, annotated)


def asked_until_seen(pair: Pair, instruction: str) -> Line:
    """Return the first decision that was made with pictures; discovery takes its time."""
    for attempt in range(8):
        decision = pair.human.ask(f'{instruction} ({attempt})')
        pair.human.outcomes.wait(lambda line, record=decision['record']: line['record'] == record)
        if decision['outcome'] == 'goal':
            return decision
    raise AssertionError(decision)


def test_what_only_the_left_camera_sees_becomes_a_goal_there(pair: Pair) -> None:
    decision = asked_until_seen(pair, 'go to the red chair')
    chair = furnished_room().named('red chair').map_pose
    away_m = math.hypot(decision['x_m'] - chair.x_m, decision['y_m'] - chair.y_m)
    assert away_m < 1.2
    bearing = math.atan2(decision['y_m'] - ROBOT_POSE.y_m, decision['x_m'] - ROBOT_POSE.x_m)
    assert math.degrees(bearing - ROBOT_YAW_RAD) == pytest.approx(90.0, abs=30.0)
    folder = pair.records / decision['record']
    views = read_record(folder).looks[0].views
    assert [view.camera_name for view in views] == ['front', 'left']
    sight = sight_of(folder)
    heading = sight.further[0].base_from_camera[:2, 2]
    assert math.atan2(heading[1], heading[0]) == pytest.approx(QUARTER, abs=0.01)
    requests = [line for line in pair.model.told.lines if 'pictures' in line]
    assert len(requests[0]['pictures']) == 2
    assert len(requests[-1]['pictures']) == 1
    shown = rgb_from_message(pair.annotated[-1])
    assert shown.shape == (480, 2 * 640 + 4, 3)


def test_a_camera_that_falls_silent_is_named_and_nothing_is_driven(pair: Pair) -> None:
    asked_until_seen(pair, 'go to the red chair again')
    pair.left.process.send_signal(signal.SIGINT)
    pair.left.process.wait(10.0)
    pair.human.ask('use up what is left')
    decision = pair.human.ask('go to the red chair once more')
    silent = {ObservationReason.STALE_IMAGE.value, ObservationReason.NO_IMAGE.value}
    assert decision['outcome'] == 'hold'
    assert decision['reason'] in silent
    assert decision['detail'].startswith('camera left: ')
