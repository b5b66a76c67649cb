"""A NavigateToPose server that drives in its head and tells each event as a line of JSON.

`python -m vlm_nav.ros.doubles.navigate_to_pose_server --ros-args -p speed_m_s:=0.5`. It starts at
the origin of whatever frame a goal names, and behaves like Nav2 in what a client can see: a new
goal preempts the old one, which ends ABORTED with error code 0.
"""

from __future__ import annotations

import json
import math
import signal
import sys
import threading
from dataclasses import dataclass
from enum import Enum
from typing import Any

import rclpy
from nav2_msgs.action import NavigateToPose
from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future

from vlm_nav.geometry.poses import FloorPose
from vlm_nav.messages.stamps import stamp_ns_of

_PERIOD_S = 0.05
# rclpy polls unfinished coroutines without a pause; this is the pause.
_PACE_S = 0.005
_OFF_TARGET_M = 0.6


class Behaviour(str, Enum):
    """What becomes of the next goals."""

    NORMAL = 'normal'
    REJECT = 'reject'
    ABORT = 'abort'
    SILENT = 'silent'
    OFF_TARGET = 'off_target'
    FROZEN_FEEDBACK = 'frozen_feedback'


@dataclass
class Drive:
    """A goal under way; `finished` gets the event that ends it."""

    handle: Any
    behaviour: Behaviour
    target: FloorPose
    finished: Future


class NavigateToPoseDouble(Node):
    """The server; parameters are read anew at each goal."""

    def __init__(self, **options: Any) -> None:
        """Declare the parameters and offer the action."""
        super().__init__('navigate_to_pose_double', **options)
        self._declare()
        self._pose = FloorPose(0.0, 0.0, 0.0)
        self._drive: Drive | None = None
        self._last_ns = self.get_clock().now().nanoseconds
        self.unanswered = 0
        """How many goal requests are left without an answer."""
        self._server = ActionServer(
            self,
            NavigateToPose,
            'navigate_to_pose',
            self._execute,
            goal_callback=self._answer,
            cancel_callback=self._answer_cancel,
            # A goal request that is never answered must not hold up everything else.
            callback_group=ReentrantCallbackGroup(),
        )
        self.create_timer(_PERIOD_S, self._step)

    def busy(self) -> bool:
        """Return whether coroutines wait, which the executor would poll without a pause."""
        return self._drive is not None or self.unanswered > 0

    def _declare(self) -> None:
        known = ', '.join(behaviour.value for behaviour in Behaviour)
        speed = FloatingPointRange(from_value=0.0, to_value=100.0)
        codes = IntegerRange(from_value=0, to_value=65535, step=1)
        self.declare_parameter(
            'speed_m_s',
            0.5,
            ParameterDescriptor(
                description='Speed toward the goal, m/s; at 0 it never arrives.',
                floating_point_range=[speed],
            ),
        )
        self.declare_parameter(
            'behaviour',
            Behaviour.NORMAL.value,
            ParameterDescriptor(description=f'What becomes of the next goals: {known}.'),
        )
        self.declare_parameter(
            'error_code',
            0,
            ParameterDescriptor(
                description='error_code of results, for aborted and for reached goals.',
                integer_range=[codes],
            ),
        )
        self.declare_parameter(
            'error_msg', '', ParameterDescriptor(description='error_msg of results.')
        )

    def _behaviour(self) -> Behaviour:
        return Behaviour(self.get_parameter('behaviour').value)

    async def _answer(self, _goal: Any) -> GoalResponse:
        behaviour = self._behaviour()
        if behaviour is Behaviour.SILENT:
            self.unanswered += 1
            await Future()
        if behaviour is Behaviour.REJECT:
            return GoalResponse.REJECT
        return GoalResponse.ACCEPT

    def _answer_cancel(self, _handle: Any) -> CancelResponse:
        return CancelResponse.ACCEPT

    async def _execute(self, handle: Any) -> NavigateToPose.Result:
        if self._drive is not None:
            self._drive.finished.set_result('preempted')
        pose = handle.request.pose.pose
        yaw_rad = 2.0 * math.atan2(pose.orientation.z, pose.orientation.w)
        target = FloorPose(pose.position.x, pose.position.y, yaw_rad)
        drive = self._drive = Drive(handle, self._behaviour(), target, Future())
        self._tell('accepted', drive)
        event = await drive.finished
        if self._drive is drive:
            self._drive = None
        return self._finish(drive, event)

    def _finish(self, drive: Drive, event: str) -> NavigateToPose.Result:
        result = NavigateToPose.Result()
        if event in ('succeeded', 'aborted'):
            result.error_code = self.get_parameter('error_code').value
            result.error_msg = self.get_parameter('error_msg').value
        if event == 'succeeded':
            drive.handle.succeed()
        elif event == 'canceled':
            drive.handle.canceled()
        else:
            drive.handle.abort()
        self._tell(event, drive)
        return result

    def _step(self) -> None:
        now = self.get_clock().now()
        elapsed_s = max(0.0, (now.nanoseconds - self._last_ns) / 1e9)
        self._last_ns = now.nanoseconds
        drive = self._drive
        if drive is None or drive.finished.done():
            return
        if drive.handle.is_cancel_requested:
            drive.finished.set_result('canceled')
        elif drive.behaviour is Behaviour.ABORT:
            drive.finished.set_result('aborted')
        else:
            self._move(drive, elapsed_s, now.to_msg())

    def _move(self, drive: Drive, elapsed_s: float, stamp: Any) -> None:
        step_m = self.get_parameter('speed_m_s').value * elapsed_s
        stop_m = _OFF_TARGET_M if drive.behaviour is Behaviour.OFF_TARGET else 0.0
        moving = drive.behaviour is not Behaviour.FROZEN_FEEDBACK
        arrived = False
        if moving:
            self._pose, arrived = advanced(self._pose, drive.target, step_m, stop_m)
        self._send_feedback(drive, stamp if moving else drive.handle.request.pose.header.stamp)
        if arrived and step_m > 0.0:
            drive.finished.set_result('succeeded')

    def _send_feedback(self, drive: Drive, stamp: Any) -> None:
        feedback = NavigateToPose.Feedback()
        feedback.current_pose.header.frame_id = drive.handle.request.pose.header.frame_id
        feedback.current_pose.header.stamp = stamp
        pose = feedback.current_pose.pose
        pose.position.x, pose.position.y = self._pose.x_m, self._pose.y_m
        pose.orientation.z = math.sin(self._pose.yaw_rad / 2.0)
        pose.orientation.w = math.cos(self._pose.yaw_rad / 2.0)
        feedback.distance_remaining = distance_m(self._pose, drive.target)
        drive.handle.publish_feedback(feedback)

    def _tell(self, event: str, drive: Drive) -> None:
        header = drive.handle.request.pose.header
        line = {
            'event': event,
            'frame_id': header.frame_id,
            'stamp_ns': stamp_ns_of(header.stamp),
            'x_m': drive.target.x_m,
            'y_m': drive.target.y_m,
            'yaw_rad': drive.target.yaw_rad,
            'goal_id': bytes(drive.handle.goal_id.uuid).hex(),
        }
        sys.stdout.write(json.dumps(line) + '\n')
        sys.stdout.flush()


def distance_m(start: FloorPose, end: FloorPose) -> float:
    """Return the straight distance between two poses."""
    return math.hypot(end.x_m - start.x_m, end.y_m - start.y_m)


def advanced(
    pose: FloorPose, target: FloorPose, step_m: float, stop_m: float
) -> tuple[FloorPose, bool]:
    """Return the pose `step_m` nearer to the target, and whether it is `stop_m` before it."""
    left_m = distance_m(pose, target) - stop_m
    if left_m <= step_m and stop_m == 0.0:
        return target, True
    bearing_rad = math.atan2(target.y_m - pose.y_m, target.x_m - pose.x_m)
    step_m = max(0.0, min(step_m, left_m))
    moved = FloorPose(
        pose.x_m + step_m * math.cos(bearing_rad),
        pose.y_m + step_m * math.sin(bearing_rad),
        bearing_rad,
    )
    return moved, left_m <= step_m


def main() -> int:
    """Serve until SIGINT or SIGTERM; return 0."""
    stopping = threading.Event()
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    node = NavigateToPoseDouble()
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    while not stopping.is_set():
        executor.spin_once(timeout_sec=_PERIOD_S)
        if node.busy():
            stopping.wait(_PACE_S)
    executor.shutdown()
    node.destroy_node()
    rclpy.shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())
