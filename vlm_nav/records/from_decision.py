"""From decisions, drives and turns to what the record says of them."""

from __future__ import annotations

from vlm_nav.core.decision import Decision, Waypoint
from vlm_nav.navigation.events import ArrivalChecked, Turned
from vlm_nav.navigation.ports import DriveOutcome
from vlm_nav.records.schema import (
    CheckedPart,
    DecidedPart,
    DrivePart,
    SpentPart,
    TurnPart,
    WaypointPart,
)
from vlm_nav.vlm.spending import Spending


def decided_part(decision: Decision, at_s: float, spent: SpentPart | None = None) -> DecidedPart:
    """Return what the record says of a decision, and of what was spent by then."""
    waypoint = decision.waypoint
    return DecidedPart(
        at_s=at_s,
        outcome=decision.outcome.value,
        waypoint=None if waypoint is None else _waypoint_part(waypoint),
        reason=None if decision.reason is None else decision.reason.value,
        detail=decision.detail,
        confidence=decision.confidence,
        labels=decision.labels,
        calls=decision.calls,
        spent=spent,
    )


def spent_part(spending: Spending) -> SpentPart:
    """Return what the record says of what an instruction has cost so far."""
    return SpentPart(
        calls=spending.calls,
        prompt_tokens=spending.prompt_tokens,
        completion_tokens=spending.completion_tokens,
        uncounted=spending.uncounted,
        cost=spending.cost if spending.currency else None,
        currency=spending.currency,
    )


def drive_part(outcome: DriveOutcome, at_s: float) -> DrivePart:
    """Return what the record says of how a drive ended."""
    return DrivePart(
        at_s=at_s,
        reached=outcome.reached,
        reason=None if outcome.reason is None else outcome.reason.value,
        detail=outcome.detail,
    )


def turn_part(turned: Turned, at_s: float) -> TurnPart:
    """Return what the record says of a turn."""
    outcome = turned.outcome
    return TurnPart(
        at_s=at_s,
        angle_rad=turned.angle_rad,
        turned=outcome.reached,
        reason=None if outcome.reason is None else outcome.reason.value,
        detail=outcome.detail,
    )


def checked_part(checked: ArrivalChecked, at_s: float) -> CheckedPart:
    """Return what the record says of a look for whether the robot had arrived."""
    return CheckedPart(
        at_s=at_s,
        arrived=checked.arrived,
        said=checked.said,
        distance_m=checked.distance_m,
        detail=checked.detail,
    )


def _waypoint_part(waypoint: Waypoint) -> WaypointPart:
    return WaypointPart(
        frame_id=waypoint.frame_id,
        stamp_ns=waypoint.stamp_ns,
        x_m=waypoint.x_m,
        y_m=waypoint.y_m,
        yaw_rad=waypoint.yaw_rad,
    )
