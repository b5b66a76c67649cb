"""How instructions reach the navigator: a topic, an action where it is built, and services."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any, Protocol

from rclpy.action import ActionServer, CancelResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.task import Future as RclpyFuture
from std_msgs.msg import String
from std_srvs.srv import SetBool, Trigger

from vlm_nav.core.decision import DecisionOutcome, Waypoint
from vlm_nav.core.events import Event
from vlm_nav.navigation.dispatcher import EndListener
from vlm_nav.navigation.events import Decided, Drove, Started, Turned
from vlm_nav.navigation.in_words import printable
from vlm_nav.navigation.mission import MissionEnd
from vlm_nav.navigation.nav2_states import DriveProgress
from vlm_nav.ros.poses import pose_stamped
from vlm_nav.ros.qos import COMMAND
from vlm_nav.ros.spinning import call_in_loop, settle
from vlm_nav.vlm.events import Asked

_STAGES: dict[type[Event], str] = {
    Started: 'looking',
    Asked: 'asking',
    Decided: 'deciding',
    Turned: 'turning',
    Drove: 'looking',
}


class Worker(Protocol):
    """Who carries instructions out, in the event loop."""

    def instruct(self, instruction: str, on_end: EndListener) -> bool:
        """Carry an instruction out; return whether it was taken."""
        ...

    def cancel(self) -> bool:
        """End the instruction under way; return whether there was one."""
        ...

    def pause(self, paused: bool) -> bool:
        """Pause or go on; return whether that could be done."""
        ...


class InstructionInputs:
    """`~/instruction`, `~/navigate`, `~/cancel` and `~/pause` on a node, for a worker."""

    def __init__(self, node: Node, worker: Worker) -> None:
        """Listen; callbacks hand over to the running event loop and return at once."""
        self._node = node
        self._worker = worker
        self._loop = asyncio.get_running_loop()
        node.create_subscription(String, '~/instruction', self._take_instruction, COMMAND)
        # What waits for the event loop may not hold up pictures, instructions and each other.
        group = ReentrantCallbackGroup()
        node.create_service(Trigger, '~/cancel', self._cancel, callback_group=group)
        node.create_service(SetBool, '~/pause', self._pause, callback_group=group)
        self._group = group
        self._handle: Any = None
        self._calls = 0
        self._goal: Waypoint | None = None
        self._action = self._action_server()

    def __call__(self, event: Event) -> None:
        """Tell the action's client how far its instruction has come."""
        if isinstance(event, Asked):
            self._calls += 1
        stage = _STAGES.get(type(event))
        if isinstance(event, Decided):
            self._goal = event.decision.waypoint or self._goal
            stage = 'turning' if event.decision.outcome is DecisionOutcome.TURN else stage
        if stage is not None:
            self._feed_back(stage)

    def drove(self, progress: DriveProgress) -> None:
        """Tell the action's client how far the robot still has to drive."""
        self._feed_back('driving', progress.distance_remaining_m)

    def _feed_back(self, stage: str, distance_remaining_m: float = math.nan) -> None:
        handle = self._handle
        if handle is None or not handle.is_active:
            return
        feedback = self._action_type.Feedback(
            stage=stage, calls=self._calls, distance_remaining=float(distance_remaining_m)
        )
        handle.publish_feedback(feedback)

    def _take_instruction(self, message: String) -> None:
        def begin() -> None:
            # It replaces the action's instruction, and what follows is not the client's.
            self._handle = None
            self._worker.instruct(message.data, lambda end: None)

        call_in_loop(self._loop, begin)

    async def _cancel(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success = await self._in_loop(self._worker.cancel)
        response.message = 'cancelled' if response.success else 'no instruction was under way'
        return response

    async def _pause(self, request: SetBool.Request, response: SetBool.Response) -> Any:
        response.success = await self._in_loop(lambda: self._worker.pause(request.data))
        response.message = '' if response.success else 'the node is not active'
        return response

    def _in_loop(self, call: Callable[[], bool]) -> RclpyFuture:
        """Return a future, for rclpy's coroutines, of what the call returns in the loop."""
        answer = RclpyFuture(executor=self._node.executor)
        call_in_loop(self._loop, lambda: settle(self._node, answer, call()))
        return answer

    def _action_server(self) -> ActionServer | None:
        try:
            from vlm_nav_msgs.action import NavigateByInstruction
        except ImportError:
            self._node.get_logger().warning(
                'vlm_nav_msgs was not built: the action ~/navigate is off, ~/instruction works; '
                '`colcon build --base-paths . interfaces` in the checkout builds it'
            )
            return None
        self._action_type = NavigateByInstruction
        return ActionServer(
            self._node,
            NavigateByInstruction,
            '~/navigate',
            execute_callback=self._execute,
            cancel_callback=self._cancel_goal,
            callback_group=self._group,
        )

    def _cancel_goal(self, handle: Any) -> CancelResponse:
        def cancel() -> None:
            # A goal that was replaced ends by itself; what replaced it goes on.
            if handle is self._handle:
                self._worker.cancel()

        # In the loop, after the instruction has begun: none is missed that came right before.
        call_in_loop(self._loop, cancel)
        return CancelResponse.ACCEPT

    async def _execute(self, handle: Any) -> Any:
        ended = RclpyFuture(executor=self._node.executor)

        def finish(end: MissionEnd | None) -> None:
            goal = None if end is None else end.decision.waypoint
            if self._handle is handle:
                self._handle, goal = None, goal or self._goal
            settle(self._node, ended, (end, goal))

        def begin() -> None:
            if handle.is_cancel_requested:
                finish(None)
                return
            self._handle, self._calls, self._goal = handle, 0, None
            if not self._worker.instruct(handle.request.instruction, finish):
                finish(None)

        call_in_loop(self._loop, begin)
        end, goal = await ended
        if end is not None and end.reason is None:
            handle.succeed()
        elif handle.is_cancel_requested:
            handle.canceled()
        else:
            handle.abort()
        return self._result(end, goal)

    def _result(self, end: MissionEnd | None, goal: Waypoint | None) -> Any:
        result = self._action_type.Result()
        if end is None:
            result.outcome, result.message = 'hold', 'the node is not active'
            return result
        decision = end.decision
        result.outcome = decision.outcome.value
        result.reason = end.reason.value if end.reason else ''
        # Half a character of a model's answer is no text for a message.
        result.message = printable(end.drive.detail if end.drive else decision.detail)
        result.confidence = math.nan if decision.confidence is None else decision.confidence
        result.record = decision.record
        if goal is not None:
            result.goal_pose = pose_stamped(goal)
        return result
