"""Decisions and ends as JSON for topics, and as lines for logs."""

from __future__ import annotations

import json
import math
from typing import Any

from vlm_nav.core.decision import Decision, DecisionOutcome
from vlm_nav.navigation.events import ArrivalChecked
from vlm_nav.navigation.mission import MissionEnd
from vlm_nav.vlm.budget import Budget, Limits

_CARRIED_ON = {DecisionOutcome.ARRIVED: True, DecisionOutcome.GAVE_UP: False}


def decision_json(decision: Decision) -> str:
    """Return a decision as one JSON object: its `decision_fields`."""
    return json.dumps(decision_fields(decision))


def decision_fields(decision: Decision) -> dict[str, Any]:
    """Return a decision as JSON has it; lengths in metres, yaw in radians.

    A number that is not finite is None, which JSON has no other word for.
    """
    waypoint = decision.waypoint
    return {
        'outcome': decision.outcome.value,
        'reason': decision.reason.value if decision.reason else None,
        'detail': decision.detail,
        'instruction': decision.instruction,
        'stamp_ns': waypoint.stamp_ns if waypoint else None,
        'frame_id': waypoint.frame_id if waypoint else None,
        'x_m': _finite(waypoint.x_m) if waypoint else None,
        'y_m': _finite(waypoint.y_m) if waypoint else None,
        'yaw_rad': _finite(waypoint.yaw_rad) if waypoint else None,
        'confidence': _finite(decision.confidence),
        'labels': list(decision.labels),
        'calls': decision.calls,
        'record': decision.record,
    }


def end_json(end: MissionEnd) -> str:
    """Return how an instruction ended as one JSON object.

    `reached` says of the last drive whether it got there, and of an instruction that was carried
    on whether the robot has arrived; it is None where nothing of the kind was to be said.
    """
    fields = {
        'outcome': end.decision.outcome.value,
        'reached': end.drive.reached if end.drive else _CARRIED_ON.get(end.decision.outcome),
        'reason': end.reason.value if end.reason else None,
        'detail': end.drive.detail if end.drive else end.decision.detail,
        'instruction': end.decision.instruction,
        'record': end.decision.record,
    }
    return json.dumps(fields)


def decision_line(decision: Decision) -> str:
    """Return one line for a log."""
    return f'decision {printable(decision.record) or "-"}: {decision_words(decision)}'


def decision_words(decision: Decision) -> str:
    """Return what was decided, why, how surely and after how many questions, in one line."""
    parts = [decision.outcome.value]
    if decision.waypoint is not None:
        waypoint = decision.waypoint
        parts.append(
            f'{waypoint.x_m:.2f} {waypoint.y_m:.2f} m, {waypoint.yaw_rad:.2f} rad '
            f'in {waypoint.frame_id}'
        )
    if decision.reason is not None:
        parts.append(f'{decision.reason.value} ({decision.detail})')
    if decision.confidence is not None:
        parts.append(f'confidence {decision.confidence:.2f}')
    return printable(', '.join([*parts, f'{decision.calls} questions']))


def arrival_line(checked: ArrivalChecked) -> str:
    """Return one line for a log."""
    said = {None: 'no answer', True: 'arrived', False: 'not arrived'}[checked.said]
    return printable(f'arrived? {"yes" if checked.arrived else "no"}: {said}, {checked.detail}')


def end_line(end: MissionEnd) -> str:
    """Return one line for a log."""
    decision = end.decision
    how = 'no drive'
    if end.drive is not None:
        how = 'reached' if end.drive.reached else f'not reached: {end.drive.detail}'
    elif decision.outcome in _CARRIED_ON:
        how = f'{decision.outcome.value}: {decision.detail}'
    reason = f' [{end.reason.value}]' if end.reason else ''
    return printable(f'ended {decision.record or "-"}: {how}{reason}')


def budget_values(budget: Budget) -> dict[str, str]:
    """Return what was asked, what it has cost and what it may cost, by short names."""
    limits = budget.settings
    scopes = {
        'of the instruction': (budget.mission, limits.mission),
        'of the last hour': (budget.hour, limits.hour),
        'in all': (budget.total, Limits()),
    }
    values = {'budget': budget.problem()}
    for scope, (spent, limit) in scopes.items():
        values[f'questions {scope}'] = _of(f'{spent.calls}', limit.calls)
        values[f'tokens {scope}'] = _of(f'{spent.tokens}', limit.tokens)
        if spent.currency:
            values[f'cost {scope}'] = _of(f'{spent.cost:.4f}', limit.cost, spent.currency)
    values['questions without a count of tokens'] = str(budget.total.uncounted)
    return values


def _of(spent: str, limit: float, unit: str = '') -> str:
    """Return what was spent and its limit, as in '0.0312 of 0.5 USD'."""
    return ' '.join(filter(None, [spent, f'of {limit:g}' if limit else '', unit]))


def printable(text: str) -> str:
    """Return the text in one line, everything that could break it or a terminal escaped.

    Answers of models and messages of other nodes go into logs: none may forge a line there.
    """
    return ''.join(
        character if character.isprintable() else character.encode('unicode_escape').decode()
        for character in text
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
