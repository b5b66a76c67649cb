"""From tasks of the hand to what the record says of them."""

from __future__ import annotations

from typing import Any

from vlm_nav.core.candidate import Pixel
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.arm_port import ArmOutcome
from vlm_nav.manipulation.events import PickDecision, PickTask
from vlm_nav.manipulation.grasp_plan import Grasp, GraspPlan, Place
from vlm_nav.manipulation.lifted import Lifted
from vlm_nav.records.from_question import pixel_part
from vlm_nav.records.from_sight import matrix
from vlm_nav.records.hand_parts import (
    ArmPart,
    GraspPart,
    HandPart,
    LiftedPart,
    PlacePart,
    PointPart,
    RefusedGraspPart,
)
from vlm_nav.records.schema import DecidedPart, SpentPart


def task_words(task: PickTask) -> str:
    """Return what the task says in words, or the pixel that it names."""
    if task.instruction or task.pixel is None:
        return task.instruction
    return f'pixel ({task.pixel.u_px:g}, {task.pixel.v_px:g})'


def pick_part(decision: PickDecision, at_s: float, spent: SpentPart | None) -> DecidedPart:
    """Return what the record says of a decision of the hand, without its poses."""
    moves = decision.base_from_hand is not None and decision.reason is None
    does = 'place' if decision.task.place else 'pick'
    return DecidedPart(
        at_s=at_s,
        outcome=does if moves else 'hold',
        waypoint=None,
        reason=None if decision.reason is None else decision.reason.value,
        detail=decision.detail,
        confidence=decision.confidence,
        labels=decision.labels,
        calls=decision.calls,
        spent=spent,
    )


def hand_part(decision: PickDecision) -> HandPart:
    """Return the pixel, the point and the poses that a decision came to."""
    plan = decision.plan or GraspPlan()
    return HandPart(
        asked_for=_pixel(decision.task.pixel),
        pixel=_pixel(decision.pixel),
        lifted=None if decision.lifted is None else _lifted(decision.lifted),
        ranked=tuple(GraspPart(**_grasp(grasp)) for grasp in plan.ranked),
        refused=tuple(
            RefusedGraspPart(**_grasp(grasp), reason=reason.value)
            for grasp, reason in plan.refused
        ),
        place=None if decision.place is None else _place(decision.place),
    )


def arm_part(outcome: ArmOutcome, at_s: float) -> ArmPart:
    """Return what the record says of how a motion of the arm ended."""
    return ArmPart(
        at_s=at_s,
        done=outcome.done,
        reason=None if outcome.reason is None else outcome.reason.value,
        detail=outcome.detail,
    )


def _lifted(lifted: Lifted) -> LiftedPart:
    extent = lifted.extent
    return LiftedPart(
        point_m=_point(lifted.point_base),
        sigma_m=lifted.sigma_m,
        source=lifted.source.value,
        normal=_point(lifted.normal_base),
        points=len(extent.points_base),
        box_centre_m=_point(extent.box.centre_base),
        box_size_m=extent.box.size_m,
        box_yaw_rad=extent.box.yaw_rad,
        is_cut=extent.is_cut,
        stamp_ns=lifted.stamp_ns,
    )


def _grasp(grasp: Grasp) -> dict[str, Any]:
    return {
        'base_from_grasp': matrix(grasp.base_from_grasp),
        'base_from_pregrasp': matrix(grasp.base_from_pregrasp),
        'width_m': grasp.width_m,
        'opening_m': grasp.opening_m,
        'approach': grasp.approach.value,
        'clearance_m': grasp.clearance_m,
        'score': grasp.score,
    }


def _place(place: Place) -> PlacePart:
    return PlacePart(
        base_from_place=matrix(place.base_from_place),
        base_from_preplace=matrix(place.base_from_preplace),
        point_m=_point(place.point_base),
        clearance_m=place.clearance_m,
        score=place.score,
    )


def _pixel(pixel: Pixel | None) -> Any:
    return None if pixel is None else pixel_part(pixel)


def _point(point: FloatArray) -> PointPart:
    x_m, y_m, z_m = point.tolist()
    return x_m, y_m, z_m
