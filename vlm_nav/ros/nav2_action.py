"""The way to the real NavigateToPose server: rclpy's action client, as Nav2 behaves."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Collection
from typing import Any

from action_msgs.msg import GoalStatusArray
from action_msgs.srv import CancelGoal
from nav2_msgs.action import NavigateToPose
from rclpy.action import ActionClient
from rclpy.node import Node
from unique_identifier_msgs.msg import UUID

from vlm_nav.core.decision import Waypoint
from vlm_nav.messages.goal_status import ACTIVE_STATUSES
from vlm_nav.messages.poses import floor_pose_from
from vlm_nav.messages.stamps import stamp_ns_of
from vlm_nav.navigation.nav2_states import DriveProgress, NavResult
from vlm_nav.ros.nav2_names import ACTION, LIFECYCLE_SERVICE
from vlm_nav.ros.nav2_ready import RequireActive, ServerState
from vlm_nav.ros.poses import pose_stamped
from vlm_nav.ros.qos import ACTION_STATUS
from vlm_nav.ros.spinning import answer_of, call_in_loop


class RclpyNavigateAction:
    """Implements nav2.NavigateAction on a node that an executor spins in another thread."""

    def __init__(
        self,
        node: Node,
        require_active: RequireActive = RequireActive.AUTO,
        on_send: Callable[[bytes], None] = lambda goal_id: None,
    ) -> None:
        """Make the clients on `node`, under its namespace and remappings.

        `on_send` is called in the loop with the id of each goal before it is sent.
        """
        self._node = node
        self._on_send = on_send
        self._client = ActionClient(node, NavigateToPose, ACTION)
        self._server = ServerState(node, self._client, ACTION, LIFECYCLE_SERVICE, require_active)
        self._active_goals: frozenset[bytes] = frozenset()
        self._status = node.create_subscription(
            GoalStatusArray, f'{ACTION}/_action/status', self._take_status, ACTION_STATUS
        )

    async def not_ready(self) -> str | None:
        """Return why no goal would be accepted now; asks the lifecycle for up to 1 s."""
        return await self._server.not_ready()

    def send(self, waypoint: Waypoint, on_feedback: Callable[[DriveProgress], None]) -> RclpyGoal:
        """Send a goal; feedback arrives in the running loop."""
        loop = asyncio.get_running_loop()
        goal_id = UUID(uuid=list(uuid.uuid4().bytes))

        def take_feedback(message: Any) -> None:
            call_in_loop(loop, on_feedback, progress_from(message.feedback))

        self._on_send(bytes(goal_id.uuid))
        goal = NavigateToPose.Goal(pose=pose_stamped(waypoint))
        sending = answer_of(
            self._node,
            lambda: self._client.send_goal_async(
                goal, feedback_callback=take_feedback, goal_uuid=goal_id
            ),
        )
        return RclpyGoal(self._node, bytes(goal_id.uuid), sending)

    def others_driving(self, own_goals: Collection[bytes]) -> bool:
        """Return whether the status topic shows other goals than these as not ended."""
        return bool(self._active_goals.difference(own_goals))

    def _take_status(self, message: Any) -> None:
        # Runs in the executor's thread; one assignment, so the loop sees the old set or the new.
        self._active_goals = frozenset(
            bytes(status.goal_info.goal_id.uuid)
            for status in message.status_list
            if status.status in ACTIVE_STATUSES
        )


class RclpyGoal:
    """Implements nav2.SentGoal; lives in the loop."""

    def __init__(self, node: Node, goal_id: bytes, sending: asyncio.Future[Any]) -> None:
        """Follow a goal whose handle `sending` will give."""
        loop = asyncio.get_running_loop()
        self.goal_id = goal_id
        self.response: asyncio.Future[bool] = loop.create_future()
        self.result: asyncio.Future[NavResult] = loop.create_future()
        self._node = node
        self._handle: Any = None
        sending.add_done_callback(self._answered)

    def cancel(self) -> asyncio.Future[int]:
        """Ask for the accepted goal's end; gives the return code."""
        code: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        answer = answer_of(self._node, self._handle.cancel_goal_async)
        answer.add_done_callback(lambda done: code.set_result(_cancel_code(done.result())))
        return code

    def _answered(self, sending: asyncio.Future[Any]) -> None:
        self._handle = sending.result()
        if self._handle.accepted:
            asked = answer_of(self._node, self._handle.get_result_async)
            asked.add_done_callback(self._ended)
        self.response.set_result(self._handle.accepted)

    def _ended(self, asked: asyncio.Future[Any]) -> None:
        answer = asked.result()
        # By name: Humble's result has neither field.
        self.result.set_result(
            NavResult(
                status=answer.status,
                error_code=getattr(answer.result, 'error_code', 0),
                error_msg=getattr(answer.result, 'error_msg', ''),
            )
        )


def _cancel_code(answer: Any) -> int:
    """Return the code of a cancel's answer; rclpy's server refuses by canceling no goal."""
    response = CancelGoal.Response
    nothing = answer.return_code == response.ERROR_NONE and not answer.goals_canceling
    return int(response.ERROR_REJECTED if nothing else answer.return_code)


def progress_from(feedback: Any) -> DriveProgress:
    """Return what a feedback message says; fields that a distribution lacks are 0."""
    current = feedback.current_pose
    return DriveProgress(
        frame_id=current.header.frame_id,
        stamp_ns=stamp_ns_of(current.header.stamp),
        pose=floor_pose_from(current.pose),
        distance_remaining_m=float(getattr(feedback, 'distance_remaining', 0.0)),
        recoveries=int(getattr(feedback, 'number_of_recoveries', 0)),
    )
