"""A manipulator that was launched over DDS, the camera before it, and the person beside it."""

from __future__ import annotations

import itertools
import json
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from end_to_end.processes import JsonProcess
from geometry_msgs.msg import Point, PointStamped, PoseStamped
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
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
from vlm_nav.ros.qos import COMMAND, LATCHED, TF, TF_STATIC

# Waits end with what is waited for; this is for a machine that has much else to do.
PATIENCE_S = 60.0
_ANSWER_S = 3.0
# So far it drives from one picture to the next.
_STEP_M = 0.02
LAUNCH = Path(__file__).resolve().parents[1] / 'launch' / 'manipulate.launch.py'
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
    'pointing.closer_rounds': 2,
    'pointing.marks': 'samples',
    'maximum_age_s': 10.0,
    'look_timeout_s': 30.0,
    'farthest_m': 3.0,
    'workspace': '-1 -1 -0.1, 1 1 1',
    'gripper.opening_m': 0.1,
    'robot_boxes': [''],
    'records.folder': '',
    'history_pictures': 100,
    'arm.tip_frame': 'tool',
    'arm.tip_axes': 'z_approach',
    'arm.joint_speed_rad_s': 5.0,
    'arm.lift_m': 0.05,
    'arm.response_timeout_s': 20.0,
    'arm.silence_timeout_s': 20.0,
    'arm.cancel_timeout_s': 20.0,
    'arm.joints_age_s': 10.0,
}

# What some tests have otherwise, as it usually is.
CHANGED = {
    'executor': 'publish',
    'dry_run': False,
    'confirm': False,
    'confirm_timeout_s': 60.0,
}
_NEXT = {
    State.PRIMARY_STATE_UNCONFIGURED: Transition.TRANSITION_CONFIGURE,
    State.PRIMARY_STATE_INACTIVE: Transition.TRANSITION_ACTIVATE,
}
_BACK = {
    State.PRIMARY_STATE_ACTIVE: Transition.TRANSITION_DEACTIVATE,
    State.PRIMARY_STATE_INACTIVE: Transition.TRANSITION_CLEANUP,
}


class TableCameraDouble(Node):
    """A double of a camera that shows a red box on the floor before the arm, on wheels."""

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
        self.stamps_ns: list[int] = []
        self._odometry = self.create_publisher(TFMessage, 'tf', TF)
        self.drives = False
        self._driven_m = 0.0
        self.create_timer(0.1, self._publish)

    def _publish(self) -> None:
        now = self.get_clock().now()
        stamp = now.to_msg()
        self.stamps_ns.append(now.nanoseconds)
        self._driven_m += _STEP_M if self.drives else 0.0
        pose = np.eye(4)
        pose[0, 3] = self._driven_m
        placed = transform_stamped('odom', 'base_link', pose, now.nanoseconds)
        self._odometry.publish(TFMessage(transforms=[placed]))
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
        """Return the first message after so many, which is JSON."""
        line: dict[str, Any] = json.loads(self.next(after).data)
        return line

    def wait_told(self, instruction: str) -> None:
        """Return when the line about an instruction has come, and so all before it."""

        def came() -> bool:
            told = map(json.loads, (message.data for message in self.messages))
            return any(line['instruction'] == instruction for line in told)

        with self._came:
            assert self._came.wait_for(came, PATIENCE_S), instruction


class Hand:
    """A manipulator that was launched, the camera before it, and the person beside it."""

    def __init__(self, node: Any, arm: JointTrajectoryDouble, folder: Path) -> None:
        self.node, self.arm, self.folder = node, arm, folder
        self.outcomes = Heard(node, String, 'manipulator/outcome')
        self.decisions = Heard(node, String, 'manipulator/decision')
        self.grasps = Heard(node, PoseStamped, 'manipulator/grasp_pose')
        self.annotated = Heard(node, Image, 'manipulator/annotated')
        self.markers = Heard(node, MarkerArray, 'manipulator/markers')
        self.values = Heard(node, PointCloud2, 'manipulator/value_map')
        self.words = node.create_publisher(String, 'manipulator/instruction', COMMAND)
        self.pixels = node.create_publisher(PointStamped, 'manipulator/pixel', COMMAND)
        self.process: JsonProcess | None = None
        self.box_px: tuple[float, ...] = (0.0, 0.0)
        self.camera: TableCameraDouble | None = None
        self.stamps_ns: list[int] = []
        self._probes = itertools.count(1)
        self._clients: dict[str, Any] = {}

    def behave(self, behaviour: str) -> None:
        """Have the arm do so from now on, and forget what it did."""
        self.arm.set_parameters([Parameter('behaviour', value=behaviour)])
        self.arm.events.clear()

    def launch(self) -> None:
        """Launch the manipulator, which waits for its parameters, until its services answer."""
        file = self.folder / 'parameters.yaml'
        file.write_text(yaml.safe_dump({'/**': {'ros__parameters': VALUES}}))
        arguments = (str(LAUNCH), f'namespace:={NAMESPACE[1:]}', f'params_file:={file}')
        self.process = JsonProcess('vlm_nav.ros.launch_stand_in', (*arguments, 'autostart:=false'))
        for name in ('cancel', 'release'):
            assert not self.ask(Trigger, f'manipulator/{name}', Trigger.Request()).success

    def begin(self, **values: Any) -> None:
        """Have the manipulator active with the usual parameters but for these.

        Whatever state an earlier test has left it in, and nothing of that test is heard later.
        """
        self._to(State.PRIMARY_STATE_UNCONFIGURED, _BACK)
        named = {name.replace('__', '.'): value for name, value in values.items()}
        wanted = [
            Parameter(name, value=value).to_parameter_msg()
            for name, value in {**VALUES, **CHANGED, **named}.items()
        ]
        request = SetParametersAtomically.Request(parameters=wanted)
        name = 'manipulator/set_parameters_atomically'
        assert self.ask(SetParametersAtomically, name, request).result.reason == ''
        self._to(State.PRIMARY_STATE_ACTIVE, _NEXT)
        until_s = time.monotonic() + PATIENCE_S
        while not self.words.get_subscription_count() or not self.pixels.get_subscription_count():
            assert time.monotonic() < until_s, 'the manipulator does not listen'
            time.sleep(0.02)
        self._wait_for_task(until_s)
        self.empty()

    def empty(self) -> bool:
        """Take what the hand holds out of it; return whether it held something."""
        return bool(self.call(Trigger, 'manipulator/emptied', Trigger.Request()).success)

    def point(self, stamp_ns: int = 0) -> None:
        """Publish the pixel that shows the box, in the picture of this stamp; 0: the next."""
        u_px, v_px = self.box_px
        message = PointStamped(point=Point(x=u_px, y=v_px))
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 10**9)
        self.pixels.publish(message)

    def pick_at(self, u_px: float, v_px: float) -> Any:
        """Return what the service answers about a pixel."""
        request = Pick.Request(by_pixel=True, u_px=u_px, v_px=v_px)
        return self.call(Pick, 'manipulator/pick', request)

    def release(self) -> None:
        """Release the grasp that will wait for it."""
        until_s = time.monotonic() + PATIENCE_S
        while not self.call(Trigger, 'manipulator/release', Trigger.Request()).success:
            assert time.monotonic() < until_s, 'nothing waits for a release'
            time.sleep(0.02)

    def cancel(self) -> bool:
        """Return whether there was a task to cancel."""
        return bool(self.call(Trigger, 'manipulator/cancel', Trigger.Request()).success)

    def end(self) -> None:
        """End the manipulator."""
        if self.process is not None:
            assert self.process.stop() == 0
            self.process = None

    def call(self, kind: Any, name: str, request: Any) -> Any:
        """Return what a service answers that has answered before."""
        response = self._client(kind, name).call(request, timeout_sec=PATIENCE_S)
        assert response is not None, f'{name} does not answer; {self._log()}'
        return response

    def ask(self, kind: Any, name: str, request: Any) -> Any:
        """Return what a service answers, asked again until it does.

        An answer is lost to whom the server does not know yet, so nothing that may be done only
        once is asked so.
        """
        client, until_s = self._client(kind, name), time.monotonic() + PATIENCE_S
        while (response := client.call(request, timeout_sec=_ANSWER_S)) is None:
            assert time.monotonic() < until_s, f'{name} does not answer; {self._log()}'
        return response

    def _to(self, wanted: int, ways: dict[int, int]) -> None:
        """Bring it into a state by the transitions that lead there from others."""
        until_s = time.monotonic() + PATIENCE_S
        while (state := self._state()) != wanted:
            assert time.monotonic() < until_s, f'still in state {state}; {self._log()}'
            if state not in ways:
                time.sleep(0.05)
                continue
            # It is on its way into the next state by the time that it answers, or an earlier
            # request was carried out whose answer was lost.
            request = ChangeState.Request(transition=Transition(id=ways[state]))
            client = self._client(ChangeState, 'manipulator/change_state')
            response = client.call(request, timeout_sec=_ANSWER_S)
            refused = response is not None and not response.success
            assert not refused or self._state() != state, f'{state} stays; {self._log()}'

    def _state(self) -> int:
        answer = self.ask(GetState, 'manipulator/get_state', GetState.Request())
        return int(answer.current_state.id)

    def _wait_for_task(self, until_s: float) -> None:
        """Return when it takes tasks, and when all that it told before was heard."""
        words = ' ' * next(self._probes)
        request = Pick.Request(instruction=words)
        while self.ask(Pick, 'manipulator/pick', request).reason != 'instruction_empty':
            assert time.monotonic() < until_s, f'it takes no task; {self._log()}'
            time.sleep(0.05)
        self.outcomes.wait_told(words)
        self.decisions.wait_told(words)

    def _client(self, kind: Any, name: str) -> Any:
        client = self._clients.get(name)
        if client is None:
            client = self._clients[name] = self.node.create_client(kind, name)
        assert client.wait_for_service(PATIENCE_S), f'no {name}; {self._log()}'
        return client

    def _log(self) -> str:
        if self.process is None:
            return 'it was not launched'
        status = self.process.process.poll()
        last = [line.get('log', line) for line in self.process.told.lines[-30:]]
        return f'status {status}, its log: {last}'
