"""What the data point to where a goal of NavigateToPose did not end well, or ended oddly."""

from __future__ import annotations

from collections.abc import Iterator

from vlm_nav.bags.nav2_story import GoalEnd, GoalStory, Hint
from vlm_nav.observation.costmap import INSCRIBED, UNKNOWN, Costmap

_AT_ONCE_S = 0.1
_FROZEN_S = 2.0
_HARDLY_MOVED_M, _LONG_S = 0.1, 10.0
# Nav2's goal checker allows 0.25 m.
_ENDED_SHORT_M = 0.3


def hints_of(story: GoalStory, costmap: Costmap | None, has_plan: bool | None) -> tuple[Hint, ...]:
    """Return what the data point to; `has_plan` is None where plans were not recorded.

    Of a goal that was preempted, or cancelled in time, there is nothing to explain.
    """
    found = [*_of_target(story, costmap), *_of_drive(story)]
    if story.end is GoalEnd.ABORTED and has_plan is False and not found:
        at_once = story.duration_s < _AT_ONCE_S
        found.append(Hint.REFUSED_AT_ONCE if at_once else Hint.NO_PATH)
    return tuple(found)


def _of_target(story: GoalStory, costmap: Costmap | None) -> Iterator[Hint]:
    target = story.target
    if target is None or story.end in (GoalEnd.PREEMPTED, GoalEnd.CANCELED):
        return
    if not target.is_finite():
        yield Hint.NOT_FINITE
    elif costmap is not None and costmap.frame_id == target.frame_id:
        place = (target.pose.x_m, target.pose.y_m)
        value = int(costmap.values_at(place))
        if not costmap.contains(place):
            yield Hint.OUTSIDE_MAP
        elif value > INSCRIBED:
            yield Hint.IN_OBSTACLE
        elif value == INSCRIBED:
            yield Hint.TOO_NEAR_OBSTACLE
        elif value == UNKNOWN and story.end is not GoalEnd.SUCCEEDED:
            yield Hint.UNKNOWN_SPACE


def _of_drive(story: GoalStory) -> Iterator[Hint]:
    if story.frozen_s >= _FROZEN_S:
        yield Hint.FROZEN
    if story.end is GoalEnd.SUCCEEDED:
        if story.left_m is not None and story.left_m > _ENDED_SHORT_M:
            yield Hint.ENDED_SHORT
    elif story.end is GoalEnd.ABORTED and story.target is not None:
        still = story.travelled_m is not None and story.travelled_m < _HARDLY_MOVED_M
        if still and story.duration_s > _LONG_S:
            yield Hint.HARDLY_MOVED
