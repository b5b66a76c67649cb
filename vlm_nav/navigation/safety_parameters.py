"""The parameters that say how carefully is driven, and the settings that they amount to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vlm_nav.navigation.override import OverrideKind, OverrideSettings
from vlm_nav.navigation.parameters import Parameter, metres, named, seconds
from vlm_nav.navigation.watched_base import RecheckSettings

_RECHECK, _OVERRIDE = RecheckSettings(), OverrideSettings()

SAFETY_PARAMETERS: tuple[Parameter, ...] = (
    Parameter('dry_run', False, 'decide, show and record everything, and send no goal'),
    Parameter('confirm', False, 'neither drive nor turn before a person has released it'),
    seconds('confirm_timeout_s', 60.0, 'how long goals and turns wait for their release'),
    Parameter('recheck', True, 'look again while driving, and stop where somebody steps in'),
    seconds('recheck_period_s', _RECHECK.recheck_period_s, 'how often is looked while driving'),
    metres('recheck_ahead_m', _RECHECK.recheck_ahead_m, 'how far ahead is looked while driving'),
    Parameter(
        'recheck_blind_s',
        _RECHECK.recheck_blind_s,
        'how long is driven without a usable look; 0: on and on',
        0.0,
        3600.0,
    ),
    Parameter(
        'override',
        _OVERRIDE.override.value,
        'what comes on the topic override',
        one_of=tuple(item.value for item in OverrideKind),
    ),
    Parameter(
        'override_dead_band',
        _OVERRIDE.override_dead_band,
        'up to which value a command counts as none',
        0.0,
        1.0,
    ),
    seconds(
        'override_quiet_s',
        _OVERRIDE.override_quiet_s,
        'how long after the last command instructions are refused',
    ),
)
"""What keeps a driving robot from harm, as far as this package can."""


@dataclass(frozen=True)
class SafetySettings:
    """How carefully is driven."""

    dry_run: bool = False
    confirm: bool = False
    confirm_timeout_s: float = 60.0
    recheck: bool = True
    rechecks: RecheckSettings = RecheckSettings()
    override: OverrideSettings = OverrideSettings()


def safety_settings(values: Mapping[str, Any]) -> SafetySettings:
    """Return the settings that values of all parameters of the table amount to.

    Raises InvalidValueError where values do not go together.
    """
    override = named(values, OverrideSettings)
    override['override'] = OverrideKind(override['override'])
    return SafetySettings(
        dry_run=values['dry_run'],
        confirm=values['confirm'],
        confirm_timeout_s=values['confirm_timeout_s'],
        recheck=values['recheck'],
        rechecks=RecheckSettings(**named(values, RecheckSettings)),
        override=OverrideSettings(**override),
    )
