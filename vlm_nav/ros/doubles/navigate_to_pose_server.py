"""A NavigateToPose server that drives in its head and tells each event as a line of JSON.

`python -m vlm_nav.ros.doubles.navigate_to_pose_server --ros-args -p speed_m_s:=0.5`. It starts at
the origin of whatever frame a goal names, and behaves like Nav2 in what a client can see: a new
goal preempts the old one, which ends ABORTED with error code 0, and a message on `goal_pose` is a
goal of somebody else. `nav2_behaviours` has what else may become of goals.
"""

from __future__ import annotations

import json
import math
import sys
import threading
from dataclasses import dataclass
from typing import Any

from geometry_msgs.msg import PoseStamped
from lifecycle_msgs.msg import State
from lifecycle_msgs.srv import GetState
from nav2_msgs.action import NavigateToPose
from rclpy.action import ActionClient, ActionServer, CancelResponse, GoalResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.task import Future

from vlm_nav.core.decision import Waypoint
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.messages.poses import floor_pose_from
from vlm_nav.messages.stamps import stamp_ns_of
from vlm_nav.ros.doubles.driving_in_mind import advanced, distance_m
from vlm_nav.ros.doubles.nav2_behaviours import (
    BEHAVIOURS,
    LATE_ANSWER_S,
    Answer,
    Behaviour,
    Way,
)
from vlm_nav.ros.doubles.nav2_parameters import NAV2_DOUBLE_PARAMETERS
from vlm_nav.ros.doubles.serving import serve
from vlm_nav.ros.parameters import declare
from vlm_nav.ros.poses import pose_of
from vlm_nav.ros.qos import SENSOR

ACTION = 'navigate_to_pose'
_PERIOD_S = 0.05
# rclpy polls unfinished coroutines without a pause; this is the pause.
_PACE_S = 0.005
_STATES = {'active': State.PRIMARY_STATE_ACTIVE, 'inactive': State.PRIMARY_STATE_INACTIVE}


@dataclass
class Drive:
    """A goal under way; `finished` gets the event that ends it."""

    handle: Any
    behaviour: Behaviour
    target: FloorPose
    heading: FloorPose
    finished: Future
    lasted_s: float = 0.0

    def is_frozen(self) -> bool:
        """Return whether its feedback keeps pose and stamp now."""
        return self.behaviour.freezes_s <= self.lasted_s < self.behaviour.thaws_s


class NavigateToPoseDouble(Node):
    """The server; parameters are read anew at each goal."""

    def __init__(self, **options: Any) -> None:
        """Declare the parameters and offer the action."""
        super().__init__('navigate_to_pose_double', **options)
        declare(self, NAV2_DOUBLE_PARAMETERS)
        self._pose = FloorPose(0.0, 0.0, 0.0)
        self._drive: Drive | None = None
        self._left_m = 0.0
        self._last_ns = self.get_clock().now().nanoseconds
        self.unanswered = 0
        """How many goal requests are left without an answer."""
        self._server = ActionServer(
            self,
            NavigateToPose,
            ACTION,
            self._execute,
            goal_callback=self._answer,
            handle_accepted_callback=self._begin,
            cancel_callback=self._answer_cancel,
            # A goal request that is never answered must not hold up everything else.
            callback_group=ReentrantCallbackGroup(),
        )
        self._own_client = ActionClient(self, NavigateToPose, ACTION)
        self.create_subscription(PoseStamped, 'goal_pose', self._take_goal_pose, SENSOR)
        if self.get_parameter('lifecycle').value:
            self.create_service(GetState, 'bt_navigator/get_state', self._tell_state)
        self.create_timer(_PERIOD_S, self._step)

    def busy(self) -> bool:
        """Return whether coroutines wait, which the executor would poll without a pause."""
        return self._drive is not None or self.unanswered > 0

    def _behaviour(self) -> Behaviour:
        return BEHAVIOURS[self.get_parameter('behaviour').value]

    async def _answer(self, _goal: Any) -> GoalResponse:
        answer = self._behaviour().answer
        if answer is Answer.REJECT or self.get_parameter('lifecycle').value == 'inactive':
            return GoalResponse.REJECT
        if answer is Answer.ACCEPT:
            return GoalResponse.ACCEPT
        self.unanswered += 1
        answered: Future = Future()
        if answer is Answer.NEVER:
            await answered
        timer = self.create_timer(LATE_ANSWER_S, lambda: answered.set_result(None))
        await answered
        self.destroy_timer(timer)
        self.unanswered -= 1
        return GoalResponse.ACCEPT

    def _answer_cancel(self, _handle: Any) -> CancelResponse:
        cancellable = self._behaviour().cancellable
        return CancelResponse.ACCEPT if cancellable else CancelResponse.REJECT

    def _begin(self, handle: Any) -> None:
        if not self._behaviour().result_is_kept:
            # As a server that has dropped an ended goal: it answers UNKNOWN to who asks for it.
            self._server._goal_handles.pop(bytes(handle.goal_id.uuid), None)
        handle.execute()

    async def _execute(self, handle: Any) -> NavigateToPose.Result:
        behaviour, running = self._behaviour(), self._drive
        target = heading = floor_pose_from(handle.request.pose.pose)
        reach_m = self.get_parameter('map_reach_m').value or math.inf
        if math.hypot(target.x_m, target.y_m) > reach_m:
            behaviour = BEHAVIOURS['outside_map']
        if behaviour.way is Way.TO_OLD_TARGET and running is not None:
            heading = running.heading
        drive = Drive(handle, behaviour, target, heading, Future())
        self._tell('accepted', drive)
        if running is not None and not behaviour.takes_slot:
            return self._finish(drive, 'aborted')
        if running is not None and not running.finished.done():
            running.finished.set_result('preempted')
        self._drive = drive
        event = await drive.finished
        if self._drive is drive:
            self._drive, self._left_m = None, 0.0
        return self._finish(drive, event)

    def _finish(self, drive: Drive, event: str) -> NavigateToPose.Result:
        self._server._goal_handles[bytes(drive.handle.goal_id.uuid)] = drive.handle
        result = NavigateToPose.Result()
        if event in ('succeeded', 'aborted'):
            code = self.get_parameter('error_code').value
            result.error_code = code or drive.behaviour.error_code
            result.error_msg = self.get_parameter('error_msg').value or drive.behaviour.error_msg
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
        drive.lasted_s += elapsed_s
        after_s, ends = drive.behaviour.after_s, drive.behaviour.ends
        if drive.handle.is_cancel_requested:
            drive.finished.set_result('canceled')
            return
        arrived = self._move(drive, elapsed_s)
        self._send_feedback(drive, now.to_msg())
        if ends is not None and (arrived if after_s is None else drive.lasted_s >= after_s):
            if drive.behaviour.deactivates:
                self.set_parameters([Parameter('lifecycle', value='inactive')])
            drive.finished.set_result(ends)

    def _move(self, drive: Drive, elapsed_s: float) -> bool:
        """Drive on; return whether that was the last step."""
        if drive.behaviour.way is Way.NOWHERE or drive.is_frozen():
            return False
        step_m = self.get_parameter('speed_m_s').value * elapsed_s
        stop_m = drive.behaviour.short_m
        self._pose, arrived = advanced(self._pose, drive.heading, step_m, stop_m)
        return arrived and step_m > 0.0

    def _send_feedback(self, drive: Drive, now: Any) -> None:
        header = drive.handle.request.pose.header
        place = Waypoint(header.frame_id, 0, self._pose.x_m, self._pose.y_m, self._pose.yaw_rad)
        feedback = NavigateToPose.Feedback(number_of_recoveries=drive.behaviour.recoveries)
        feedback.current_pose.header.frame_id = header.frame_id
        feedback.current_pose.header.stamp = header.stamp if drive.is_frozen() else now
        feedback.current_pose.pose = pose_of(place)
        # Nav2's first one still has what was left of the way to the goal before.
        feedback.distance_remaining = self._left_m
        for _ in range(drive.behaviour.per_step):
            drive.handle.publish_feedback(feedback)
        left_m = distance_m(self._pose, drive.heading)
        self._left_m = left_m if drive.behaviour.has_path else 0.0

    def _take_goal_pose(self, message: Any) -> None:
        self._own_client.send_goal_async(NavigateToPose.Goal(pose=message))

    def _tell_state(self, _request: Any, response: Any) -> Any:
        label = self.get_parameter('lifecycle').value
        response.current_state = State(id=_STATES[label], label=label)
        return response

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


def main() -> int:
    """Serve until SIGINT or SIGTERM; return 0, or 2 for parameters that make no sense."""
    return serve(NavigateToPoseDouble, 'navigate_to_pose_double', _pause)


def _pause(node: NavigateToPoseDouble, stopping: threading.Event) -> None:
    if node.busy():
        stopping.wait(_PACE_S)


if __name__ == '__main__':
    sys.exit(main())
