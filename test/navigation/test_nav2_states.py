"""What each of Nav2's endings means, as measured on a running Nav2."""

import math

import pytest

from vlm_nav.core.decision import Waypoint
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import CommonReason, DrivingReason
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.navigation.nav2_states import (
    REASONS,
    DriveEnd,
    DriveState,
    NavResult,
    interpret,
    unsendable,
)

GOAL = Waypoint('map', 1, 4.0, 3.0, 0.0)
AT_GOAL = FloorPose(4.1, 3.1, 1.0)


def end_of(
    status: GoalStatus,
    code: int = 0,
    message: str = '',
    *,
    own_pose: FloorPose | None = AT_GOAL,
    others: bool = False,
    not_ready: str | None = None,
) -> DriveEnd:
    """Return the meaning of a result with a tolerance of 0.5 m."""
    return interpret(
        NavResult(status, code, message),
        GOAL,
        own_pose=own_pose,
        position_tolerance_m=0.5,
        others_driving=others,
        not_ready=not_ready,
    )


@pytest.mark.parametrize(
    ('status', 'code', 'state'),
    [
        (GoalStatus.SUCCEEDED, 0, DriveState.REACHED),
        (GoalStatus.SUCCEEDED, 701, DriveState.REACHED),
        (GoalStatus.ABORTED, 0, DriveState.ABORTED),
        (GoalStatus.ABORTED, 208, DriveState.ABORTED),
        (GoalStatus.ABORTED, 204, DriveState.ABORTED),
        (GoalStatus.CANCELED, 0, DriveState.CANCELED),
        (GoalStatus.UNKNOWN, 0, DriveState.SILENT),
    ],
)
def test_the_status_decides_and_the_code_explains(
    status: GoalStatus, code: int, state: DriveState
) -> None:
    end = end_of(status, code, 'because')
    assert end.state is state
    assert code == 0 or f'error {code}' in end.detail
    assert 'because' in end.detail


def test_success_far_from_the_goal_is_off_target() -> None:
    beside_the_wall = FloorPose(4.0, 3.57, 0.0)
    end = end_of(GoalStatus.SUCCEEDED, own_pose=beside_the_wall)
    assert end.state is DriveState.OFF_TARGET
    assert '0.57 m from the goal' in end.detail


def test_success_with_a_code_after_a_preemption_in_an_unknown_frame_is_off_target() -> None:
    end = end_of(GoalStatus.SUCCEEDED, 9002, own_pose=FloorPose(0.0, 0.0, 0.0))
    assert end.state is DriveState.OFF_TARGET


def test_an_own_pose_that_is_no_number_is_not_at_the_goal() -> None:
    end = end_of(GoalStatus.SUCCEEDED, own_pose=FloorPose(math.nan, 0.0, 0.0))
    assert end.state is DriveState.OFF_TARGET


@pytest.mark.parametrize('error_code', [0, 701])
def test_success_that_cannot_be_checked_is_not_believed(error_code: int) -> None:
    end = end_of(GoalStatus.SUCCEEDED, error_code, own_pose=None)
    assert end.state is DriveState.OFF_TARGET
    assert 'own pose is not known' in end.detail


def test_aborted_without_a_word_is_preempted_where_a_strangers_goal_runs() -> None:
    assert end_of(GoalStatus.ABORTED, others=True).state is DriveState.PREEMPTED
    assert end_of(GoalStatus.ABORTED, 208, others=True).state is DriveState.ABORTED


def test_aborted_without_a_word_is_not_active_where_nav2_went_down() -> None:
    end = end_of(GoalStatus.ABORTED, not_ready='bt_navigator is inactive, not active')
    assert end.state is DriveState.NOT_ACTIVE
    assert 'inactive' in end.detail


def test_a_code_is_named_by_the_server_it_comes_from() -> None:
    assert 'error 208: planner: no path' in end_of(GoalStatus.ABORTED, 208, 'no path').detail
    assert '(error 8)' in end_of(GoalStatus.ABORTED, 8).detail


def test_every_state_has_its_reason_and_only_reached_has_none() -> None:
    assert set(REASONS) == set(DriveState)
    assert [state for state, reason in REASONS.items() if reason is None] == [DriveState.REACHED]
    sent = {reason for reason in REASONS.values() if isinstance(reason, DrivingReason)}
    assert {reason for reason in DrivingReason if reason.value.startswith('nav_')} <= sent


def test_an_outcome_carries_the_reason_and_the_detail() -> None:
    outcome = DriveEnd(DriveState.REPLACED, 'why').outcome()
    assert (outcome.reached, outcome.reason) == (False, CommonReason.REPLACED)
    assert outcome.detail == 'why'
    assert DriveEnd(DriveState.REACHED).outcome().reached


@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize('field', ['x_m', 'y_m', 'yaw_rad'])
def test_what_is_not_finite_is_not_sent(field: str, value: float) -> None:
    numbers = {'x_m': 0.0, 'y_m': 0.0, 'yaw_rad': 0.0, field: value}
    end = unsendable(Waypoint('map', 0, **numbers), lambda _: True)
    assert end is not None
    assert end.state is DriveState.NOT_FINITE


@pytest.mark.parametrize('x_m', [1e5, -1e5, 1e300])
def test_what_no_map_reaches_is_not_sent(x_m: float) -> None:
    end = unsendable(Waypoint('map', 0, x_m, 0.0, 0.0), lambda _: True)
    assert end is not None
    assert end.state is DriveState.OUTSIDE_MAP


def test_what_lies_outside_the_known_map_is_not_sent() -> None:
    end = unsendable(GOAL, lambda waypoint: waypoint.x_m < 4.0)
    assert end is not None
    assert end.state is DriveState.OUTSIDE_MAP
    assert unsendable(GOAL, lambda waypoint: waypoint.x_m < 5.0) is None


@pytest.mark.parametrize('frame', ['', '/map'])
def test_a_frame_that_nav2_cannot_look_up_is_an_error_of_the_caller(frame: str) -> None:
    with pytest.raises(InvalidValueError, match='without a slash'):
        unsendable(Waypoint(frame, 0, 0.0, 0.0, 0.0), lambda _: True)
