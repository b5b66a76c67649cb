"""Pictures of a decision for people: each round with its answer, and the goal."""

from __future__ import annotations

from pathlib import Path

import cv2

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.events import Event
from vlm_nav.drawing.mark_drawing import draw_goal, draw_marks
from vlm_nav.drawing.marks import MarkedPicture
from vlm_nav.files.reading import FileError
from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.vlm.events import Answered
from vlm_nav.vlm.question import Answer

GOAL_PICTURE = 'decision.png'


class AnnotatedPictures:
    """A listener that writes what was drawn and chosen into a folder, which is made.

    `roundN_runM.png` shows one question with the chosen marks ringed, `CHECK_runM.png` one that a
    check asked; `decision.png`, which `finish` writes, the last of the former with the goal.
    """

    def __init__(self, folder: Path, clean: RgbArray) -> None:
        """Write into `folder`; `clean` is the picture without marks."""
        self._folder = folder
        self._last = MarkedPicture('', clean)
        self._chosen: tuple[int, ...] = ()
        _make(folder)

    def __call__(self, event: Event) -> None:
        """Write the picture of a question that was answered; raises FileError."""
        if not (isinstance(event, Answered) and isinstance(event.result, Answer)):
            return
        asked, chosen = event.asked, event.result.labels
        picture = asked.question.pictures[0]
        self._write(
            f'{asked.check or f"round{asked.round}"}_run{asked.run}.png',
            draw_marks(picture, chosen=chosen),
        )
        if not asked.check:
            self._last, self._chosen = picture, chosen

    def finish(self, goal: Pixel | None) -> Path:
        """Write the last picture with the goal, where there is one, and return its path."""
        drawn = draw_marks(self._last, chosen=self._chosen)
        if goal is not None:
            draw_goal(drawn, goal, self._last.radius_px)
        return self._write(GOAL_PICTURE, drawn)

    def _write(self, name: str, rgb: RgbArray) -> Path:
        return write_picture(self._folder, name, rgb)


def write_picture(folder: Path, name: str, rgb: RgbArray) -> Path:
    """Write a picture (H, W, 3) into a folder, which is made, and return its path.

    Raises FileError where it cannot be written.
    """
    _make(folder)
    path = folder / name
    encoded, data = cv2.imencode('.png', cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    try:
        if not encoded:
            raise OSError('OpenCV does not encode it')
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise FileError(f'a picture was to be written to {path}: {error}') from error
    return path


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f'a folder for pictures was wanted, {folder}: {error}') from error
