"""Decisions and ends of picking as JSON for topics, and in words for logs."""

from __future__ import annotations

import json
from typing import Any

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import quaternion_of, xyzw_from_wxyz
from vlm_nav.manipulation.events import PickDecision, PickEnd


def pick_decision_fields(decision: PickDecision) -> dict[str, Any]:
    """Return a decision as JSON has it; metres of the base frame, quaternions (x, y, z, w)."""
    lifted, grasp, pixel = decision.lifted, decision.grasp, decision.pixel
    return {
        'outcome': 'pick' if grasp is not None and decision.reason is None else 'hold',
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
    """Return how a task ended as one JSON object; `picked` is None where nothing was sent."""
    outcome, decision = end.outcome, end.decision
    fields = {
        'picked': outcome.done if outcome else None,
        'reason': end.reason.value if end.reason else None,
        'detail': outcome.detail if outcome else decision.detail,
        'instruction': decision.task.instruction,
        'record': decision.record,
    }
    return json.dumps(fields)


def pick_decision_words(decision: PickDecision) -> str:
    """Return what was decided and why; the caller makes it fit for a log."""
    if decision.grasp is None or decision.reason is not None:
        reason = decision.reason.value if decision.reason else 'no grasp'
        return f'hold: {reason} ({decision.detail})'
    x_m, y_m, z_m = decision.grasp.base_from_grasp[:3, 3].tolist()
    return (
        f'pick at ({x_m:.3f}, {y_m:.3f}, {z_m:.3f}) m, {decision.grasp.approach.value}, '
        f'{decision.grasp.width_m:.3f} m wide, {decision.calls} questions'
    )


def pick_end_words(end: PickEnd) -> str:
    """Return how a task ended; the caller makes it fit for a log."""
    if end.outcome is None:
        return f'ended: nothing was sent [{end.reason.value if end.reason else "-"}]'
    reason = f' [{end.reason.value}]' if end.reason else ''
    return f'ended: {"picked" if end.outcome.done else "not picked"}: {end.outcome.detail}{reason}'


def _pose(base_from_pose: FloatArray) -> dict[str, list[float]]:
    quaternion = xyzw_from_wxyz(quaternion_of(base_from_pose).tolist())
    return {'position_m': base_from_pose[:3, 3].tolist(), 'quaternion_xyzw': list(quaternion)}
