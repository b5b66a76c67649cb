"""From the winners of several runs to one action, and how sure it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from vlm_nav.choosing.aggregations import (
    mean_first,
    most_central_first,
    verified_first,
)
from vlm_nav.choosing.vote import Agreement, largest_agreement
from vlm_nav.core.reasons import ChoosingReason, ReasonCode
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.pivot.distribution import fit
from vlm_nav.pivot.inquiry import Inquiry
from vlm_nav.pivot.proposing import offer_vectors, radii_for
from vlm_nav.pivot.run import Run, RunState
from vlm_nav.pivot.settings import Aggregation, PivotResult
from vlm_nav.vlm.question import Answer

ActionT = TypeVar('ActionT')


async def aggregate(
    inquiry: Inquiry[ActionT], runs: Sequence[Run[ActionT]]
) -> PivotResult[ActionT]:
    """Return what the runs amount to: an action, arrived, none, or the reason for neither.

    The largest party wins: those that want nearly the same place, those that say none fits,
    those that say the robot has arrived. Between parties of one size the robot stays put.
    """
    result = await _largest_party(inquiry, runs)
    alone = len(runs) == 1 or result.confidence is None
    return replace(result, confidence=None if alone else result.confidence, calls=inquiry.calls)


async def _largest_party(
    inquiry: Inquiry[ActionT], runs: Sequence[Run[ActionT]]
) -> PivotResult[ActionT]:
    choosing = [run for run in runs if run.state in (RunState.OPEN, RunState.CONVERGED)]
    winners = np.array([run.best for run in choosing])
    agreement = largest_agreement(winners, inquiry.settings.agreement_radius, len(runs))
    arrived, none = (
        sum(run.state is state for run in runs) for state in (RunState.ARRIVED, RunState.NONE)
    )
    most = max(len(agreement.members), arrived, none)
    share = most / len(runs)
    if most == 0:
        return _failure(runs)
    if share < inquiry.settings.minimum_agreement:
        return PivotResult(
            reason=ChoosingReason.NO_AGREEMENT,
            detail=_disagreement(runs, len(agreement.members)),
            confidence=share,
        )
    if none == most:
        return PivotResult(
            reason=ChoosingReason.NONE_FITS,
            detail=f'{none} of {len(runs)} runs say that no candidate fits',
            confidence=share,
        )
    if arrived == most:
        return PivotResult(arrived=True, confidence=share)
    if inquiry.settings.aggregation is Aggregation.ASK_AGAIN and len(winners) > 1:
        return await _ask_again(inquiry, choosing, winners)
    return _by_geometry(inquiry, choosing, winners, agreement)


def _by_geometry(
    inquiry: Inquiry[ActionT],
    choosing: Sequence[Run[ActionT]],
    winners: FloatArray,
    agreement: Agreement,
) -> PivotResult[ActionT]:
    """Return what the winners amount to without another question."""
    way = inquiry.settings.aggregation
    if way is Aggregation.MEAN:
        return _near_the_first(inquiry, mean_first(winners), choosing, winners)
    if way is Aggregation.BEST_OF_N:
        doubts = np.array([run.doubt for run in choosing])
        return _near_the_first(inquiry, verified_first(winners, doubts), choosing, winners)
    members = [choosing[index] for index in agreement.members]
    group = winners[list(agreement.members)]
    ranked = most_central_first(group) if way is Aggregation.MAJORITY else mean_first(group)
    return _first_unrefused(inquiry, ranked, members, agreement.share)


def _near_the_first(
    inquiry: Inquiry[ActionT],
    ranked: FloatArray,
    choosing: Sequence[Run[ActionT]],
    winners: FloatArray,
) -> PivotResult[ActionT]:
    """Return the first of the ranked vectors that is not refused, with who wants the first."""
    near = np.linalg.norm(winners - ranked[0], axis=1) <= inquiry.settings.agreement_radius
    members = [run for run, agrees in zip(choosing, near, strict=True) if agrees]
    share = len(members) / inquiry.settings.runs
    if share < inquiry.settings.minimum_agreement:
        detail = f'{len(members)} of {inquiry.settings.runs} runs want what was preferred'
        return PivotResult(reason=ChoosingReason.NO_AGREEMENT, detail=detail, confidence=share)
    return _first_unrefused(inquiry, ranked, members or choosing, share)


async def _ask_again(
    inquiry: Inquiry[ActionT], choosing: Sequence[Run[ActionT]], winners: FloatArray
) -> PivotResult[ActionT]:
    """Return the winner that the model prefers, all of them drawn together once.

    One answer is no agreement: that the robot has arrived is for the runs to say, not for it.
    """
    fitted = fit(winners, inquiry.space.floor, isotropic=inquiry.settings.isotropic)
    offer = offer_vectors(inquiry.space, winners, radii_for(inquiry.space, fitted))
    preferred = winners[0] if not len(offer.vectors) else offer.vectors[0]
    if len(offer.candidates) > 1:
        rounds = inquiry.settings.rounds + 1
        asked = inquiry.question_about(offer, 1, 0, rounds)
        question = replace(asked.question, may_answer_arrived=False)
        (result,) = await inquiry.ask([replace(asked, question=question)])
        if not isinstance(result, Answer):
            return PivotResult(reason=result.reason, detail=str(result))
        if not result.labels:
            detail = 'asked for the best of the winners, the model chose none'
            return PivotResult(reason=ChoosingReason.NONE_FITS, detail=detail)
        preferred = offer.vector_of(result.labels[0])
    return _near_the_first(inquiry, preferred[None], choosing, winners)


def _first_unrefused(
    inquiry: Inquiry[ActionT],
    vectors: FloatArray,
    members: Sequence[Run[ActionT]],
    share: float,
) -> PivotResult[ActionT]:
    proposals = inquiry.space.propose(vectors)
    for index, reason in enumerate(proposals.refused):
        if reason is None:
            candidate = inquiry.space.candidate(1, proposals, index)
            nearest = _nearest_run(members, vectors[index])
            return PivotResult(
                action=candidate.action,
                confidence=share,
                labels=nearest.labels,
                run=nearest.number,
            )
    refused = ', '.join(sorted({reason.value for reason in proposals.refused}))
    detail = f'the chosen place is refused: {refused}'
    return PivotResult(reason=ChoosingReason.ALL_CANDIDATES_BLOCKED, detail=detail)


def _nearest_run(members: Sequence[Run[ActionT]], vector: FloatArray) -> Run[ActionT]:
    return min(members, key=lambda run: float(np.linalg.norm(np.asarray(run.best) - vector)))


def _failure(runs: Sequence[Run[ActionT]]) -> PivotResult[ActionT]:
    """Return the reason that most runs failed for, with what the first of them said."""
    reasons: Counter[ReasonCode] = Counter(run.reason for run in runs if run.reason is not None)
    reason, count = reasons.most_common(1)[0]
    detail = next(run.detail for run in runs if run.reason is reason)
    return PivotResult(reason=reason, detail=f'{count} of {len(runs)} runs: {detail}')


def _disagreement(runs: Sequence[Run[ActionT]], together: int) -> str:
    states = Counter(run.state.value for run in runs)
    named = ', '.join(f'{name} {count}' for name, count in sorted(states.items()))
    return f'{together} of {len(runs)} runs want the same ({named})'
