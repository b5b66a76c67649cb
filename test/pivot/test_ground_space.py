"""Places on the floor: sampled where the camera looks, judged before they are drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from synthetic import camera_pose, frame_of

from vlm_nav.core.candidate import GroundAction
from vlm_nav.core.reasons import CandidateReason
from vlm_nav.geometry.ground import FLOOR, intersect
from vlm_nav.pivot.distribution import Gaussian
from vlm_nav.pivot.ground_space import GroundChecks, GroundSpace, ground_action


def permissive(places: NDArray[np.float64]) -> GroundChecks:
    refused = np.full(len(places), None, dtype=np.object_)
    return GroundChecks(refused, np.full(len(places), 2.5))


def left_only(places: NDArray[np.float64]) -> GroundChecks:
    refused = np.where(places[:, 1] > 0.0, None, CandidateReason.OBSTACLE)
    return GroundChecks(refused, np.full(len(places), np.nan))


@given(
    st.floats(0.3, 1.5),
    st.floats(5.0, 60.0),
    st.floats(-170.0, 170.0),
    st.floats(-20.0, 20.0),
    st.floats(2.0, 157.0),
    st.floats(2.0, 117.0),
)
def test_a_pixel_of_the_floor_comes_back_from_its_place(
    height_m: float, down: float, left: float, roll: float, u_px: float, v_px: float
) -> None:
    frame = frame_of((), camera_pose(height_m, down, left, roll))
    space = GroundSpace((frame,), permissive)
    ray = frame.camera.rays((u_px, v_px)) @ frame.base_from_camera[:3, :3].T
    place = intersect(FLOOR, frame.base_from_camera[:3, 3], ray)
    if np.isfinite(place).all() and np.hypot(*place[:2]) < 50.0:
        np.testing.assert_allclose(space.anchors(place[None, :2], 0)[0], (u_px, v_px), atol=1e-3)


@pytest.mark.parametrize('left_deg', [0.0, 60.0, -100.0, 180.0])
@pytest.mark.parametrize('roll_deg', [0.0, 20.0, 90.0, 180.0])
def test_samples_cover_what_the_camera_sees_however_it_hangs(
    left_deg: float, roll_deg: float
) -> None:
    frame = frame_of((), camera_pose(0.8, 25.0, left_deg, roll_deg))
    space = GroundSpace((frame,), permissive)
    samples = space.sample(None, 2000, np.random.default_rng(0))
    shown = frame.camera.contains(space.anchors(samples, 0))
    assert shown.mean() > 0.15
    anchors = space.anchors(samples[shown], 0)
    assert (anchors.max(axis=0) - anchors.min(axis=0) > (110.0, 60.0)).all()


def test_later_samples_come_from_the_distribution() -> None:
    space = GroundSpace((frame_of(),), permissive)
    samples = space.sample(Gaussian((2.0, 0.5), (0.1, 0.2)), 500, np.random.default_rng(0))
    assert samples.mean(axis=0) == pytest.approx((2.0, 0.5), abs=0.05)


def test_places_outside_the_picture_or_the_reach_are_refused_and_not_judged() -> None:
    judged = []

    def remembering(places: NDArray[np.float64]) -> GroundChecks:
        judged.extend(places.tolist())
        return permissive(places)

    space = GroundSpace((frame_of(),), remembering, nearest_m=1.0, farthest_m=3.0)
    vectors = np.array([(2.0, 0.0), (0.9, 0.0), (3.1, 0.0), (-2.0, 0.0), (1.0, 2.5)])
    proposals = space.propose(vectors)
    outside = CandidateReason.OUTSIDE_IMAGE
    assert proposals.refused.tolist() == [None, outside, outside, outside, outside]
    assert judged == [[2.0, 0.0]]
    assert proposals.free_m[0] == 2.5
    assert np.isnan(proposals.free_m[1:]).all()


def test_the_guards_reason_is_kept() -> None:
    space = GroundSpace((frame_of(),), left_only)
    refused = space.propose(np.array([(2.0, 0.3), (2.0, -0.3)])).refused
    assert refused.tolist() == [None, CandidateReason.OBSTACLE]


def test_a_candidate_tells_range_bearing_and_free_distance() -> None:
    space = GroundSpace((frame_of(),), permissive)
    candidate = space.candidate(4, space.propose(np.array([(2.0, 0.5)])), 0)
    assert candidate.label == 4
    assert candidate.action == GroundAction(math.hypot(2.0, 0.5), math.atan2(0.5, 2.0))
    assert candidate.facts is not None
    assert candidate.facts.free_m == 2.5
    unmeasured = GroundSpace((frame_of(),), left_only)
    facts = unmeasured.candidate(1, unmeasured.propose(np.array([(2.0, 0.5)])), 0).facts
    assert facts is not None
    assert facts.free_m is None


def test_bearings_are_positive_to_the_left() -> None:
    assert ground_action(1.0, 1.0).bearing_rad == pytest.approx(math.pi / 4.0)
    assert ground_action(0.0, 0.0) == GroundAction(0.0, 0.0)


def test_nothing_proposed_is_nothing_refused() -> None:
    proposals = GroundSpace((frame_of(),), permissive).propose(np.zeros((0, 2)))
    assert len(proposals.refused) == 0
