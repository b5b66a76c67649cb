"""Which reasons end an instruction that is carried on, and which of them time may heal."""

from __future__ import annotations

from vlm_nav.core.reasons import (
    AskingReason,
    ChoosingReason,
    CommonReason,
    DrivingReason,
    ObservationReason,
    ReasonCode,
)

LOST: frozenset[ReasonCode] = frozenset(
    {ChoosingReason.NONE_FITS, ChoosingReason.ALL_CANDIDATES_BLOCKED}
)
"""Nothing that is seen here leads on; it may be otherwise to the other sides."""

HEALING: frozenset[ReasonCode] = frozenset(
    {
        ObservationReason.STALE_IMAGE,
        ObservationReason.NO_IMAGE,
        ObservationReason.EMPTY_IMAGE,
        ObservationReason.NO_DEPTH,
        ObservationReason.NO_TRANSFORM,
        AskingReason.VLM_LATE,
        AskingReason.VLM_UNREACHABLE,
        AskingReason.VLM_UNUSABLE,
        ChoosingReason.NO_AGREEMENT,
        ChoosingReason.INCONSISTENT,
        DrivingReason.NO_VALID_COSTMAP,
    }
)
"""Why there was no decision, and why the next one may come about."""

ENDING_DRIVES: frozenset[ReasonCode] = frozenset(
    {
        # Somebody wants the robot to stay, or has it do something else.
        DrivingReason.DRY_RUN,
        DrivingReason.NOT_CONFIRMED,
        DrivingReason.NAV_CANCELED,
        DrivingReason.NAV_PREEMPTED,
        DrivingReason.LEFT_FENCE,
        *CommonReason,
    }
)
"""After a drive that ended so, no other one is begun."""
