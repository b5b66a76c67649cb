"""What `vlm-nav ask` asks, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vlm_nav.cli.saying import warn
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.drawing.marks import MarkedPicture
from vlm_nav.vlm.coordinates import PointsRead
from vlm_nav.vlm.errors import ModelError, RefusedInWords
from vlm_nav.vlm.model import close
from vlm_nav.vlm.pointing import point_at

if TYPE_CHECKING:
    # They load the package of the endpoint, which takes long.
    from vlm_nav.vlm.openai_endpoint import Reply
    from vlm_nav.vlm.openai_model import OpenAiModel


@dataclass(frozen=True)
class Asked:
    """A question in anybody's words, about a picture; with `points` the answer is to point."""

    question: str
    picture: MarkedPicture
    points: bool
    timeout_s: float


@dataclass(frozen=True)
class Answered:
    """A reply, by whom, and where it points if it was to."""

    model: OpenAiModel
    reply: Reply
    points: PointsRead | None

    @property
    def about(self) -> str:
        """Return in a line who answered, and what it took."""
        settings, tokens = self.model.settings, self.reply.tokens
        return (
            f'{settings.model} at {settings.endpoint()}: {self.reply.latency_s:.1f} s, '
            f'{tokens.prompt} tokens asked, {tokens.completion} answered'
        )

    @property
    def lines(self) -> list[str]:
        """Return the answer for people."""
        if self.points is None:
            return self.reply.text.splitlines()
        lines = [f'({pixel.u_px:.1f}, {pixel.v_px:.1f}) px' for pixel in self.points.pixels]
        return lines or f'no point: {self.reply.text}'.splitlines()

    @property
    def fields(self) -> dict[str, Any]:
        """Return the answer as JSON has it."""
        settings = self.model.settings
        fields = {
            'answer': self.reply.text,
            'model': settings.model,
            'endpoint': settings.endpoint(),
            'latency_s': self.reply.latency_s,
            'prompt_tokens': self.reply.tokens.prompt,
            'completion_tokens': self.reply.tokens.completion,
        }
        if self.points is None:
            return fields
        pixels = [{'u_px': pixel.u_px, 'v_px': pixel.v_px} for pixel in self.points.pixels]
        return {**fields, 'points': pixels, 'refused_points': self.points.refused}


async def first_answer(models: Mapping[str, OpenAiModel], asked: Asked) -> Answered:
    """Return the answer of the first model that gives one; raises the last one's error."""
    *earlier, (_, last) = models.items()
    try:
        for name, model in earlier:
            try:
                return await _answered(model, asked)
            except RefusedInWords:
                raise
            except ModelError as error:
                warn(f'{name}: {error}')
        return await _answered(last, asked)
    finally:
        for model in models.values():
            await close(model)


async def _answered(model: OpenAiModel, asked: Asked) -> Answered:
    deadline = Deadline.after(asked.timeout_s)
    if not asked.points:
        pictures = (model.encoded(asked.picture),)
        reply = await model.converse(asked.question, pictures, deadline)
        return Answered(model, reply, None)
    convention = model.settings.coordinates
    if convention is None:
        raise InvalidValueError(
            f'how {model.settings.model!r} writes places in pictures is not known: '
            '-p vlm.coordinates:=... says it, vlm-nav doctor finds it out'
        )
    pointed = await point_at(model, asked.question, asked.picture, convention, deadline)
    return Answered(model, pointed.reply, pointed.points(convention))
