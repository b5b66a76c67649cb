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
from vlm_nav.navigation.fence import Fence
from vlm_nav.navigation.waypoint import waypoint_for
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.ros.poses import header_at, pose_of

LIFETIME_S = 120
_DISC_M, _NUMBER_M, _ARROW_M, _LINE_M = 0.16, 0.14, 0.5, 0.04


def candidate_markers(
    candidates: Iterable[Candidate[Any]], chosen: Sequence[int], frame: RgbdFrame
) -> MarkerArray:
    """Return a disc and a number for each candidate on the floor, in the map."""
    markers = [_clear('candidates'), _clear('labels')]
    for candidate in candidates:
        if isinstance(candidate.action, GroundAction):
            waypoint = waypoint_for(candidate.action, frame)
            color = RED if candidate.label in chosen else YELLOW_GREEN
            markers.append(_disc(candidate.label, waypoint, color))
            markers.append(_number(candidate.label, waypoint))
    return MarkerArray(markers=markers)


def goal_markers(waypoint: Waypoint) -> MarkerArray:
    """Return an arrow at the goal."""
    arrow = _marker('goal', 0, Marker.ARROW, waypoint, RED)
    arrow.scale.x, arrow.scale.y, arrow.scale.z = _ARROW_M, _ARROW_M / 6.0, _ARROW_M / 6.0
    return MarkerArray(markers=[arrow])


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
