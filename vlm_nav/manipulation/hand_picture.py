"""A picture for people: what was lifted, and where the gripper would go."""

from __future__ import annotations

import itertools

import cv2
import numpy as np

from vlm_nav.geometry.arrays import FloatArray, RgbArray
from vlm_nav.geometry.poses import inverse, transform_points
from vlm_nav.manipulation.grasp_plan import Grasp
from vlm_nav.manipulation.gripper import GripperSizes
from vlm_nav.manipulation.lifted import Lifted
from vlm_nav.observation.rgbd_frame import RgbdFrame

_THING = (0, 200, 255)
_NORMAL = (40, 220, 40)
_GRIPPER = (255, 60, 60)
_WAY = (255, 220, 0)
_NORMAL_M = 0.05
_TINT = 0.35


def draw_lifted(frame: RgbdFrame, lifted: Lifted) -> RgbArray:
    """Return the picture (H, W, 3) with the thing tinted, its point and its normal."""
    drawn = np.array(frame.rgb, dtype=np.uint8)
    mask = lifted.extent.mask
    tinted = (1.0 - _TINT) * drawn[mask] + _TINT * np.array(_THING)
    drawn[mask] = tinted.astype(np.uint8)
    outline, _ = cv2.findContours(
        mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    cv2.drawContours(drawn, outline, -1, _THING, 1, cv2.LINE_AA)
    tip = lifted.point_base + _NORMAL_M * lifted.normal_base
    _line(drawn, frame, np.array((lifted.point_base, tip)), _NORMAL, 2)
    place = _pixels(frame, lifted.point_base[None])[0]
    if np.isfinite(place).all():
        cv2.circle(drawn, _whole(place), 4, _GRIPPER, -1, cv2.LINE_AA)
    return drawn


def draw_grasp(drawn: RgbArray, frame: RgbdFrame, grasp: Grasp, gripper: GripperSizes) -> None:
    """Draw the fingers of a grasp on a picture, and the way that they come."""
    half_m, back_m = grasp.opening_m / 2.0, -gripper.finger_length_m
    fork = np.array(
        ((0.0, half_m, 0.0), (back_m, half_m, 0.0), (back_m, -half_m, 0.0), (0.0, -half_m, 0.0))
    )
    stem = np.array(((back_m, 0.0, 0.0), (back_m - gripper.palm_length_m / 2.0, 0.0, 0.0)))
    for points in (fork, stem):
        _line(drawn, frame, transform_points(grasp.base_from_grasp, points), _GRIPPER, 3)
    way = np.array((grasp.base_from_pregrasp[:3, 3], grasp.base_from_grasp[:3, 3]))
    _line(drawn, frame, way, _WAY, 1)


def _line(
    drawn: RgbArray, frame: RgbdFrame, points_base: FloatArray, color: tuple[int, ...], width: int
) -> None:
    pixels = _pixels(frame, points_base)
    for one, other in itertools.pairwise(pixels):
        if np.isfinite((one, other)).all():
            cv2.line(drawn, _whole(one), _whole(other), color, width, cv2.LINE_AA)


def _pixels(frame: RgbdFrame, points_base: FloatArray) -> FloatArray:
    return frame.camera.project(transform_points(inverse(frame.base_from_camera), points_base))


def _whole(pixel: FloatArray) -> tuple[int, int]:
    return round(float(pixel[0])), round(float(pixel[1]))
