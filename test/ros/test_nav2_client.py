"""The Nav2 client against an action server that is played by hand, in the same loop."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Collection, Sized
from typing import Any

import pytest
from virtual_time import run_virtually

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import CommonReason
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.navigation.nav2_states import DriveEnd, DriveProgress, DriveState, NavResult
from vlm_nav.ros.nav2 import Nav2Client
from vlm_nav.ros.nav2_port import Nav2Settings

GOAL = Waypoint('map', 1, 1.0, 0.0, 0.0)
OTHER = Waypoint('map', 2, 2.0, 0.0, 0.0)
BRIEF = Nav2Settings(
    ready_timeout_s=0.1,
    response_timeout_s=0.1,
    silence_timeout_s=0.3,
    cancel_timeout_s=0.2,
    replace_timeout_s=0.1,
)


class PlayedGoal:
    """A goal whose answers the test gives."""

    def __init__(self, number: int, waypoint: Waypoint, feed: Callable[..., None]) -> None:
        loop = asyncio.get_running_loop()
        self.goal_id = bytes([number] * 16)
        self.waypoint = waypoint
        self.feed = feed
        self.response: asyncio.Future[bool] = loop.create_future()
        self.result: asyncio.Future[NavResult] = loop.create_future()
        self.cancels = 0
        self.cancel_code: int | None = 0
        self.ends_when_cancelled = True

    def cancel(self) -> asyncio.Future[int]:
        """Answer a cancel as told."""
        self.cancels += 1
        code: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        if self.cancel_code is not None:
            code.set_result(self.cancel_code)
        if self.ends_when_cancelled and not self.result.done():
            self.end(GoalStatus.CANCELED)
        return code

    def end(self, status: GoalStatus, code: int = 0) -> None:
        """Give the result."""
        self.result.set_result(NavResult(status, code))

    def feed_back(self, stamp_ns: int, x_m: float = 0.0) -> None:
        """Give feedback."""
        self.feed(DriveProgress('map', stamp_ns, FloorPose(x_m, 0.0, 0.0), 1.0, 0))


class PlayedNav2:
    """An action server whose every answer the test gives."""

    def __init__(self) -> None:
        self.goals: list[PlayedGoal] = []
        self.why_not: str | None = None
        self.stranger = False
        self.told_as_own: list[set[bytes]] = []
        self.answer_wait_s = 0.0
        self._sent = asyncio.Event()

    async def not_ready(self) -> str | None:
        """Answer as told."""
        await asyncio.sleep(self.answer_wait_s)
        return self.why_not

    def send(self, waypoint: Waypoint, on_feedback: Callable[..., None]) -> PlayedGoal:
        """Keep a goal; like Nav2's, it is not answered before the loop goes on."""
        self.goals.append(PlayedGoal(len(self.goals), waypoint, on_feedback))
        self._sent.set()
        return self.goals[-1]

    def others_driving(self, own_goals: Collection[bytes]) -> bool:
        """Answer as told."""
        self.told_as_own.append(set(own_goals))
        return self.stranger

    async def next_goal(self, *, accept: bool = True) -> PlayedGoal:
        """Wait for a goal that was not yet looked at, and accept it."""
        await asyncio.wait_for(self._sent.wait(), 2.0)
        self._sent.clear()
        if accept:
            self.goals[-1].response.set_result(True)
            await asyncio.sleep(0.005)
        return self.goals[-1]


class Bench:
    """A client, its server and the robot's own pose."""

    def __init__(self) -> None:
        self.nav2 = PlayedNav2()
        self.pose: FloorPose | None = FloorPose(1.0, 0.0, 0.0)
        self.progress: list[DriveProgress] = []
        self.warnings: list[str] = []
        self.client = Nav2Client(
            self.nav2,
            BRIEF,
            own_pose=lambda _: self.pose,
            inside_map=lambda waypoint: waypoint.x_m < 50.0,
            on_feedback=self.progress.append,
            warn=self.warnings.append,
        )

    def start(self, waypoint: Waypoint = GOAL, limit_s: float = 5.0) -> asyncio.Task[DriveEnd]:
        """Start a drive."""
        return asyncio.ensure_future(self.client.drive_to_end(waypoint, Deadline.after(limit_s)))

    async def end_of(self, drive: 'asyncio.Task[DriveEnd]') -> DriveState:
        """Return the named end of a drive that must come soon."""
        return (await asyncio.wait_for(drive, 3.0)).state


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """Return a bench; afterwards no goal is believed in and nothing is left running."""
    made = Bench()
    yield made
    await asyncio.wait_for(made.client.close(), 3.0)
    assert made.client.believed_goal is None
    assert len(asyncio.all_tasks()) == 1


async def test_a_goal_that_succeeds_at_its_place_is_reached(bench: Bench) -> None:
    drive = bench.start()
    goal = await bench.nav2.next_goal()
    assert goal.waypoint == GOAL
    assert bench.client.believed_goal == goal.goal_id
    goal.end(GoalStatus.SUCCEEDED)
    assert await bench.end_of(drive) is DriveState.REACHED
    assert goal.cancels == 0


async def test_the_port_of_the_missions_gets_an_outcome(bench: Bench) -> None:
    drive = asyncio.ensure_future(bench.client.drive(GOAL, Deadline.after(5.0)))
    (await bench.nav2.next_goal()).end(GoalStatus.SUCCEEDED)
    assert (await drive).reached


@pytest.mark.parametrize(
    ('status', 'code', 'stranger', 'state'),
    [
        (GoalStatus.SUCCEEDED, 701, False, DriveState.REACHED),
        (GoalStatus.ABORTED, 208, False, DriveState.ABORTED),
        (GoalStatus.ABORTED, 0, False, DriveState.ABORTED),
        (GoalStatus.ABORTED, 0, True, DriveState.PREEMPTED),
        (GoalStatus.CANCELED, 0, False, DriveState.CANCELED),
        (GoalStatus.UNKNOWN, 0, False, DriveState.SILENT),
    ],
)
async def test_each_result_is_named(
    bench: Bench, status: GoalStatus, code: int, stranger: bool, state: DriveState
) -> None:
    bench.nav2.stranger = stranger
    drive = bench.start()
    (await bench.nav2.next_goal()).end(status, code)
    assert await bench.end_of(drive) is state


async def test_success_elsewhere_is_off_target(bench: Bench) -> None:
    bench.pose = FloorPose(1.0, 0.57, 0.0)
    drive = bench.start()
    (await bench.nav2.next_goal()).end(GoalStatus.SUCCEEDED)
    assert await bench.end_of(drive) is DriveState.OFF_TARGET


async def test_aborted_while_nav2_goes_down_is_not_active(bench: Bench) -> None:
    drive = bench.start()
    goal = await bench.nav2.next_goal()
    bench.nav2.why_not = 'bt_navigator is inactive'
    goal.end(GoalStatus.ABORTED)
    assert await bench.end_of(drive) is DriveState.NOT_ACTIVE


@pytest.mark.parametrize('x_m', [math.nan, math.inf, 1e6, 60.0])
async def test_nothing_unfit_is_sent_and_the_running_drive_goes_on(
    bench: Bench, x_m: float
) -> None:
    drive = bench.start()
    goal = await bench.nav2.next_goal()
    end = await bench.client.drive_to_end(Waypoint('map', 0, x_m, 0, 0), Deadline.after(1.0))
    assert end.state in (DriveState.NOT_FINITE, DriveState.OUTSIDE_MAP)
    assert len(bench.nav2.goals) == 1
    assert bench.client.believed_goal == goal.goal_id
    goal.end(GoalStatus.SUCCEEDED)
    assert await bench.end_of(drive) is DriveState.REACHED


async def test_nav2_that_is_not_ready_gets_no_goal(bench: Bench) -> None:
    bench.nav2.why_not = 'bt_navigator is inactive'
    end = await bench.start()
    assert (end.state, end.detail) == (DriveState.NOT_ACTIVE, 'bt_navigator is inactive')
    assert bench.nav2.goals == []


async def test_nav2_that_becomes_ready_in_time_gets_the_goal(bench: Bench) -> None:
    bench.nav2.why_not = 'starting'
    drive = bench.start()
    await asyncio.sleep(0.02)
    bench.nav2.why_not = None
    (await bench.nav2.next_goal()).end(GoalStatus.SUCCEEDED)
    assert await bench.end_of(drive) is DriveState.REACHED


async def test_a_rejected_goal_is_named(bench: Bench) -> None:
    drive = bench.start()
    (await bench.nav2.next_goal(accept=False)).response.set_result(False)
    assert await bench.end_of(drive) is DriveState.REJECTED


async def test_an_unanswered_goal_is_silent_and_cancelled_when_its_acceptance_turns_up(
    bench: Bench,
) -> None:
    drive = bench.start()
    goal = await bench.nav2.next_goal(accept=False)
    assert await bench.end_of(drive) is DriveState.SILENT
    assert goal.cancels == 0
    goal.response.set_result(True)
    await asyncio.sleep(0)
    assert goal.cancels == 1
    assert 'too late' in bench.warnings[0]


async def test_no_feedback_is_silent_and_the_goal_is_cancelled(bench: Bench) -> None:
    drive = bench.start()
    goal = await bench.nav2.next_goal()
    assert await bench.end_of(drive) is DriveState.SILENT
    assert goal.cancels == 1


async def test_frozen_feedback_is_silent(bench: Bench) -> None:
    drive = bench.start()
    goal = await bench.nav2.next_goal()
    while not drive.done():
        goal.feed_back(stamp_ns=7)
        await asyncio.sleep(0.01)
    assert (await drive).state is DriveState.SILENT


async def test_a_robot_that_stands_while_its_stamp_goes_on_is_not_silent(bench: Bench) -> None:
    drive = bench.start()
    goal = await bench.nav2.next_goal()
    for stamp_ns in range(50):
        goal.feed_back(stamp_ns)
        await asyncio.sleep(0.01)
    assert not drive.done()
    goal.end(GoalStatus.SUCCEEDED)
    assert await bench.end_of(drive) is DriveState.REACHED
    assert 2 <= len(bench.progress) <= 5


async def test_the_deadline_ends_a_drive_and_cancels_its_goal(bench: Bench) -> None:
    drive = bench.start(limit_s=0.05)
    goal = await bench.nav2.next_goal()
    assert await bench.end_of(drive) is DriveState.LATE
    assert goal.cancels == 1


async def test_after_the_deadline_no_goal_is_sent(bench: Bench) -> None:
    assert await bench.end_of(bench.start(limit_s=0.0)) is DriveState.LATE
    assert bench.nav2.goals == []


async def test_cancelling_the_task_waits_for_the_acknowledgement_and_the_result(
    bench: Bench,
) -> None:
    drive = bench.start()
    goal = await bench.nav2.next_goal()
    goal.ends_when_cancelled = False
    drive.cancel()
    await asyncio.sleep(0.05)
    assert goal.cancels == 1
    assert not drive.done()
    goal.end(GoalStatus.CANCELED)
    with pytest.raises(asyncio.CancelledError):
        await drive
    assert bench.warnings == []


async def test_cancelling_before_the_answer_cancels_the_goal_once_it_is_accepted(
    bench: Bench,
) -> None:
    drive = bench.start()
    goal = await bench.nav2.next_goal(accept=False)
    drive.cancel()
    await asyncio.sleep(0.02)
    goal.response.set_result(True)
    with pytest.raises(asyncio.CancelledError):
        await drive
    assert goal.cancels == 1


@pytest.mark.parametrize(('code', 'warned'), [(0, True), (1, True), (3, False), (None, True)])
async def test_a_cancel_that_nav2_does_not_honour_ends_in_time_and_is_told(
    bench: Bench, code: int | None, warned: bool
) -> None:
    drive = bench.start()
    goal = await bench.nav2.next_goal()
    goal.cancel_code, goal.ends_when_cancelled = code, False
    drive.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(drive, 1.0)
    assert bool(bench.warnings) is warned


async def test_a_second_cancel_of_the_task_does_not_forget_the_goal(bench: Bench) -> None:
    drive = bench.start()
    goal = await bench.nav2.next_goal()
    goal.ends_when_cancelled = False
    drive.cancel()
    await asyncio.sleep(0.02)
    drive.cancel()
    next_drive = bench.start(OTHER)
    await asyncio.sleep(0.02)
    # The robot may still move: nobody is told that it stands.
    assert (drive.done(), goal.cancels, len(bench.nav2.goals)) == (False, 1, 1)
    goal.end(GoalStatus.CANCELED)
    with pytest.raises(asyncio.CancelledError):
        await drive
    (await bench.nav2.next_goal()).end(GoalStatus.ABORTED, 208)
    assert await bench.end_of(next_drive) is DriveState.ABORTED


async def test_a_second_drive_replaces_the_first_without_a_cancel(bench: Bench) -> None:
    first = bench.start()
    old = await bench.nav2.next_goal()
    second = bench.start(OTHER)
    new = await bench.nav2.next_goal()
    assert bench.client.believed_goal == new.goal_id
    old.end(GoalStatus.ABORTED)
    end = await first
    assert end.state is DriveState.REPLACED
    assert end.outcome().reason is CommonReason.REPLACED
    assert old.cancels == 0
    bench.pose = FloorPose(2.0, 0.0, 0.0)
    new.end(GoalStatus.SUCCEEDED)
    assert await bench.end_of(second) is DriveState.REACHED


async def test_a_replaced_goal_that_nav2_does_not_end_is_cancelled(bench: Bench) -> None:
    first = bench.start()
    old = await bench.nav2.next_goal()
    second = bench.start(OTHER)
    new = await bench.nav2.next_goal(accept=False)
    new.response.set_result(False)
    assert await bench.end_of(second) is DriveState.REJECTED
    assert await bench.end_of(first) is DriveState.REPLACED
    assert old.cancels == 1


async def test_of_many_drives_only_the_last_is_believed_in(bench: Bench) -> None:
    drives = [bench.start(Waypoint('map', at, 1.0, 0.0, 0.0)) for at in range(5)]
    goal = await bench.nav2.next_goal()
    assert [goal.waypoint.stamp_ns for goal in bench.nav2.goals] == [4]
    goal.end(GoalStatus.SUCCEEDED)
    ends = [await bench.end_of(drive) for drive in drives]
    assert ends == [DriveState.REPLACED] * 4 + [DriveState.REACHED]


async def test_closing_cancels_the_goal_and_takes_no_more(bench: Bench) -> None:
    drive = bench.start()
    goal = await bench.nav2.next_goal()
    await bench.client.close()
    assert goal.cancels == 1
    assert await bench.end_of(drive) is DriveState.SHUT_DOWN
    assert await bench.end_of(bench.start()) is DriveState.SHUT_DOWN
    assert len(bench.nav2.goals) == 1


async def test_older_goals_of_its_own_are_no_strangers_to_the_client(bench: Bench) -> None:
    silent = bench.start()
    late = await bench.nav2.next_goal(accept=False)
    assert await bench.end_of(silent) is DriveState.SILENT
    replaced = bench.start()
    old = await bench.nav2.next_goal()
    drive = bench.start(OTHER)
    goal = await bench.nav2.next_goal()
    late.ends_when_cancelled = False
    late.response.set_result(True)
    goal.end(GoalStatus.ABORTED)
    assert await bench.end_of(drive) is DriveState.ABORTED
    assert bench.nav2.told_as_own[0] == {late.goal_id, old.goal_id, goal.goal_id}
    assert await bench.end_of(replaced) is DriveState.REPLACED
    late.end(GoalStatus.CANCELED)


async def test_feedback_of_a_replaced_goal_is_not_passed_on(bench: Bench) -> None:
    first = bench.start()
    old = await bench.nav2.next_goal()
    second = bench.start(OTHER)
    await asyncio.sleep(0)
    old.feed_back(1)
    assert bench.progress == []
    old.end(GoalStatus.ABORTED)
    (await bench.nav2.next_goal()).end(GoalStatus.CANCELED)
    assert await bench.end_of(first) is DriveState.REPLACED
    assert await bench.end_of(second) is DriveState.CANCELED


@pytest.mark.parametrize('wrong', [{'cancel_timeout_s': 0.0}, {'silence_timeout_s': math.nan}])
def test_settings_that_would_wait_for_ever_or_never_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValueError, match=next(iter(wrong))):
        Nav2Settings(**wrong)


async def test_an_action_that_does_not_say_whether_it_is_ready_holds_nothing_up(
    bench: Bench,
) -> None:
    bench.nav2.answer_wait_s = 60.0
    end = await asyncio.wait_for(bench.start(), 1.0)
    assert end.state is DriveState.NOT_ACTIVE
    assert 'does not say' in end.detail
    assert await bench.end_of(bench.start(limit_s=0.02)) is DriveState.LATE
    assert bench.nav2.goals == []


async def test_an_abort_without_a_word_is_named_in_time_though_nobody_says_why(
    bench: Bench,
) -> None:
    drive = bench.start()
    goal = await bench.nav2.next_goal()
    bench.nav2.answer_wait_s = 60.0
    goal.end(GoalStatus.ABORTED)
    assert await bench.end_of(drive) is DriveState.NOT_ACTIVE


async def test_a_deadline_that_passes_before_the_answer_is_late_and_not_silent(
    bench: Bench,
) -> None:
    drive = bench.start(limit_s=0.03)
    goal = await bench.nav2.next_goal(accept=False)
    end = await drive
    assert end.state is DriveState.LATE
    assert 'before Nav2 answered' in end.detail
    goal.response.set_result(True)
    await asyncio.sleep(0.01)
    assert goal.cancels == 1


async def test_feedback_without_a_place_is_not_passed_on_and_is_no_sign_of_life(
    bench: Bench,
) -> None:
    drive = bench.start()
    goal = await bench.nav2.next_goal()
    for stamp_ns in range(1000):
        if drive.done():
            break
        goal.feed_back(stamp_ns, math.nan)
        await asyncio.sleep(0.01)
    assert (await drive).state is DriveState.SILENT
    assert bench.progress == []
    assert goal.cancels == 1


async def test_no_goal_is_sent_beside_one_that_waits_for_its_answer_to_be_cancelled(
    bench: Bench,
) -> None:
    first = bench.start()
    goal = await bench.nav2.next_goal(accept=False)
    first.cancel()
    await asyncio.sleep(0.02)
    second = bench.start(OTHER)
    await asyncio.sleep(0.05)
    assert len(bench.nav2.goals) == 1
    goal.response.set_result(True)
    (await bench.nav2.next_goal()).end(GoalStatus.CANCELED)
    assert await bench.end_of(second) is DriveState.CANCELED


async def test_no_goal_is_sent_beside_a_replaced_one_that_is_being_cancelled(
    bench: Bench,
) -> None:
    first = bench.start()
    old = await bench.nav2.next_goal()
    old.ends_when_cancelled = False
    bench.nav2.why_not = 'starting'
    second = bench.start(OTHER)
    await asyncio.sleep(BRIEF.replace_timeout_s + 0.02)
    bench.nav2.why_not = None
    assert old.cancels == 1
    await asyncio.sleep(0.05)
    assert len(bench.nav2.goals) == 1
    old.end(GoalStatus.CANCELED)
    (await bench.nav2.next_goal()).end(GoalStatus.CANCELED)
    assert await bench.end_of(first) is DriveState.REPLACED
    assert await bench.end_of(second) is DriveState.CANCELED


async def test_a_late_goals_cancel_is_waited_for_by_the_next_drive_and_by_closing(
    bench: Bench,
) -> None:
    drive = bench.start()
    late = await bench.nav2.next_goal(accept=False)
    assert await bench.end_of(drive) is DriveState.SILENT
    late.ends_when_cancelled = False
    late.response.set_result(True)
    next_drive = bench.start(OTHER)
    closing = asyncio.ensure_future(bench.client.close())
    await asyncio.sleep(0.05)
    assert len(bench.nav2.goals) == 1
    assert await bench.end_of(next_drive) is DriveState.SHUT_DOWN
    assert not closing.done()
    late.end(GoalStatus.CANCELED)
    await asyncio.wait_for(closing, 1.0)


async def drive_often(drives: int) -> set[DriveState]:
    """Drive to ends of every kind, check that the client keeps nothing, return the ends."""
    bench, states = Bench(), set()
    for number in range(drives):
        drive = bench.start(limit_s=1.0)
        goal = await bench.nav2.next_goal(accept=number % 4 > 0)
        if number % 4 == 1:
            goal.end(GoalStatus.SUCCEEDED)
        elif number % 4 == 2:
            drive.cancel()
        elif number % 4 == 3:
            await bench.client.drive_to_end(OTHER, Deadline.after(0.0))
        await asyncio.wait({drive})
        states |= set() if drive.cancelled() else {drive.result().state}
        if not goal.response.done():
            goal.response.set_result(True)
        for grown in (bench.nav2.goals, bench.progress, bench.warnings):
            grown.clear()
    await asyncio.sleep(10.0)
    kept = {name: value for name, value in vars(bench.client).items() if has_members(value)}
    assert kept == {}
    return states


def test_ten_thousand_drives_leave_nothing_behind() -> None:
    states = run_virtually(drive_often(10_000))
    assert states == {DriveState.REACHED, DriveState.SILENT, DriveState.REPLACED}


def has_members(value: Any) -> bool:
    """Return whether a value, or one that it holds, is a collection that is not empty."""
    parts = [value, *vars(value).values()] if hasattr(value, '__dict__') else [value]
    return any(isinstance(part, Sized) and len(part) > 0 for part in parts)
