"""The pictures of a report, as data URIs: a question's marks, its choice, and the goal."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.errors import VlmNavError
from vlm_nav.drawing.cuts import Cut, cut_out
from vlm_nav.drawing.mark_drawing import draw_goal, draw_marks
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.navigation.waypoint import goal_pixel
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.records.from_sight import frames_from
from vlm_nav.records.look_parts import CostmapPart
from vlm_nav.records.pictures import grid_of_png
from vlm_nav.records.question_parts import MarkPart, PixelPart, QuestionPart, ShownPart
from vlm_nav.records.schema import Record, WaypointPart
from vlm_nav.vlm.picture_encoding import fitted, jpeg_of

_UNREADABLE = (OSError, ValueError, VlmNavError, cv2.error)
_QUALITY = 78
_MOST_PICTURES = 400
_RADIUS_PX, _LARGEST_RADIUS_PX = 18.0, 100.0
_FARTHEST_PX = 20_000.0
_LARGEST_SHOWN_PX = 4096


@dataclass(eq=False)
class ReportPictures:
    """Draws what was asked anew from the looks of a record; frames are read once.

    What cannot be read is no picture, and ends nothing. After `_MOST_PICTURES` there are none,
    so that a record of a long day still opens.
    """

    record: Record
    folder: Path
    _frames: dict[int, dict[str, RgbdFrame]] = field(default_factory=dict)
    _count: int = 0

    def of_question(
        self, question: QuestionPart, width_px: int, waypoint: WaypointPart | None = None
    ) -> tuple[str, ...]:
        """Return the question's pictures as data URIs, with the goal where one is given."""
        return self._drawn(question, question.shown, width_px, waypoint) or self._as_stored(
            question
        )

    def of_choice(
        self, question: QuestionPart, width_px: int, waypoint: WaypointPart | None
    ) -> tuple[str, ...]:
        """Return those of the question's pictures that show what was chosen; all where none."""
        chosen = set(_chosen(question))
        showing = [one for one in question.shown if chosen & {mark.label for mark in one.marks}]
        drawn = self._drawn(question, showing, width_px, waypoint)
        return drawn or self.of_question(question, width_px, waypoint)

    def _drawn(
        self,
        question: QuestionPart,
        shown: Sequence[ShownPart],
        width_px: int,
        waypoint: WaypointPart | None,
    ) -> tuple[str, ...]:
        frames = self._frames_of(question.look)
        drawn = []
        for part in shown:
            frame = frames.get(part.identifier)
            if frame is None or self._count >= _MOST_PICTURES or not _fits(part, frame):
                continue
            self._count += 1
            drawn.append(jpeg_uri(_marked(frame, part, _chosen(question), width_px, waypoint)))
        return tuple(drawn)

    def of_look(self, look: int, width_px: int) -> tuple[str, ...]:
        """Return the clean pictures of a look as data URIs."""
        frames = self._frames_of(look).values()
        return tuple(jpeg_uri(_narrowed(frame.rgb, width_px)) for frame in frames)

    def of_pixel(self, look: int | None, pixel: PixelPart, width_px: int) -> str | None:
        """Return the first picture of a look with a cross at a pixel, None where there is none."""
        frames, at = tuple(self._frames_of(look).values()), _pixel(pixel)
        if not frames or at is None:
            return None
        rgb = _narrowed(frames[0].rgb, width_px)
        scale = rgb.shape[1] / frames[0].rgb.shape[1]
        drawn = rgb.copy()
        draw_goal(drawn, Pixel(at.u_px * scale, at.v_px * scale), _RADIUS_PX)
        return jpeg_uri(drawn)

    def _frames_of(self, look: int | None) -> dict[str, RgbdFrame]:
        if look is None or not 0 <= look < len(self.record.looks):
            return {}
        if look not in self._frames:
            try:
                frames = frames_from(self.record.looks[look], self.folder)
            except _UNREADABLE:
                frames = ()
            self._frames[look] = {frame.identifier: frame for frame in frames}
        return self._frames[look]

    def _as_stored(self, question: QuestionPart) -> tuple[str, ...]:
        """Return the pictures as they were sent, where the look itself is missing."""
        if question.reply is None or self._count >= _MOST_PICTURES:
            return ()
        found = []
        for picture in question.reply.pictures:
            bgr = cv2.imread(str(self.folder / picture.file), cv2.IMREAD_COLOR)
            if bgr is not None:
                self._count += 1
                found.append(jpeg_uri(np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)))
        return tuple(found)


def jpeg_uri(rgb: RgbArray) -> str:
    """Return a picture (H, W, 3) as a data URI."""
    return f'data:image/jpeg;base64,{base64.b64encode(jpeg_of(rgb, _QUALITY)).decode("ascii")}'


def costmap_uri(costmap: CostmapPart, folder: Path) -> tuple[str, tuple[int, int]] | None:
    """Return a costmap as a PNG data URI with its rows and columns; None where it is damaged.

    Its first row lies at the origin. Unknown cells are transparent.
    """
    try:
        values = grid_of_png(folder / costmap.file)
    except _UNREADABLE:
        return None
    done, data = cv2.imencode('.png', _SHADES[values.astype(np.uint8)])
    uri = f'data:image/png;base64,{base64.b64encode(data.tobytes()).decode("ascii")}'
    return (uri, (values.shape[0], values.shape[1])) if done else None


def _shades() -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Return (256, 4) blue, green, red and opacity of a costmap's bytes."""
    shades = np.zeros((256, 4), dtype=np.uint8)
    shades[:, 3] = 255
    share = np.linspace(0.0, 1.0, 99)[:, None]
    shades[:99, :3] = ((1.0 - share) * (252, 253, 253) + share * (226, 218, 210)).round()
    shades[99, :3] = (205, 192, 180)
    shades[100, :3] = (86, 70, 58)
    shades[101:] = 0
    return shades


_SHADES = _shades()


def _chosen(question: QuestionPart) -> tuple[int, ...]:
    reply = question.reply
    return reply.answer.labels if reply is not None and reply.answer is not None else ()


def _marked(
    frame: RgbdFrame,
    shown: ShownPart,
    chosen: tuple[int, ...],
    width_px: int,
    waypoint: WaypointPart | None,
) -> RgbArray:
    found = (_mark(part) for part in shown.marks)
    marks = tuple(mark for mark in found if mark is not None)
    radius_px = min(max(shown.radius_px or _RADIUS_PX, 1.0), _LARGEST_RADIUS_PX)
    whole = frame.rgb if shown.cut is None else cut_out(frame.rgb, Cut(**vars(shown.cut)))
    rgb = whole[:, ::-1] if shown.mirrored else whole
    picture = MarkedPicture(shown.identifier, rgb, marks, radius_px)
    fitting = fitted(picture, max(width_px, round(width_px * _tall(rgb))))
    drawn = draw_marks(fitting, chosen=chosen)
    goal = None if waypoint is None or shown.mirrored or shown.cut else _goal(waypoint, frame)
    if goal is not None:
        scale = drawn.shape[1] / frame.rgb.shape[1]
        at = Pixel(goal.u_px * scale, goal.v_px * scale)
        draw_goal(drawn, at, fitting.radius_px)
    return drawn


def _fits(shown: ShownPart, frame: RgbdFrame) -> bool:
    """Return whether the part that was shown is one of the frame, and of a size to be drawn."""
    cut = shown.cut
    if cut is None:
        return True
    height_px, width_px = frame.rgb.shape[:2]
    inside = cut.left_px >= 0 and cut.top_px >= 0 and cut.width_px > 0 and cut.height_px > 0
    inside = inside and cut.left_px + cut.width_px <= width_px
    inside = inside and cut.top_px + cut.height_px <= height_px
    sizes = (cut.shown_width_px, cut.shown_height_px)
    return inside and min(sizes) > 0 and max(sizes) <= _LARGEST_SHOWN_PX


def _goal(waypoint: WaypointPart, frame: RgbdFrame) -> Pixel | None:
    """Return where a goal shows in a frame, None where it is no place of the frame's map."""
    x_m, y_m = waypoint.x_m, waypoint.y_m
    if x_m is None or y_m is None or waypoint.frame_id != frame.map_frame:
        return None
    place = Waypoint(waypoint.frame_id, waypoint.stamp_ns, x_m, y_m, waypoint.yaw_rad or 0.0)
    pixel = goal_pixel(place, frame)
    return pixel if frame.camera.contains((pixel.u_px, pixel.v_px)) else None


def _mark(part: MarkPart) -> Mark | None:
    """Return a mark, None where its place is no place near any picture."""
    anchor, tail = _pixel(part.anchor), None if part.tail is None else _pixel(part.tail)
    return None if anchor is None else Mark(part.label, anchor, tail)


def _pixel(part: PixelPart) -> Pixel | None:
    u_px, v_px = part.u_px, part.v_px
    if u_px is None or v_px is None or not abs(u_px) + abs(v_px) <= _FARTHEST_PX:
        return None
    return Pixel(u_px, v_px)


def _tall(rgb: RgbArray) -> float:
    height, width = rgb.shape[:2]
    return float(height / width)


def _narrowed(rgb: RgbArray, width_px: int) -> RgbArray:
    return fitted(MarkedPicture('', rgb), max(width_px, round(width_px * _tall(rgb)))).rgb
