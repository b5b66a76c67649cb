"""Turning through Nav2's Spin, whose server is played by hand, in the same loop."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

import pytest
from virtual_time import run_virtually

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import DrivingReason
from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.navigation.nav2_states import NavResult
from vlm_nav.navigation.ports import DriveOutcome
from vlm_nav.ros.nav2_port import Nav2Settings
from vlm_nav.ros.nav2_spin import Nav2Spin

SETTINGS = Nav2Settings(ready_timeout_s=1.0, response_timeout_s=1.0, cancel_timeout_s=0.5)


class PlayedTurn:
    """A goal whose answers the test gives."""

    def __init__(self, angle_rad: float, allowance_s: float) -> None:
        loop = asyncio.get_running_loop()
        self.goal_id = bytes(16)
        self.angle_rad, self.allowance_s = angle_rad, allowance_s
        self.response: asyncio.Future[bool] = loop.create_future()
        self.result: asyncio.Future[NavResult] = loop.create_future()
        self.cancels = 0
        self.ends_when_cancelled = True

    def cancel(self) -> asyncio.Future[int]:
        """End as cancelled."""
        self.cancels += 1
        code: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        code.set_result(0)
        if self.ends_when_cancelled:
            self.end(GoalStatus.CANCELED)
        return code

    def end(self, status: GoalStatus, code: int = 0, words: str = '') -> None:
        """Give the result."""
        self.result.set_result(NavResult(status, code, words))


class PlayedNav2:
    """Implements SpinAction; what becomes of a goal is the test's to say."""

    def __init__(self) -> None:
        self.why_not: str | None = None
        self.turns: list[PlayedTurn] = []

    async def not_ready(self) -> str | None:
        return self.why_not

    def send(self, angle_rad: float, allowance_s: float) -> PlayedTurn:
        self.turns.append(PlayedTurn(angle_rad, allowance_s))
        return self.turns[-1]


Play = Callable[[PlayedTurn], object]


def turned(
    *plays: tuple[float, Play], within_s: float = 10.0, nav2: PlayedNav2 | None = None
) -> tuple[DriveOutcome, PlayedNav2, float, list[str]]:
    """Turn while this is played; return how it ended, after how long, and what was warned of."""
    nav2 = nav2 or PlayedNav2()
    warned: list[str] = []

    async def turn() -> tuple[DriveOutcome, float]:
        loop = asyncio.get_running_loop()
        client = Nav2Spin(nav2, SETTINGS, warned.append)
        for at_s, play in plays:
            loop.call_later(at_s, lambda play=play: play(nav2.turns[-1]))
        began_s = loop.time()
        outcome = await client.turn(1.05, Deadline.after(within_s))
        took_s = loop.time() - began_s
        await client.close()
        return outcome, took_s

    outcome, took_s = run_virtually(turn())
    return outcome, nav2, took_s, warned


def accept(goal: PlayedTurn) -> None:
    goal.response.set_result(True)


def test_a_turn_that_succeeds_is_one() -> None:
    outcome, nav2, _, warned = turned((0.1, accept), (2.0, lambda t: t.end(GoalStatus.SUCCEEDED)))
    assert (outcome.reached, outcome.reason) == (True, None)
    (goal,) = nav2.turns
    assert (goal.angle_rad, goal.cancels, warned) == (1.05, 0, [])
    assert goal.allowance_s == pytest.approx(10.0, abs=0.1)


@pytest.mark.parametrize(
    ('status', 'code', 'reason', 'words'),
    [
        (GoalStatus.ABORTED, 703, DrivingReason.NAV_ABORTED, 'error 703: spin: a wall'),
        (GoalStatus.ABORTED, 0, DrivingReason.NAV_ABORTED, 'gave up'),
        (GoalStatus.CANCELED, 0, DrivingReason.NAV_CANCELED, 'somebody else'),
    ],
)
def test_a_turn_that_nav2_ends_has_its_reason(
    status: GoalStatus, code: int, reason: DrivingReason, words: str
) -> None:
    end: Play = lambda turn: turn.end(status, code, 'a wall' if code else '')  # noqa: E731
    outcome, *_ = turned((0.1, accept), (0.2, end))
    assert (outcome.reached, outcome.reason) == (False, reason)
    assert words in outcome.detail


def test_a_turn_that_is_rejected_says_so() -> None:
    outcome, *_ = turned((0.1, lambda turn: turn.response.set_result(False)))
    assert outcome.reason is DrivingReason.NAV_REJECTED


def test_nothing_is_sent_to_a_nav2_that_is_not_ready() -> None:
    nav2 = PlayedNav2()
    nav2.why_not = 'behavior_server is inactive, not active'
    outcome, _, took_s, _ = turned(nav2=nav2)
    assert outcome.reason is DrivingReason.NAV_NOT_ACTIVE
    assert outcome.detail == nav2.why_not
    assert nav2.turns == []
    assert took_s == pytest.approx(1.0, abs=0.01)


def test_a_request_without_an_answer_ends() -> None:
    outcome, _, took_s, _ = turned()
    assert outcome.reason is DrivingReason.NAV_SILENT
    assert took_s == pytest.approx(1.5, abs=0.01)


def test_a_late_acceptance_is_cancelled() -> None:
    nav2, warned = PlayedNav2(), []

    async def turn() -> None:
        client = Nav2Spin(nav2, SETTINGS, warned.append)
        await client.turn(1.0, Deadline.after(10.0))
        accept(nav2.turns[0])
        await asyncio.sleep(0.1)
        await client.close()

    run_virtually(turn())
    assert nav2.turns[0].cancels == 1
    assert 'too late' in warned[0]


def test_a_turn_that_goes_on_too_long_is_cancelled() -> None:
    outcome, nav2, took_s, _ = turned((0.1, accept), within_s=3.0)
    assert outcome.reason is DrivingReason.NAV_LATE
    assert nav2.turns[0].cancels == 1
    assert took_s == pytest.approx(3.0, abs=0.01)


def test_a_nav2_that_does_not_end_a_cancelled_turn_is_left_with_a_warning() -> None:
    def stubborn(turn: PlayedTurn) -> None:
        accept(turn)
        turn.ends_when_cancelled = False

    _, _, took_s, warned = turned((0.1, stubborn), within_s=3.0)
    assert took_s == pytest.approx(3.5, abs=0.01)
    assert 'did not end' in warned[0]


def cancelled_at(
    at_s: float, prepare: Callable[[PlayedNav2], Awaitable[None]], times: int = 1
) -> PlayedNav2:
    nav2 = PlayedNav2()

    async def turn() -> None:
        task = asyncio.ensure_future(Nav2Spin(nav2, SETTINGS).turn(1.0, Deadline.after(10.0)))
        await prepare(nav2)
        await asyncio.sleep(at_s)
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0.01)
        with pytest.raises(asyncio.CancelledError):
            await task

    run_virtually(turn())
    return nav2


def test_cancelling_stops_the_robot_before_it_goes_on() -> None:
    async def under_way(nav2: PlayedNav2) -> None:
        await asyncio.sleep(0.1)
        accept(nav2.turns[0])

    nav2 = cancelled_at(0.5, under_way)
    assert nav2.turns[0].cancels == 1
    assert nav2.turns[0].result.done()


def test_cancelling_again_does_not_go_on_before_the_robot_stands() -> None:
    async def slow_to_end(nav2: PlayedNav2) -> None:
        await asyncio.sleep(0.1)
        (goal,) = nav2.turns
        accept(goal)
        goal.ends_when_cancelled = False
        asyncio.get_running_loop().call_later(0.8, goal.end, GoalStatus.CANCELED)

    nav2 = cancelled_at(0.5, slow_to_end, times=3)
    assert nav2.turns[0].cancels == 1
    assert nav2.turns[0].result.done()


def test_cancelling_before_anything_is_sent_sends_nothing() -> None:
    async def not_active(nav2: PlayedNav2) -> None:
        nav2.why_not = 'not active'

    assert cancelled_at(0.5, not_active).turns == []


@pytest.mark.parametrize('wrong', [math.nan, math.inf])
async def test_an_angle_that_is_none_is_never_sent(wrong: float) -> None:
    nav2 = PlayedNav2()
    with pytest.raises(InvalidValueError):
        await Nav2Spin(nav2).turn(wrong, Deadline.after(1.0))
    assert nav2.turns == []
