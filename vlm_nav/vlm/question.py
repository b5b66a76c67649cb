"""Questions to a vision-language model, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from vlm_nav.drawing.marks import MarkedPicture


class Purpose(str, Enum):
    """What the answer is for; each adapter finds its own words for it.

    ARRIVAL asks of pictures without marks whether the robot has arrived: the answer is `arrived`
    or `none`, never a label. VIEW asks which of several pictures shows where to go: each picture
    that may be chosen bears one mark, in its upper left corner, which stands for all of it.
    HAND_MOVE asks where the hand moves next; colour and size of a mark tell how far away it is.
    """

    GROUND_WAYPOINT = 'ground_waypoint'
    IMAGE_POINT = 'image_point'
    ARRIVAL = 'arrival'
    VIEW = 'view'
    HAND_MOVE = 'hand_move'


@dataclass(frozen=True)
class Question:
    """What is asked, free of any model's wording.

    The labels that may be answered are those of the marks of all pictures, in order. `pick` is
    how many labels are wanted, best first. `evidence` holds facts in words, one line each.
    `visited` are the labels whose places the robot has been to, or could not get to, before, or
    from where little new would show.
    `phrasing` says in which of several wordings it is asked; 0 is the usual one. `chosen_before`
    is the label that an earlier look chose, and that is to be thought over now.
    """

    purpose: Purpose
    instruction: str
    pictures: tuple[MarkedPicture, ...]
    pick: int = 1
    may_answer_none: bool = True
    may_answer_arrived: bool = False
    evidence: tuple[str, ...] = ()
    visited: tuple[int, ...] = ()
    phrasing: int = 0
    chosen_before: int | None = None

    @property
    def labels(self) -> tuple[int, ...]:
        """Return the labels drawn on the pictures, each once, in drawing order."""
        marks = (mark for picture in self.pictures for mark in picture.marks)
        return tuple(dict.fromkeys(mark.label for mark in marks))


@dataclass(frozen=True)
class SentPicture:
    """One picture exactly as it left for the model, and the words that stood before it.

    Its size is kept for bringing places that a model names back to the clean picture, 0 where
    nobody kept it; two pictures of the same bytes are equal either way.
    """

    media_type: str
    data: bytes
    caption: str = ''
    width_px: int = field(default=0, compare=False)
    height_px: int = field(default=0, compare=False)


@dataclass(frozen=True)
class SentQuestion:
    """What an adapter sent: model name, instructions to the model, text, and pictures.

    `asks_seen` says that the form of the answer has a place for whether the thing is seen.
    """

    model: str
    system: str
    text: str
    pictures: tuple[SentPicture, ...]
    asks_seen: bool = False


@dataclass(frozen=True)
class TokenUse:
    """Tokens as the endpoint counted them."""

    prompt: int = 0
    completion: int = 0


@dataclass(frozen=True)
class Answer:
    """A checked answer: `labels` best first, all of them drawn, none twice.

    `dropped` counts labels that were named but not drawn. `sent` is None for doubles, which
    send nothing. `latency_s` runs from the call to the checked answer. `seen` says whether the
    thing shows in the picture that was chosen first, None where nobody asked or said so.
    """

    labels: tuple[int, ...]
    none: bool = False
    arrived: bool = False
    reason: str = ''
    raw_text: str = ''
    dropped: int = 0
    latency_s: float = 0.0
    tokens: TokenUse = TokenUse()
    sent: SentQuestion | None = None
    seen: bool | None = None
