"""What is not to be grasped is refused with its own reason, and no grasp is given."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from table_scene import TABLE_M, TableBox, on_top, pixel_of, table_frame

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.reasons import HandReason, ObservationReason
from vlm_nav.manipulation.grasp import grasps
from vlm_nav.manipulation.grasp_plan import Approach
from vlm_nav.manipulation.grasp_settings import GraspSettings
from vlm_nav.manipulation.lift import lift
from vlm_nav.manipulation.lift_points import LiftSettings
from vlm_nav.manipulation.lifted import Lifted, Refused
from vlm_nav.manipulation.scene_points import scene_around

CARTON = TableBox(0.7, 0.0, (0.06, 0.06, 0.18))
CUBE = TableBox(0.7, 0.0, (0.05, 0.05, 0.1))
CARD = TableBox(0.7, 0.0, (0.05, 0.05, 0.002))
SLAB = TableBox(0.7, 0.0, (0.2, 0.2, 0.1))
GREEN = (30, 200, 30)
# Taller than the cube and 10 mm from it: no finger of 12 mm goes between.
AROUND = tuple(
    TableBox(0.7 + x, y, (0.05, 0.05, 0.13), GREEN)
    for x in (-0.06, 0.0, 0.06)
    for y in (-0.06, 0.0, 0.06)
    if (x, y) != (0.0, 0.0)
)
FROM_ABOVE = GraspSettings(approaches=(Approach.TOP_DOWN,))


@dataclass(frozen=True)
class Bad:
    """A target on a table that is not to be grasped; the pixel is that of the first box's top."""

    boxes: tuple[TableBox, ...] = (CARTON,)
    pixel: Pixel | None = None
    hole_px: int = 0
    by_mask: bool = False
    lift: dict[str, Any] = field(default_factory=dict)
    grasp: dict[str, Any] = field(default_factory=dict)


BAD = [
    (Bad(pixel=Pixel(640.0, 10.0)), ObservationReason.PIXEL_OUTSIDE_IMAGE),
    (Bad(hole_px=40), HandReason.NO_SURFACE),
    (Bad(lift={'settings': LiftSettings(farthest_m=0.3)}), HandReason.BEYOND_RANGE),
    (Bad(lift={'on_robot': lambda points: points[:, 2] > TABLE_M + 0.1}), HandReason.ON_ROBOT),
    (Bad(lift={'now_ns': 12_100_000_000}), HandReason.TRANSFORM_TOO_OLD),
    (
        Bad((CUBE, TableBox(0.7, 0.05, (0.05, 0.05, 0.1), GREEN))),
        HandReason.TOUCHING_OBJECTS,
    ),
    (Bad(grasp={'reachable': lambda pose: HandReason.UNREACHABLE}), HandReason.UNREACHABLE),
    (
        Bad(grasp={'settings': GraspSettings(workspace_high_m=(0.5, 1.0, 2.0))}),
        HandReason.OUTSIDE_WORKSPACE,
    ),
    (Bad((CUBE, *AROUND), grasp={'settings': FROM_ABOVE}), HandReason.GRIPPER_TOO_WIDE),
    (Bad((SLAB,)), HandReason.GRIPPER_TOO_SMALL),
    (Bad((CARD,), by_mask=True, grasp={'settings': FROM_ABOVE}), HandReason.TOO_FLAT),
]


@pytest.mark.parametrize(('bad', 'reason'), BAD, ids=[reason.value for _, reason in BAD])
def test_what_is_not_to_be_grasped_has_its_reason(
    bad: Bad, reason: HandReason | ObservationReason
) -> None:
    frame = table_frame(*bad.boxes, noise=1.0)
    assert frame.depth_m is not None
    pixel = bad.pixel or on_top(frame, bad.boxes[0])
    if bad.hole_px:
        rows, columns = np.mgrid[0:480, 0:640]
        hole = np.hypot(rows - pixel.v_px, columns - pixel.u_px) <= bad.hole_px
        frame = replace(frame, depth_m=np.where(hole, np.float32(np.nan), frame.depth_m))
    mask = (frame.rgb == bad.boxes[0].color).all(axis=-1)
    found = lift(frame, mask if bad.by_mask else pixel, **bad.lift)
    if isinstance(found, Refused):
        assert found.reason is reason
        assert found.detail
        return
    assert isinstance(found, Lifted)
    plan = grasps(found, scene_around(frame, found), **bad.grasp)
    assert plan.best is None
    assert plan.reason is reason


def test_what_none_of_this_is_true_of_is_grasped() -> None:
    frame = table_frame(CARTON, noise=1.0)
    found = lift(frame, on_top(frame, CARTON))
    assert isinstance(found, Lifted)
    assert grasps(found, scene_around(frame, found)).best is not None
    assert isinstance(lift(frame, pixel_of(frame, 0.6, 0.1, 0.0)), Lifted)
