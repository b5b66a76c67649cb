"""Who takes the robot over, and what is only a joystick at rest."""

from __future__ import annotations

import math

import pytest

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.navigation.override import Joystick, OverrideSettings, is_command


@pytest.mark.parametrize(
    ('values', 'expected'),
    [
        ((0.0, 0.0), False),
        ((0.02, -0.02), False),
        ((0.0, 0.03), True),
        ((-0.5, 0.0), True),
        ((0.0, math.nan), True),
        ((math.inf, 0.0), True),
        ((), False),
    ],
)
def test_what_lies_beyond_the_dead_band_is_a_command(
    values: tuple[float, ...], expected: bool
) -> None:
    assert is_command(values, 0.02) is expected


def test_a_joystick_is_used_when_a_stick_moves_or_a_button_is_pressed() -> None:
    joystick = Joystick(0.1)
    assert not joystick.is_used((0.0, 0.05), (0, 0))
    assert joystick.is_used((0.0, -0.5), (0, 0))
    assert joystick.is_used((0.0, 0.0), (0, 1))
    assert joystick.is_used((math.nan, 0.0), (0, 0))
    assert not joystick.is_used((0.0, 0.0), (0, 0))


def test_a_trigger_that_rests_at_its_end_is_no_command_until_it_is_pulled() -> None:
    joystick = Joystick(0.1)
    assert not joystick.is_used((0.0, 1.0, -1.0), ())
    assert joystick.is_used((0.0, 0.4, -1.0), ())
    assert joystick.is_used((0.0, 1.0, 1.0), ())
    assert not joystick.is_used((0.0, 1.0, -1.0), ())


def test_another_joystick_has_another_rest() -> None:
    joystick = Joystick(0.1)
    assert not joystick.is_used((1.0,), ())
    assert not joystick.is_used((0.0, 0.0), ())
    assert joystick.is_used((1.0, 0.0), ())


@pytest.mark.parametrize(
    'wrong',
    [
        {'override_dead_band': -0.1},
        {'override_dead_band': math.nan},
        {'override_quiet_s': 0.0},
        {'override_quiet_s': math.nan},
    ],
)
def test_settings_that_mean_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidValueError):
        OverrideSettings(**wrong)
