"""Asking a model to point at something in a picture, by the convention of its family."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vlm_nav.core.deadline import Deadline
from vlm_nav.drawing.marks import MarkedPicture
from vlm_nav.vlm.coordinates import Convention, PictureSize, PointsRead, asked_form, read_points

if TYPE_CHECKING:
    # What names the package of the endpoint takes long to load, and is needed for names alone.
    from vlm_nav.vlm.openai_endpoint import Reply
    from vlm_nav.vlm.openai_model import OpenAiModel


@dataclass(frozen=True)
class Pointed:
    """What was answered, and how the picture was sent: points are read from both."""

    reply: Reply
    sent: PictureSize
    picture: PictureSize

    def points(self, convention: Convention) -> PointsRead:
        """Return the points as pixels of the original picture, read by `convention`."""
        return read_points(self.reply.text, convention, sent=self.sent, picture=self.picture)


async def point_at(
    model: OpenAiModel,
    words: str,
    picture: MarkedPicture,
    convention: Convention,
    deadline: Deadline,
) -> Pointed:
    """Return where the model points when it is told `words`, in the form of `convention`.

    Raises as `OpenAiModel.ask` does.
    """
    height_px, width_px = picture.rgb.shape[:2]
    leaving = model.encoded(picture)
    sent = (leaving.width_px, leaving.height_px)
    form = asked_form(convention, sent)
    reply = await model.converse(f'{words}\n{form}', (leaving,), deadline)
    return Pointed(reply, sent, (width_px, height_px))
