"""Whether Nav2 would take what the navigator sends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from rclpy.node import Node

from vlm_nav.core.deadline import Deadline
from vlm_nav.ros.nav2_names import ACTION, SPIN_ACTION
from vlm_nav.ros.nav2_ready import RequireActive
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
        self._not_ready: dict[str, Callable[[], Awaitable[str | None]]] = {}
        try:
            from vlm_nav.ros.nav2_action import RclpyNavigateAction
            from vlm_nav.ros.spin_action import RclpySpinAction
        except ImportError:
            return
        navigate = RclpyNavigateAction(node, require_active)
        spin = RclpySpinAction(node, require_active)
        self._not_ready = {ACTION: navigate.not_ready, SPIN_ACTION: spin.not_ready}

    async def findings(self) -> list[Finding]:
        """Find for each action whether it is active and would take a goal."""
        return list(await asyncio.gather(*map(self._finding, (ACTION, SPIN_ACTION))))

    async def _finding(self, action: str) -> Finding:
        """Find whether an action is ready, or becomes so while it is still being discovered."""
        subject = f'Nav2: {action}'
        if action not in self._not_ready:
            return not_checked(subject, 'nav2_msgs is not installed', 'install Nav2')
        deadline = Deadline.after(PATIENCE_S)
        while (why := await self._not_ready[action]()) is not None and not deadline.expired():
            await asyncio.sleep(_LOOK_AGAIN_S)
        if why is None:
            return ok(subject, 'active and ready for a goal')
        return not_ok(subject, why, _REMEDIES[action])
