"""What is told while an instruction is carried out."""

from __future__ import annotations

from dataclasses import dataclass

from vlm_nav.core.decision import Decision
from vlm_nav.core.events import Event
from vlm_nav.navigation.ports import DriveOutcome
from vlm_nav.navigation.sight import Sight


@dataclass(frozen=True)
class Started(Event):
    """An instruction was accepted; `identifier` names its record."""

    identifier: str
    instruction: str


@dataclass(frozen=True, eq=False)
class Looked(Event):
    """The robot has pictures to decide from, of one look or of looks to several sides."""

    sight: Sight


@dataclass(frozen=True)
class Decided(Event):
    """It is clear what to do, before anything moves."""

    decision: Decision


@dataclass(frozen=True)
class Drove(Event):
    """A drive ended, one way or the other."""

    outcome: DriveOutcome


@dataclass(frozen=True)
class Turned(Event):
    """A turn on the spot by `angle_rad`, positive to the left, ended one way or the other."""

    angle_rad: float
    outcome: DriveOutcome


@dataclass(frozen=True)
class ArrivalChecked(Event):
    """It is clear whether the robot has arrived where it stands; see arrival.Verdict."""

    arrived: bool
    said: bool | None
    distance_m: float | None
    detail: str


@dataclass(frozen=True)
class Ended(Event):
    """The instruction is done with; nothing more is told about it."""

    decision: Decision
    drive: DriveOutcome | None
