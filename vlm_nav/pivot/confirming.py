"""Holds a choice against the same question asked otherwise, before anything moves."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from vlm_nav.checks.check import AskedOtherwise
from vlm_nav.core.reasons import ChoosingReason
from vlm_nav.pivot.inquiry import Inquiry
from vlm_nav.pivot.run import FirstChoice, Run
from vlm_nav.pivot.settings import PivotResult
from vlm_nav.vlm.errors import ModelError
from vlm_nav.vlm.events import Asked
from vlm_nav.vlm.question import Answer

ActionT = TypeVar('ActionT')


async def confirmed(
    inquiry: Inquiry[ActionT],
    runs: Sequence[Run[ActionT]],
    result: PivotResult[ActionT],
    seed: int,
) -> PivotResult[ActionT]:
    """Return the result as the checks leave it: surer or less sure, or inconsistent.

    The first question of the run that the result comes from is asked as each check asks it, all
    at once: it offers the most different places. The choice and each check are one voice; the
    confidence is the share of the runs that agree times the share of the voices that do, so that
    a check without an answer counts against it. A result without an action is not checked.
    """
    choice = next((run.first for run in runs if run.number == result.run), None)
    if result.action is None or choice is None or not inquiry.settings.checks:
        return result
    rng = random.Random(seed)
    otherwise = [check(choice.asked.question, rng) for check in inquiry.settings.checks]
    results = await inquiry.ask([_asked(choice.asked, one) for one in otherwise])
    objections = [
        f'{one.name} {objection}'
        for one, came in zip(otherwise, results, strict=True)
        if (objection := _objection(inquiry, choice, one, came))
    ]
    voices = 1 + len(otherwise)
    runs_share = 1.0 if result.confidence is None else result.confidence
    share = runs_share * (voices - len(objections)) / voices
    if objections and share < inquiry.settings.minimum_agreement:
        return PivotResult(
            reason=ChoosingReason.INCONSISTENT,
            detail='; '.join(objections),
            confidence=share,
            calls=inquiry.calls,
        )
    return replace(result, confidence=share, detail='; '.join(objections), calls=inquiry.calls)


def _asked(first: Asked, otherwise: AskedOtherwise) -> Asked:
    candidates = tuple(
        replace(candidate, label=otherwise.label_now(candidate.label))
        for candidate in first.candidates
    )
    return replace(first, question=otherwise.question, candidates=candidates, check=otherwise.name)


def _objection(
    inquiry: Inquiry[ActionT],
    choice: FirstChoice[ActionT],
    otherwise: AskedOtherwise,
    came: Answer | ModelError,
) -> str:
    """Return how what came speaks against the choice, empty where it does not.

    It does not where its best mark is one of those that were picked, or stands near the best.
    """
    if isinstance(came, ModelError):
        return f'got no answer ({came.reason.value})'
    answer = otherwise.understood(came)
    if not answer.labels:
        return 'was answered that it has arrived' if answer.arrived else 'was answered none'
    best, wanted = answer.labels[0], choice.labels[0]
    away = np.linalg.norm(choice.offer.vector_of(best) - choice.offer.vector_of(wanted))
    if best in choice.labels or float(away) <= inquiry.settings.agreement_radius:
        return ''
    picked = ', '.join(map(str, choice.labels))
    return f'was answered mark {best}, first chosen were {picked}'
