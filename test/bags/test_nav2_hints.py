"""What the numbers of a goal that ended badly point to."""

from __future__ import annotations

import pytest

from vlm_nav.bags.nav2_hints import hints_of
from vlm_nav.bags.nav2_story import GoalEnd, GoalStory, Hint, Sender
from vlm_nav.bags.nav2_traces import Place
from vlm_nav.geometry.poses import FloorPose


def aborted(duration_s: float, travelled_m: float | None) -> GoalStory:
    """Return a goal 2 m ahead that Nav2 gave up."""
    return GoalStory(
        number=1,
        goal_id='00',
        sender=Sender.ACTION,
        began_s=0.0,
        ended_s=duration_s,
        duration_s=duration_s,
        end=GoalEnd.ABORTED,
        preempted_by=None,
        cancel_asked_s=None,
        target=Place('map', FloorPose(2.0, 0.0, 0.0)),
        target_from_plan=True,
        stands=None,
        travelled_m=travelled_m,
        recoveries=None,
        nearest_m=None,
        left_m=None,
        frozen_s=0.0,
        hints=(),
    )


@pytest.mark.parametrize(
    ('duration_s', 'travelled_m', 'hints'),
    [
        (20.0, 0.02, (Hint.HARDLY_MOVED,)),
        (5.0, 0.02, ()),
        (20.0, 1.5, ()),
        (20.0, None, ()),
    ],
)
def test_who_hardly_moved_in_a_long_time_is_told_from_who_had_none(
    duration_s: float, travelled_m: float | None, hints: tuple[Hint, ...]
) -> None:
    assert hints_of(aborted(duration_s, travelled_m), None, True) == hints


@pytest.mark.parametrize(
    ('duration_s', 'hint'), [(0.01, Hint.REFUSED_AT_ONCE), (3.0, Hint.NO_PATH)]
)
def test_a_goal_without_a_path_was_refused_at_once_or_could_not_be_reached(
    duration_s: float, hint: Hint
) -> None:
    assert hints_of(aborted(duration_s, 0.0), None, False) == (hint,)
