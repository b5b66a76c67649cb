"""How goals that nobody wants any more are ended, as far as Nav2 lets itself be told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from vlm_nav.ros.nav2_port import Nav2Settings, SentGoal

# Return codes of action_msgs/CancelGoal; 2 and 3 say that the goal is no longer there.
_CANCEL_ACCEPTED = 0
_CANCEL_REJECTED = 1


async def end_goal(
    goal: SentGoal, settings: Nav2Settings, replaced: bool, warn: Callable[[str], None]
) -> None:
    """Wait until a goal has ended, cancelling it if need be; each wait is bounded.

    Nav2 ends a goal by itself when it takes the next one, and the robot drives on without a
    stop; a cancel in that moment could end both. So a `replaced` goal is left to Nav2 first.
    """
    if goal.result.done():
        return
    if not await _within(goal.response, settings.cancel_timeout_s):
        cancel_when_late(goal, warn)
        return
    if not goal.response.result():
        return
    if replaced and await _within(goal.result, settings.replace_timeout_s):
        return
    await _cancel(goal, settings.cancel_timeout_s, warn)


def cancel_when_late(goal: SentGoal, warn: Callable[[str], None]) -> None:
    """Cancel a goal as soon as its acceptance comes, which nobody waits for any more."""

    def cancel(response: asyncio.Future[bool]) -> None:
        if not response.cancelled() and response.result():
            warn(f'goal {goal.goal_id.hex()} was accepted too late and is cancelled')
            goal.cancel()

    goal.response.add_done_callback(cancel)


async def _cancel(goal: SentGoal, wait_s: float, warn: Callable[[str], None]) -> None:
    answer = goal.cancel()
    if not await _within(answer, wait_s):
        warn(f'no answer to the cancel of goal {goal.goal_id.hex()} in {wait_s:g} s')
    elif answer.result() == _CANCEL_REJECTED:
        warn(f'Nav2 refused to cancel goal {goal.goal_id.hex()}')
    elif not await _within(goal.result, wait_s) and answer.result() == _CANCEL_ACCEPTED:
        warn(f'goal {goal.goal_id.hex()} was cancelled but did not end in {wait_s:g} s')


async def _within(future: asyncio.Future[Any], timeout_s: float) -> bool:
    """Wait for a future without cancelling it; return whether it is done."""
    await asyncio.wait({future}, timeout=timeout_s)
    return future.done()
