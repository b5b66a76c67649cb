"""The parameters of what asking may cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vlm_nav.navigation.parameters import Parameter, named
from vlm_nav.vlm.budget import BudgetSettings, Limits
from vlm_nav.vlm.spending import price_table

_MOST, _DEAREST = 10**9, 1e6

BUDGET_PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        'budget.mission_calls', 0, 'most questions of an instruction; 0: no limit', 0, _MOST
    ),
    Parameter('budget.mission_tokens', 0, 'most tokens of an instruction; 0: no limit', 0, _MOST),
    Parameter(
        'budget.mission_cost',
        0.0,
        'most that an instruction may cost, by the prices; 0: no limit',
        0.0,
        _DEAREST,
    ),
    Parameter('budget.hour_calls', 0, 'most questions in an hour; 0: no limit', 0, _MOST),
    Parameter('budget.hour_tokens', 0, 'most tokens in an hour; 0: no limit', 0, _MOST),
    Parameter(
        'budget.hour_cost',
        0.0,
        'most that an hour may cost, by the prices; 0: no limit',
        0.0,
        _DEAREST,
    ),
    Parameter(
        'budget.prices',
        [''],
        "'MODEL PROMPT COMPLETION' per million tokens, as 'gpt-4o 2.5 10'; one empty text: none",
    ),
    Parameter('budget.currency', 'USD', 'what the prices are in'),
)
"""What an instruction, and an hour, may cost."""


def budget_settings(values: Mapping[str, Any]) -> BudgetSettings:
    """Return the settings of values.

    Raises InvalidValueError for prices that are none, and for a limit of cost without prices.
    """
    return BudgetSettings(
        mission=Limits(**named(values, Limits, 'budget.mission_')),
        hour=Limits(**named(values, Limits, 'budget.hour_')),
        prices=price_table(values['budget.prices'], values['budget.currency']),
    )
