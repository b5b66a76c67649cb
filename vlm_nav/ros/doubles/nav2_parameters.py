"""Parameters of the double of Nav2: set at any time, they count from the next goal on."""

from __future__ import annotations

from vlm_nav.navigation.parameters import Parameter
from vlm_nav.ros.doubles.nav2_behaviours import BEHAVIOURS

NAV2_DOUBLE_PARAMETERS: tuple[Parameter, ...] = (
    Parameter('speed_m_s', 0.5, 'speed toward the goal; at 0 it never arrives', 0.0, 100.0),
    Parameter(
        'map_reach_m', 0.0, 'goals farther from the origin lie outside the map; 0: none does'
    ),
    Parameter('behaviour', 'normal', 'what becomes of the next goals', one_of=tuple(BEHAVIOURS)),
    Parameter('error_code', 0, "error_code of results instead of the behaviour's", 0, 65535),
    Parameter('error_msg', '', "error_msg of results instead of the behaviour's"),
    Parameter(
        'lifecycle',
        '',
        "bt_navigator's state; without one at the start there is no lifecycle service",
        one_of=('', 'active', 'inactive'),
    ),
)
