"""Few pictures that show most, kept by novelty and travel; never an imagined one."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from sensor_data import kitchen_color, kitchen_index
from synthetic import frame_of

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.memory.keyframes import Keyframes, KeyframeSettings, NotSeenError
from vlm_nav.observation.imagined_view import ImaginedView
from vlm_nav.observation.rgbd_frame import RgbdFrame


def frame_at(x_m: float, look: int, yaw_rad: float = 0.0) -> RgbdFrame:
    """Return a frame from a place of the map; pictures of different `look` have little alike."""
    empty = frame_of(map_from_base=transform_from_floor_pose(FloorPose(x_m, 0.0, yaw_rad)))
    random = np.random.default_rng(look)
    blocks = random.integers(0, 256, (3, 4, 3), dtype=np.uint8)
    rgb = np.kron(blocks, np.ones((40, 40, 1), dtype=np.uint8))
    return replace(empty, rgb=rgb, identifier=f'{look} at {x_m:g}')


@functools.cache
def kitchen_view(number: int) -> RgbdFrame:
    """Return a picture of the recorded kitchen with its place in a map whose z is up."""
    rgb, world_from_camera = kitchen_color(number), kitchen_index()[number]
    camera = replace(frame_of().camera, width_px=rgb.shape[1], height_px=rgb.shape[0])
    return RgbdFrame(
        rgb, None, camera, np.eye(4), world_from_camera, 'map', number, identifier=str(number)
    )


def names_of(keyframes: Keyframes) -> list[str]:
    return [keyframe.identifier for keyframe in keyframes.kept]


def test_the_first_picture_is_kept_and_one_like_it_from_there_is_not() -> None:
    keyframes = Keyframes().with_frames([frame_at(0.0, 1), frame_at(0.1, 1)])
    assert names_of(keyframes) == ['1 at 0']


def test_a_picture_that_looks_new_is_kept_although_the_robot_only_turned() -> None:
    keyframes = Keyframes().with_frames([frame_at(0.0, 1), frame_at(0.0, 2, yaw_rad=2.0)])
    assert names_of(keyframes) == ['1 at 0', '2 at 0']
    assert keyframes.kept[1].camera_pose.yaw_rad == pytest.approx(2.0)


def test_a_picture_from_elsewhere_is_kept_although_it_looks_the_same() -> None:
    settings = KeyframeSettings(travel_m=1.5)
    keyframes = Keyframes(settings).with_frames([frame_at(x_m, 1) for x_m in (0.0, 1.4, 1.6)])
    assert names_of(keyframes) == ['1 at 0', '1 at 1.6']


def test_no_more_are_kept_than_wanted_and_those_that_differ_most_stay() -> None:
    settings = KeyframeSettings(most=3, travel_m=0.5)
    # The second looks nearly as the first, from a step aside.
    frames = [frame_at(0.0, 1), frame_at(0.6, 1), frame_at(0.0, 2), frame_at(4.0, 3)]
    assert names_of(Keyframes(settings).with_frames(frames)) in (
        ['1 at 0', '2 at 0', '3 at 4'],
        ['1 at 0.6', '2 at 0', '3 at 4'],
    )


def test_the_newest_picture_is_kept_when_all_places_are_taken() -> None:
    settings = KeyframeSettings(most=4)
    keyframes = Keyframes(settings)
    for look in range(12):
        keyframes = keyframes.with_frames([frame_at(float(look), look)])
        assert keyframes.kept[-1].identifier == f'{look} at {look}'
        assert len(keyframes.kept) <= 4
    stamps = [int(name.split()[0]) for name in names_of(keyframes)]
    assert stamps == sorted(stamps)


@pytest.mark.data
def test_who_comes_back_to_a_place_of_the_kitchen_keeps_no_second_picture_of_it() -> None:
    first = [kitchen_view(number) for number in (216,)]
    # 81 % of the view is the same; less than 1.5 m lies between them.
    again = Keyframes().with_frames([*first, kitchen_view(486)])
    assert names_of(again) == ['216']


@pytest.mark.data
def test_a_walk_through_the_kitchen_is_kept_in_few_pictures_the_same_each_time() -> None:
    walk = [kitchen_view(number) for number in sorted(kitchen_index())]
    keyframes = Keyframes().with_frames(walk)
    assert 3 <= len(keyframes.kept) <= 10
    assert names_of(keyframes) == names_of(Keyframes().with_frames(walk))
    # None of the 40 differs much from all that are kept.
    again = keyframes.with_frames(walk)
    assert names_of(again) == names_of(keyframes)


def test_an_imagined_picture_is_never_remembered() -> None:
    seen = frame_at(0.0, 1)
    imagined = ImaginedView(
        'imagined', seen.rgb, np.ones(seen.rgb.shape[:2], np.bool_), None,
        FloorPose(1.0, 0.0, 0.0), None,
    )  # fmt: skip
    with pytest.raises(NotSeenError, match='ImaginedView'):
        Keyframes().with_frames(cast(Sequence[Any], [imagined]))


def test_what_is_shown_is_near_or_differs_and_is_not_in_sight_anyway() -> None:
    frames = [frame_at(2.0 * look, look) for look in range(8)]
    keyframes = Keyframes().with_frames(frames)
    shown = keyframes.to_show((14.0, 0.0), 4, hidden={'7 at 14'})
    names = [keyframe.identifier for keyframe in shown]
    assert len(names) == 4
    assert {'5 at 10', '6 at 12'} < set(names)
    assert '7 at 14' not in names
    assert Keyframes().to_show((0.0, 0.0), 4) == ()


def test_pictures_of_another_map_are_forgotten() -> None:
    elsewhere = replace(frame_at(0.0, 2), map_frame='odom')
    keyframes = Keyframes().with_frames([frame_at(0.0, 1), elsewhere])
    assert names_of(keyframes) == ['2 at 0']


def test_what_is_kept_is_small_and_no_part_of_the_frame() -> None:
    frame = kept_large()
    (keyframe,) = Keyframes().with_frames([frame]).kept
    assert keyframe.rgb.shape == (240, 320, 3)
    assert not np.shares_memory(keyframe.rgb, frame.rgb)


def kept_large() -> RgbdFrame:
    frame = frame_at(0.0, 1)
    camera = replace(frame.camera, width_px=640, height_px=480)
    rgb = np.kron(frame.rgb, np.ones((4, 4, 1), dtype=np.uint8))
    return replace(frame, rgb=rgb, depth_m=None, camera=camera)


@pytest.mark.parametrize(
    'wrong', [{'most': 0}, {'novelty': 0.0}, {'travel_m': 0.0}, {'novelty': math.nan}]
)
def test_settings_by_which_nothing_or_all_would_be_kept_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValueError):
        KeyframeSettings(**wrong)
