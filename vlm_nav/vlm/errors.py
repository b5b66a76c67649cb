"""What may go wrong while asking; every error names its reason code and keeps what was sent."""

from __future__ import annotations

from vlm_nav.core.errors import VlmNavError
from vlm_nav.core.reasons import AskingReason
from vlm_nav.vlm.question import SentQuestion, TokenUse


class ModelError(VlmNavError):
    """No usable answer came; `reason` is what the decision will say."""

    reason = AskingReason.VLM_UNREACHABLE

    def __init__(
        self,
        message: str,
        *,
        raw_text: str = '',
        sent: SentQuestion | None = None,
        tokens: TokenUse = TokenUse(),
    ) -> None:
        """Keep the message, the raw answer where there was one, what was sent and what it cost."""
        super().__init__(message)
        self.raw_text = raw_text
        self.sent = sent
        self.tokens = tokens


class ModelLate(ModelError):  # noqa: N818 - states what happened, as httpx's timeouts do
    """The deadline passed before a checked answer was there."""

    reason = AskingReason.VLM_LATE


class NothingSent(ModelLate):
    """No time was left by when the question was ready: the endpoint has no part in it."""


class ModelUnreachable(ModelError):  # noqa: N818
    """No connection, or the endpoint failed (status 408, 409, 429, 500 and above)."""

    reason = AskingReason.VLM_UNREACHABLE


class ModelRefused(ModelError):  # noqa: N818
    """The endpoint or the model refused: bad key, bad request, quota, or a refusal in words."""

    reason = AskingReason.VLM_REFUSED


class RefusedInWords(ModelRefused):
    """The model answered that it will not: its endpoint is well, and another has no say in it."""


class UnusableAnswer(ModelError):  # noqa: N818
    """An answer came and cannot be read as a choice among the drawn labels."""

    reason = AskingReason.VLM_UNUSABLE


class AskingOver(ModelError):  # noqa: N818
    """No question is answered any more, this one or another: the instruction ends with it."""


class BudgetSpent(AskingOver):
    """The budget allows no further call."""

    reason = AskingReason.BUDGET_SPENT


class NotOnCassette(AskingOver):
    """The cassette, which alone is to answer, has no answer to this question."""

    reason = AskingReason.NOT_ON_CASSETTE
