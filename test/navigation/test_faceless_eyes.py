"""No face leaves the robot where that is wanted: not to a model, and not into a record."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from face_network import CELL_PX, write_face_network
from roaming import Roamer
from synthetic import frame_of

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.events import Event
from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.navigation.decision_making import eyes_for, mission_for
from vlm_nav.navigation.decision_parameters import (
    DECIDING_PARAMETERS,
    LOOKING_PARAMETERS,
    DecisionSettings,
    decision_settings,
)
from vlm_nav.navigation.events import Looked
from vlm_nav.navigation.mission_parameters import MISSION_PARAMETERS
from vlm_nav.navigation.parameter_file import checked_values
from vlm_nav.navigation.sight import Sight
from vlm_nav.records.write import RecordWriter
from vlm_nav.vlm.doubles import AlwaysFirst
from vlm_nav.vlm.question import Question

pytestmark = pytest.mark.skipif(
    tuple(map(int, cv2.__version__.split('.')[:2])) < (4, 8),
    reason=f'OpenCV {cv2.__version__} does not read this form of YuNet',
)
TABLE = (*LOOKING_PARAMETERS, *DECIDING_PARAMETERS, *MISSION_PARAMETERS)
CAMERA = PinholeCamera(320, 240, 260.0, 260.0, 159.5, 119.5)
FACE = (slice(CELL_PX, 2 * CELL_PX), slice(CELL_PX, 2 * CELL_PX))


def has_a_face(rgb: RgbArray) -> bool:
    """Return whether there is a pixel of what counts as a face here, however compressed."""
    red = rgb.astype(int)
    return bool(((red[..., 0] > 200) & (red[..., 1] < 60) & (red[..., 2] < 60)).any())


@dataclass
class AmongPeople(Roamer):
    """Sees a face with each of two cameras."""

    drive_s: float = 0.0
    turn_s: float = 0.0

    async def look(self, deadline: Deadline) -> Sight:
        sight = await super().look(deadline)
        frame = frame_of(camera=CAMERA)
        rgb = frame.rgb.copy()
        rgb[FACE] = (255, 0, 0)
        name = sight.frame.identifier
        first = replace(frame, rgb=rgb, identifier=name, camera_name='front')
        second = replace(first, identifier=f'{name} left', camera_name='left')
        return Sight(first, further=(second,))


@dataclass
class LooksAtPictures(AlwaysFirst):
    """A double that keeps the pictures that it was shown."""

    shown: list[RgbArray] = field(default_factory=list)

    def reply(self, question: Question) -> str:
        self.shown += [picture.rgb for picture in question.pictures]
        return super().reply(question)


def settings_of(tmp_path: Path, **given: Any) -> DecisionSettings:
    network = write_face_network(tmp_path / 'red.onnx')
    usual = {
        'vlm.spec': 'scripted:first',
        'face_model': str(network),
        'pivot.runs': 1,
        'pivot.minimum_agreement': 0.0,
        'decision_limit': 1,
        'checks': ['mirrored'],
    }
    return decision_settings(checked_values(TABLE, {**usual, **given}))


async def carried_out(
    settings: DecisionSettings, folder: Path
) -> tuple[list[RgbArray], list[Any]]:
    """Return what the model was shown and what listeners were told."""
    robot, model, told = AmongPeople(), LooksAtPictures(), list[Event]()

    def fail(problem: str) -> None:
        raise AssertionError(problem)

    listeners = [told.append, RecordWriter(folder, on_problem=fail)]
    mission = mission_for(
        settings, robot, robot, robot, model, listeners, name_record=lambda: 'one'
    )
    await mission.carry_out('go on')
    return model.shown, told


def written(folder: Path) -> list[RgbArray]:
    """Return every colour picture of the record."""
    files = [*folder.glob('*/look*.png'), *folder.glob('*/*.jpg')]
    return [cv2.imread(str(path), cv2.IMREAD_COLOR)[..., ::-1] for path in files]


@pytest.mark.parametrize('blur', [True, False])
async def test_faces_are_in_no_question_record_or_shown_picture_exactly_if_they_are_blurred(
    tmp_path: Path, blur: bool
) -> None:
    records = tmp_path / 'records'
    shown, told = await carried_out(settings_of(tmp_path, blur_faces=blur), records)
    looks = [event.sight for event in told if isinstance(event, Looked)]
    seen = [frame.rgb for sight in looks for frame in sight.frames]
    kept = written(records)
    assert min(len(shown), len(seen), len(kept)) >= 2
    for pictures in (shown, seen, kept):
        assert any(map(has_a_face, pictures)) is not blur


async def test_what_is_no_face_stays_to_the_pixel_and_so_do_depth_and_stamps(
    tmp_path: Path,
) -> None:
    robot = AmongPeople()
    before = await robot.look(Deadline.after(5.0))
    robot.did.clear()
    eyes = eyes_for(settings_of(tmp_path, blur_faces=True), robot)
    after = await eyes.look(Deadline.after(5.0))
    for one, other in zip(before.frames, after.frames, strict=True):
        assert np.array_equal(one.rgb[120:], other.rgb[120:])
        assert not np.array_equal(one.rgb, other.rgb)
        assert np.array_equal(one.depth_m, other.depth_m, equal_nan=True)
        assert (one.stamp_ns, one.identifier, one.camera) == (
            other.stamp_ns, other.identifier, other.camera,
        )  # fmt: skip


async def test_without_the_wish_the_eyes_are_the_robots_own(tmp_path: Path) -> None:
    robot = AmongPeople()
    assert eyes_for(settings_of(tmp_path), robot) is robot
