"""An action server whose goals are carried out step by step, in a thread of the steps."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.node import Node
from rclpy.task import Future

from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.ros.spinning import settle

# As long as Nav2 keeps the results of ended goals, and tells of them on the status topic.
_RESULT_KEPT_S = 10


class ServedAction:
    """Goals come in by callbacks of the node's executor; `step`'s thread asks and answers here.

    All methods are for the thread of the steps.
    """

    def __init__(self, node: Node, kind: Any, name: str, accepts: Callable[[], bool]) -> None:
        """Offer the action; `accepts` says in the executor's thread whether a goal is taken."""
        self._node = node
        self._kind = kind
        self._accepts = accepts
        self._queue: SimpleQueue[tuple[Any, Future]] = SimpleQueue()
        self._ends: dict[bytes, Future] = {}
        self._live: dict[bytes, tuple[Any, Future]] = {}
        self._cancelled: set[bytes] = set()
        self._server = ActionServer(
            node,
            kind,
            name,
            self._execute,
            goal_callback=self._answer,
            handle_accepted_callback=self._begin,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
            result_timeout=_RESULT_KEPT_S,
        )

    def arrivals(self) -> list[tuple[bytes, Any]]:
        """Return ids and requests of goals that were accepted since the last call, in order."""
        arrived: list[tuple[bytes, Any]] = []
        while True:
            try:
                handle, end = self._queue.get_nowait()
            except Empty:
                return arrived
            goal_id = bytes(handle.goal_id.uuid)
            self._live[goal_id] = (handle, end)
            arrived.append((goal_id, handle.request))

    def cancellations(self) -> list[bytes]:
        """Return the ids of goals whose end somebody has asked for since the last call."""
        asked = [
            goal_id
            for goal_id, (handle, _) in self._live.items()
            if goal_id not in self._cancelled and handle.is_cancel_requested
        ]
        self._cancelled.update(asked)
        return asked

    def tell(self, goal_id: bytes, feedback: Any) -> None:
        """Publish a goal's feedback."""
        if goal_id in self._live:
            self._live[goal_id][0].publish_feedback(feedback)

    def end(self, goal_id: bytes, status: GoalStatus, result: Any) -> None:
        """End a goal; its client hears of it when the executor gets to it."""
        if goal_id in self._live:
            _, end = self._live.pop(goal_id)
            self._cancelled.discard(goal_id)
            settle(self._node, end, (status, result))

    def _answer(self, _goal: Any) -> GoalResponse:
        return GoalResponse.ACCEPT if self._accepts() else GoalResponse.REJECT

    def _begin(self, handle: Any) -> None:
        end: Future = Future()
        self._ends[bytes(handle.goal_id.uuid)] = end
        # Here and not where it is executed: executors may begin with the newest goal.
        self._queue.put((handle, end))
        handle.execute()

    async def _execute(self, handle: Any) -> Any:
        goal_id = bytes(handle.goal_id.uuid)
        status, result = await self._ends[goal_id]
        del self._ends[goal_id]
        if status is GoalStatus.SUCCEEDED:
            handle.succeed()
        elif status is GoalStatus.CANCELED:
            handle.canceled()
        else:
            handle.abort()
        return result
