"""What the Nav2 client needs of an action server, and how long it waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from vlm_nav.core.decision import Waypoint
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.navigation.nav2_states import DriveProgress, NavResult


class SentGoal(Protocol):
    """A goal on its way: whether it is accepted, and what became of it.

    The futures never hold an exception: what the transport does not deliver stays unanswered.
    """

    goal_id: bytes
    response: asyncio.Future[bool]
    result: asyncio.Future[NavResult]

    def cancel(self) -> asyncio.Future[int]:
        """Ask for the accepted goal's end; gives action_msgs/CancelGoal's return code."""
        ...


class NavigateAction(Protocol):
    """The way to an action server for NavigateToPose."""

    async def not_ready(self) -> str | None:
        """Return why no goal would be accepted now, None if one would."""
        ...

    def send(self, waypoint: Waypoint, on_feedback: Callable[[DriveProgress], None]) -> SentGoal:
        """Send a goal at once; answers and feedback arrive in the running loop."""
        ...

    def others_driving(self, own_goals: Collection[bytes]) -> bool:
        """Return whether the server is busy with another goal than these."""
        ...


@dataclass(frozen=True)
class Nav2Settings:
    """How long Nav2 is waited for and how near is near enough; seconds and metres.

    Nav2 may end 0.57 m from a goal that lies just inside an obstacle and call it success.
    """

    ready_timeout_s: float = 2.0
    response_timeout_s: float = 2.0
    silence_timeout_s: float = 5.0
    cancel_timeout_s: float = 3.0
    replace_timeout_s: float = 1.0
    position_tolerance_m: float = 0.5
    feedback_period_s: float = 0.2

    def __post_init__(self) -> None:
        """Raise InvalidValueError unless all are above zero (NaN is not)."""
        wrong = {name: value for name, value in vars(self).items() if not value > 0.0}
        if wrong:
            raise InvalidValueError(f'settings of the Nav2 client are above 0, got {wrong}')

    @property
    def ending_s(self) -> float:
        """The longest that it takes to end a drive once it shall end.

        Its goal's acceptance, the end that Nav2 gives it when it takes the next one, the answer
        to the cancel and the result are each waited for.
        """
        return 3.0 * self.cancel_timeout_s + self.replace_timeout_s
