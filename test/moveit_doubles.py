"""Doubles for moveit_msgs, which no wheel brings, and for the clients of a move_group.

The doubles of messages have the fields that are set or read here, by the names that MoveIt's
definitions give them; they go over no wire.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from rclpy.task import Future

from vlm_nav.ros.moveit_goals import SUCCESS, MoveItTypes


class _Goal:
    """A double of MoveGroup.Goal."""

    def __init__(self) -> None:
        self.request = SimpleNamespace(start_state=SimpleNamespace(is_diff=False))
        self.planning_options = SimpleNamespace(plan_only=True)


class _Request:
    """A double of GetCartesianPath.Request as Jazzy has it."""

    def __init__(self) -> None:
        self.start_state = SimpleNamespace(is_diff=False)
        self.max_velocity_scaling_factor = self.max_acceleration_scaling_factor = 0.0


class _PositionConstraint(SimpleNamespace):
    """A double of PositionConstraint."""

    def __init__(self) -> None:
        super().__init__(constraint_region=SimpleNamespace())


class _SolidPrimitive(SimpleNamespace):
    """A double of SolidPrimitive."""

    SPHERE = 2


TYPES = MoveItTypes(
    MoveGroup=SimpleNamespace(Goal=_Goal),
    ExecuteTrajectory=SimpleNamespace(Goal=SimpleNamespace),
    GetCartesianPath=SimpleNamespace(Request=_Request),
    Constraints=SimpleNamespace,
    PositionConstraint=_PositionConstraint,
    OrientationConstraint=SimpleNamespace,
    SolidPrimitive=_SolidPrimitive,
)


def done(result: Any) -> Future:
    """Return a future that has ended."""
    future = Future()
    future.set_result(result)
    return future


class MoveGroupDouble:
    """A double of move_group: it ends goals with codes, and straight ways at a fraction.

    `codes` by the names of the actions; a name without one never ends.
    """

    def __init__(self) -> None:
        self.codes = {'move_action': SUCCESS, 'execute_trajectory': SUCCESS}
        self.planned = SUCCESS
        self.fraction = 1.0
        self.goals: list[tuple[str, Any]] = []
        self.requests: list[Any] = []
        self.cancelled = 0
        self.accepted_later: Future | None = None

    def action(self, node: Any, kind: Any, name: str) -> ActionDouble:
        """Return a client of one of its actions."""
        return ActionDouble(self, name)

    def create_client(self, kind: Any, name: str) -> Any:
        """Return a client of its service."""
        return SimpleNamespace(service_is_ready=lambda: True, call_async=self._plan)

    def _plan(self, request: Any) -> Future:
        self.requests.append(request)
        code = SimpleNamespace(val=self.planned)
        return done(SimpleNamespace(error_code=code, fraction=self.fraction, solution='the way'))

    def cancel(self) -> Future:
        """Note it."""
        self.cancelled += 1
        return done(None)


class ActionDouble:
    """A double of a client of an action."""

    def __init__(self, group: MoveGroupDouble, name: str) -> None:
        self._group, self._action_name = group, name

    def server_is_ready(self) -> bool:
        """Be there."""
        return True

    def send_goal_async(self, goal: Any) -> Future:
        """Accept a goal."""
        self._group.goals.append((self._action_name, goal))
        return self._group.accepted_later or done(self.handle())

    def handle(self) -> Any:
        """Return the handle of an accepted goal."""
        return SimpleNamespace(
            accepted=True, get_result_async=self._result, cancel_goal_async=self._group.cancel
        )

    def _result(self) -> Future:
        code = self._group.codes.get(self._action_name)
        if code is None:
            return Future()
        result = SimpleNamespace(error_code=SimpleNamespace(val=code))
        return done(SimpleNamespace(result=result, status=4))
