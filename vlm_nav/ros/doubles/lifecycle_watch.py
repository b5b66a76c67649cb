"""Asks a lifecycle node again and again which state it is in."""

from __future__ import annotations

from typing import Any

from lifecycle_msgs.msg import State
from lifecycle_msgs.srv import GetState
from rclpy.node import Node

from vlm_nav.core.deadline import Deadline

# An answer can get lost while two processes only begin to know each other.
_ASK_AGAIN_S = 1.0


class LifecycleWatch:
    """Whether a lifecycle node is active; the node that asks must be spun between looks."""

    def __init__(self, node: Node, watched: str) -> None:
        """Ask the node of this name."""
        self._client = node.create_client(GetState, f'{watched}/get_state')
        self._answer: Any = None
        self._again = Deadline.after(_ASK_AGAIN_S)
        self._label = 'its service get_state is not there'

    def is_active(self) -> bool:
        """Return whether the last answer said active; asks anew where none is under way."""
        if self._answer is not None and self._answer.done():
            state = self._answer.result().current_state
            self._answer, self._label = None, f'its state is {state.label}'
            return bool(state.id == State.PRIMARY_STATE_ACTIVE)
        if self._answer is not None and not self._again.expired():
            return False
        if self._client.service_is_ready():
            self._answer = self._client.call_async(GetState.Request())
            self._again = Deadline.after(_ASK_AGAIN_S)
        return False

    def __str__(self) -> str:
        """Return in words what is known of its state."""
        return self._label
