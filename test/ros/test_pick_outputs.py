"""What the manipulator publishes of what it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy')

from hands import grasp_at
from std_msgs.msg import Header
from synthetic import frame_of
from visualization_msgs.msg import Marker

from vlm_nav.core.candidate import Pixel
from vlm_nav.drawing.cuts import cut_around, cut_out
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.manipulation.events import PickDecision, PickLooked, PickTask
from vlm_nav.manipulation.grasp_plan import Place
from vlm_nav.messages.stamps import stamp_ns_of
from vlm_nav.ros.grasp_markers import grasp_markers
from vlm_nav.ros.pick_outputs import PickOutputs
from vlm_nav.vlm.events import Answered, Asked
from vlm_nav.vlm.question import Answer, Purpose, Question

pytestmark = pytest.mark.ros
FRAME = frame_of()


class PublisherDouble:
    """A double of a publisher that keeps what it is given."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    def publish(self, message: Any) -> None:
        """Keep it."""
        self.messages.append(message)


def test_a_part_of_a_picture_is_not_shown_under_the_stamp_of_the_whole(
    spun: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = PickOutputs(spun('hand', namespace='/pick_outputs'))
    shown = PublisherDouble()
    monkeypatch.setattr(outputs, '_annotated', shown)
    outputs(PickLooked(FRAME))
    height_px, width_px = FRAME.rgb.shape[:2]
    middle = Pixel(width_px / 2.0, height_px / 2.0)
    cut = cut_around(middle, np.array((width_px, height_px)) / 4.0, width_px, height_px)
    marks = (Mark(1, Pixel(5.0, 5.0)),)
    for picture in (
        MarkedPicture('a', FRAME.rgb, marks),
        MarkedPicture('a', cut_out(FRAME.rgb, cut), marks, cut=cut),
    ):
        asked = Asked(Question(Purpose.IMAGE_POINT, 'the cup', (picture,)), (), run=1, round=1)
        outputs(Answered(asked, Answer((1,))))
    whole_ns, part_ns = (stamp_ns_of(message.header.stamp) for message in shown.messages)
    assert whole_ns == FRAME.stamp_ns
    assert part_ns != FRAME.stamp_ns


def test_where_something_is_put_down_is_shown() -> None:
    grasp, foot = grasp_at(0.5, 0.1, 0.2), np.array((0.5, 0.1, 0.15))
    place = Place(grasp.base_from_grasp, grasp.base_from_pregrasp, foot, 0.1, 1.0)
    decision = PickDecision(PickTask('there', place=True), place=place)
    shown = [one for one in grasp_markers(decision, Header()).markers if one.action == Marker.ADD]
    arrow, ball = shown
    assert [point.z for point in arrow.points] == pytest.approx([0.3, 0.2])
    assert (ball.pose.position.x, ball.pose.position.z) == pytest.approx((0.5, 0.15))
