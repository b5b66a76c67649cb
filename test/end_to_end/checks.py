"""What the tests of the chain look at: goals, discs, and the reasons for none."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import pytest
from sensor_data import index_of, kitchen_frame

from end_to_end.chain import Chain
from end_to_end.processes import Line
from vlm_nav.core.candidate import Pixel
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.depth import DepthPoint, point_at_pixel
from vlm_nav.geometry.poses import transform_points

# Two pixels for each frame, far apart on floor that its depth and pose show to be reachable.
TARGETS = {
    0: (Pixel(98, 340), Pixel(114, 448)),
    36: (Pixel(122, 332), Pixel(142, 448)),
    72: (Pixel(222, 328), Pixel(106, 448)),
}
GOAL_ERROR_M = 0.12
DISC_ERROR_PX = 3.0


def floor_point(frame: int, pixel: Pixel) -> tuple[float, float]:
    """Return where on the map's floor a pixel of the recording lies, by its depth and pose."""
    kitchen = kitchen_frame(frame)
    assert kitchen.depth_m is not None
    found = point_at_pixel(kitchen.depth_m, kitchen.camera, pixel)
    assert isinstance(found, DepthPoint)
    x_m, y_m, z_m = transform_points(
        kitchen.map_from_base @ kitchen.base_from_camera, found.as_array()
    )
    assert abs(z_m) < 0.04
    return float(x_m), float(y_m)


def distance_m(goal: Line, point: tuple[float, float]) -> float:
    """Return how far a goal lies from a point of the map."""
    return math.hypot(goal['x_m'] - point[0], goal['y_m'] - point[1])


def pixel_of(camera_from_base: FloatArray, place: tuple[float, float, float]) -> tuple[float, ...]:
    """Return where OpenCV projects a place of the base frame, with the recording's own K."""
    k = np.array(index_of('kitchen_7scenes')['K_color'])
    rotation, _ = cv2.Rodrigues(camera_from_base[:3, :3])
    pixels, _ = cv2.projectPoints(np.array([place]), rotation, camera_from_base[:3, 3], k, None)
    return tuple(pixels.ravel().tolist())


def check_discs(record: dict[str, Any], requests: list[Line], frame: int) -> None:
    """Fail unless every disc that the server saw lies where its candidate projects."""
    kitchen = kitchen_frame(frame)
    camera_from_base = np.linalg.inv(kitchen.base_from_camera)
    expected = []
    for question in record['questions']:
        projected = {}
        for candidate in question['candidates']:
            action = candidate['action']
            place = (
                action['range_m'] * math.cos(action['bearing_rad']),
                action['range_m'] * math.sin(action['bearing_rad']),
                0.0,
            )
            projected[candidate['label']] = pixel_of(camera_from_base, place)
        expected.append(projected)
    assert len(requests) == len(expected) > 0
    for request in requests:
        (picture,) = request['pictures']
        discs = {disc['label']: (disc['u_px'], disc['v_px']) for disc in picture['discs']}
        fitting = [one for one in expected if _all_near(discs, one)]
        assert fitting, f'discs {discs} lie where no question has its candidates: {expected}'
        expected.remove(fitting[0])


def _all_near(discs: dict[int, Any], projected: dict[int, Any]) -> bool:
    return discs.keys() == projected.keys() and all(
        math.dist(discs[label], projected[label]) <= DISC_ERROR_PX for label in discs
    )


def decide(chain: Chain, frame: int, target: Pixel, instruction: str) -> tuple[Line, list[Line]]:
    """Give an instruction with the model aiming at a pixel; return decision and requests."""
    chain.behave(target_pixel=[target.u_px, target.v_px], behaviour='normal')
    before = len(chain.model.told.lines)
    decision = chain.human.ask(instruction)
    return decision, [line for line in chain.model.told.lines[before:] if 'pictures' in line]


def check_goals(chain: Chain, frame: int) -> None:
    """Give an instruction for each target of a frame and check goal, discs and record."""
    chain.play(frame)
    points = [floor_point(frame, pixel) for pixel in TARGETS[frame]]
    assert math.dist(*points) >= 0.5
    start = kitchen_frame(frame).map_from_base[:2, 3]
    for own, other, pixel in zip(points, points[::-1], TARGETS[frame], strict=True):
        before = len(chain.base.told.lines)
        decision, requests = decide(chain, frame, pixel, f'{frame}: go to {pixel}')
        assert decision['outcome'] == 'goal', decision
        goal = chain.base.told.wait(lambda line: line.get('event') == 'accepted', before)
        assert distance_m(goal, own) < GOAL_ERROR_M
        assert distance_m(goal, own) < distance_m(goal, other)
        assert goal['frame_id'] == 'map'
        assert goal['stamp_ns'] == decision['stamp_ns'] > 0
        away_rad = math.atan2(goal['y_m'] - start[1], goal['x_m'] - start[0])
        assert goal['yaw_rad'] == pytest.approx(away_rad, abs=1e-3)
        check_discs(chain.record_of(decision), requests, frame)


def accepted(chain: Chain) -> int:
    """Return how many goals the base has accepted so far."""
    return sum(line.get('event') == 'accepted' for line in chain.base.told.lines)


def check_held(chain: Chain, instruction: str, reason: str) -> None:
    """Give an instruction and fail unless it is held for a reason, told, logged, recorded."""
    goals = accepted(chain)
    decision = chain.human.ask(instruction)
    assert (decision['outcome'], decision['reason']) == ('hold', reason), decision
    assert chain.record_of(decision)['ended']['reason'] == reason
    assert chain.navigator.wait_log(reason, decision['record'])
    assert accepted(chain) == goals
