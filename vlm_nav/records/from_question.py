"""From questions and what came back to what the record says of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vlm_nav.core.candidate import Candidate, GroundAction, MetricFacts, Pixel
from vlm_nav.drawing.marks import MarkedPicture
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.records.question_parts import (
    AnswerPart,
    CandidatePart,
    CutPart,
    ErrorPart,
    FactsPart,
    GroundActionPart,
    MarkPart,
    OtherActionPart,
    PictureFilePart,
    PixelActionPart,
    PixelPart,
    QuestionPart,
    ReplyPart,
    ShownPart,
    ViewActionPart,
)
from vlm_nav.vlm.errors import ModelError
from vlm_nav.vlm.events import Answered, Asked
from vlm_nav.vlm.picture_encoding import encode_picture
from vlm_nav.vlm.question import Answer, SentPicture
from vlm_nav.vlm.wording import captions


def question_part(asked: Asked, look: int | None, at_s: float) -> QuestionPart:
    """Return what the record says of a question about the look with this index."""
    question = asked.question
    return QuestionPart(
        at_s=at_s,
        look=look,
        run=asked.run,
        round=asked.round,
        attempt=asked.attempt,
        check=asked.check,
        purpose=question.purpose.value,
        instruction=question.instruction,
        pick=question.pick,
        may_answer_none=question.may_answer_none,
        may_answer_arrived=question.may_answer_arrived,
        evidence=question.evidence,
        visited=question.visited,
        phrasing=question.phrasing,
        chosen_before=question.chosen_before,
        labels=question.labels,
        shown=tuple(_shown_part(picture) for picture in question.pictures),
        candidates=tuple(_candidate_part(candidate) for candidate in asked.candidates),
        reply=None,
    )


def pictures_of(answered: Answered) -> tuple[SentPicture, ...]:
    """Return the pictures as they were sent, or drawn anew where nothing was sent."""
    sent = answered.result.sent
    if sent is not None:
        return sent.pictures
    question = answered.asked.question
    return tuple(
        replace(encode_picture(picture), caption=caption)
        for picture, caption in zip(question.pictures, captions(question), strict=True)
    )


def reply_part(
    result: Answer | ModelError, pictures: tuple[PictureFilePart, ...], at_s: float
) -> ReplyPart:
    """Return what the record says of what came back, its pictures being in these files."""
    sent = result.sent
    return ReplyPart(
        at_s=at_s,
        model='' if sent is None else sent.model,
        system='' if sent is None else sent.system,
        text='' if sent is None else sent.text,
        as_sent=sent is not None,
        pictures=pictures,
        answer=None if isinstance(result, ModelError) else _answer_part(result),
        error=_error_part(result) if isinstance(result, ModelError) else None,
    )


def _answer_part(answer: Answer) -> AnswerPart:
    return AnswerPart(
        labels=answer.labels,
        none=answer.none,
        arrived=answer.arrived,
        reason=answer.reason,
        raw_text=answer.raw_text,
        dropped=answer.dropped,
        latency_s=answer.latency_s,
        prompt_tokens=answer.tokens.prompt,
        completion_tokens=answer.tokens.completion,
        seen=answer.seen,
    )


def _error_part(error: ModelError) -> ErrorPart:
    return ErrorPart(
        kind=type(error).__name__,
        reason=error.reason.value,
        message=str(error),
        raw_text=error.raw_text,
        prompt_tokens=error.tokens.prompt,
        completion_tokens=error.tokens.completion,
    )


def _candidate_part(candidate: Candidate[Any]) -> CandidatePart:
    facts = candidate.facts
    return CandidatePart(
        label=candidate.label,
        action=_action_part(candidate.action),
        anchor=pixel_part(candidate.anchor),
        facts=None if facts is None else _facts_part(facts),
        refused=None if candidate.refused is None else candidate.refused.value,
    )


def _facts_part(facts: MetricFacts) -> FactsPart:
    return FactsPart(range_m=facts.range_m, bearing_rad=facts.bearing_rad, free_m=facts.free_m)


def _action_part(
    action: Any,
) -> GroundActionPart | PixelActionPart | ViewActionPart | OtherActionPart:
    if isinstance(action, GroundAction):
        return GroundActionPart(range_m=action.range_m, bearing_rad=action.bearing_rad)
    if isinstance(action, Pixel):
        return PixelActionPart(u_px=action.u_px, v_px=action.v_px)
    if isinstance(action, Viewpoint):
        pose = action.pose
        return ViewActionPart(x_m=pose.x_m, y_m=pose.y_m, yaw_rad=pose.yaw_rad)
    return OtherActionPart(text=repr(action))


def _shown_part(picture: MarkedPicture) -> ShownPart:
    marks = tuple(
        MarkPart(
            label=mark.label,
            anchor=pixel_part(mark.anchor),
            tail=None if mark.tail is None else pixel_part(mark.tail),
        )
        for mark in picture.marks
    )
    return ShownPart(
        identifier=picture.identifier,
        radius_px=picture.radius_px,
        marks=marks,
        mirrored=picture.mirrored,
        kind=picture.kind.value,
        cut=None if picture.cut is None else CutPart(**vars(picture.cut)),
    )


def pixel_part(pixel: Pixel) -> PixelPart:
    """Return a place in a picture as the record has it."""
    return PixelPart(u_px=pixel.u_px, v_px=pixel.v_px)
