"""Nav2's Spin as its clients know it: one turn at a time, by an angle, within an allowance."""

from __future__ import annotations

from dataclasses import dataclass

from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.messages.stamps import NS_IN_S
from vlm_nav.navigation.nav2_states import NavResult
from vlm_nav.sim.driving.navigation_motions import MotionState, Turn
from vlm_nav.sim.driving.navigation_words import (
    SPIN_TIMEOUT,
    Ended,
    Moment,
    SpinFeedback,
    SpinGoal,
)
from vlm_nav.sim.driving.pursuit import PursuitSettings, Velocity

NO_WORD = NavResult(GoalStatus.ABORTED)
"""How a goal ends that another one replaced, or whose server was taken down."""
CANCELED = NavResult(GoalStatus.CANCELED)

_LATE = NavResult(
    GoalStatus.ABORTED,
    SPIN_TIMEOUT,
    'spin failed:Exceeded time allowance before reaching the Spin goal - Exiting Spin',
)
_FEEDBACK_PERIOD_NS = NS_IN_S // 10


@dataclass
class _Run:
    goal: SpinGoal
    turn: Turn
    began_ns: int | None = None
    feedback_due_ns: int = 0


class SpinStandIn:
    """Turns the robot by the newest goal; an older one ends without a word."""

    def __init__(self, settings: PursuitSettings) -> None:
        """Turn as fast as the settings say."""
        self._settings = settings
        self._run: _Run | None = None
        self._replaced: list[_Run] = []
        self._cancelled = False

    @property
    def busy(self) -> bool:
        """Return whether a turn is under way."""
        return self._run is not None

    def send(self, goal: SpinGoal) -> None:
        """Turn by this goal from the next moment on."""
        if self._run is not None:
            self._replaced.append(self._run)
        turn = Turn(goal.target_yaw_rad, goal.time_allowance_s, self._settings)
        self._run, self._cancelled = _Run(goal, turn), False

    def cancel(self, goal_id: bytes) -> None:
        """End this goal's turn at the next moment, if it is under way."""
        self._cancelled |= self._run is not None and self._run.goal.goal_id == goal_id

    def step(
        self, moment: Moment
    ) -> tuple[Velocity | None, tuple[SpinFeedback, ...], tuple[Ended, ...]]:
        """Return how fast to turn, None without a turn, what is told of it, and what ended."""
        ended = [_end(run, NO_WORD, moment) for run in self._replaced]
        self._replaced.clear()
        run = self._run
        if run is not None and self._cancelled:
            self._run, self._cancelled = None, False
            ended.append(_end(run, CANCELED, moment))
            run = None
        if run is None or moment.map_from_base is None:
            return None, (), tuple(ended)
        if run.began_ns is None:
            run.began_ns = run.feedback_due_ns = moment.stamp_ns
        velocity, state = run.turn.step(moment.stamp_ns / NS_IN_S, moment.map_from_base)
        feedback = self._feedback(run, moment)
        if state is MotionState.RUNNING:
            return velocity, feedback, tuple(ended)
        self._run = None
        result = NavResult(GoalStatus.SUCCEEDED) if state is MotionState.DONE else _LATE
        return None, feedback, (*ended, _end(run, result, moment))

    @staticmethod
    def _feedback(run: _Run, moment: Moment) -> tuple[SpinFeedback, ...]:
        if moment.stamp_ns < run.feedback_due_ns:
            return ()
        run.feedback_due_ns += _FEEDBACK_PERIOD_NS
        return (SpinFeedback(run.goal.goal_id, run.turn.turned_rad),)


def _end(run: _Run, result: NavResult, moment: Moment) -> Ended:
    began_ns = moment.stamp_ns if run.began_ns is None else run.began_ns
    return Ended(run.goal.goal_id, result, (moment.stamp_ns - began_ns) / NS_IN_S)
