"""Answers on tape: recorded while a model is asked, and played again without it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from vlm_nav.core.deadline import Deadline
from vlm_nav.vlm.cassette_keys import Look, key_of, look_of
from vlm_nav.vlm.cassette_lines import exchange_line, played
from vlm_nav.vlm.cassette_tape import CassetteError, Tape, picture_part
from vlm_nav.vlm.errors import ModelError, ModelLate, NotOnCassette
from vlm_nav.vlm.model import Model, close, notice_of
from vlm_nav.vlm.picture_encoding import encode_picture
from vlm_nav.vlm.question import Answer, Question, SentPicture
from vlm_nav.vlm.wording import captions


class CassetteMode(str, Enum):
    """What a cassette is for.

    live: for nothing, the model is asked. record: the model is asked, and what came back kept.
    replay: what is on the cassette is played, for anything else the model is asked.
    replay_or_fail: the model is never asked.
    """

    LIVE = 'live'
    RECORD = 'record'
    REPLAY = 'replay'
    REPLAY_OR_FAIL = 'replay_or_fail'


@dataclass(frozen=True)
class CassetteSettings:
    """The folder of a cassette, and what is done with it."""

    folder: Path
    mode: CassetteMode

    def notice(self, inner: str) -> str:
        """Return what a report must say of answers: played, else `inner`, what the model says."""
        if self.mode in (CassetteMode.LIVE, CassetteMode.RECORD):
            return inner
        tape = f'answers come from the cassette {self.folder.name}, not from a model'
        return '; '.join(filter(None, [tape, inner if self.mode is CassetteMode.REPLAY else '']))


def with_cassette(
    model: Model, name: str, settings: CassetteSettings, warn: Callable[[str], None]
) -> Model:
    """Return a model, known by `name`, with a cassette around it.

    `warn` is told that pictures of a camera are kept, and later what cannot be written. Raises
    CassetteError where there is no cassette to play, or no place for one.
    """
    tape = Tape(settings.folder)
    if settings.mode is CassetteMode.LIVE:
        return model
    if settings.mode is not CassetteMode.RECORD:
        tape.load()
        return CassettePlayer(model, name, tape, settings)
    try:
        tape.begin()
    except OSError as error:
        raise CassetteError(f'{settings.folder} cannot hold a cassette: {error}') from error
    warn(
        f'camera pictures and answers are kept in {settings.folder} (cassette_mode: record); '
        'keep them as private as the rooms that they show'
    )
    return CassetteRecorder(model, name, tape, warn)


class CassetteRecorder:
    """Asks another model and keeps what comes back; closes what it holds.

    What was cancelled is not kept. That the budget was spent is: it ended the instruction, and
    ends it again. A disk that fails ends the recording and not the robot.
    """

    def __init__(self, inner: Model, name: str, tape: Tape, warn: Callable[[str], None]) -> None:
        """Keep the model, its name, and the tape, which has begun."""
        self._inner = inner
        self._name = name
        self._tape = tape
        self._warn = warn
        self._fails = False
        self.notice = notice_of(inner)

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        """Return or raise what the other model does."""
        number = self._tape.next_number()
        result: Answer | ModelError
        try:
            result = await self._inner.ask(question, deadline)
        except ModelError as error:
            self._keep(number, question, error)
            raise
        self._keep(number, question, result)
        return result

    async def aclose(self) -> None:
        """Close the other model."""
        await close(self._inner)

    def _keep(self, number: int, question: Question, result: Answer | ModelError) -> None:
        if self._fails:
            return
        pictures = _pictures(question) if result.sent is None else result.sent.pictures
        parts = tuple(map(picture_part, _looks(question), pictures))
        line = exchange_line(key_of(self._name, question), number, result, parts)
        try:
            self._tape.add(line, [picture.data for picture in pictures])
        except OSError as error:
            self._fails = True
            self._warn(f'the cassette {self._tape.folder} ends here: {error}')


class CassettePlayer:
    """Plays what was recorded, and asks another model for the rest where it may be asked."""

    def __init__(self, inner: Model, name: str, tape: Tape, settings: CassetteSettings) -> None:
        """Keep the model, its name, and the tape, which is loaded."""
        self._inner = inner
        self._name = name
        self._tape = tape
        self._only = settings.mode is CassetteMode.REPLAY_OR_FAIL
        self.notice = settings.notice(notice_of(inner))

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        """Return or raise what was recorded.

        Raises `NotOnCassette` where nothing was and the tape is all there is.
        """
        await asyncio.sleep(0)
        key, looks = key_of(self._name, question), _looks(question)
        line = self._tape.find(key, looks)
        if line is None or not (line.was_asked or self._only):
            return await self._missed(question, deadline, key, looks)
        if deadline.expired():
            raise ModelLate(f'cassette {self._tape.folder.name}: no answer before the deadline')
        result = played(line, question, self._tape.pictures_of(line) or _pictures(question))
        if isinstance(result, ModelError):
            raise result
        return result

    async def aclose(self) -> None:
        """Close the other model."""
        await close(self._inner)

    async def _missed(
        self, question: Question, deadline: Deadline, key: str, looks: tuple[Look, ...]
    ) -> Answer:
        if self._only:
            why = self._tape.why_not(key, looks)
            raise NotOnCassette(
                f'cassette {self._tape.folder.name} (model {self._name}) has no answer: {why}'
            )
        return await self._inner.ask(question, deadline)


def _looks(question: Question) -> tuple[Look, ...]:
    return tuple(map(look_of, question.pictures))


def _pictures(question: Question) -> tuple[SentPicture, ...]:
    """Return the pictures of a question drawn anew, for where nothing was sent."""
    return tuple(
        replace(encode_picture(picture), caption=caption)
        for picture, caption in zip(question.pictures, captions(question), strict=True)
    )
