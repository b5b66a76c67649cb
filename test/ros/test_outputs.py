"""What the navigator publishes of what it is told."""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy')

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from records.missions import floor_frame
from sensor_msgs.msg import Image
from std_msgs.msg import String
from surround import room_sight
from visualization_msgs.msg import Marker, MarkerArray

from vlm_nav.core.candidate import Candidate, GroundAction, Pixel
from vlm_nav.core.decision import Decision, DecisionOutcome, Waypoint
from vlm_nav.core.reasons import ChoosingReason, CommonReason
from vlm_nav.drawing.contact_sheet import contact_sheet
from vlm_nav.drawing.mark_drawing import draw_marks
from vlm_nav.drawing.marks import Mark, MarkedPicture, PictureKind
from vlm_nav.geometry.poses import inverse, transform_points
from vlm_nav.messages.images import rgb_from_message
from vlm_nav.navigation.events import Decided, Ended, Looked
from vlm_nav.navigation.ports import DriveOutcome
from vlm_nav.navigation.sight import Sight
from vlm_nav.navigation.waypoint import goal_pixel, waypoint_for
from vlm_nav.ros.outputs import NavigatorOutputs, annotated
from vlm_nav.ros.qos import LATCHED, OUTPUT
from vlm_nav.vlm.errors import ModelLate
from vlm_nav.vlm.events import Answered, Asked
from vlm_nav.vlm.question import Answer, Purpose, Question
from vlm_nav.vlm.view_sheet import sheet_of

pytestmark = pytest.mark.ros
PATIENCE_S = 10.0
FRAME = replace(floor_frame(), camera_frame='camera_optical')
ACTION = GroundAction(1.2, 0.1)
WAYPOINT = waypoint_for(ACTION, FRAME)
PICTURE = MarkedPicture('front/7', FRAME.rgb, (Mark(4, Pixel(60.0, 70.0)),), 9.0)
CANDIDATE = Candidate(4, ACTION, Pixel(60.0, 70.0))
ASKED = Asked(Question(Purpose.GROUND_WAYPOINT, 'go', (PICTURE,)), (CANDIDATE,), run=1, round=1)
GOAL = Decision(DecisionOutcome.GOAL, 'go', WAYPOINT, confidence=1.0, labels=(4,), record='ab')
TOPICS = {
    'decision': (String, LATCHED),
    'outcome': (String, LATCHED),
    'goal': (PoseStamped, LATCHED),
    'annotated': (Image, LATCHED),
    'markers': (MarkerArray, OUTPUT),
}


class Heard:
    """What comes on the topics, each in a queue."""

    def __init__(self, node: Any) -> None:
        self.node = node
        self._queues: dict[str, queue.Queue[Any]] = {}
        for name, (kind, qos) in TOPICS.items():
            self.listen(name, f'navigator/{name}', kind, qos)
        self.listen('diagnostics', '/diagnostics', DiagnosticArray, OUTPUT)

    def listen(self, name: str, topic: str, kind: type, qos: Any) -> None:
        """Put what comes on a topic into the queue of this name."""
        came: queue.Queue[Any] = queue.Queue()
        self._queues[name] = came
        self.node.create_subscription(kind, topic, came.put, qos)

    def next(self, name: str) -> Any:
        """Return the next message, waiting for it."""
        return self._queues[name].get(timeout=PATIENCE_S)

    def nothing(self, name: str) -> bool:
        """Return whether nothing came that was not asked for."""
        return self._queues[name].empty()


@dataclass
class Stage:
    """The outputs, and who hears them."""

    outputs: NavigatorOutputs
    heard: Heard


@pytest.fixture(scope='module')
def stage(ros_context: Any) -> Iterator[Stage]:
    """Give outputs and a listener that have found each other."""
    from rclpy.node import Node

    from vlm_nav.ros.spinning import SpinThread

    speaks = Node('navigator', context=ros_context, namespace='/shown')
    hears = Node('watcher', context=ros_context, namespace='/shown')
    with SpinThread(speaks, hears):
        found = Stage(NavigatorOutputs(speaks), Heard(hears))
        for publisher in speaks.publishers:
            assert _met(publisher), publisher.topic_name
        yield found
    speaks.destroy_node()
    hears.destroy_node()


def _met(publisher: Any) -> bool:
    if publisher.topic_name.rpartition('/')[2] not in (*TOPICS, 'diagnostics'):
        return True
    return _until(publisher.get_subscription_count)


def _until(ask: Callable[[], int]) -> bool:
    until_s = time.monotonic() + PATIENCE_S
    while not ask() and time.monotonic() < until_s:
        time.sleep(0.01)
    return bool(ask())


def stamp_ns(header: Any) -> int:
    """Return a header's stamp."""
    return int(header.stamp.sec * 1_000_000_000 + header.stamp.nanosec)


def test_an_answer_and_a_goal_are_shown_in_the_picture_and_on_the_map(stage: Stage) -> None:
    stage.outputs(Looked(Sight(FRAME)))
    stage.outputs(Answered(ASKED, Answer((4,))))
    picture = stage.heard.next('annotated')
    assert (picture.header.frame_id, stamp_ns(picture.header)) == (
        'camera_optical',
        FRAME.stamp_ns,
    )
    drawn = rgb_from_message(picture)
    assert drawn.shape == FRAME.rgb.shape
    assert (drawn != FRAME.rgb).any()
    markers = stage.heard.next('markers').markers
    assert [marker.id for marker in markers if marker.action == Marker.ADD] == [4, 4]

    stage.outputs(Decided(GOAL))
    goal = stage.heard.next('goal')
    assert (goal.header.frame_id, stamp_ns(goal.header)) == ('map', FRAME.stamp_ns)
    assert (goal.pose.position.x, goal.pose.position.y) == (WAYPOINT.x_m, WAYPOINT.y_m)
    assert [marker.ns for marker in stage.heard.next('markers').markers] == ['goal']
    with_goal = stage.heard.next('annotated')
    assert with_goal.header == picture.header
    place = goal_pixel(WAYPOINT, FRAME)
    changed = np.argwhere((rgb_from_message(with_goal) != drawn).any(axis=-1))
    v_px, u_px = changed.mean(axis=0)
    assert (u_px, v_px) == pytest.approx((place.u_px, place.v_px), abs=1.5)
    assert json.loads(stage.heard.next('decision').data)['x_m'] == WAYPOINT.x_m


def test_a_decision_without_a_goal_shows_none(stage: Stage) -> None:
    held = Decision(DecisionOutcome.HOLD, 'stay', reason=ChoosingReason.NONE_FITS)
    stage.outputs(Looked(Sight(FRAME)))
    stage.outputs(Decided(held))
    assert json.loads(stage.heard.next('decision').data)['reason'] == 'none_fits'
    stage.outputs(Ended(held, None))
    assert json.loads(stage.heard.next('outcome').data)['instruction'] == 'stay'
    for name in ('goal', 'annotated', 'markers'):
        assert stage.heard.nothing(name)


def test_what_the_model_failed_to_answer_is_not_drawn(stage: Stage) -> None:
    stage.outputs(Looked(Sight(FRAME)))
    stage.outputs(Answered(ASKED, ModelLate('late')))
    stage.outputs(Decided(GOAL))
    assert stage.heard.next('goal')
    assert stage.heard.next('markers')
    assert stage.heard.next('decision')
    assert stage.heard.nothing('annotated')


def test_what_a_check_asked_otherwise_is_not_shown_as_the_answer(stage: Stage) -> None:
    stage.outputs(Looked(Sight(FRAME)))
    stage.outputs(Answered(replace(ASKED, check='mirrored'), Answer((4,))))
    stage.outputs(Decided(GOAL))
    assert stage.heard.next('goal')
    assert stage.heard.next('markers')
    assert stage.heard.next('decision')
    assert stage.heard.nothing('annotated')
    assert stage.heard.nothing('markers')


def test_how_an_instruction_ended_is_told(stage: Stage) -> None:
    stage.outputs(Ended(GOAL, DriveOutcome(False, CommonReason.REPLACED, 'stopped')))
    told = json.loads(stage.heard.next('outcome').data)
    assert (told['reached'], told['reason'], told['record']) == (False, 'replaced', 'ab')


def test_hostile_words_are_told_and_do_not_stop_the_outputs(stage: Stage) -> None:
    hostile = 'a\nb\x00\ud83d"'
    decision = Decision(
        DecisionOutcome.HOLD, hostile, reason=ChoosingReason.NONE_FITS, detail=hostile
    )
    stage.outputs(Decided(decision))
    assert json.loads(stage.heard.next('decision').data)['instruction'] == hostile
    stage.outputs(Ended(decision, None))
    assert json.loads(stage.heard.next('outcome').data)['detail'] == hostile


def test_who_comes_late_hears_the_last_decision(stage: Stage) -> None:
    stage.outputs(Decided(replace(GOAL, instruction='the last one')))
    stage.heard.listen('late', 'navigator/decision', String, LATCHED)
    assert json.loads(stage.heard.next('late').data)['instruction'] == 'the last one'


@pytest.mark.parametrize(
    ('problem', 'level', 'message'),
    [('', DiagnosticStatus.OK, 'ready'), ('paused', DiagnosticStatus.WARN, 'paused')],
)
def test_diagnostics_name_the_node_its_level_and_the_values(
    stage: Stage, problem: str, level: bytes, message: str
) -> None:
    stage.outputs.diagnose(problem, {'cameras': 'all well'})
    told = stage.heard.next('diagnostics')
    (status,) = told.status
    assert (status.level, status.message) == (level, message)
    assert status.name == 'navigator: decisions'
    assert status.hardware_id == '/shown/navigator'
    assert [(item.key, item.value) for item in status.values] == [('cameras', 'all well')]
    assert stamp_ns(told.header) > 0


@pytest.mark.parametrize('height_m', [0.0, 3.2])
def test_a_goal_shows_where_its_candidate_does_on_any_floor(height_m: float) -> None:
    map_from_base = FRAME.map_from_base.copy()
    map_from_base[2, 3] = height_m
    frame = replace(FRAME, map_from_base=map_from_base)
    place = (ACTION.range_m * np.cos(ACTION.bearing_rad), ACTION.range_m * np.sin(0.1), 0.0)
    expected = frame.camera.project(transform_points(inverse(frame.base_from_camera), place))
    found = goal_pixel(waypoint_for(ACTION, frame), frame)
    assert (found.u_px, found.v_px) == pytest.approx(expected.tolist())


def test_a_goal_behind_the_camera_shows_nowhere() -> None:
    behind = waypoint_for(GroundAction(2.0, np.pi), FRAME)
    assert np.isnan(goal_pixel(Waypoint('map', 0, behind.x_m, behind.y_m, 0.0), FRAME).u_px)


def test_pictures_of_several_cameras_stand_side_by_side_and_the_goal_where_it_shows() -> None:
    sight = room_sight('front', 'left')
    left = sight.further[0]
    marks = (Mark(3, Pixel(120.0, 195.0)),)
    shown = MarkedPicture(left.identifier, left.rgb, marks, 9.0, camera='left')
    asked = Asked(Question(Purpose.GROUND_WAYPOINT, 'go', (shown,)), (), run=1, round=2)
    answered = Answered(asked, Answer((3,)))
    plain, with_goal = (
        annotated(sight, answered, goal)
        for goal in (None, waypoint_for(GroundAction(1.2, np.pi / 2.0), sight.frame))
    )
    assert plain.shape == (240, 644, 3)
    bare = contact_sheet([(frame.camera_name, frame.rgb) for frame in sight.frames])
    assert (plain[:, :320] == bare[:, :320]).all()
    assert (plain[:, 324:] != bare[:, 324:]).any()
    # A goal to the left shows in the left camera's picture alone.
    assert (with_goal[:, :324] == plain[:, :324]).all()
    assert (with_goal[:, 324:] != plain[:, 324:]).any()


def test_of_a_choice_among_views_all_that_the_model_saw_is_shown_imagined_or_not() -> None:
    views = tuple(
        MarkedPicture(
            f'view {label}',
            np.roll(FRAME.rgb, 20 * label, axis=1),
            (Mark(label, Pixel(12.0, 12.0)),),
            9.0,
            kind=PictureKind.IMAGINED,
        )
        for label in (1, 2, 3)
    )
    asked = Asked(Question(Purpose.VIEW, 'go', views), (), run=1, round=1)
    drawn = annotated(Sight(FRAME), Answered(asked, Answer((2,))), WAYPOINT)
    sheet = sheet_of(views)
    assert drawn.shape == sheet.rgb.shape
    assert np.array_equal(drawn, draw_marks(sheet, chosen=(2,)))
    assert not np.array_equal(drawn, draw_marks(sheet, chosen=(1,)))
