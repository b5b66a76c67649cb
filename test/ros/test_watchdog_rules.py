"""Which goals a watchdog cancels, and which never."""

from __future__ import annotations

import math

import pytest

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.ros.watchdog_rules import NO_GOAL, Watch, WatchdogSettings

GOAL, OTHER, STRANGERS = bytes([1] * 16), bytes([2] * 16), bytes([3] * 16)
ACCEPTED, REJECTED, UNKNOWN, TERMINATED = range(4)


class Clock:
    """A monotonic clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Watched:
    """A watch, and what it does while the clock moves in small steps."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.watch = Watch(clock=self.clock)

    def beats(self, goal_id: bytes, for_s: float = 1.0) -> list[bytes]:
        """Let a navigator beat ten times a second; return what is cancelled meanwhile."""
        due: list[bytes] = []
        for _ in range(round(for_s * 10)):
            self.watch.beat(goal_id)
            due += self.silence(0.1)
        return due

    def silence(self, for_s: float, answer: int | None = None) -> list[bytes]:
        """Let time pass; return what is cancelled, each time it is, answered so."""
        due: list[bytes] = []
        for _ in range(round(for_s * 20)):
            self.clock.now_s += 0.05
            for goal_id in self.watch.due():
                due.append(goal_id)
                if answer is not None:
                    self.watch.answer(goal_id, answer)
        return due


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_who_beats_may_drive_as_long_as_they_like(watched: Watched) -> None:
    watched.watch.see(frozenset({GOAL}))
    assert watched.beats(GOAL, 30.0) == []


def test_silence_cancels_the_claimed_goal_within_the_second(watched: Watched) -> None:
    watched.beats(GOAL)
    assert watched.silence(0.45) == []
    assert watched.silence(0.35)[0] == GOAL


def test_a_goal_is_cancelled_again_until_the_server_answers(watched: Watched) -> None:
    watched.beats(GOAL)
    assert len(watched.silence(3.0)) >= 8
    assert len(watched.silence(3.0, REJECTED)) >= 8
    assert len(watched.silence(3.0, ACCEPTED)) == 1
    assert watched.silence(60.0) == []


@pytest.mark.parametrize('code', [ACCEPTED, TERMINATED])
def test_an_acknowledged_goal_is_left_alone(watched: Watched, code: int) -> None:
    watched.beats(GOAL)
    assert watched.silence(60.0, code) == [GOAL]


def test_a_goal_that_the_server_does_not_know_yet_is_asked_for_until_it_may_be_given_up(
    watched: Watched,
) -> None:
    watched.beats(GOAL, 0.1)
    assert len(watched.silence(3.0, UNKNOWN)) >= 8
    assert len(watched.silence(1.0, ACCEPTED)) == 1
    watched.beats(OTHER, 0.1)
    assert 30 < len(watched.silence(60.0, UNKNOWN)) < 60


def test_an_acknowledged_goal_that_still_runs_is_cancelled_again(watched: Watched) -> None:
    watched.beats(GOAL)
    watched.watch.see(frozenset({GOAL}))
    assert 3 <= len(watched.silence(5.0, ACCEPTED)) <= 6
    watched.watch.see(frozenset())
    assert watched.silence(60.0, ACCEPTED) == []


def test_a_goal_that_was_let_go_of_and_still_runs_is_cancelled_after_a_second(
    watched: Watched,
) -> None:
    watched.beats(GOAL)
    watched.watch.see(frozenset({GOAL}))
    assert watched.beats(NO_GOAL, 0.8) == []
    assert GOAL in watched.beats(NO_GOAL, 0.5)


def test_a_navigator_that_was_started_again_does_not_inherit_the_goal(watched: Watched) -> None:
    watched.beats(GOAL)
    watched.watch.see(frozenset({GOAL}))
    # Up again before the silence is too long, it knows nothing of the goal.
    assert watched.silence(0.4) == []
    assert watched.beats(OTHER, 2.0).count(GOAL) >= 1


def test_a_goal_that_was_replaced_and_ended_is_no_matter(watched: Watched) -> None:
    watched.beats(GOAL)
    watched.watch.see(frozenset({GOAL, OTHER}))
    assert watched.beats(OTHER, 0.5) == []
    watched.watch.see(frozenset({OTHER}))
    assert watched.beats(OTHER, 5.0) == []


def test_goals_that_were_never_claimed_are_never_touched(watched: Watched) -> None:
    watched.watch.see(frozenset({STRANGERS}))
    assert watched.silence(60.0) == []
    watched.beats(NO_GOAL)
    assert watched.silence(60.0) == []
    watched.beats(GOAL)
    watched.watch.see(frozenset({STRANGERS, GOAL}))
    assert set(watched.silence(10.0)) == {GOAL}
    assert not watched.watch.answer(STRANGERS, ACCEPTED)


def test_no_heartbeat_at_all_is_no_silence(watched: Watched) -> None:
    assert watched.silence(60.0) == []


def test_a_goal_that_is_claimed_again_is_watched_anew(watched: Watched) -> None:
    watched.beats(GOAL)
    assert watched.silence(2.0, ACCEPTED) == [GOAL]
    assert watched.beats(GOAL, 5.0) == []
    assert watched.silence(2.0, ACCEPTED) == [GOAL]


def test_it_remembers_no_more_goals_than_it_can_need(watched: Watched) -> None:
    first = (0).to_bytes(16, 'big')
    for number in range(200):
        watched.watch.beat((number + 1).to_bytes(16, 'big'))
    watched.watch.see(frozenset({first, (200).to_bytes(16, 'big')}))
    assert set(watched.silence(2.0)) == {(200).to_bytes(16, 'big')}


@pytest.mark.parametrize('wrong', [0.0, -1.0, math.nan])
def test_times_that_are_none_are_refused(wrong: float) -> None:
    with pytest.raises(InvalidValueError):
        WatchdogSettings(timeout_s=wrong)


def test_the_goals_that_are_forgotten_are_those_not_claimed_for_longest(watched: Watched) -> None:
    watched.watch.beat(GOAL)
    for number in range(10, 73):
        watched.watch.beat(bytes([number] * 16))
    watched.watch.beat(GOAL)
    watched.watch.beat(OTHER)
    watched.watch.see(frozenset({GOAL, bytes([10] * 16)}))
    assert set(watched.silence(1.2)) == {GOAL, OTHER}


def test_a_goal_that_nobody_could_be_asked_to_end_is_due_again_at_once() -> None:
    clock = Clock()
    watch = Watch(clock=clock)
    watch.beat(GOAL)
    clock.now_s += 1.0
    assert GOAL in watch.due()
    assert GOAL not in watch.due()
    watch.could_not_ask(GOAL)
    assert GOAL in watch.due()


def test_it_hears_a_navigator_that_beats_and_none_before_and_after(watched: Watched) -> None:
    assert not watched.watch.hears
    watched.beats(NO_GOAL)
    assert watched.watch.hears
    watched.silence(1.0)
    assert not watched.watch.hears
