"""Whether one of Nav2's action servers would take a goal now.

An action server exists while Nav2 is inactive and then accepts nothing, so where its node's
lifecycle service is there, that decides whether it is ready.
"""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Any

from lifecycle_msgs.msg import State
from lifecycle_msgs.srv import GetState
from rclpy.node import Node

from vlm_nav.core.deadline import Deadline
from vlm_nav.ros.spinning import answer_of

_STATE_TIMEOUT_S = 1.0
# The services of one process are discovered one after the other: an action server without a
# lifecycle service is only believed after this long.
_DISCOVERY_S = 0.5


class RequireActive(str, Enum):
    """Whether Nav2's lifecycle state must be active before a goal is sent."""

    AUTO = 'auto'
    ALWAYS = 'always'
    NEVER = 'never'


class ServerState:
    """Asks after an action's server and the lifecycle of the node that has it."""

    def __init__(
        self, node: Node, client: Any, action: str, lifecycle: str, require_active: RequireActive
    ) -> None:
        """Ask for `action`, whose rclpy client this is, and the service `lifecycle` on `node`."""
        self._node = node
        self._client = client
        self._action = action
        self._lifecycle = lifecycle
        self._require_active = require_active
        self._states = node.create_client(GetState, lifecycle)
        self._lifecycle_awaited: Deadline | None = None

    @property
    def reads_lifecycle(self) -> bool:
        """Whether what `not_ready` says comes from Nav2's lifecycle state too."""
        wanted = self._require_active is not RequireActive.NEVER
        return wanted and bool(self._states.service_is_ready())

    async def not_ready(self) -> str | None:
        """Return why no goal would be accepted now; asks the lifecycle for up to 1 s."""
        has_lifecycle = self._states.service_is_ready()
        if self._require_active is RequireActive.ALWAYS and not has_lifecycle:
            return f'there is no service {self._states.srv_name!r}, so Nav2 is not known active'
        if self._require_active is not RequireActive.NEVER and has_lifecycle:
            not_active = await self._why_not_active()
            if not_active is not None:
                return not_active
        if not self._client.server_is_ready():
            return f'there is no action server {self._action!r} in {self._node.get_namespace()!r}'
        if self._require_active is RequireActive.AUTO and not has_lifecycle:
            return self._why_not_yet()
        return None

    async def _why_not_active(self) -> str | None:
        asked = answer_of(self._node, lambda: self._states.call_async(GetState.Request()))
        await asyncio.wait({asked}, timeout=_STATE_TIMEOUT_S)
        if not asked.done():
            return f'{self._lifecycle} gave no answer in {_STATE_TIMEOUT_S:g} s'
        state = asked.result().current_state
        if state.id == State.PRIMARY_STATE_ACTIVE:
            return None
        return f'{self._lifecycle.partition("/")[0]} is {state.label or state.id}, not active'

    def _why_not_yet(self) -> str | None:
        if self._lifecycle_awaited is None:
            self._lifecycle_awaited = Deadline.after(_DISCOVERY_S)
        if self._lifecycle_awaited.expired():
            return None
        return f'{self._lifecycle} may still turn up'
