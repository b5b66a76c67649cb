"""A base that drives nowhere, so that a run can be looked at before anything moves."""

from __future__ import annotations

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.reasons import DrivingReason
from vlm_nav.navigation.ports import DriveOutcome


class DryRunBase:
    """Implements navigation.ports.Base without a robot: every drive ends where it begins."""

    async def drive(self, waypoint: Waypoint, deadline: Deadline) -> DriveOutcome:
        """Return at once that the waypoint was not sent."""
        place = f'({waypoint.x_m:.2f}, {waypoint.y_m:.2f}) in {waypoint.frame_id!r}'
        return DriveOutcome(False, DrivingReason.DRY_RUN, f'dry run: {place} was not sent')
