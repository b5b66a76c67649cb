"""Makes the story of NavigateToPose's goals out of what a bag holds of them."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

from vlm_nav.bags.nav2_hints import hints_of
from vlm_nav.bags.nav2_story import GoalEnd, GoalStory, Nav2Story, Sender
from vlm_nav.bags.nav2_topics import Nav2Topics, nav2_topics
from vlm_nav.bags.nav2_traces import (
    GoalTrace,
    Nav2Traces,
    Place,
    Sighting,
    costmap_in,
    read_traces,
)
from vlm_nav.bags.reading import Bag, OnProblem
from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.messages.stamps import NS_IN_S

# A /goal_pose becomes a goal within milliseconds; a recorder may hear of them in any order.
_GOAL_POSE_BEFORE_NS, _GOAL_POSE_AFTER_NS = NS_IN_S // 2, NS_IN_S // 20
# An old goal ends some 20 ms after the newer one's acceptance, later on a busy robot.
_PREEMPTION_NS = NS_IN_S
_ENDS: dict[int, GoalEnd] = {
    GoalStatus.SUCCEEDED: GoalEnd.SUCCEEDED,
    GoalStatus.CANCELED: GoalEnd.CANCELED,
    GoalStatus.ABORTED: GoalEnd.ABORTED,
}


def nav2_story(bag: Bag, action: str | None, on_problem: OnProblem) -> Nav2Story:
    """Return the story of an action's goals, whose name may be left out where there is one.

    Damaged parts are told to `on_problem`. Raises BagError where there is no such action.
    """
    topics = nav2_topics(bag.topics, action)
    telling = _Telling(bag.start_ns, topics, read_traces(bag, topics, on_problem), on_problem)
    return Nav2Story(topics, telling.stories())


class _Telling:
    def __init__(
        self,
        start_ns: int,
        topics: Nav2Topics,
        traces: Nav2Traces,
        on_problem: OnProblem,
    ) -> None:
        self._start_ns = start_ns
        self._topics = topics
        self._traces = traces
        self._on_problem = on_problem
        self._goals = sorted(traces.goals.values(), key=lambda goal: goal.began_ns)

    def stories(self) -> tuple[GoalStory, ...]:
        """Return the story of each goal."""
        return tuple(self._story(number, goal) for number, goal in enumerate(self._goals, 1))

    def _story(self, number: int, goal: GoalTrace) -> GoalStory:
        way = _way(goal, self._traces.track)
        asked, planned = self._asked(goal), self._planned(goal)
        target = asked or planned
        distances_m = _distances_m(way, target)
        preempted_by = self._preempted_by(number, goal)
        cancel_ns = next((at for at, state in goal.states if state == GoalStatus.CANCELING), None)
        story = GoalStory(
            number=number,
            goal_id=goal.goal_id.hex(),
            sender=self._sender(asked),
            began_s=(goal.began_ns - self._start_ns) / NS_IN_S,
            ended_s=self._since_start_s(goal.ended_ns()),
            duration_s=(goal.last_ns() - goal.began_ns) / NS_IN_S,
            end=_end_of(goal) if preempted_by is None else GoalEnd.PREEMPTED,
            preempted_by=preempted_by,
            cancel_asked_s=self._since_start_s(cancel_ns),
            target=target,
            target_from_plan=asked is None and planned is not None,
            stands=way[-1].place if way else None,
            travelled_m=_travelled_m(way),
            recoveries=goal.feedback[-1].recoveries if goal.feedback else None,
            nearest_m=min(distances_m, default=None),
            left_m=distances_m[-1] if distances_m else None,
            frozen_s=_frozen_s(goal.feedback),
            hints=(),
        )
        costmap = costmap_in(goal.costmap or self._traces.first_costmap, self._on_problem)
        has_plan = None if self._topics.plan is None else planned is not None
        return replace(story, hints=hints_of(story, costmap, has_plan))

    def _since_start_s(self, at_ns: int | None) -> float | None:
        return None if at_ns is None else (at_ns - self._start_ns) / NS_IN_S

    def _asked(self, goal: GoalTrace) -> Place | None:
        """Return the /goal_pose that became this goal."""
        for at_ns, place in reversed(self._traces.goal_poses):
            since_ns = at_ns - _GOAL_POSE_AFTER_NS
            if since_ns <= goal.began_ns <= at_ns + _GOAL_POSE_BEFORE_NS:
                # Of several goals that begin after one message, the first is its.
                first_ns = min(one.began_ns for one in self._goals if one.began_ns >= since_ns)
                return place if goal.began_ns == first_ns else None
        return None

    def _sender(self, asked: Place | None) -> Sender:
        if asked is not None:
            return Sender.GOAL_POSE
        return Sender.EITHER if self._topics.goal_pose is None else Sender.ACTION

    def _planned(self, goal: GoalTrace) -> Place | None:
        """Return the end of the last path while the goal ran; the first may be an older goal's."""
        last_ns = goal.last_ns()
        plans = (place for at, place in self._traces.plans if goal.began_ns <= at <= last_ns)
        return max(enumerate(plans), default=(0, None), key=lambda pair: pair[0])[1]

    def _preempted_by(self, number: int, goal: GoalTrace) -> int | None:
        """Return the number of the goal that took an aborted goal's place."""
        ended_ns = goal.ended_ns()
        if ended_ns is None or _end_of(goal) is not GoalEnd.ABORTED:
            return None
        since_ns = max(goal.began_ns, ended_ns - _PREEMPTION_NS)
        for later, other in enumerate(self._goals[number:], number + 1):
            if since_ns <= other.began_ns <= ended_ns:
                return later
        return None


def _end_of(goal: GoalTrace) -> GoalEnd:
    return next((_ENDS[state] for _, state in goal.states if state in _ENDS), GoalEnd.NOT_SEEN)


def _way(goal: GoalTrace, track: Sequence[Sighting]) -> list[Sighting]:
    """Return where the robot was while the goal ran, by Nav2's own word where it has one."""
    last_ns = goal.last_ns()
    seen = goal.feedback or track[_index_before(track, goal.began_ns) :]
    way = [one for one in seen if one.received_ns <= last_ns and one.place.is_finite()]
    return [one for one in way if one.place.frame_id == way[-1].place.frame_id]


def _index_before(track: Sequence[Sighting], began_ns: int) -> int:
    """Return the index of the last sighting before a goal, unless that is long ago."""
    after = bisect.bisect_left(track, began_ns, key=lambda one: one.received_ns)
    recent = after > 0 and track[after - 1].received_ns > began_ns - NS_IN_S
    return after - 1 if recent else after


def _distances_m(way: Sequence[Sighting], target: Place | None) -> list[float]:
    """Return the straight distances to the target, none where they lie in different frames."""
    if target is None or not target.is_finite():
        return []
    return [_distance_m(one.place, target) for one in way if one.place.frame_id == target.frame_id]


def _travelled_m(way: Sequence[Sighting]) -> float | None:
    if not way:
        return None
    return math.fsum(_distance_m(one.place, two.place) for one, two in itertools.pairwise(way))


def _distance_m(one: Place, two: Place) -> float:
    return math.hypot(one.pose.x_m - two.pose.x_m, one.pose.y_m - two.pose.y_m)


def _frozen_s(feedback: Sequence[Sighting]) -> float:
    """Return the longest that feedback went on with the same pose and the same stamp."""
    longest_ns, since = 0, feedback[0] if feedback else None
    for one in feedback:
        if since is None or (one.stamp_ns, one.place) != (since.stamp_ns, since.place):
            since = one
        longest_ns = max(longest_ns, one.received_ns - since.received_ns)
    return longest_ns / NS_IN_S
