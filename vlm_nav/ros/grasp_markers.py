"""A decision of picking as RViz markers: point, approach, fingers, and what was refused."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from vlm_nav.drawing.palette import BLUE, GREY, RED, WHITE, YELLOW_GREEN, Color
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.events import PickDecision
from vlm_nav.manipulation.grasp_plan import Grasp, Place
from vlm_nav.manipulation.lifted import LiftSource
from vlm_nav.ros.markers import LIFETIME_S

_POINT_M, _LINE_M, _FINGER_M = 0.02, 0.006, 0.05
_MOST_REFUSED = 10


def grasp_markers(decision: PickDecision, header: Header) -> MarkerArray:
    """Return what is known of a decision; earlier markers are taken back."""
    markers = [Marker(ns=name, action=Marker.DELETEALL) for name in ('point', 'grasp', 'refused')]
    if decision.lifted is not None:
        point = _marker('point', 0, Marker.SPHERE, header, RED)
        point.scale.x = point.scale.y = point.scale.z = _POINT_M
        point.pose.position = _point(decision.lifted.point_base)
        markers.append(point)
        if decision.lifted.source is LiftSource.PLANE:
            point.color = _color(BLUE)
            words = _marker('point', 1, Marker.TEXT_VIEW_FACING, header, BLUE)
            words.scale.z, words.text = _POINT_M, 'assumed on a plane, not measured'
            words.pose.position = _point(
                decision.lifted.point_base + np.array((0.0, 0.0, _POINT_M))
            )
            markers.append(words)
    if decision.grasp is not None:
        markers += _gripper('grasp', 0, decision.grasp, header, YELLOW_GREEN)
    if decision.place is not None:
        markers += _place('grasp', decision.place, header)
    refused = () if decision.plan is None else decision.plan.refused[:_MOST_REFUSED]
    for number, (grasp, reason) in enumerate(refused):
        markers += _gripper('refused', 2 * number, grasp, header, GREY)
        words = _marker('refused', 1000 + number, Marker.TEXT_VIEW_FACING, header, WHITE)
        words.scale.z, words.text = _POINT_M, reason.value
        words.pose.position = _point(grasp.base_from_pregrasp[:3, 3])
        markers.append(words)
    return MarkerArray(markers=markers)


def _gripper(
    namespace: str, identifier: int, grasp: Grasp, header: Header, color: Color
) -> list[Marker]:
    """Return the way to a grasp as an arrow, and the fingers there as lines."""
    arrow = _marker(namespace, identifier, Marker.ARROW, header, color)
    _point_from_to(arrow, grasp.base_from_pregrasp, grasp.base_from_grasp)
    fingers = _marker(namespace, identifier + 1, Marker.LINE_LIST, header, color)
    fingers.scale.x = _LINE_M
    half_m = grasp.opening_m / 2.0
    corners = [(0.0, half_m), (-_FINGER_M, half_m), (0.0, -half_m), (-_FINGER_M, -half_m)]
    corners += [(-_FINGER_M, half_m), (-_FINGER_M, -half_m)]
    in_grasp = np.array([(x_m, y_m, 0.0, 1.0) for x_m, y_m in corners])
    fingers.points = [_point(place) for place in in_grasp @ grasp.base_from_grasp.T]
    return [arrow, fingers]


def _place(namespace: str, place: Place, header: Header) -> list[Marker]:
    """Return the way of the hand as an arrow, and where the thing comes to stand as a ball."""
    arrow = _marker(namespace, 0, Marker.ARROW, header, YELLOW_GREEN)
    _point_from_to(arrow, place.base_from_preplace, place.base_from_place)
    foot = _marker(namespace, 1, Marker.SPHERE, header, YELLOW_GREEN)
    foot.scale.x = foot.scale.y = foot.scale.z = _POINT_M
    foot.pose.position = _point(place.point_base)
    return [arrow, foot]


def _point_from_to(arrow: Marker, base_from_before: FloatArray, base_from_at: FloatArray) -> None:
    arrow.points = [_point(pose[:3, 3]) for pose in (base_from_before, base_from_at)]
    arrow.scale.x, arrow.scale.y, arrow.scale.z = _LINE_M, 2.0 * _LINE_M, 3.0 * _LINE_M


def _marker(namespace: str, identifier: int, kind: int, header: Header, color: Color) -> Marker:
    return Marker(
        header=header,
        ns=namespace,
        id=identifier,
        type=kind,
        action=Marker.ADD,
        color=_color(color),
        lifetime=Duration(sec=LIFETIME_S),
    )


def _color(color: Color) -> ColorRGBA:
    red, green, blue = (part / 255.0 for part in color)
    return ColorRGBA(r=red, g=green, b=blue, a=0.9)


def _point(place: FloatArray) -> Point:
    return Point(x=float(place[0]), y=float(place[1]), z=float(place[2]))
