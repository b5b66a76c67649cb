"""A robot over DDS is looked at: what is in order, and what is not, with its remedy."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy')
pytest.importorskip('nav2_msgs')

from lifecycle_msgs.msg import State as LifecycleState
from lifecycle_msgs.srv import GetState
from nav_msgs.msg import MapMetaData, OccupancyGrid
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.navigation.decision_parameters import (
    DECIDING_PARAMETERS,
    LOOKING_PARAMETERS,
    decision_settings,
)
from vlm_nav.navigation.parameter_file import checked_values
from vlm_nav.ros.doctor.nav2 import Nav2Actions
from vlm_nav.ros.doctor.robot import clock_finding, examine_robot
from vlm_nav.ros.doctor.settings import TOPICS, RobotSettings, robot_settings
from vlm_nav.ros.images import image_from_rgb
from vlm_nav.ros.nav2_ready import RequireActive
from vlm_nav.ros.qos import OUTPUT
from vlm_nav.ros.stamps import time_at
from vlm_nav.vlm.doctor.findings import Finding, State

pytestmark = pytest.mark.ros

ROOT = Path(__file__).resolve().parents[3]
SUBJECTS = [
    'ROS 2', 'clock', 'front: image', 'front: camera_info', 'front: depth', 'global costmap',
    'local costmap', 'transforms', 'a look', 'Nav2: navigate_to_pose', 'Nav2: spin',
]  # fmt: skip
TABLE = (*LOOKING_PARAMETERS, *DECIDING_PARAMETERS)
PATIENCE_S = 20.0
# DDS repeats an announcement that was lost after 3 s.
DISCOVERED_S = 4.5
LONG_AGO_NS = 10 * 10**9


def settings_of(*arguments: str, **given: Any) -> RobotSettings:
    """Return what is looked at with these parameters and arguments of the launch file."""
    values = {'costmap_maximum_age_s': 0.0, 'look_timeout_s': 1.0, 'maximum_age_s': 2.0, **given}
    decision = decision_settings(
        checked_values((*LOOKING_PARAMETERS, *DECIDING_PARAMETERS), values)
    )
    return robot_settings(decision, values, arguments)


async def found(*arguments: str, listen_s: float, **given: Any) -> dict[str, Finding]:
    """Return what is found, by its subject."""
    settings = replace(settings_of(*arguments, **given), listen_s=listen_s)
    findings = [each async for each in examine_robot(settings)]
    assert [finding.subject for finding in findings] == SUBJECTS
    for finding in findings:
        assert bool(finding.remedy) or finding.state is not State.NOT_OK
    return {finding.subject: finding for finding in findings}


def states(findings: dict[str, Finding]) -> dict[str, State]:
    """Return the states, without those that are ok."""
    return {
        name: finding.state for name, finding in findings.items() if finding.state is not State.OK
    }


@pytest.fixture
def camera(ros_context: Any) -> Iterator[None]:
    """Give a camera with its transforms in namespace /hall."""
    from vlm_nav.ros.doubles.drawn_room_camera import DrawnRoomCamera
    from vlm_nav.ros.spinning import SpinThread

    moved = ['--ros-args', '-r', '/tf:=tf', '-r', '/tf_static:=tf_static']
    node = DrawnRoomCamera(context=ros_context, namespace='/hall', cli_args=moved)
    with SpinThread(node):
        yield
    node.destroy_node()


async def test_a_robot_in_order_is_ok_throughout(hall: Any, camera: None) -> None:
    findings = await found('namespace:=hall', listen_s=PATIENCE_S, look_timeout_s=PATIENCE_S)
    assert states(findings) == {}, findings
    assert 'rgb8' in findings['front: image'].words
    assert '640 x 480 with depth' in findings['a look'].words
    assert 'map <- base_link <- camera_color' in findings['transforms'].words
    assert 'unknown' in findings['global costmap'].words
    assert findings['Nav2: spin'].words == 'active and ready for a goal'


async def test_where_nothing_is_each_thing_says_what_to_do() -> None:
    findings = await found(
        'namespace:=nobody', 'use_sim_time:=true', listen_s=0.2, require_costmap=True
    )
    del findings['ROS 2']  # other tests' nodes may be there or not
    assert states(findings) == {
        **dict.fromkeys(SUBJECTS[1:], State.NOT_OK),
        'transforms': State.NOT_CHECKED,
    }
    assert 'nobody publishes /clock' in findings['clock'].words
    image = findings['front: image']
    assert image.words == 'nobody publishes /nobody/camera/color/image_raw'
    assert 'set image' in image.remedy or 'image:=TOPIC' in image.remedy
    assert findings['a look'].words.startswith('no_image: ')
    assert 'navigate_to_pose' in findings['Nav2: navigate_to_pose'].words
    assert 'look_around: never' in findings['Nav2: spin'].remedy


async def test_where_nobody_is_asked_whether_nav2_is_active_that_is_said(
    hall: Any, spun: Callable[..., Any]
) -> None:
    nav2 = Nav2Actions(spun('asking', namespace='/hall'), RequireActive.NEVER)
    deadline = Deadline.after(PATIENCE_S)
    while State.NOT_OK in {each.state for each in await nav2.findings()}:
        assert not deadline.expired()
    for finding in await nav2.findings():
        assert finding.state is State.OK
        assert 'nobody was asked whether it is active' in finding.words


@pytest.mark.parametrize(('step_s', 'state'), [(0.1, State.OK), (0.0, State.NOT_OK)])
async def test_a_simulated_clock_is_in_order_where_it_advances(
    spun: Callable[..., Any], step_s: float, state: State
) -> None:
    node = spun('simulator')
    publisher = node.create_publisher(Clock, '/clock', 10)
    times_s = (1.0 + count * step_s for count in itertools.count())

    def tell() -> None:
        publisher.publish(Clock(clock=time_at(round(next(times_s) * 1e9))))

    node.create_timer(0.05, tell)
    asking = spun('asking', parameter_overrides=[Parameter('use_sim_time', value=True)])
    deadline = Deadline.after(PATIENCE_S)
    while not asking.count_publishers('/clock') and not deadline.expired():
        await asyncio.sleep(0.05)
    clock = await clock_finding(asking, settings_of('use_sim_time:=true'))
    assert (clock.subject, clock.state) == ('clock', state)
    assert ('stands still' in clock.words) == (state is State.NOT_OK)


class WrongRobot:
    """Publishes old pictures, a picture for depth, and a costmap that is not kept.

    Its Nav2 is inactive.
    """

    def __init__(self, node: Any) -> None:
        self._node = node
        header = Header(frame_id='eye')
        rgb = np.zeros((12, 16, 3), np.uint8)
        grid = OccupancyGrid(
            header=Header(frame_id='map'),
            info=MapMetaData(width=2, height=2, resolution=0.5),
            data=[0, 0, -1, 100],
        )
        self._messages = [
            ('camera/color/image_raw', image_from_rgb(rgb, header)),
            ('camera/color/camera_info', CameraInfo(header=header, width=16, height=12)),
            ('camera/depth/image_raw', CompressedImage(header=header, format='jpeg')),
            ('global_costmap/costmap', grid),
        ]
        self._publishers = [
            node.create_publisher(type(message), topic, OUTPUT)
            for topic, message in self._messages
        ]
        node.create_timer(0.05, self._publish)
        node.create_service(GetState, 'bt_navigator/get_state', self._inactive)

    def _inactive(self, _request: Any, response: Any) -> Any:
        response.current_state = LifecycleState(
            id=LifecycleState.PRIMARY_STATE_INACTIVE, label='inactive'
        )
        return response

    def _publish(self) -> None:
        now_ns = self._node.get_clock().now().nanoseconds
        for publisher, (_, message) in zip(self._publishers, self._messages, strict=True):
            old = isinstance(message, Image)
            message.header.stamp = time_at(now_ns - LONG_AGO_NS if old else now_ns)
            publisher.publish(message)


# Kilted logs what does not fit by a name of its own logger that it calls old.
@pytest.mark.filterwarnings('ignore:Deprecated in favor of:DeprecationWarning')
async def test_every_fault_is_found_by_itself(spun: Callable[..., Any]) -> None:
    WrongRobot(spun('wrong', namespace='/wrong'))
    findings = await found('namespace:=wrong', listen_s=DISCOVERED_S)
    assert findings['front: camera_info'].state is State.OK
    image = findings['front: image']
    assert 'but 10.' in image.words
    assert 'chrony' in image.remedy
    depth = findings['front: depth']
    assert 'carries sensor_msgs/msg/CompressedImage, wanted sensor_msgs/msg/Image' in depth.words
    costmap = findings['global costmap']
    assert costmap.state is State.NOT_OK
    assert 'nothing came' in costmap.words
    assert costmap.remedy == 'publish it reliable and transient_local'
    local = findings['local costmap']
    assert local.state is State.NOT_CHECKED
    assert '/wrong/global_costmap/costmap' in local.remedy
    assert findings['transforms'].state is State.NOT_OK
    assert "wanted 'base_link' from 'eye'" in findings['transforms'].words
    assert 'inactive, not active' in findings['Nav2: navigate_to_pose'].words


def test_the_topics_are_those_of_the_launch_file() -> None:
    launch_file = (ROOT / 'launch' / 'navigate.launch.py').read_text(encoding='utf-8')
    for name, topic in TOPICS.items():
        assert f"('{name}', '{topic}'," in launch_file


def test_further_cameras_are_looked_at_where_their_parameters_say() -> None:
    given = {
        'cameras': ['front', 'left'],
        'left.image': '/left/rgb',
        'left.depth_transport': 'none',
    }
    settings = settings_of('image:=/rgb', 'depth_transport:=none', **given)
    (left,) = settings.eyes.further
    assert (left.image, left.with_depth, settings.eyes.first.with_depth) == (
        '/left/rgb',
        False,
        False,
    )
    assert settings.topics['image'] == '/rgb'
    assert settings.topics['depth'] == TOPICS['depth']


@pytest.mark.parametrize('words', ['image', 'picture:=/x', 'image=/x', ''])
def test_what_is_no_argument_of_the_launch_file_is_refused(words: str) -> None:
    with pytest.raises(InvalidValueError, match=r'name:=value'):
        settings_of(words)
