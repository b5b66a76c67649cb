"""Reason codes: why the robot was not sent anywhere, one closed enumeration for each layer.

What may go wrong on a robot is no exception but a code in the decision (docs/reasons.md
explains every one). The value of a member is the text in records, logs and messages.
"""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from vlm_nav.core.errors import VlmNavError


class ObservationReason(Enum):
    """Why a picture could not be used."""

    STALE_IMAGE = 'stale_image'
    NO_IMAGE = 'no_image'
    EMPTY_IMAGE = 'empty_image'
    UNKNOWN_ENCODING = 'unknown_encoding'
    NO_DEPTH = 'no_depth'
    NO_TRANSFORM = 'no_transform'
    BAD_CALIBRATION = 'bad_calibration'
    PIXEL_OUTSIDE_IMAGE = 'pixel_outside_image'


class CandidateReason(Enum):
    """Why one candidate was not offered to the model."""

    OUTSIDE_IMAGE = 'outside_image'
    OBSTACLE = 'obstacle'
    UNSEEN_FLOOR = 'unseen_floor'
    COSTMAP_OCCUPIED = 'costmap_occupied'
    COSTMAP_UNKNOWN = 'costmap_unknown'
    OUTSIDE_FENCE = 'outside_fence'
    CROWDED = 'crowded'


class AskingReason(Enum):
    """Why there is no usable answer of the model."""

    INSTRUCTION_EMPTY = 'instruction_empty'
    INSTRUCTION_TOO_LONG = 'instruction_too_long'
    VLM_LATE = 'vlm_late'
    VLM_REFUSED = 'vlm_refused'
    VLM_UNREACHABLE = 'vlm_unreachable'
    VLM_UNUSABLE = 'vlm_unusable'
    BUDGET_SPENT = 'budget_spent'
    NOT_ON_CASSETTE = 'not_on_cassette'


class ChoosingReason(Enum):
    """Why the answers do not make a choice."""

    ALL_CANDIDATES_BLOCKED = 'all_candidates_blocked'
    NONE_FITS = 'none_fits'
    NO_AGREEMENT = 'no_agreement'
    INCONSISTENT = 'inconsistent'


class ImaginingReason(Enum):
    """Why there is no picture of a viewpoint."""

    VIEW_EMPTY = 'view_empty'
    VIEW_LATE = 'view_late'
    SERVICE_UNREACHABLE = 'service_unreachable'
    SERVICE_UNUSABLE = 'service_unusable'


class DrivingReason(Enum):
    """Why a goal was not sent, or was sent and not reached."""

    DRY_RUN = 'dry_run'
    NOT_CONFIRMED = 'not_confirmed'
    NO_VALID_COSTMAP = 'no_valid_costmap'
    GOAL_NOT_FINITE = 'goal_not_finite'
    GOAL_OUTSIDE_MAP = 'goal_outside_map'
    GOAL_OUTSIDE_FENCE = 'goal_outside_fence'
    LEFT_FENCE = 'left_fence'
    NAV_NOT_ACTIVE = 'nav_not_active'
    NAV_REJECTED = 'nav_rejected'
    NAV_ABORTED = 'nav_aborted'
    NAV_SILENT = 'nav_silent'
    NAV_LATE = 'nav_late'
    NAV_CANCELED = 'nav_canceled'
    NAV_PREEMPTED = 'nav_preempted'
    OFF_TARGET = 'off_target'
    WAY_BLOCKED = 'way_blocked'
    THING_IN_SIGHT = 'thing_in_sight'


class MissionReason(Enum):
    """Why an instruction was given up that decisions and drives had been made for."""

    NOT_FOUND = 'not_found'
    DECISIONS_SPENT = 'decisions_spent'
    MISSION_LATE = 'mission_late'
    PATH_SPENT = 'path_spent'
    OSCILLATING = 'oscillating'


class HandReason(Enum):
    """Why there is no point or pose for the gripper, or why the arm did not do its part."""

    NO_SURFACE = 'no_surface'
    BEYOND_RANGE = 'beyond_range'
    ON_ROBOT = 'on_robot'
    MIXED_SURFACE = 'mixed_surface'
    TOUCHING_OBJECTS = 'touching_objects'
    TRANSFORM_TOO_OLD = 'transform_too_old'
    OUTSIDE_WORKSPACE = 'outside_workspace'
    GRIPPER_TOO_WIDE = 'gripper_too_wide'
    GRIPPER_TOO_SMALL = 'gripper_too_small'
    TOO_FLAT = 'too_flat'
    IN_COLLISION = 'in_collision'
    UNREACHABLE = 'unreachable'
    NO_FLAT_SPOT = 'no_flat_spot'
    ARM_REJECTED = 'arm_rejected'
    ARM_ABORTED = 'arm_aborted'
    ARM_SILENT = 'arm_silent'
    ARM_LATE = 'arm_late'
    GRASP_LOST = 'grasp_lost'
    HOLDS_NOTHING = 'holds_nothing'
    HOLDS_SOMETHING = 'holds_something'
    BASE_MOVED = 'base_moved'


class CommonReason(Enum):
    """What may end any layer's work."""

    CANCELLED = 'cancelled'
    REPLACED = 'replaced'
    PAUSED = 'paused'
    OVERRIDDEN = 'overridden'
    SHUTTING_DOWN = 'shutting_down'
    INTERNAL_ERROR = 'internal_error'


ReasonCode: TypeAlias = (
    ObservationReason
    | CandidateReason
    | AskingReason
    | ChoosingReason
    | ImaginingReason
    | DrivingReason
    | MissionReason
    | HandReason
    | CommonReason
)


REASON_ENUMERATIONS: tuple[type[Enum], ...] = (
    ObservationReason,
    CandidateReason,
    AskingReason,
    ChoosingReason,
    ImaginingReason,
    DrivingReason,
    MissionReason,
    HandReason,
    CommonReason,
)


class Refusal(VlmNavError):  # noqa: N818 - the field's word for it; it is no error of the program
    """Carries a reason code and its detail up to the decision that reports it.

    Raised where a coroutine several calls deep finds that it cannot go on for a reason that
    belongs into the decision; caught by the mission, never by a user of the package.
    """

    def __init__(self, reason: ReasonCode, detail: str) -> None:
        """Keep `reason` for the decision and `detail` (wanted, came, available) for people."""
        super().__init__(f'{reason.value}: {detail}')
        self.reason = reason
        self.detail = detail
