"""What belongs together of one camera's messages, and how near their stamps must be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from vlm_nav.core.errors import InvalidValueError


class Kind(str, Enum):
    """The topics of one camera."""

    COLOUR = 'colour'
    DEPTH = 'depth'
    COLOUR_INFO = 'colour camera_info'


@dataclass(frozen=True)
class SynchroniserSettings:
    """What belongs together. `slop_s` is best under half the time between two pictures.

    With `depth_may_miss` a picture whose depth does not come is handed out without it in the end.
    """

    with_depth: bool = True
    depth_may_miss: bool = False
    slop_s: float = 0.02
    maximum_age_s: float = 0.5
    queue_length: int = 10

    def __post_init__(self) -> None:
        """Raise InvalidValueError for values that match nothing."""
        if not (self.slop_s >= 0.0 and self.maximum_age_s > 0.0 and self.queue_length >= 1):
            raise InvalidValueError(
                'slop_s is 0 or more, maximum_age_s above 0, queue_length 1 or more, got '
                f'{self.slop_s}, {self.maximum_age_s}, {self.queue_length}'
            )


@dataclass(frozen=True)
class MatchedSet:
    """Messages that belong together; `stamp_ns` is the colour picture's."""

    stamp_ns: int
    colour: Any
    colour_info: Any
    depth: Any = None
