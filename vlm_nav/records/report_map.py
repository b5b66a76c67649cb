"""The map of a report as SVG: walls, the path, where it was decided, and the goals.

Everything is drawn in metres of the map, x to the right and y up.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vlm_nav.geometry.poses import FloorPose, floor_pose_of
from vlm_nav.records.look_parts import CostmapPart, LookPart
from vlm_nav.records.report_markup import Markup, element, joined, number
from vlm_nav.records.report_pictures import costmap_uri
from vlm_nav.records.report_story import Step
from vlm_nav.records.schema import Record, WaypointPart

Place = tuple[float, float]

_MARGIN_M = 1.2
_FARTHEST_M = 1000.0
_SMALLEST_M = 4.0
_LARGEST_GRID_M = 30.0


@dataclass(frozen=True)
class Stop:
    """Where the robot stood when it decided for the `number`th time, and where that led."""

    number: int
    pose: FloorPose
    half_view_rad: float
    goal: Place | None
    has_arrived: bool


def map_of(record: Record, steps: Sequence[Step], folder: Path, path: Sequence[Place]) -> Markup:
    """Return the map of a record, a paragraph where nothing is known of any place.

    `path` is where the robot was, in the map; without it the places of the looks are joined.
    """
    stops = tuple(_stops(record, steps))
    driven = [place for place in path if _is_place(place)]
    joined_path = driven or [(stop.pose.x_m, stop.pose.y_m) for stop in stops]
    places = [*joined_path, *((stop.pose.x_m, stop.pose.y_m) for stop in stops)]
    places += [stop.goal for stop in stops if stop.goal is not None]
    if not places:
        return element('p', 'No place is known: nothing was looked at.', class_='quiet')
    grid = _grid(record, folder)
    low_x, low_y, width, height = _window(places, grid)
    pen = max(width, height) / 100.0
    drawn = element(
        'g',
        None if grid is None else grid.image,
        _line(joined_path, pen, dashed=not driven),
        *(_way(stop, pen) for stop in stops),
        *(_view(stop, pen) for stop in stops),
        _end(joined_path, pen) if len(joined_path) > 1 else None,
        transform='scale(1,-1)',
    )
    return element(
        'svg',
        drawn,
        *(_badge(stop, pen) for stop in stops),
        _scale_bar(low_x, low_y, width, pen),
        viewBox=' '.join(number(value) for value in (low_x, -low_y - height, width, height)),
        class_='map',
        role='img',
        aria_label='Map of the run',
    )


def _stops(record: Record, steps: Sequence[Step]) -> Iterator[Stop]:
    for count, step in enumerate(steps, 1):
        if step.look is None:
            continue
        look = record.looks[step.look]
        pose = floor_pose_of(np.array(look.map_from_base))
        if _is_place((pose.x_m, pose.y_m)) and math.isfinite(pose.yaw_rad):
            decision = step.decision
            goal = None if decision is None else place_of(decision.waypoint, look.map_frame)
            arrived = decision is not None and decision.outcome == 'arrived'
            yield Stop(count, pose, _half_view_rad(look), goal, arrived)


def place_of(waypoint: WaypointPart | None, map_frame: str) -> Place | None:
    """Return where a goal lies in the map, None where it lies in another frame or nowhere."""
    if waypoint is None or waypoint.frame_id != map_frame:
        return None
    x_m, y_m = waypoint.x_m, waypoint.y_m
    if x_m is None or y_m is None or not _is_place((x_m, y_m)):
        return None
    return x_m, y_m


def _half_view_rad(look: LookPart) -> float:
    camera = look.views[0].camera
    focal_px = camera.k[0] if camera.k else 0.0
    return math.atan2(camera.width_px / 2.0, focal_px) if focal_px > 0.0 else 0.5


def _is_place(place: Place) -> bool:
    return all(abs(value) <= _FARTHEST_M for value in place)


@dataclass(frozen=True)
class _Grid:
    """A costmap as it is drawn, and the corners of its known cells' box."""

    image: Markup
    corners: tuple[Place, ...]


def _grid(record: Record, folder: Path) -> _Grid | None:
    """Return the last look's largest costmap in the map's frame."""
    for look in reversed(record.looks):
        fitting = [part for part in look.costmaps if part.frame_id == look.map_frame]
        found = [(part, costmap_uri(part, folder)) for part in fitting]
        sized = [(part, shown) for part, shown in found if shown is not None]
        if sized:
            part, (uri, (rows, columns)) = max(sized, key=lambda one: math.prod(one[1][1]))
            return _drawn_grid(part, uri, rows * part.resolution_m, columns * part.resolution_m)
    return None


def _drawn_grid(part: CostmapPart, uri: str, height_m: float, width_m: float) -> _Grid | None:
    numbers = (part.origin_x_m, part.origin_y_m, part.origin_yaw_rad, height_m, width_m)
    if not all(abs(value) <= _FARTHEST_M for value in numbers):
        return None
    turned = f'rotate({number(math.degrees(part.origin_yaw_rad))})'
    image = element(
        'image',
        href=uri,
        width=width_m,
        height=height_m,
        preserveAspectRatio='none',
        transform=f'translate({number(part.origin_x_m)},{number(part.origin_y_m)}) {turned}',
        class_='grid',
    )
    cosine, sine = math.cos(part.origin_yaw_rad), math.sin(part.origin_yaw_rad)
    corners = tuple(
        (part.origin_x_m + cosine * x - sine * y, part.origin_y_m + sine * x + cosine * y)
        for x in (0.0, width_m)
        for y in (0.0, height_m)
    )
    return _Grid(image, corners)


def _window(places: Sequence[Place], grid: _Grid | None) -> tuple[float, float, float, float]:
    """Return the least x and y of what is shown, its width and its height."""
    lows, highs = _box(places, _MARGIN_M)
    if grid is not None:
        grid_lows, grid_highs = _box(grid.corners, 0.0)
        if max(high - low for low, high in zip(grid_lows, grid_highs, strict=True)) <= (
            _LARGEST_GRID_M
        ):
            lows = min(lows[0], grid_lows[0]), min(lows[1], grid_lows[1])
            highs = max(highs[0], grid_highs[0]), max(highs[1], grid_highs[1])
    width, height = (max(high - low, _SMALLEST_M) for low, high in zip(lows, highs, strict=True))
    middle = [(low + high) / 2.0 for low, high in zip(lows, highs, strict=True)]
    return middle[0] - width / 2.0, middle[1] - height / 2.0, width, height


def _box(places: Sequence[Place], margin_m: float) -> tuple[Place, Place]:
    x_m, y_m = zip(*places, strict=True)
    return (min(x_m) - margin_m, min(y_m) - margin_m), (max(x_m) + margin_m, max(y_m) + margin_m)


def _line(places: Sequence[Place], pen: float, *, dashed: bool) -> Markup:
    points = ' '.join(f'{number(x)},{number(y)}' for x, y in places)
    dashes = f'{number(1.6 * pen)} {number(1.2 * pen)}' if dashed else None
    return joined(
        element('polyline', points=points, class_='casing', stroke_width=1.5 * pen),
        element(
            'polyline', points=points, class_='path', stroke_width=0.7 * pen,
            stroke_dasharray=dashes,
        ),
    )  # fmt: skip


def _way(stop: Stop, pen: float) -> Markup | None:
    """Return a cross at a stop's goal and a fine line to it."""
    if stop.goal is None:
        return None
    (x, y), arm = stop.goal, 1.1 * pen
    cross = (
        f'M{number(x - arm)},{number(y - arm)}L{number(x + arm)},{number(y + arm)}'
        f'M{number(x - arm)},{number(y + arm)}L{number(x + arm)},{number(y - arm)}'
    )
    return joined(
        element(
            'line', x1=stop.pose.x_m, y1=stop.pose.y_m, x2=x, y2=y, class_='way',
            stroke_width=0.3 * pen, stroke_dasharray=f'{number(0.8 * pen)} {number(0.8 * pen)}',
        ),
        element('path', d=cross, class_='goal', stroke_width=0.5 * pen),
    )  # fmt: skip


def _view(stop: Stop, pen: float) -> Markup:
    """Return the wedge that the camera sees from a stop."""
    x, y, reach = stop.pose.x_m, stop.pose.y_m, 9.0 * pen
    corners = [
        (x + reach * math.cos(stop.pose.yaw_rad + turn), y + reach * math.sin(
            stop.pose.yaw_rad + turn))
        for turn in (-stop.half_view_rad, stop.half_view_rad)
    ]  # fmt: skip
    (right_x, right_y), (left_x, left_y) = corners
    shape = (
        f'M{number(x)},{number(y)}L{number(right_x)},{number(right_y)}'
        f'A{number(reach)},{number(reach)} 0 0 1 {number(left_x)},{number(left_y)}Z'
    )
    return element('path', d=shape, class_='view')


def _badge(stop: Stop, pen: float) -> Markup:
    """Return a stop's number, upright, in a link to its decision."""
    at_x, at_y = stop.pose.x_m, -stop.pose.y_m
    kind = 'stop good' if stop.has_arrived else 'stop'
    return element(
        'a',
        element('circle', cx=at_x, cy=at_y, r=2.1 * pen, class_=kind, stroke_width=0.4 * pen),
        element(
            'text', str(stop.number), x=at_x, y=at_y, dy='.36em', font_size=2.6 * pen,
            text_anchor='middle', class_='number',
        ),
        href=f'#step{stop.number}',
    )  # fmt: skip


def _end(places: Sequence[Place], pen: float) -> Markup:
    x, y = places[-1]
    return element('circle', cx=x, cy=y, r=1.3 * pen, class_='end', stroke_width=0.5 * pen)


def _scale_bar(low_x: float, low_y: float, width: float, pen: float) -> Markup:
    length_m = next((step for step in (10.0, 5.0, 2.0) if step <= width / 4.0), 1.0)
    x, y = low_x + 2.0 * pen, -low_y - 2.0 * pen
    return joined(
        element('line', x1=x, y1=y, x2=x + length_m, y2=y, class_='bar', stroke_width=0.5 * pen),
        element(
            'text', f'{length_m:g} m', x=x, y=y - 1.2 * pen, font_size=2.4 * pen, class_='scale'
        ),
    )
