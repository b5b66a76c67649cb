"""One record while it is being written."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from pathlib import Path

from vlm_nav.core.events import Event
from vlm_nav.manipulation.events import (
    ArmMoved,
    ArmReleased,
    PickDecided,
    PickEnded,
    PickLooked,
)
from vlm_nav.navigation.events import ArrivalChecked, Decided, Drove, Ended, Looked, Turned
from vlm_nav.navigation.sight import Sight
from vlm_nav.records import folder as files
from vlm_nav.records.adding_up import record_from
from vlm_nav.records.from_decision import (
    checked_part,
    decided_part,
    drive_part,
    spent_part,
    turn_part,
)
from vlm_nav.records.from_pick import arm_part, hand_part, pick_part
from vlm_nav.records.from_question import pictures_of, question_part, reply_part
from vlm_nav.records.from_sight import look_part
from vlm_nav.records.lines import (
    AnsweredLine,
    AskedLine,
    CheckedLine,
    DecidedLine,
    DroveLine,
    EndedLine,
    Line,
    LookedLine,
    MovedLine,
    ReleasedLine,
    StartedLine,
    TurnedLine,
)
from vlm_nav.records.question_parts import PictureFilePart
from vlm_nav.records.schema import SpentPart
from vlm_nav.vlm.events import Answered, Asked
from vlm_nav.vlm.question import Purpose
from vlm_nav.vlm.spending import Spending

_PURPOSES = {Purpose.ARRIVAL: 'arrival_', Purpose.IMAGE_POINT: 'point_'}
_ENDINGS = {'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp'}


class Recording:
    """Puts the events of one instruction into a folder as they come.

    A file is there before the line that names it. What may be raised is what the file system
    raises, and ValueError, RecordError or cv2.error for what a record cannot hold.
    """

    def __init__(
        self,
        folder: Path,
        started: StartedLine,
        spending: Callable[[], Spending] | None = None,
    ) -> None:
        """Keep the folder, which is made with the first line, `started`.

        `spending` tells what the instruction has cost so far, where somebody keeps count.
        """
        self.folder = folder
        self._spending = spending
        self._lines: list[Line] = [started]
        self._looks = 0
        # None where what is asked about is no look of the record: on the way of a drive.
        self._look: int | None = None
        self._asked: list[Asked] = []
        self._names: dict[bytes, str] = {}

    def begin(self) -> None:
        """Make the folder and write the first line; a folder that is there is an error."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self.folder.mkdir()
        files.append(self.folder, self._lines[0].model_dump_json())

    def write(self, event: Event, at_s: float) -> None:
        """Write an event that happened `at_s` seconds after the start."""
        line = self._line_of(event, at_s)
        if line is None:
            return
        self._lines.append(line)
        files.append(self.folder, line.model_dump_json())
        if isinstance(event, Ended | PickEnded):
            record = record_from(self._lines)
            files.finish(self.folder, record.model_dump_json(indent=1))

    def _line_of(self, event: Event, at_s: float) -> Line | None:
        line: Line | None = None
        match event:
            case Looked():
                line = self._looked(event.sight, at_s)
            case Asked():
                line = self._asks(event, at_s)
            case Answered():
                line = self._answered(event, at_s)
            case Decided():
                line = DecidedLine(decision=decided_part(event.decision, at_s, self._spent()))
                if event.decision.waypoint is not None:
                    self._look = None
            case ArrivalChecked():
                line = CheckedLine(arrival=checked_part(event, at_s))
            case Turned():
                line = TurnedLine(turn=turn_part(event, at_s))
            case Drove():
                line = DroveLine(drive=drive_part(event.outcome, at_s))
            case Ended():
                line = self._ended(event, at_s)
            case _:
                line = self._line_of_hand(event, at_s)
        return line

    def _line_of_hand(self, event: Event, at_s: float) -> Line | None:
        line: Line | None = None
        match event:
            case PickLooked():
                line = self._looked(Sight(event.frame), at_s)
            case PickDecided():
                part = pick_part(event.decision, at_s, self._spent())
                line = DecidedLine(decision=part, hand=hand_part(event.decision))
            case ArmReleased():
                line = ReleasedLine(at_s=at_s)
            case ArmMoved():
                line = MovedLine(arm=arm_part(event.outcome, at_s))
            case PickEnded():
                outcome = event.end.outcome
                arm = None if outcome is None else arm_part(outcome, at_s)
                part = pick_part(event.end.decision, at_s, self._spent())
                line = EndedLine(at_s=at_s, decision=part, drive=None, arm=arm)
        return line

    def _spent(self) -> SpentPart | None:
        return None if self._spending is None else spent_part(self._spending())

    def _ended(self, event: Ended, at_s: float) -> EndedLine:
        drive = None if event.drive is None else drive_part(event.drive, at_s)
        decision = decided_part(event.decision, at_s, self._spent())
        return EndedLine(at_s=at_s, decision=decision, drive=drive)

    def _looked(self, sight: Sight, at_s: float) -> LookedLine:
        self._look = self._looks
        self._looks += 1
        look, pictures = look_part(sight, self._looks, at_s)
        for name, data in pictures.items():
            files.store(self.folder, name, data)
        return LookedLine(look=look)

    def _asks(self, event: Asked, at_s: float) -> AskedLine:
        self._asked.append(event)
        return AskedLine(question=question_part(event, self._look, at_s))

    def _answered(self, event: Answered, at_s: float) -> AnsweredLine | None:
        index = next((i for i, one in enumerate(self._asked) if one is event.asked), None)
        if index is None:
            return None
        pictures = tuple(
            PictureFilePart(
                file=self._stored(event.asked, number, picture.media_type, picture.data),
                media_type=picture.media_type,
                caption=picture.caption,
            )
            for number, picture in enumerate(pictures_of(event), 1)
        )
        return AnsweredLine(question=index, reply=reply_part(event.result, pictures, at_s))

    def _stored(self, asked: Asked, number: int, media_type: str, data: bytes) -> str:
        """Return the file with these bytes; a second attempt shares the picture of the first."""
        digest = hashlib.sha256(data).digest()
        known = self._names.get(digest)
        if known is not None:
            return known
        name = _picture_name(asked, self._looks, number, media_type, set(self._names.values()))
        files.store(self.folder, name, data)
        self._names[digest] = name
        return name


def _picture_name(asked: Asked, look: int, number: int, media_type: str, taken: set[str]) -> str:
    of_look = f'look{look}_' if look > 1 else ''
    attempt = f'_attempt{asked.attempt}' if asked.attempt > 1 else ''
    picture = f'_picture{number}' if number > 1 else ''
    purpose = _PURPOSES.get(asked.question.purpose, '')
    check = f'_{asked.check}' if asked.check else ''
    stem = f'{of_look}{purpose}round{asked.round}_run{asked.run}{check}{attempt}{picture}'
    ending = _ENDINGS.get(media_type, 'bin')
    again = (f'{stem}_again{count}.{ending}' for count in itertools.count(2))
    names = itertools.chain([f'{stem}.{ending}'], again)
    return next(name for name in names if name not in taken)
