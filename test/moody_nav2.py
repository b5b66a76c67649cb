"""An action server for NavigateToPose with every mood, drawn at random, in the client's loop.

One slot for all clients, as Nav2's: who is accepted takes it, and whoever had it ends ABORTED
with code 0. Times that lie exactly on the client's time-outs are among the likely ones.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Collection

from vlm_nav.core.decision import Waypoint
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.navigation.nav2_states import DriveProgress, NavResult
from vlm_nav.ros.nav2_port import Nav2Settings

NEVER_S = math.inf
STATUSES = [*list(GoalStatus)[4:], GoalStatus.SUCCEEDED, GoalStatus.UNKNOWN]


class MoodyGoal:
    """A goal and what came of it so far."""

    def __init__(self, number: int, waypoint: Waypoint, feed: Callable[..., None]) -> None:
        loop = asyncio.get_running_loop()
        self.goal_id = number.to_bytes(16, 'big')
        self.waypoint = waypoint
        self.feed = feed
        self.response: asyncio.Future[bool] = loop.create_future()
        self.result: asyncio.Future[NavResult] = loop.create_future()
        self.answer_cancel: Callable[[MoodyGoal], asyncio.Future[int]]
        self.cancels = 0
        self.cancel_code: asyncio.Future[int] = loop.create_future()
        self.sent_s = loop.time()
        self.answered_s = self.cancelled_s = self.cancel_answered_s = math.inf

    def cancel(self) -> asyncio.Future[int]:
        """Take a cancel, which rclpy can only send for an accepted goal."""
        accepted = self.response.done() and self.response.result()
        assert accepted, 'cancelled before its acceptance'
        self.cancels += 1
        self.cancelled_s = asyncio.get_running_loop().time()
        self.cancel_code = self.answer_cancel(self)
        return self.cancel_code

    def drives(self) -> bool:
        """Return whether it was accepted and has not ended."""
        accepted = self.response.done() and self.response.result()
        return accepted and not self.result.done()

    def unanswered_s(self) -> float:
        """Return how long the client waited for the acceptance, in seconds."""
        return self.answered_s - self.sent_s

    def is_being_cancelled(self, wait_s: float) -> bool:
        """Return whether a cancel is on its way, to somebody who waits `wait_s` for each step."""
        now_s = asyncio.get_running_loop().time()
        if not self.drives() or not self.cancels:
            return False
        if not self.cancel_code.done():
            return now_s < self.cancelled_s + wait_s - 1e-6
        given_up = self.cancel_answered_s >= self.cancelled_s + wait_s - 1e-6
        if given_up or self.cancel_code.result() == 1:
            return False
        return now_s < self.cancel_answered_s + wait_s - 1e-6

    def end(self, status: int, code: int = 0) -> None:
        """Give the result, unless there is one."""
        if not self.result.done():
            self.result.set_result(NavResult(status, code))


class MoodyNav2:
    """Implements NavigateAction by drawing lots; `may_send` raises where no goal may come."""

    def __init__(
        self, lots: random.Random, settings: Nav2Settings, may_send: Callable[[Waypoint], None]
    ) -> None:
        """Have moods that the seed of `lots` decides."""
        self._lots = lots
        self._settings = settings
        self._may_send = may_send
        self.goals: list[MoodyGoal] = []
        self.stranger_until_s = -math.inf
        self.why_not: str | None = None

    async def not_ready(self) -> str | None:
        """Say whether it is active: at once, slowly or not at all."""
        wait_s = self._lots.choice([0.0, 0.0, 0.0, 0.01, 0.3, 1.0, 3600.0])
        await asyncio.sleep(wait_s)
        return self.why_not

    def send(self, waypoint: Waypoint, on_feedback: Callable[..., None]) -> MoodyGoal:
        """Take a goal; answer it now, late or never."""
        self._may_send(waypoint)
        goal = MoodyGoal(len(self.goals), waypoint, on_feedback)
        goal.answer_cancel = self._answer_cancel
        self.goals.append(goal)
        self._later(self._about(self._settings.response_timeout_s), self._answer, goal)
        return goal

    def others_driving(self, own_goals: Collection[bytes]) -> bool:
        """Tell of strangers, and of goals that the client has forgotten."""
        stranger = asyncio.get_running_loop().time() < self.stranger_until_s
        return stranger or any(g.drives() and g.goal_id not in own_goals for g in self.goals)

    def stranger_comes(self) -> None:
        """Give the slot to somebody else; the status topic may tell of it late or never."""
        self._preempt(None)
        self._later(self._lots.choice([0.0, 0.0, 0.1, 0.5]), self._tell_of_stranger)

    def _tell_of_stranger(self) -> None:
        now_s = asyncio.get_running_loop().time()
        self.stranger_until_s = now_s + self._lots.choice([0.0, 5.0, 5.0])

    def _answer(self, goal: MoodyGoal) -> None:
        goal.answered_s = asyncio.get_running_loop().time()
        if self._lots.random() < 0.1:
            goal.response.set_result(False)
            return
        goal.response.set_result(True)
        self._preempt(goal)
        # A goal may fail before its acceptance has made the round of the loop.
        status, code = self._lots.choice(STATUSES), self._lots.choice([0, 0, 204, 208, 701, 9002])
        self._later(self._about(self._settings.silence_timeout_s), goal.end, status, code)
        mood = self._lots.choice(['none', 'steady', 'frozen', 'nan', 'storm', 'steady'])
        for at in range({'none': 0, 'storm': 40}.get(mood, 8)):
            wait_s = 0.001 * at if mood == 'storm' else self._settings.silence_timeout_s * 0.6 * at
            self._later(wait_s, goal.feed, self._feedback(mood, at))

    def _feedback(self, mood: str, at: int) -> DriveProgress:
        x_m = self._lots.choice([math.nan, math.inf]) if mood == 'nan' else 0.0
        stamp_ns = 7 if mood == 'frozen' else at
        return DriveProgress('map', stamp_ns, FloorPose(x_m, 0.0, 0.0), 0.0, 0)

    def _preempt(self, newer: MoodyGoal | None) -> None:
        for goal in self.goals:
            # Now and then the old one goes on, as with a newer goal whose tree does not load.
            if goal is not newer and goal.drives() and self._lots.random() < 0.9:
                self._later(self._lots.choice([0.0, 0.02]), goal.end, GoalStatus.ABORTED)

    def _answer_cancel(self, goal: MoodyGoal) -> asyncio.Future[int]:
        code: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        answer = 3 if goal.result.done() else self._lots.choice([0, 0, 0, 0, 1, 2])
        about = self._settings.cancel_timeout_s
        self._later(self._about(about), self._settle_cancel, goal, code, answer)
        if answer == 0:
            self._later(self._about(about), goal.end, GoalStatus.CANCELED)
        return code

    def _settle_cancel(self, goal: MoodyGoal, code: asyncio.Future[int], answer: int) -> None:
        goal.cancel_answered_s = asyncio.get_running_loop().time()
        code.set_result(answer)

    def _about(self, timeout_s: float) -> float:
        """Return a time that is mostly short, may be just before or after a time-out, or never."""
        times_s = [0.0, 0.0, 0.003, 0.02, 0.3, 0.9 * timeout_s, timeout_s, 1.1 * timeout_s]
        return self._lots.choice([*times_s, 30.0, NEVER_S])

    def _later(self, wait_s: float, call: Callable[..., object], *arguments: object) -> None:
        if wait_s != NEVER_S:
            asyncio.get_running_loop().call_later(wait_s, call, *arguments)
