"""Decisions and ends of picking as JSON for topics, and in words for logs."""

from __future__ import annotations

import json
from typing import Any

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import quaternion_of, xyzw_from_wxyz
from vlm_nav.manipulation.events import PickDecision, PickEnd
from vlm_nav.manipulation.lifted import LiftSource


def pick_decision_fields(decision: PickDecision) -> dict[str, Any]:
    """Return a decision as JSON has it; metres of the base frame, quaternions (x, y, z, w)."""
    lifted, grasp, pixel = decision.lifted, decision.grasp, decision.pixel
    place = decision.place
    return {
        'outcome': _outcome(decision),
        'reason': decision.reason.value if decision.reason else None,
        'detail': decision.detail,
        'instruction': decision.task.instruction,
        'u_px': pixel.u_px if pixel else None,
        'v_px': pixel.v_px if pixel else None,
        'stamp_ns': lifted.stamp_ns if lifted else None,
        'point_m': lifted.point_base.tolist() if lifted else None,
        'sigma_m': lifted.sigma_m if lifted else None,
        'source': lifted.source.value if lifted else None,
        'grasp': _pose(grasp.base_from_grasp) if grasp else None,
        'pregrasp': _pose(grasp.base_from_pregrasp) if grasp else None,
        'place': _pose(place.base_from_place) if place else None,
        'width_m': grasp.width_m if grasp else None,
        'approach': grasp.approach.value if grasp else None,
        'confidence': decision.confidence,
        'labels': list(decision.labels),
        'calls': decision.calls,
        'record': decision.record,
    }


def pick_decision_json(decision: PickDecision) -> str:
    """Return a decision as one JSON object: its `pick_decision_fields`."""
    return json.dumps(pick_decision_fields(decision))


def pick_end_json(end: PickEnd) -> str:
    """Return how a task ended as one JSON object.

    `picked`, or `placed` where something was to be put down, is None where nothing was sent.
    """
    outcome, decision = end.outcome, end.decision
    fields = {
        'placed' if decision.task.place else 'picked': outcome.done if outcome else None,
        'reason': end.reason.value if end.reason else None,
        'detail': outcome.detail if outcome else decision.detail,
        'instruction': decision.task.instruction,
        'record': decision.record,
    }
    return json.dumps(fields)


def pick_decision_words(decision: PickDecision) -> str:
    """Return what was decided and why; the caller makes it fit for a log."""
    hand = decision.base_from_hand
    if hand is None or decision.reason is not None:
        reason = decision.reason.value if decision.reason else 'no grasp'
        return f'hold: {reason} ({decision.detail})'
    x_m, y_m, z_m = hand[:3, 3].tolist()
    lifted = decision.lifted
    assumed = lifted is not None and lifted.source is LiftSource.PLANE
    where = f'({x_m:.3f}, {y_m:.3f}, {z_m:.3f}) m{", assumed on a plane" if assumed else ""}'
    if decision.grasp is None:
        return f'put down at {where}, {decision.calls} questions'
    return (
        f'pick at {where}, {decision.grasp.approach.value}, '
        f'{decision.grasp.width_m:.3f} m wide, {decision.calls} questions'
    )


def pick_end_words(end: PickEnd) -> str:
    """Return how a task ended; the caller makes it fit for a log."""
    if end.outcome is None:
        return f'ended: nothing was sent [{end.reason.value if end.reason else "-"}]'
    reason = f' [{end.reason.value}]' if end.reason else ''
    done = 'put down' if end.decision.task.place else 'picked'
    return f'ended: {done if end.outcome.done else f"not {done}"}: {end.outcome.detail}{reason}'


def _outcome(decision: PickDecision) -> str:
    if decision.reason is not None or decision.base_from_hand is None:
        return 'hold'
    return 'pick' if decision.place is None else 'place'


def _pose(base_from_pose: FloatArray) -> dict[str, list[float]]:
    quaternion = xyzw_from_wxyz(quaternion_of(base_from_pose).tolist())
    return {'position_m': base_from_pose[:3, 3].tolist(), 'quaternion_xyzw': list(quaternion)}
