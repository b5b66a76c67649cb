"""What is told while something is picked."""

from __future__ import annotations

from dataclasses import dataclass

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.events import Event
from vlm_nav.core.reasons import ReasonCode
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.arm_port import ArmOutcome
from vlm_nav.manipulation.grasp_plan import Grasp, GraspPlan, Place
from vlm_nav.manipulation.lifted import Lifted
from vlm_nav.observation.rgbd_frame import RgbdFrame


@dataclass(frozen=True)
class PickTask:
    """What is to be picked: the thing at a pixel, or the one of the words.

    They are about the picture of `stamp_ns`, 0 is the next one.

    With both, the words say for people what the pixel shows. With `place` they say where what
    the hand holds is to be put down.
    """

    instruction: str = ''
    pixel: Pixel | None = None
    place: bool = False
    stamp_ns: int = 0


@dataclass(frozen=True, eq=False)
class PickDecision:
    """What is known before anything moves, as far as it came.

    `grasp`, or `place` where something is put down, is there exactly when `reason` is None.
    `confidence`, `labels` and `calls` are those of the choice of the pixel, as in
    core.decision.Decision.
    """

    task: PickTask
    pixel: Pixel | None = None
    lifted: Lifted | None = None
    plan: GraspPlan | None = None
    grasp: Grasp | None = None
    place: Place | None = None
    reason: ReasonCode | None = None
    detail: str = ''
    confidence: float | None = None
    labels: tuple[int, ...] = ()
    calls: int = 0
    record: str = ''

    @property
    def base_from_hand(self) -> FloatArray | None:
        """Return where the hand is to close or to open (4, 4), None where it does neither."""
        if self.place is not None:
            return self.place.base_from_place
        return None if self.grasp is None else self.grasp.base_from_grasp


@dataclass(frozen=True, eq=False)
class PickEnd:
    """How a task ended; `outcome` is None where the arm was not asked to move."""

    decision: PickDecision
    outcome: ArmOutcome | None = None

    @property
    def reason(self) -> ReasonCode | None:
        """Return why nothing was picked, None where it was."""
        return self.outcome.reason if self.outcome is not None else self.decision.reason


@dataclass(frozen=True)
class PickStarted(Event):
    """A task was accepted; `identifier` names its record."""

    identifier: str
    task: PickTask


@dataclass(frozen=True, eq=False)
class PickLooked(Event):
    """There is a picture to decide from."""

    frame: RgbdFrame


@dataclass(frozen=True, eq=False)
class PickDecided(Event):
    """It is clear what to do, before anything moves."""

    decision: PickDecision


@dataclass(frozen=True)
class ArmReleased(Event):
    """A person has released the motion that was shown to them."""


@dataclass(frozen=True)
class ArmMoved(Event):
    """A motion of the arm ended, one way or the other."""

    outcome: ArmOutcome


@dataclass(frozen=True, eq=False)
class PickEnded(Event):
    """The task is done with; nothing more is told about it."""

    end: PickEnd
