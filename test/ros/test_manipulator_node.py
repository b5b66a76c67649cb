"""The manipulator as a process over DDS: what it is told, what it decides, and whom it moves."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

pytest.importorskip('rclpy')
pytest.importorskip('control_msgs')
pytest.importorskip('pinocchio')
pytest.importorskip('vlm_nav_msgs')

from arm_urdf import JOINTS, arm_urdf
from end_to_end.processes import JsonProcess
from geometry_msgs.msg import Point, PointStamped, PoseStamped
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image, PointCloud2
from std_msgs.msg import Header, String
from std_srvs.srv import Trigger
from synthetic import Box, camera_pose, frame_of
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import MarkerArray
from vlm_nav_msgs.srv import Pick

from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.poses import inverse, transform_points
from vlm_nav.observation.rgbd_frame import points_base
from vlm_nav.ros.camera_messages import camera_info, depth_image
from vlm_nav.ros.doubles.joint_trajectory_server import JointTrajectoryDouble
from vlm_nav.ros.doubles.transform_messages import transform_stamped
from vlm_nav.ros.images import image_from_rgb
from vlm_nav.ros.qos import COMMAND, LATCHED, TF_STATIC
from vlm_nav.ros.spinning import SpinThread

pytestmark = pytest.mark.ros
PATIENCE_S = 20.0
LAUNCH = Path(__file__).resolve().parents[2] / 'launch' / 'manipulate.launch.py'
CAMERA = PinholeCamera(320, 240, 260.0, 260.0, 159.5, 119.5)
BOXES = (Box((0.42, 0.48), (-0.03, 0.03), (0.0, 0.1)),)
NAMESPACE = '/hand1'
VALUES = {
    'vlm.spec': 'scripted:first',
    'pivot.rounds': 1,
    'pivot.runs': 1,
    'pivot.samples': 4,
    'pivot.picks': 2,
    'pointing.closer_looks': 1,
    'pointing.marks': 'samples',
    'maximum_age_s': 2.0,
    'farthest_m': 3.0,
    'workspace': '-1 -1 -0.1, 1 1 1',
    'gripper.opening_m': 0.1,
    'robot_boxes': [''],
    'arm.tip_frame': 'tool',
    'arm.tip_axes': 'z_approach',
    'arm.joint_speed_rad_s': 5.0,
    'arm.lift_m': 0.05,
    'arm.response_timeout_s': 5.0,
    'arm.silence_timeout_s': 0.3,
}

# What some tests have otherwise, as it usually is.
CHANGED = {
    'executor': 'publish',
    'dry_run': False,
    'confirm': False,
    'confirm_timeout_s': 30.0,
}
DOWN = (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP)


class TableCameraDouble(Node):
    """A double of a camera that shows a red box on the floor before the arm."""

    def __init__(self, **options: Any) -> None:
        super().__init__('table_camera_double', **options)
        pose = camera_pose(height_m=0.7, down_deg=50.0)
        frame = frame_of(BOXES, pose, camera=CAMERA, reach_m=4.0)
        assert frame.depth_m is not None
        points = points_base(frame)
        rgb = np.full((CAMERA.height_px, CAMERA.width_px, 3), 150, dtype=np.uint8)
        rgb[points[..., 2] > 0.005] = (200, 40, 40)
        header = Header(frame_id='camera_optical_frame')
        self._outputs = [
            (self.create_publisher(type(message), f'camera/{topic}', 5), message)
            for topic, message in (
                ('color/image_raw', image_from_rgb(rgb, header)),
                ('color/camera_info', camera_info(CAMERA, header)),
                ('depth/image_raw', depth_image(frame.depth_m, '32FC1', header)),
                ('depth/camera_info', camera_info(CAMERA, header)),
            )
        ]
        (box,) = frame.camera.project(transform_points(inverse(pose), np.array([[0.45, 0, 0.1]])))
        self.box_px = tuple(map(float, box))
        self._tf = self.create_publisher(TFMessage, 'tf_static', TF_STATIC)
        mounted = transform_stamped('base_link', header.frame_id, pose, 0)
        self._tf.publish(TFMessage(transforms=[mounted]))
        self.create_timer(0.1, self._publish)

    def _publish(self) -> None:
        stamp = self.get_clock().now().to_msg()
        for publisher, message in self._outputs:
            message.header.stamp = stamp
            publisher.publish(message)


class Heard:
    """What came on a topic, in order."""

    def __init__(self, node: Any, kind: type, topic: str) -> None:
        self.messages: list[Any] = []
        self._came = threading.Condition()
        node.create_subscription(kind, topic, self._take, LATCHED)

    def _take(self, message: Any) -> None:
        with self._came:
            self.messages.append(message)
            self._came.notify_all()

    def next(self, after: int) -> Any:
        """Return the first message after so many."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.messages) > after, PATIENCE_S)
            return self.messages[after]

    def told(self, after: int) -> dict[str, Any]:
        """Return the first line of JSON after so many that is not about the empty instruction.

        With that one it is found out whether the manipulator is active; it may come late.
        """
        while True:
            line: dict[str, Any] = json.loads(self.next(after).data)
            if line['reason'] != 'instruction_empty':
                return line
            after += 1


class Hand:
    """A manipulator that was launched, the camera before it, and the person beside it."""

    def __init__(
        self, node: Any, arm: JointTrajectoryDouble, folder: Path, start: Callable[..., Any]
    ) -> None:
        self.node, self.arm, self.folder, self.start = node, arm, folder, start
        self.outcomes = Heard(node, String, 'manipulator/outcome')
        self.decisions = Heard(node, String, 'manipulator/decision')
        self.grasps = Heard(node, PoseStamped, 'manipulator/grasp_pose')
        self.annotated = Heard(node, Image, 'manipulator/annotated')
        self.markers = Heard(node, MarkerArray, 'manipulator/markers')
        self.values = Heard(node, PointCloud2, 'manipulator/value_map')
        self.words = node.create_publisher(String, 'manipulator/instruction', COMMAND)
        self.pixels = node.create_publisher(PointStamped, 'manipulator/pixel', COMMAND)
        self.process: Any = None
        self.box_px = (0.0, 0.0)
        self.begun = False
        self._clients: dict[str, Any] = {}

    def behave(self, behaviour: str) -> None:
        """Have the arm do so from now on, and forget what it did."""
        self.arm.set_parameters([Parameter('behaviour', value=behaviour)])
        self.arm.events.clear()

    def launch(self) -> None:
        """Launch the manipulator; it waits for its parameters."""
        file = self.folder / 'parameters.yaml'
        file.write_text(yaml.safe_dump({'/**': {'ros__parameters': VALUES}}))
        self.process = self.start(
            'vlm_nav.ros.launch_stand_in', str(LAUNCH), f'namespace:={NAMESPACE[1:]}',
            f'params_file:={file}', 'autostart:=false',
        )  # fmt: skip

    def begin(self, **values: Any) -> None:
        """Have the manipulator active with the usual parameters but for these."""
        for transition in DOWN if self.begun else ():
            assert self.change(transition)
        self.begun = True
        named = {name.replace('__', '.'): value for name, value in values.items()}
        wanted = [
            Parameter(name, value=value).to_parameter_msg()
            for name, value in {**VALUES, **CHANGED, **named}.items()
        ]
        request = SetParametersAtomically.Request(parameters=wanted)
        name = 'manipulator/set_parameters_atomically'
        assert self.call(SetParametersAtomically, name, request).result.reason == ''
        assert self.change(Transition.TRANSITION_CONFIGURE)
        assert self.change(Transition.TRANSITION_ACTIVATE)
        until_s = time.monotonic() + PATIENCE_S
        while not self.words.get_subscription_count() or not self.pixels.get_subscription_count():
            assert time.monotonic() < until_s, 'the manipulator does not listen'
            time.sleep(0.02)
        while self._not_active():
            assert time.monotonic() < until_s, 'the manipulator is not active'
            time.sleep(0.05)

    def change(self, transition: int) -> bool:
        """Return whether a change of its lifecycle was made."""
        request = ChangeState.Request(transition=Transition(id=transition))
        return bool(self.call(ChangeState, 'manipulator/change_state', request).success)

    def _not_active(self) -> bool:
        """Return whether it takes no task yet; an answer is lost to whom it does not know."""
        answer = self.call(Pick, 'manipulator/pick', Pick.Request(), 1.0)
        return answer is None or answer.reason != 'instruction_empty'

    def end(self) -> None:
        """End the manipulator."""
        if self.process is not None:
            assert self.process.stop() == 0
            self.process = None

    def call(self, kind: Any, name: str, request: Any, timeout_s: float = PATIENCE_S) -> Any:
        """Return what a service answers."""
        client = self._clients.get(name)
        if client is None:
            client = self._clients[name] = self.node.create_client(kind, name)
        assert client.wait_for_service(PATIENCE_S), name
        return client.call(request, timeout_sec=timeout_s)

    def pick_at(self, u_px: float, v_px: float) -> Any:
        """Return what the service answers about a pixel."""
        request = Pick.Request(by_pixel=True, u_px=u_px, v_px=v_px)
        return self.call(Pick, 'manipulator/pick', request)


@pytest.fixture(scope='module')
def hand(ros_context: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hand]:
    """Give a camera, an arm's double, and who launches manipulators before them."""
    with ExitStack() as ending:
        node = Node('person', context=ros_context, namespace=NAMESPACE)
        overrides = [
            Parameter('joints', value=list(JOINTS)),
            Parameter('positions', value=['0.0', '0.3', '1.2', '0.0', '1.2', '0.0']),
            Parameter('robot_description', value=arm_urdf()),
        ]
        arm = JointTrajectoryDouble(
            context=ros_context, namespace=NAMESPACE, parameter_overrides=overrides
        )
        for one in (node, arm):
            ending.callback(one.destroy_node)
            ending.enter_context(SpinThread(one))
        camera = TableCameraDouble(context=ros_context, namespace=NAMESPACE)
        ending.callback(camera.destroy_node)
        ending.enter_context(SpinThread(camera))

        def start(module: str, *arguments: str) -> JsonProcess:
            return JsonProcess(module, arguments)

        hand = Hand(node, arm, tmp_path_factory.mktemp('hand'), start)
        ending.callback(hand.end)
        hand.launch()
        hand.box_px = camera.box_px
        yield hand


def test_a_pixel_leads_to_a_published_grasp_and_to_pictures_of_it(hand: Hand) -> None:
    hand.begin()
    before, decided = len(hand.outcomes.messages), len(hand.decisions.messages)
    hand.pixels.publish(PointStamped(point=Point(x=hand.box_px[0], y=hand.box_px[1])))
    end = hand.outcomes.told(before)
    assert (end['picked'], end['reason']) == (True, None), end
    decision = hand.decisions.told(decided)
    assert (decision['u_px'], decision['v_px'], decision['outcome']) == (*hand.box_px, 'pick')
    grasp = hand.grasps.next(0)
    assert grasp.header.frame_id == 'base_link'
    place = grasp.pose.position
    assert [place.x, place.y, place.z] == pytest.approx(decision['grasp']['position_m'])
    assert hand.annotated.next(0).header.frame_id.endswith('optical_frame')
    assert {'point', 'grasp'} <= {marker.ns for marker in hand.markers.next(0).markers}
    values = hand.values.next(0)
    assert values.header.frame_id == 'base_link'
    cloud = np.frombuffer(values.data, dtype=np.float32).reshape(-1, 4)
    assert len(cloud) == values.width > 10
    away_m = np.linalg.norm(cloud[:, :3] - decision['grasp']['position_m'], axis=1)
    assert away_m.max() < 0.4
    assert (cloud[:, 3] >= 0.0).all()
    assert cloud[:, 3].max() < 0.3
    # It is published, and that is all.
    assert hand.arm.events == []


def test_words_lead_to_a_pixel_and_so_to_a_grasp(hand: Hand) -> None:
    hand.begin(pointing__marks='segments', pointing__closer_looks=0)
    before, decided = len(hand.outcomes.messages), len(hand.decisions.messages)
    hand.words.publish(String(data='the red box'))
    end = hand.outcomes.told(before)
    assert (end['picked'], end['instruction']) == (True, 'the red box'), end
    decision = hand.decisions.told(decided)
    assert (decision['calls'], decision['source']) == (1, 'measured')
    assert decision['grasp']['position_m'][:2] == pytest.approx([0.45, 0.0], abs=0.03)
    # What is pointed at otherwise is looked at more closely.
    hand.begin()
    before, decided = len(hand.outcomes.messages), len(hand.decisions.messages)
    hand.words.publish(String(data='whatever comes first'))
    hand.outcomes.told(before)
    assert hand.decisions.told(decided)['calls'] == 3


def test_the_arm_is_brought_there_and_every_end_of_it_has_a_reason(hand: Hand) -> None:
    hand.begin(executor='follow_joint_trajectory', confirm=False)
    hand.behave('done')
    response = hand.pick_at(*hand.box_px)
    assert (response.picked, response.reason) == (True, ''), response
    told = [event['event'] for event in hand.arm.events if event['event'] != 'accepted']
    assert told == ['grips', 'follows', 'follows', 'grips', 'follows']
    assert response.grasp_pose.header.frame_id == 'base_link'
    hand.behave('empty')
    assert hand.pick_at(*hand.box_px).reason == 'grasp_lost'
    for behaviour, reason in (
        ('reject', 'arm_rejected'), ('abort', 'arm_aborted'), ('silent', 'arm_silent'),
    ):  # fmt: skip
        hand.behave(behaviour)
        response = hand.pick_at(*hand.box_px)
        assert (response.picked, response.reason) == (False, reason), behaviour
        assert [event['event'] for event in hand.arm.events].count('follows') == 0, behaviour
    assert any(event['event'] == 'cancel' for event in hand.arm.events)


def test_the_arm_never_moves_on_a_refused_target(hand: Hand) -> None:
    hand.begin(executor='follow_joint_trajectory', workspace='-1 -1 -0.1, 0.3 1 1')
    hand.behave('done')
    before = len(hand.grasps.messages)
    assert hand.pick_at(-1.0, 10.0).reason == 'pixel_outside_image'
    assert hand.pick_at(*hand.box_px).reason == 'outside_workspace'
    hand.begin(executor='follow_joint_trajectory', robot_boxes=['0.3 -1 -1, 2 1 1'])
    assert hand.pick_at(*hand.box_px).reason == 'on_robot'
    hand.begin(executor='follow_joint_trajectory', farthest_m=0.2)
    assert hand.pick_at(*hand.box_px).reason == 'beyond_range'
    hand.begin(executor='follow_joint_trajectory', gripper__opening_m=0.01)
    assert hand.pick_at(*hand.box_px).reason == 'gripper_too_small'
    hand.begin(executor='follow_joint_trajectory', dry_run=True)
    assert hand.pick_at(*hand.box_px).reason == 'dry_run'
    hand.begin(executor='follow_joint_trajectory', confirm=True, confirm_timeout_s=0.3)
    assert hand.pick_at(*hand.box_px).reason == 'not_confirmed'
    assert hand.arm.events == []
    assert len(hand.grasps.messages) == before


def test_a_cancel_stops_the_arm(hand: Hand) -> None:
    hand.begin(executor='follow_joint_trajectory', arm__silence_timeout_s=25.0)
    hand.behave('silent')
    before = len(hand.outcomes.messages)
    hand.pixels.publish(PointStamped(point=Point(x=hand.box_px[0], y=hand.box_px[1])))
    until_s = time.monotonic() + PATIENCE_S
    while not any(event['event'] == 'grips' for event in hand.arm.events):
        assert time.monotonic() < until_s, hand.arm.events
        time.sleep(0.01)
    assert hand.call(Trigger, 'manipulator/cancel', Trigger.Request()).success
    end = hand.outcomes.told(before)
    assert (end['picked'], end['reason']) == (False, 'cancelled')
    assert [event['event'] for event in hand.arm.events] == ['accepted', 'grips', 'cancel']
    assert not hand.call(Trigger, 'manipulator/cancel', Trigger.Request()).success


def test_a_grasp_that_is_released_is_carried_out(hand: Hand) -> None:
    hand.begin(confirm=True)
    grasps, ends = len(hand.grasps.messages), len(hand.outcomes.messages)
    decided = len(hand.decisions.messages)
    hand.pixels.publish(PointStamped(point=Point(x=hand.box_px[0], y=hand.box_px[1])))
    assert hand.decisions.told(decided)['outcome'] == 'pick'
    until_s = time.monotonic() + PATIENCE_S
    while not hand.call(Trigger, 'manipulator/release', Trigger.Request()).success:
        assert time.monotonic() < until_s
    assert hand.outcomes.told(ends)['picked'] is True
    hand.grasps.next(grasps)
