"""Errors of messages that hold nothing usable."""

from vlm_nav.core.errors import VlmNavError
from vlm_nav.core.reasons import ObservationReason


class MessageError(VlmNavError):
    """Base of this room's errors."""


class ImageError(MessageError):
    """An image message holds no picture that can be used; `reason` goes into the decision."""

    def __init__(self, reason: ObservationReason, detail: str) -> None:
        """Keep the reason; `detail` names what was wanted, what came, what is available."""
        super().__init__(detail)
        self.reason = reason


class EmptyImageError(ImageError):
    """The message has no pixels, too few bytes, or bytes that do not decode."""

    def __init__(self, detail: str) -> None:
        """Carry ObservationReason.EMPTY_IMAGE."""
        super().__init__(ObservationReason.EMPTY_IMAGE, detail)


class UnknownEncodingError(ImageError):
    """The picture is stored in a way that nothing here reads."""

    def __init__(self, detail: str) -> None:
        """Carry ObservationReason.UNKNOWN_ENCODING."""
        super().__init__(ObservationReason.UNKNOWN_ENCODING, detail)
