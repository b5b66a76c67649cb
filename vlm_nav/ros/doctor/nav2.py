"""Whether Nav2 would take what the navigator sends."""

from __future__ import annotations

import asyncio

from rclpy.action import ActionClient
from rclpy.node import Node

from vlm_nav.core.deadline import Deadline
from vlm_nav.ros.nav2_names import (
    ACTION,
    LIFECYCLE_SERVICE,
    SPIN_ACTION,
    SPIN_LIFECYCLE_SERVICE,
)
from vlm_nav.ros.nav2_ready import RequireActive, ServerState
from vlm_nav.vlm.doctor.findings import Finding, not_checked, not_ok, ok

PATIENCE_S = 1.5
_LOOK_AGAIN_S = 0.1
_ACTIVE_REMEDY = (
    'start Nav2 and activate it: autostart of its lifecycle manager does, ros2 lifecycle get says '
    'what state it is in'
)
_REMEDIES = {
    ACTION: _ACTIVE_REMEDY,
    SPIN_ACTION: f'{_ACTIVE_REMEDY}; without it set look_around: never',
}


class Nav2Actions:
    """Nav2's actions as the navigator would use them; made early, since discovery takes time."""

    def __init__(self, node: Node, require_active: RequireActive) -> None:
        """Make the clients on `node`, where the messages for it are installed."""
        self._servers: dict[str, ServerState] = {}
        try:
            from nav2_msgs.action import NavigateToPose, Spin
        except ImportError:
            return
        for action, kind, lifecycle in (
            (ACTION, NavigateToPose, LIFECYCLE_SERVICE),
            (SPIN_ACTION, Spin, SPIN_LIFECYCLE_SERVICE),
        ):
            client = ActionClient(node, kind, action)
            self._servers[action] = ServerState(node, client, action, lifecycle, require_active)

    async def findings(self) -> list[Finding]:
        """Find for each action whether it would take a goal, as far as that is known."""
        return list(await asyncio.gather(*map(self._finding, (ACTION, SPIN_ACTION))))

    async def _finding(self, action: str) -> Finding:
        """Find whether an action is ready, or becomes so while it is still being discovered."""
        subject = f'Nav2: {action}'
        server = self._servers.get(action)
        if server is None:
            return not_checked(subject, 'nav2_msgs is not installed', 'install Nav2')
        deadline = Deadline.after(PATIENCE_S)
        while (why := await server.not_ready()) is not None and not deadline.expired():
            await asyncio.sleep(_LOOK_AGAIN_S)
        if why is not None:
            return not_ok(subject, why, _REMEDIES[action])
        if server.reads_lifecycle:
            return ok(subject, 'active and ready for a goal')
        return ok(subject, 'there is an action server; nobody was asked whether it is active')
