"""Moves of the gripper as an action space: metres in the base frame, depth in colour and size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from synthetic import camera_pose, frame_of

from vlm_nav.core.candidate import HandMove
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.events import Event
from vlm_nav.core.reasons import CandidateReason, HandReason
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.pivot.gripper_space import GripperSpace
from vlm_nav.pivot.inquiry import Inquiry
from vlm_nav.pivot.loop import pivot
from vlm_nav.pivot.settings import PivotSettings
from vlm_nav.vlm.doubles import ScriptedModel, chosen
from vlm_nav.vlm.events import Asked
from vlm_nav.vlm.question import Purpose, Question
from vlm_nav.vlm.question_data import question_as_data, question_from_data

CAMERA = PinholeCamera(640, 480, 520.0, 520.0, 319.5, 239.5)
# It looks level along the base frame's x.
FRAME = frame_of(pose=camera_pose(height_m=0.5, down_deg=0.0), camera=CAMERA)
GRIPPER = np.array((0.7, 0.0, 0.5))
SPACE = GripperSpace(FRAME, GRIPPER)


def proposed(*vectors: Sequence[float]) -> np.ndarray:
    return np.array(vectors, dtype=np.float64)


def test_a_move_shows_where_the_gripper_would_be() -> None:
    proposals = SPACE.propose(proposed((0.0, 0.1, 0.0), (0.0, 0.0, 0.1), (0.1, 0.0, 0.0)))
    assert list(proposals.refused) == [None] * 3
    left, up, ahead = proposals.anchors
    assert left == pytest.approx((319.5 - 520.0 * 0.1 / 0.7, 239.5))
    assert up == pytest.approx((319.5, 239.5 - 520.0 * 0.1 / 0.7))
    assert ahead == pytest.approx((319.5, 239.5))
    (tail,) = SPACE.arrow_tails
    assert tail is not None
    assert (tail.u_px, tail.v_px) == pytest.approx((319.5, 239.5))


def test_the_label_leads_to_metres_and_tells_how_much_farther_away_it_is() -> None:
    vectors = proposed((0.2, 0.0, 0.02), (-0.1, 0.05, 0.0), (0.0, 0.1, 0.0))
    proposals = SPACE.propose(vectors)
    found = [SPACE.candidate(label, proposals, label - 1) for label in (1, 2, 3)]
    assert found[0].action == HandMove(0.2, 0.0, 0.02)
    assert [one.farther for one in found] == pytest.approx([1.0, -0.5, 0.0])


def test_what_is_out_of_sight_or_reach_or_is_guarded_against_is_refused() -> None:
    def guard(places_base: np.ndarray) -> np.ndarray:
        low = places_base[:, 2] < 0.4
        return np.where(low, HandReason.OUTSIDE_WORKSPACE, None).astype(np.object_)

    space = GripperSpace(FRAME, GRIPPER, guard, reach_m=0.4)
    vectors = proposed((0.5, 0.0, 0.0), (-0.39, 0.39, 0.0), (0.0, 0.0, -0.2), (0.0, 0.1, 0.0))
    assert list(space.propose(vectors).refused) == [
        CandidateReason.OUTSIDE_IMAGE,
        CandidateReason.OUTSIDE_IMAGE,
        HandReason.OUTSIDE_WORKSPACE,
        None,
    ]


def test_a_gripper_out_of_sight_has_no_arrows() -> None:
    assert GripperSpace(FRAME, np.array((-1.0, 0.0, 0.5))).arrow_tails == (None,)


class KnowsTheMove(ScriptedModel):
    """A double that knows where in the picture, and how far away, the hand should be."""

    def __init__(self, vector: np.ndarray) -> None:
        self._target = SPACE.candidate(1, SPACE.propose(vector[None]), 0)

    def reply(self, question: Question) -> str:
        """Return the marks nearest to it, by place and by depth."""
        target = self._target

        def away(mark: object) -> float:
            pixel, farther = mark.anchor, mark.farther  # type: ignore[attr-defined]
            right, down = pixel.u_px - target.anchor.u_px, pixel.v_px - target.anchor.v_px
            return float(np.hypot(np.hypot(right, down) / 150.0, farther - target.farther))

        marks = sorted(question.pictures[0].marks, key=away)
        return chosen([mark.label for mark in marks[: question.pick]], 'nearest')


async def test_pivot_finds_the_move_in_three_dimensions() -> None:
    wanted = np.array((0.12, -0.08, 0.06))
    heard: list[Event] = []
    settings = PivotSettings(rounds=4, runs=3, agreement_radius=0.15)
    inquiry = Inquiry(
        SPACE, KnowsTheMove(wanted), 'grasp it', settings, Deadline.after(60.0),
        listeners=[heard.append],
    )  # fmt: skip
    result = await pivot(inquiry, 5)
    assert result.action is not None
    move = np.array((result.action.x_m, result.action.y_m, result.action.z_m))
    assert float(np.linalg.norm(move - wanted)) < 0.06
    asked = [event.question for event in heard if isinstance(event, Asked)]
    assert {question.purpose for question in asked} == {Purpose.HAND_MOVE}
    again = question_from_data(question_as_data(asked[0]))
    depths = [mark.farther for mark in asked[0].pictures[0].marks]
    assert [mark.farther for mark in again.pictures[0].marks] == depths
    assert max(depths) > 0.3 > -0.3 > min(depths)  # type: ignore[type-var]
