"""What a record says about questions, and about what came back for them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from vlm_nav.records.values import FileName, Number, Part, Text


class PixelPart(Part):
    """A place in a picture: u to the right, v down, whole numbers at pixel centres."""

    u_px: Number
    v_px: Number


class GroundActionPart(Part):
    """Go to a place on the floor, given from the base; bearing is positive to the left."""

    kind: Literal['ground'] = 'ground'
    range_m: Number
    bearing_rad: Number


class PixelActionPart(Part):
    """Point at a place in the clean picture."""

    kind: Literal['pixel'] = 'pixel'
    u_px: Number
    v_px: Number


class ViewActionPart(Part):
    """Go to a place and look along its yaw from there, given from the base."""

    kind: Literal['view'] = 'view'
    x_m: Number
    y_m: Number
    yaw_rad: Number


class OtherActionPart(Part):
    """An action that this format has no words for, as text."""

    kind: Literal['other'] = 'other'
    text: Text


ActionPart = Annotated[
    GroundActionPart | PixelActionPart | ViewActionPart | OtherActionPart,
    Field(discriminator='kind'),
]


class FactsPart(Part):
    """What geometry knows about a candidate; `free_m` is null where nothing was measured."""

    range_m: Number
    bearing_rad: Number
    free_m: Number


class CandidatePart(Part):
    """One numbered possibility; `anchor` is in pixels of the clean picture."""

    label: int
    action: ActionPart
    anchor: PixelPart
    facts: FactsPart | None
    refused: Text | None


class MarkPart(Part):
    """A numbered disc at `anchor`, with an arrow from `tail` where there is one."""

    label: int
    anchor: PixelPart
    tail: PixelPart | None


class CutPart(Part):
    """A part of a picture, in its whole pixels, and the size in pixels that it was shown in."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int
    shown_width_px: int
    shown_height_px: int


class ShownPart(Part):
    """A picture of the question as data: whose picture, and the marks that belong on it.

    A `mirrored` one was shown with left and right exchanged; its marks lie on what was shown.
    So they do on the `cut` that was shown, larger, of a closer look; null for a whole picture.
    `kind` is where it comes from: `seen` by a camera now, `imagined`, or `remembered`.
    """

    identifier: Text
    radius_px: Number
    marks: tuple[MarkPart, ...]
    mirrored: bool = False
    kind: Text = 'seen'
    cut: CutPart | None = None


class PictureFilePart(Part):
    """A picture of a question as a file; `caption` is the words that stood before it."""

    file: FileName
    media_type: Text
    caption: Text = ''


class AnswerPart(Part):
    """A checked answer: `labels` best first; `dropped` counts labels that were not drawn.

    `seen` says whether the thing was said to show in the picture chosen first, null where nobody
    asked or said so.
    """

    labels: tuple[int, ...]
    none: bool
    arrived: bool
    reason: Text
    raw_text: Text
    dropped: int
    latency_s: Number
    prompt_tokens: int
    completion_tokens: int
    seen: bool | None = None


class ErrorPart(Part):
    """Why there is no answer: the error's class, its reason code, its message, what came.

    What came may have cost tokens all the same.
    """

    kind: Text
    reason: Text
    message: Text
    raw_text: Text
    prompt_tokens: int = 0
    completion_tokens: int = 0


class ReplyPart(Part):
    """What came back, `at_s` seconds after the start; either `answer` or `error` is there.

    `model`, `system` and `text` are what was sent, empty for a model that sends nothing.
    `pictures` are the very bytes that were sent where `as_sent` is true, else the marked
    pictures drawn for people to see what was asked.
    """

    at_s: float
    model: Text
    system: Text
    text: Text
    as_sent: bool
    pictures: tuple[PictureFilePart, ...]
    answer: AnswerPart | None
    error: ErrorPart | None


class QuestionPart(Part):
    """A question; runs and rounds count from 1, `look` is an index into the looks.

    `look` is null where nothing was looked at in this record. `visited` are the labels that were
    told to lead to where the robot had been. `check` names the check that asked a question of
    this run and round otherwise, empty for the question itself; `phrasing` is the wording that was
    used, and `chosen_before` a label that was to be thought over. `reply` is null where nothing
    came back before the end.
    """

    at_s: float
    look: int | None
    run: int
    round: int
    attempt: int
    check: Text = ''
    purpose: Text
    instruction: Text
    pick: int
    may_answer_none: bool
    may_answer_arrived: bool
    evidence: tuple[Text, ...]
    visited: tuple[int, ...] = ()
    phrasing: int = 0
    chosen_before: int | None = None
    labels: tuple[int, ...]
    shown: tuple[ShownPart, ...]
    candidates: tuple[CandidatePart, ...]
    reply: ReplyPart | None
