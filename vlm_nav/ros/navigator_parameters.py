"""The navigator's parameters, and the settings of the core that they amount to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vlm_nav.navigation.decision_parameters import (
    DECIDING_PARAMETERS,
    LOOKING_PARAMETERS,
    DecisionSettings,
    decision_settings,
)
from vlm_nav.navigation.mission_parameters import MISSION_PARAMETERS
from vlm_nav.navigation.parameters import Parameter, metres, named, seconds
from vlm_nav.navigation.safety_parameters import (
    SAFETY_PARAMETERS,
    SafetySettings,
    safety_settings,
)
from vlm_nav.ros.camera_parameters import CAMERAS_PARAMETERS, cameras_from
from vlm_nav.ros.eyes import EyesSettings
from vlm_nav.ros.nav2_port import Nav2Settings
from vlm_nav.ros.nav2_ready import RequireActive
from vlm_nav.ros.recording import RECORDS_PARAMETERS, RecordsSettings, records_settings

_NAV2 = Nav2Settings()

NAVIGATOR_PARAMETERS: tuple[Parameter, ...] = (
    Parameter('autostart', True, 'configure and activate by itself; false: a manager does'),
    *CAMERAS_PARAMETERS,
    *LOOKING_PARAMETERS,
    *MISSION_PARAMETERS,
    *SAFETY_PARAMETERS,
    *DECIDING_PARAMETERS,
    Parameter(
        'nav2.require_active',
        RequireActive.AUTO.value,
        "ask Nav2's lifecycle before a goal",
        one_of=tuple(item.value for item in RequireActive),
    ),
    seconds('nav2.ready_timeout_s', _NAV2.ready_timeout_s, 'wait for Nav2 to be ready'),
    seconds('nav2.response_timeout_s', _NAV2.response_timeout_s, 'wait to be accepted'),
    seconds('nav2.silence_timeout_s', _NAV2.silence_timeout_s, 'longest frozen pose'),
    seconds('nav2.cancel_timeout_s', _NAV2.cancel_timeout_s, 'wait for a cancel'),
    metres('nav2.position_tolerance_m', _NAV2.position_tolerance_m, 'how near is arrived'),
    *RECORDS_PARAMETERS,
)


@dataclass(frozen=True)
class NavigatorSettings(DecisionSettings):
    """Everything that the navigator hands to the rooms below."""

    eyes: EyesSettings
    nav2: Nav2Settings
    require_active: RequireActive
    safety: SafetySettings
    records: RecordsSettings


def navigator_settings(values: Mapping[str, Any]) -> NavigatorSettings:
    """Return the settings that the parameters' values amount to.

    Raises InvalidValueError (or pydantic's ValueError) where values do not go together, and
    UnknownModelError for a model that nobody knows.
    """
    first, *further = cameras_from(values)
    # Each camera says for itself whether it measures depth.
    decision = decision_settings(values)
    eyes = EyesSettings(
        decision.synchroniser,
        decision.sight,
        first,
        tuple(further),
        **named(values, EyesSettings),
    )
    return NavigatorSettings(
        **vars(decision),
        eyes=eyes,
        nav2=Nav2Settings(**named(values, Nav2Settings, 'nav2.')),
        require_active=RequireActive(values['nav2.require_active']),
        safety=safety_settings(values),
        records=records_settings(values),
    )
