"""A dry run decides everything and drives nowhere."""

from __future__ import annotations

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.reasons import DrivingReason
from vlm_nav.navigation.dry_run import DryRunBase


async def test_a_dry_run_says_which_waypoint_was_not_sent() -> None:
    outcome = await DryRunBase().drive(Waypoint('map', 7, 1.25, -2.0, 0.5), Deadline.after(10.0))
    assert not outcome.reached
    assert outcome.reason is DrivingReason.DRY_RUN
    assert "(1.25, -2.00) in 'map'" in outcome.detail
