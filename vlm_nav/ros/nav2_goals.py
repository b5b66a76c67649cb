"""How goals that nobody wants any more are ended, as far as Nav2 lets itself be told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from vlm_nav.ros.nav2_port import SentGoal

# Return codes of action_msgs/CancelGoal; 2 and 3 say that the goal is no longer there.
_CANCEL_ACCEPTED = 0
_CANCEL_REJECTED = 1


class LateGoals:
    """Goals that Nav2 did not accept in time: they are cancelled once it does."""

    def __init__(self, wait_s: float, warn: Callable[[str], None]) -> None:
        """Wait `wait_s` for each step of a cancel."""
        self._wait_s = wait_s
        self._warn = warn
        self.being_cancelled: dict[bytes, asyncio.Task[None]] = {}

    def watch(self, goal: SentGoal) -> None:
        """Cancel a goal as soon as its acceptance comes, which nobody waits for any more."""
        goal.response.add_done_callback(lambda response: self._cancel_accepted(goal, response))

    def _cancel_accepted(self, goal: SentGoal, response: asyncio.Future[bool]) -> None:
        if response.cancelled() or not response.result():
            return
        self._warn(f'goal {goal.goal_id.hex()} was accepted too late and is cancelled')
        task = asyncio.ensure_future(cancelled(goal, goal.cancel(), self._wait_s, self._warn))
        self.being_cancelled[goal.goal_id] = task
        task.add_done_callback(lambda _: self.being_cancelled.pop(goal.goal_id))


async def cancelled(
    goal: SentGoal, answer: asyncio.Future[int], wait_s: float, warn: Callable[[str], None]
) -> None:
    """Wait for the answer to a goal's cancel and for its end, each for `wait_s`."""
    if not await within(answer, wait_s):
        warn(f'no answer to the cancel of goal {goal.goal_id.hex()} in {wait_s:g} s')
    elif answer.result() == _CANCEL_REJECTED:
        warn(f'Nav2 refused to cancel goal {goal.goal_id.hex()}')
    elif not await within(goal.result, wait_s) and answer.result() == _CANCEL_ACCEPTED:
        warn(f'goal {goal.goal_id.hex()} was cancelled but did not end in {wait_s:g} s')


async def within(future: asyncio.Future[Any], timeout_s: float) -> bool:
    """Wait for a future without cancelling it; return whether it is done."""
    await asyncio.wait({future}, timeout=timeout_s)
    return future.done()
