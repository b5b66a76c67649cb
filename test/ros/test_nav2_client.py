"""The Nav2 client against an action server that is played by hand, in the same loop."""

import asyncio
import contextlib
import math
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import CommonReason
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.ros.nav2 import Nav2Client
from vlm_nav.ros.nav2_port import Nav2Settings
from vlm_nav.ros.nav2_states import DriveEnd, DriveProgress, DriveState, GoalStatus, NavResult

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
        self._sent = asyncio.Event()

    async def not_ready(self) -> str | None:
        """Answer as told."""
        await asyncio.sleep(0)
        return self.why_not

    def send(self, waypoint: Waypoint, on_feedback: Callable[..., None]) -> PlayedGoal:
        """Keep a goal; like Nav2's, it is not answered before the loop goes on."""
        self.goals.append(PlayedGoal(len(self.goals), waypoint, on_feedback))
        self._sent.set()
        return self.goals[-1]

    def others_driving(self, goal_id: bytes) -> bool:
        """Answer as told."""
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
    with pytest.raises(asyncio.CancelledError):
        await drive
    assert goal.cancels == 1
    next_drive = bench.start(OTHER)
    await asyncio.sleep(0.02)
    assert len(bench.nav2.goals) == 1
    goal.end(GoalStatus.CANCELED)
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


class MoodyNav2(PlayedNav2):
    """An action server that answers anyhow, late or never, and sends goals of its own."""

    def __init__(self, moods: random.Random) -> None:
        super().__init__()
        self.moods = moods

    async def not_ready(self) -> str | None:
        """Be ready most of the time."""
        await asyncio.sleep(self.moods.choice([0.0, 0.0, 0.02]))
        return 'inactive' if self.moods.random() < 0.1 else None

    def others_driving(self, goal_id: bytes) -> bool:
        """Have strangers about at times."""
        return self.moods.random() < 0.3

    def send(self, waypoint: Waypoint, on_feedback: Callable[..., None]) -> PlayedGoal:
        """Take a goal, end the one before it as Nav2 does, and plan the answers."""
        loop = asyncio.get_running_loop()
        before = self.goals[-1] if self.goals else None
        goal = super().send(waypoint, on_feedback)
        goal.cancel_code = self.moods.choice([0, 0, 0, 1, 3, None])
        goal.ends_when_cancelled = goal.cancel_code == 0 and self.moods.random() < 0.8
        if self.moods.random() < 0.85:
            loop.call_later(self.delay(), self.answer, goal, before)
        return goal

    def answer(self, goal: PlayedGoal, before: PlayedGoal | None) -> None:
        """Accept or reject, give feedback and plan the end."""
        goal.response.set_result(self.moods.random() < 0.9)
        if not goal.response.result():
            return
        if before is not None and before.response.done() and not before.result.done():
            before.end(GoalStatus.ABORTED)
        for stamp_ns in range(self.moods.randrange(4)):
            goal.feed_back(stamp_ns)
        if self.moods.random() < 0.7:
            status = self.moods.choice([*list(GoalStatus)[4:], GoalStatus.UNKNOWN])
            asyncio.get_running_loop().call_later(self.delay(), self.finish, goal, status)

    def finish(self, goal: PlayedGoal, status: GoalStatus) -> None:
        """Give a result."""
        if not goal.result.done():
            goal.end(status, self.moods.choice([0, 0, 208, 701]))

    def delay(self) -> float:
        """Return how long an answer takes: often too long."""
        return self.moods.choice([0.0, 0.005, 0.03, 0.15])


async def ending_of(drive: 'asyncio.Task[DriveEnd]') -> DriveEnd | None:
    """Return how a drive ended, None where it was cancelled."""
    with contextlib.suppress(asyncio.CancelledError):
        return await asyncio.wait_for(asyncio.shield(drive), 5.0)
    return None


async def one_random_sequence(seed: int) -> set[DriveState]:
    """Drive, replace and cancel at random; check that everything ends; return the states."""
    moods = random.Random(seed)
    bench = Bench()
    bench.nav2 = MoodyNav2(moods)
    bench.client._action = bench.nav2
    drives = []
    for _ in range(moods.randrange(1, 6)):
        x_m = moods.choice([1.0, 1.0, 1.0, 2.0, math.nan, 1e6, 60.0])
        drives.append(bench.start(Waypoint('map', 0, x_m, 0.0, 0.0), moods.choice([0.05, 2.0])))
        await asyncio.sleep(moods.choice([0.0, 0.01, 0.05]))
        if moods.random() < 0.3:
            moods.choice(drives).cancel()
    if moods.random() < 0.5:
        await bench.client.close()
    ends = [await ending_of(drive) for drive in drives]
    await bench.client.close()
    await asyncio.sleep(0.2)
    for goal in bench.nav2.goals:
        assert goal.waypoint.x_m < 50.0
        accepted = goal.response.done() and goal.response.result()
        assert not accepted or goal.result.done() or goal.cancels == 1
    assert bench.client.believed_goal is None
    return {end.state for end in ends if end is not None}


async def test_whatever_nav2_does_every_drive_ends_by_name_and_no_goal_is_left() -> None:
    seen = await asyncio.gather(*(one_random_sequence(seed) for seed in range(300)))
    states = set().union(*seen)
    # Which of the others turn up is a matter of timing.
    assert {DriveState.REACHED, DriveState.ABORTED, DriveState.REPLACED} <= states
