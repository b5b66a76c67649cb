"""The story of NavigateToPose's goals in words, and as fields for JSON."""

from __future__ import annotations

import math
from typing import Any

from vlm_nav.bags.nav2_story import GoalEnd, GoalStory, Hint, Sender
from vlm_nav.bags.nav2_traces import Place

_HINTS = {
    Hint.NOT_FINITE: 'the target is not finite, which crashes planners of Nav2',
    Hint.OUTSIDE_MAP: 'the target lies outside the map',
    Hint.IN_OBSTACLE: 'the target lies in an obstacle of the map',
    Hint.TOO_NEAR_OBSTACLE: 'the target is so near an obstacle that the robot would touch it',
    Hint.UNKNOWN_SPACE: 'the target lies where the map knows nothing',
    Hint.REFUSED_AT_ONCE: (
        'no path was planned and the end came at once, as with a target outside the map or a '
        'server that is not active'
    ),
    Hint.NO_PATH: 'no path was planned in all that time, as with a target that cannot be reached',
    Hint.FROZEN: 'feedback went on with a frozen pose, as when transforms stop',
    Hint.HARDLY_MOVED: 'a path was there and the robot hardly moved',
    Hint.ENDED_SHORT: 'Nav2 calls it success, but the robot stands beside the target',
}
RESULT_NOTE = 'why Nav2 aborted a goal (its error code) is in the result, which is on no topic'


def words_of(story: GoalStory) -> list[str]:
    """Return a few lines about a goal, the first without and the others with an indent."""
    lines = [f'goal {story.number}: {_beginning(story)}', f'  {_end(story)}; {_way(story)}']
    lines += [f'  it looks as if: {_HINTS[hint]}{_seconds(story, hint)}' for hint in story.hints]
    return lines


def fields_of(story: GoalStory) -> dict[str, Any]:
    """Return a goal as what JSON can hold: numbers that are not finite become null."""
    return {
        'number': story.number,
        'goal_id': story.goal_id,
        'sender': story.sender.value,
        'began_s': _rounded(story.began_s),
        'ended_s': _rounded(story.ended_s),
        'duration_s': _rounded(story.duration_s),
        'end': story.end.value,
        'preempted_by': story.preempted_by,
        'cancel_asked_s': _rounded(story.cancel_asked_s),
        'target': _place_fields(story.target),
        'target_from': _source(story),
        'stands': _place_fields(story.stands),
        'travelled_m': _rounded(story.travelled_m),
        'recoveries': story.recoveries,
        'nearest_m': _rounded(story.nearest_m),
        'left_m': _rounded(story.left_m),
        'frozen_s': _rounded(story.frozen_s),
        'hints': [hint.value for hint in story.hints],
    }


def _beginning(story: GoalStory) -> str:
    when = f'began at {story.began_s:.1f} s'
    if story.began_s < 0.0:
        when = f'began {-story.began_s:.1f} s before the bag'
    return f'{when}, sent by {story.sender.value}, {_target(story)}'


def _target(story: GoalStory) -> str:
    if story.target is None:
        return 'to a target that the bag does not show (no path, and the status names none)'
    where = _place(story.target)
    return f'to the end of its last path, {where}' if story.target_from_plan else f'to {where}'


def _end(story: GoalStory) -> str:
    lasted = f'after {story.duration_s:.{1 if story.duration_s >= 1.0 else 2}f} s'
    if story.ended_s is None:
        return f'its end is not in the bag, which tells of it for {story.duration_s:.1f} s'
    at = f'at {story.ended_s:.1f} s, {lasted}'
    if story.end is GoalEnd.PREEMPTED:
        return f'preempted by goal {story.preempted_by} {at}'
    if story.cancel_asked_s is None:
        return f'{story.end.value} {at}'
    return f'{story.end.value} {at} (a cancel came at {story.cancel_asked_s:.1f} s)'


def _way(story: GoalStory) -> str:
    if story.travelled_m is None:
        return 'where the robot was is not in the bag'
    words = [f'drove {story.travelled_m:.1f} m']
    if story.recoveries:
        words.append(f'{story.recoveries} recoveries (runs of single behaviours)')
    if story.left_m is not None and story.nearest_m is not None:
        words.append(f'stood {story.left_m:.2f} m from there in the end')
        if story.nearest_m < story.left_m - 0.05:
            words.append(f'{story.nearest_m:.2f} m at its nearest')
    elif story.stands is not None:
        words.append(f'stood at {_place(story.stands)} in the end')
    return ', '.join(words)


def _seconds(story: GoalStory, hint: Hint) -> str:
    return f' (for {story.frozen_s:.1f} s)' if hint is Hint.FROZEN else ''


def _place(place: Place) -> str:
    pose = place.pose
    yaw = f'{math.degrees(pose.yaw_rad):.0f} deg'
    return f'({pose.x_m:.2f}, {pose.y_m:.2f}, {yaw}) in {place.frame_id!r}'


def _source(story: GoalStory) -> str | None:
    if story.target is None:
        return None
    return 'plan' if story.target_from_plan else Sender.GOAL_POSE.value


def _place_fields(place: Place | None) -> dict[str, Any] | None:
    if place is None:
        return None
    pose = place.pose
    return {
        'frame_id': place.frame_id,
        'x_m': _rounded(pose.x_m),
        'y_m': _rounded(pose.y_m),
        'yaw_rad': _rounded(pose.yaw_rad),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 3)
