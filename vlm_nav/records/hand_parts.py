"""What a record says of the hand: the point, its surface, the grasps, and how the arm ended."""

from __future__ import annotations

from vlm_nav.records.question_parts import PixelPart
from vlm_nav.records.values import Matrix, Number, Part, Text

PointPart = tuple[Number, Number, Number]


class LiftedPart(Part):
    """The point (x, y, z) of the base frame that the pixel shows, in metres.

    `sigma_m` is its standard deviation along the view, `source` where its depth comes from:
    measured, filled or plane. `normal` is the surface's, of length 1. Of the thing around it
    `points` are seen; `box_centre`, `box_size_m` (along, across, up) and `box_yaw_rad` are the
    upright box around them, and `is_cut` says that the border of the picture cuts it off.
    `stamp_ns` is the picture's ROS time.
    """

    point_m: PointPart
    sigma_m: Number
    source: Text
    normal: PointPart
    points: int
    box_centre_m: PointPart
    box_size_m: PointPart
    box_yaw_rad: Number
    is_cut: bool
    stamp_ns: int


class GraspPart(Part):
    """A pose of the gripper, a 4x4 matrix by rows: x approaches, y closes the fingers.

    `width_m` is how far the fingers stand apart when they touch, `opening_m` on the way there;
    `clearance_m` is the distance of the nearest other point on the way, null where nothing is
    near; `score` is higher for the better one.
    """

    base_from_grasp: Matrix
    base_from_pregrasp: Matrix
    width_m: Number
    opening_m: Number
    approach: Text
    clearance_m: Number
    score: Number


class RefusedGraspPart(GraspPart):
    """A grasp that was tried, and the reason code for which it is none."""

    reason: Text


class PlacePart(Part):
    """A pose of the gripper that puts down what it holds, as in GraspPart, and the one before it.

    `point_m` is where the thing's foot comes to stand, `clearance_m` how far the nearest other
    thing or the edge of the surface is from its outline.
    """

    base_from_place: Matrix
    base_from_preplace: Matrix
    point_m: PointPart
    clearance_m: Number
    score: Number


class HandPart(Part):
    """What a task of the hand came to before anything moved, as far as it came.

    `asked_for` is the pixel that the task named itself, null where words chose it. `ranked` are
    the grasps that may be carried out, the best first; `place` is where to put something down.
    """

    asked_for: PixelPart | None
    pixel: PixelPart | None
    lifted: LiftedPart | None
    ranked: tuple[GraspPart, ...] = ()
    refused: tuple[RefusedGraspPart, ...] = ()
    place: PlacePart | None = None


class ArmPart(Part):
    """How the arm's motion, or the whole task when it was stopped, ended."""

    at_s: float
    done: bool
    reason: Text | None
    detail: Text
