"""Candidates and goals as RViz markers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from vlm_nav.core.candidate import Candidate, GroundAction
from vlm_nav.core.decision import Waypoint
from vlm_nav.drawing.palette import RED, WHITE, YELLOW_GREEN, Color
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.navigation.fence import Fence
from vlm_nav.navigation.waypoint import waypoint_at, waypoint_for
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.ros.poses import header_at, pose_of

LIFETIME_S = 120
_DISC_M, _NUMBER_M, _ARROW_M, _LINE_M = 0.16, 0.14, 0.5, 0.04
# To where the camera would look from a viewpoint.
_LOOK_M = 0.35


def candidate_markers(
    candidates: Iterable[Candidate[Any]], chosen: Sequence[int], frame: RgbdFrame
) -> MarkerArray:
    """Return a disc and a number for each candidate on the floor, in the map.

    A viewpoint gets an arrow instead, to where the camera would look from there.
    """
    markers = [_clear('candidates'), _clear('labels')]
    for candidate in candidates:
        color = RED if candidate.label in chosen else YELLOW_GREEN
        if isinstance(candidate.action, GroundAction):
            waypoint = waypoint_for(candidate.action, frame)
            markers.append(_disc(candidate.label, waypoint, color))
        elif isinstance(candidate.action, Viewpoint):
            waypoint = waypoint_at(candidate.action.pose, frame)
            markers.append(_arrow('candidates', candidate.label, waypoint, color, _LOOK_M))
        else:
            continue
        markers.append(_number(candidate.label, waypoint))
    return MarkerArray(markers=markers)


def goal_markers(waypoint: Waypoint) -> MarkerArray:
    """Return an arrow at the goal."""
    return MarkerArray(markers=[_arrow('goal', 0, waypoint, RED, _ARROW_M)])


def fence_markers(fence: Fence, frame_id: str) -> MarkerArray:
    """Return a line along each border: yellow-green around, red for what is kept out."""
    borders = [(polygon, RED) for polygon in fence.keep_out]
    if fence.around is not None:
        borders.append((fence.around, YELLOW_GREEN))
    origin = Waypoint(frame_id, 0, 0.0, 0.0, 0.0)
    markers = [_clear('fence')]
    for number, (polygon, color) in enumerate(borders):
        line = _marker('fence', number, Marker.LINE_STRIP, origin, color)
        corners = [*polygon.corners.tolist(), polygon.corners[0].tolist()]
        line.points = [Point(x=x_m, y=y_m, z=0.02) for x_m, y_m in corners]
        line.scale.x, line.lifetime = _LINE_M, Duration()
        markers.append(line)
    return MarkerArray(markers=markers)


def _disc(label: int, waypoint: Waypoint, color: Color) -> Marker:
    marker = _marker('candidates', label, Marker.CYLINDER, waypoint, color)
    marker.scale.x = marker.scale.y = _DISC_M
    marker.scale.z = 0.02
    return marker


def _arrow(
    namespace: str, identifier: int, waypoint: Waypoint, color: Color, length_m: float
) -> Marker:
    arrow = _marker(namespace, identifier, Marker.ARROW, waypoint, color)
    arrow.scale.x, arrow.scale.y, arrow.scale.z = length_m, length_m / 6.0, length_m / 6.0
    return arrow


def _number(label: int, waypoint: Waypoint) -> Marker:
    marker = _marker('labels', label, Marker.TEXT_VIEW_FACING, waypoint, WHITE)
    marker.scale.z, marker.text = _NUMBER_M, str(label)
    marker.pose.position.z = 0.1
    return marker


def _marker(
    namespace: str, identifier: int, kind: int, waypoint: Waypoint, color: Color
) -> Marker:
    red, green, blue = (part / 255.0 for part in color)
    return Marker(
        header=header_at(waypoint.frame_id, waypoint.stamp_ns),
        ns=namespace,
        id=identifier,
        type=kind,
        action=Marker.ADD,
        pose=pose_of(waypoint),
        color=ColorRGBA(r=red, g=green, b=blue, a=0.9),
        lifetime=Duration(sec=LIFETIME_S),
    )


def _clear(namespace: str) -> Marker:
    return Marker(ns=namespace, action=Marker.DELETEALL)
