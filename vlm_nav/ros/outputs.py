"""What the navigator shows: pictures, markers, goals, decisions and diagnostics."""

from __future__ import annotations

import math

from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import String
from visualization_msgs.msg import MarkerArray

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.decision import Decision, Waypoint
from vlm_nav.core.events import Event
from vlm_nav.drawing.contact_sheet import contact_sheet
from vlm_nav.drawing.mark_drawing import draw_goal, draw_marks
from vlm_nav.drawing.marks import MarkedPicture
from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.navigation.events import ArrivalChecked, Decided, Ended, Looked, Started
from vlm_nav.navigation.fence import Fence
from vlm_nav.navigation.in_words import (
    arrival_line,
    decision_json,
    decision_line,
    end_json,
    end_line,
)
from vlm_nav.navigation.mission import MissionEnd
from vlm_nav.navigation.sight import Sight
from vlm_nav.navigation.waypoint import goal_pixel
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.ros.diagnostics_output import DiagnosticsOutput
from vlm_nav.ros.images import image_from_rgb
from vlm_nav.ros.markers import candidate_markers, fence_markers, goal_markers
from vlm_nav.ros.poses import header_at, pose_stamped
from vlm_nav.ros.qos import LATCHED, OUTPUT
from vlm_nav.vlm.events import Answered
from vlm_nav.vlm.question import Answer, Purpose
from vlm_nav.vlm.view_sheet import sheet_of


class NavigatorOutputs:
    """A listener of missions that publishes what it hears, and logs a line for each decision."""

    def __init__(self, node: Node) -> None:
        """Make the publishers on `node`."""
        self._node = node
        # Decisions are latched: who asks late still hears the last one.
        self._decision = node.create_publisher(String, '~/decision', LATCHED)
        self._outcome = node.create_publisher(String, '~/outcome', LATCHED)
        self._goal = node.create_publisher(PoseStamped, '~/goal', LATCHED)
        self._annotated = node.create_publisher(Image, '~/annotated', LATCHED)
        self._markers = node.create_publisher(MarkerArray, '~/markers', OUTPUT)
        self._fence = node.create_publisher(MarkerArray, '~/fence', LATCHED)
        self.diagnose = DiagnosticsOutput(node, 'decisions')
        self._sight: Sight | None = None
        self._answered: Answered | None = None
        self._decisions = 0

    def __call__(self, event: Event) -> None:
        """Publish what an event says."""
        if isinstance(event, Started):
            self._decisions = 0
        elif isinstance(event, Looked):
            self._sight, self._answered = event.sight, None
        elif isinstance(event, Answered) and isinstance(event.result, Answer):
            if not event.asked.check:
                self._show_answer(event, event.result.labels)
        elif isinstance(event, ArrivalChecked):
            self._node.get_logger().info(arrival_line(event))
        elif isinstance(event, Decided):
            self._decisions += 1
            self._show_decision(event.decision)
        elif isinstance(event, Ended):
            self._show_end(MissionEnd(event.decision, event.drive))

    @property
    def decisions(self) -> int:
        """How many decisions the present instruction, or the last one, has led to."""
        return self._decisions

    def show_fence(self, fence: Fence, map_frame: str) -> None:
        """Publish the lines of a fence, or take back those of the one before."""
        self._fence.publish(fence_markers(fence, map_frame))

    def _show_answer(self, answered: Answered, labels: tuple[int, ...]) -> None:
        self._answered = answered
        if self._sight is not None:
            self._publish_picture(annotated(self._sight, answered), self._sight.frame)
            candidates = answered.asked.candidates
            self._markers.publish(candidate_markers(candidates, labels, self._sight.frame))

    def _show_decision(self, decision: Decision) -> None:
        self._node.get_logger().info(decision_line(decision))
        self._decision.publish(String(data=decision_json(decision)))
        if decision.waypoint is None:
            return
        self._goal.publish(pose_stamped(decision.waypoint))
        self._markers.publish(goal_markers(decision.waypoint))
        if self._sight is not None and self._answered is not None:
            drawn = annotated(self._sight, self._answered, decision.waypoint)
            self._publish_picture(drawn, self._sight.frame)

    def _show_end(self, end: MissionEnd) -> None:
        self._node.get_logger().info(end_line(end))
        self._outcome.publish(String(data=end_json(end)))

    def _publish_picture(self, rgb: RgbArray, frame: RgbdFrame) -> None:
        header = header_at(frame.camera_frame, frame.stamp_ns)
        self._annotated.publish(image_from_rgb(rgb, header))


def annotated(sight: Sight, answered: Answered, goal: Waypoint | None = None) -> RgbArray:
    """Return the pictures of all cameras side by side, with the marks of an answered question.

    A picture that the question did not show bears none. The goal is drawn wherever it shows. Of a
    choice among views the views are returned, as on the sheet that a model sees.
    """
    question = answered.asked.question
    asked = {picture.identifier: picture for picture in question.pictures}
    labels = answered.result.labels if isinstance(answered.result, Answer) else ()
    if question.purpose is Purpose.VIEW:
        return draw_marks(sheet_of(question.pictures), chosen=labels)
    pictures = []
    for frame in sight.frames:
        picture = asked.get(frame.identifier, MarkedPicture(frame.identifier, frame.rgb))
        drawn = draw_marks(picture, chosen=labels)
        place = Pixel(math.nan, math.nan) if goal is None else goal_pixel(goal, frame)
        if frame.camera.contains((place.u_px, place.v_px)):
            draw_goal(drawn, place, picture.radius_px)
        pictures.append((frame.camera_name, drawn))
    return contact_sheet(pictures)
