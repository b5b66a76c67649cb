"""How the stand-in for Nav2 is set up: the numbers of Nav2's stock files."""

from __future__ import annotations

from dataclasses import dataclass

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.sim.driving.planning import PlanningSettings
from vlm_nav.sim.driving.pursuit import PursuitSettings


@dataclass(frozen=True)
class RecoverySettings:
    """What is tried when planning or following fails, and how often, as in Nav2's default tree.

    Clearing, turning, waiting and backing up take turns; each failure of `retries` + 1 in all
    takes `plan_period_s` (planning) or twice `progress_allowance_s` (following) to come about.
    """

    retries: int = 6
    turn_rad: float = 1.57
    wait_s: float = 5.0
    back_up_m: float = 0.3
    back_up_m_s: float = 0.15
    motion_allowance_s: float = 10.0

    def __post_init__(self) -> None:
        """Raise InvalidValueError for numbers below 0."""
        wrong = {name: value for name, value in vars(self).items() if not value >= 0.0}
        if wrong:
            raise InvalidValueError(f'settings of recovery are 0 or above, got {wrong}')


@dataclass(frozen=True)
class StandInSettings:
    """Everything about the stand-in for Nav2; metres and seconds of simulated time.

    A robot that has not moved by `progress_m` within `progress_allowance_s` makes no progress.
    """

    pursuit: PursuitSettings = PursuitSettings()
    planning: PlanningSettings = PlanningSettings()
    recovery: RecoverySettings = RecoverySettings()
    plan_period_s: float = 1.0
    progress_m: float = 0.5
    progress_allowance_s: float = 10.0
    transform_patience_s: float = 0.1
    feedback_period_s: float = 0.01
    radius_m: float = 0.2

    def __post_init__(self) -> None:
        """Raise InvalidValueError unless every time and length is above 0."""
        numbers = {name: value for name, value in vars(self).items() if isinstance(value, float)}
        wrong = {name: value for name, value in numbers.items() if not value > 0.0}
        if wrong:
            raise InvalidValueError(f'times and lengths are above 0, got {wrong}')
