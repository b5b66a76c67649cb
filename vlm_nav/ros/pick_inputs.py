"""How tasks reach the manipulator: `~/pixel`, `~/instruction`, and services."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from geometry_msgs.msg import PointStamped
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.task import Future as RclpyFuture
from std_msgs.msg import String
from std_srvs.srv import SetBool, Trigger

from vlm_nav.core.candidate import Pixel
from vlm_nav.manipulation.events import PickEnd, PickTask
from vlm_nav.messages.stamps import stamp_ns_of
from vlm_nav.navigation.in_words import printable
from vlm_nav.ros.qos import COMMAND
from vlm_nav.ros.spinning import call_in_loop, settle


class PickWorker(Protocol):
    """Who carries tasks out, in the event loop."""

    def instruct(self, task: PickTask, on_end: Callable[[PickEnd], None]) -> bool:
        """Carry a task out; return whether it was taken."""
        ...

    def cancel(self) -> bool:
        """End the task under way; return whether there was one."""
        ...

    def pause(self, paused: bool) -> bool:
        """Pause or go on; return whether that could be done."""
        ...

    def emptied(self) -> bool:
        """Take note that a person emptied the hand; return whether it held something."""
        ...

    def hand_pose(self, end: PickEnd) -> Any:
        """Return the pose of the hand that was decided for as PoseStamped, None without one."""
        ...


class PickInputs:
    """Topics `~/pixel` and `~/instruction`, services `~/pick` to `~/emptied`, for a worker."""

    def __init__(self, node: Node, worker: PickWorker) -> None:
        """Listen; callbacks hand over to the running event loop and return at once."""
        self._node = node
        self._worker = worker
        self._loop = asyncio.get_running_loop()
        node.create_subscription(String, '~/instruction', self._take_instruction, COMMAND)
        node.create_subscription(PointStamped, '~/pixel', self._take_pixel, COMMAND)
        # What waits for the event loop may not hold up pictures, tasks and each other.
        group = ReentrantCallbackGroup()
        node.create_service(Trigger, '~/cancel', self._cancel, callback_group=group)
        node.create_service(SetBool, '~/pause', self._pause, callback_group=group)
        node.create_service(Trigger, '~/emptied', self._emptied, callback_group=group)
        try:
            from vlm_nav_msgs.srv import Pick
        except ImportError:
            words = 'vlm_nav_msgs was not built: the services ~/pick and ~/place are off'
            node.get_logger().warning(words)
        else:
            node.create_service(Pick, '~/pick', self._pick, callback_group=group)
            node.create_service(Pick, '~/place', self._place, callback_group=group)

    def _take_instruction(self, message: String) -> None:
        self._begin(PickTask(message.data))

    def _take_pixel(self, message: PointStamped) -> None:
        stamp_ns = stamp_ns_of(message.header.stamp)
        self._begin(PickTask('', Pixel(message.point.x, message.point.y), stamp_ns=stamp_ns))

    def _begin(self, task: PickTask) -> None:
        call_in_loop(self._loop, self._worker.instruct, task, lambda end: None)

    async def _cancel(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success = await self._in_loop(self._worker.cancel)
        response.message = 'cancelled' if response.success else 'nothing was under way'
        return response

    async def _pause(self, request: SetBool.Request, response: SetBool.Response) -> Any:
        response.success = await self._in_loop(lambda: self._worker.pause(request.data))
        response.message = '' if response.success else 'the node is not active'
        return response

    async def _emptied(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success = await self._in_loop(self._worker.emptied)
        response.message = 'noted' if response.success else 'it held nothing'
        return response

    async def _pick(self, request: Any, response: Any) -> Any:
        return await self._carried_out(request, response, place=False)

    async def _place(self, request: Any, response: Any) -> Any:
        return await self._carried_out(request, response, place=True)

    async def _carried_out(self, request: Any, response: Any, *, place: bool) -> Any:
        pixel = Pixel(request.u_px, request.v_px) if request.by_pixel else None
        task, ended = PickTask(request.instruction, pixel, place), self._future()

        def finish(end: PickEnd) -> None:
            # Here and not in the executor's thread, where the next task may have looked by then.
            settle(self._node, ended, (end, self._worker.hand_pose(end)))

        def begin() -> None:
            if not self._worker.instruct(task, finish):
                settle(self._node, ended, None)

        call_in_loop(self._loop, begin)
        came = await ended
        if came is None:
            response.message = 'the node is not active'
            return response
        end, pose = came
        response.picked = end.outcome is not None and end.outcome.done
        response.reason = end.reason.value if end.reason else ''
        detail = end.outcome.detail if end.outcome else end.decision.detail
        response.message, response.record = printable(detail), end.decision.record
        response.grasp_pose = pose or response.grasp_pose
        return response

    def _in_loop(self, call: Callable[[], bool]) -> RclpyFuture:
        """Return a future, for rclpy's coroutines, of what the call returns in the loop."""
        answer = self._future()
        call_in_loop(self._loop, lambda: settle(self._node, answer, call()))
        return answer

    def _future(self) -> RclpyFuture:
        return RclpyFuture(executor=self._node.executor)
