"""Doubles: models that answer by a script, for trying and testing everything without a VLM.

They read marks as data and answer in text, which goes the way of every other answer. They keep
deadlines and may be cancelled. Asked whether the robot has arrived, those that know marks only say
that it has not.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import time
from collections.abc import Callable, Sequence
from typing import TypeAlias

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.waiting import DeadlinePassedError, done_by
from vlm_nav.drawing.marks import Mark, MarkedPicture, as_taken
from vlm_nav.vlm.errors import ModelLate, RefusedInWords
from vlm_nav.vlm.model import Model, notice_of
from vlm_nav.vlm.question import Answer, Purpose, Question
from vlm_nav.vlm.reading import read_answer

Target: TypeAlias = Pixel | Callable[[str], Pixel | Sequence[Pixel]]


class ScriptedModel:
    """Base of the doubles: asks `reply` for a text and reads it as every answer is read."""

    notice = 'answers come from a script, not from a model'

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        """Return the scripted answer; raises `ModelLate` where no time is left for one."""
        started_s = time.monotonic()
        await asyncio.sleep(0)
        if deadline.expired():
            raise ModelLate(f'{type(self).__name__}: no answer before the deadline')
        text = self.reply(question)
        return read_answer(question, text, latency_s=time.monotonic() - started_s)

    def reply(self, question: Question) -> str:
        """Return the text of the answer to `question`."""
        raise NotImplementedError


class NearestToTarget(ScriptedModel):
    """A double that knows the target and picks the marks nearest to it.

    The target is a pixel of the clean picture, or a callable that gives the pixel or pixels for
    a picture's identifier; of several the nearest one counts. Without any it answers 'none'. On a
    robot with several cameras a pixel is one of the first camera's picture: the one that stands
    in front in the first question.
    """

    def __init__(self, target: Target) -> None:
        """Keep the target in pixels of the clean picture."""
        self._target = target
        self._first_camera: str | None = None

    def reply(self, question: Question) -> str:
        """Return the labels of the nearest marks, nearest first."""
        distances_px: dict[int, float] = {}
        if self._first_camera is None and question.pictures:
            self._first_camera = question.pictures[0].camera
        for picture in question.pictures:
            targets = self._targets(picture)
            for mark in as_taken(picture).marks:
                nearest = min((_distance_px(mark, target) for target in targets), default=None)
                if nearest is not None:
                    known = distances_px.get(mark.label, math.inf)
                    distances_px[mark.label] = min(known, nearest)
        ranked = sorted(distances_px, key=lambda label: (distances_px[label], label))
        return chosen(ranked[: question.pick], 'nearest to the target')

    def _targets(self, picture: MarkedPicture) -> Sequence[Pixel]:
        if isinstance(self._target, Pixel):
            return (self._target,) if picture.camera == self._first_camera else ()
        targets = self._target(picture.identifier)
        return (targets,) if isinstance(targets, Pixel) else targets


class NoisyNearest(NearestToTarget):
    """A double that picks the nearest marks, but any others in a share `p` of its answers."""

    def __init__(self, target: Target, p: float, rng: random.Random) -> None:
        """Keep the target, the share of answers drawn at random (0 to 1), and their source."""
        if not 0.0 <= p <= 1.0:
            raise InvalidValueError(f'the share of wrong answers lies in [0, 1], got {p!r}')
        super().__init__(target)
        self._p = p
        self._rng = rng

    def reply(self, question: Question) -> str:
        """Return the nearest labels, or random ones."""
        if self._rng.random() < self._p:
            return random_choice(question, self._rng)
        return super().reply(question)


class AlwaysFirst(ScriptedModel):
    """A double with a position bias: it picks the marks that were drawn first."""

    def reply(self, question: Question) -> str:
        """Return the first labels in drawing order."""
        return chosen(question.labels[: question.pick], 'drawn first')


class RandomChoice(ScriptedModel):
    """A double that picks marks at random, and so says whether the robot has arrived."""

    def __init__(self, rng: random.Random) -> None:
        """Keep the source of its choices."""
        self._rng = rng

    def reply(self, question: Question) -> str:
        """Return random labels, each once."""
        return random_choice(question, self._rng)


class Refuser(ScriptedModel):
    """A double that refuses, as a model's safety training or its endpoint would."""

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        """Raise `RefusedInWords`."""
        await asyncio.sleep(0)
        raise RefusedInWords('Refuser: refused: this double answers no question')


class Malformed(ScriptedModel):
    """A double whose answers cannot be read."""

    def reply(self, question: Question) -> str:
        """Return half an object and prose with numbers that are no choice."""
        return 'There are 3 chairs, about 2 m away. {"reason": "the chair on the'


class SaysNone(ScriptedModel):
    """A double that always finds that none fits."""

    def reply(self, question: Question) -> str:
        """Return an answer that names no mark."""
        return chosen((), 'none fits', none=True)


class SaysArrived(ScriptedModel):
    """A double that always finds itself arrived."""

    def reply(self, question: Question) -> str:
        """Return an answer that says the robot has arrived."""
        return chosen((), 'already there', arrived=True)


class NamesUndrawn(ScriptedModel):
    """A double that names a label that was never drawn."""

    def reply(self, question: Question) -> str:
        """Return the number after the highest one drawn."""
        return chosen((max(question.labels, default=0) + 1,), 'not in the picture')


class Slow:
    """A double that lets another model answer after a delay."""

    def __init__(self, inner: Model, delay_s: float) -> None:
        """Keep the model that answers in the end, and the delay in seconds."""
        self._inner = inner
        self._delay_s = delay_s
        self.notice = notice_of(inner)

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        """Return the other model's answer; raises `ModelLate` when the delay is too long."""
        try:
            await done_by(deadline, asyncio.sleep(self._delay_s))
        except DeadlinePassedError:
            raise ModelLate('Slow: no answer before the deadline') from None
        return await self._inner.ask(question, deadline)


def chosen(
    labels: Sequence[int],
    reason: str,
    *,
    none: bool = False,
    arrived: bool = False,
    seen: bool | None = None,
) -> str:
    """Return the text of an answer, in the form that models are asked for."""
    answer = {'reason': reason, 'points': list(labels), 'none': none, 'arrived': arrived}
    return json.dumps(answer if seen is None else {**answer, 'seen': seen})


def random_choice(question: Question, rng: random.Random) -> str:
    """Return the text of an answer that names as many labels as are wanted, by lot."""
    if question.purpose is Purpose.ARRIVAL:
        return chosen((), 'said by lot', arrived=rng.random() < 0.5)
    labels = question.labels
    return chosen(rng.sample(labels, min(question.pick, len(labels))), 'drawn by lot')


def _distance_px(mark: Mark, target: Pixel) -> float:
    return math.hypot(mark.anchor.u_px - target.u_px, mark.anchor.v_px - target.v_px)
