"""The lifecycle of Nav2's servers as their clients see it: asked for, and changed by hand."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.node import Node

_CHANGES = {
    Transition.TRANSITION_ACTIVATE: True,
    Transition.TRANSITION_DEACTIVATE: False,
}


class LifecycleStandIn:
    """Says of servers whether they are active, and takes them up and down when it is asked to."""

    def __init__(self, node: Node, servers: Collection[str]) -> None:
        """Offer `get_state` and `change_state` of each server, all of them active."""
        self._active = dict.fromkeys(servers, True)
        for server in servers:
            tell, change = partial(self._tell, server), partial(self._change, server)
            node.create_service(GetState, f'{server}/get_state', tell)
            node.create_service(ChangeState, f'{server}/change_state', change)

    def is_active(self, server: str) -> bool:
        """Return whether a server is active; from any thread."""
        return self._active[server]

    def _tell(self, server: str, _request: Any, response: Any) -> Any:
        active = self._active[server]
        response.current_state = State(
            id=State.PRIMARY_STATE_ACTIVE if active else State.PRIMARY_STATE_INACTIVE,
            label='active' if active else 'inactive',
        )
        return response

    def _change(self, server: str, request: Any, response: Any) -> Any:
        wanted = _CHANGES.get(request.transition.id)
        response.success = wanted is not None and wanted is not self._active[server]
        if response.success:
            self._active[server] = bool(wanted)
        return response
