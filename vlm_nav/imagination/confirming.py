"""Holds a choice among views against the same question asked otherwise."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from vlm_nav.checks.check import AskedOtherwise, Check
from vlm_nav.choosing.asking import Asking
from vlm_nav.vlm.errors import ModelError
from vlm_nav.vlm.events import Asked
from vlm_nav.vlm.question import Answer


async def objections_to(
    label: int, asked: Asked, checks: Sequence[Check], asking: Asking, seed: int
) -> list[str]:
    """Return how each check speaks against a choice, for those that do.

    The question that was answered by the label is asked as each check says, all at once. A check
    without an answer speaks against it. Raises Refusal where nothing is answered any more.
    """
    lot = random.Random(seed)
    otherwise = [check(asked.question, lot) for check in checks]
    results = await asking.ask([_asked(asked, one) for one in otherwise])
    objections = (
        _objection(label, one, came) for one, came in zip(otherwise, results, strict=True)
    )
    return [
        f'{one.name} {objection}'
        for one, objection in zip(otherwise, objections, strict=True)
        if objection
    ]


def _asked(first: Asked, otherwise: AskedOtherwise) -> Asked:
    candidates = tuple(
        replace(candidate, label=otherwise.label_now(candidate.label))
        for candidate in first.candidates
    )
    return replace(first, question=otherwise.question, candidates=candidates, check=otherwise.name)


def _objection(label: int, otherwise: AskedOtherwise, came: Answer | ModelError) -> str:
    """Return how what came speaks against the choice, empty where it does not."""
    if isinstance(came, ModelError):
        return f'got no answer ({came.reason.value})'
    answer = otherwise.understood(came)
    if not answer.labels:
        return 'was answered none'
    best = answer.labels[0]
    return '' if best == label else f'was answered view {best}, first chosen was {label}'
