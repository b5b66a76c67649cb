"""The same questions in several wordings, so that an answer can be held against another one.

The first is the one that is usually asked. What is told differs in words only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vlm_nav.vlm.question import Purpose


@dataclass(frozen=True)
class Phrasing:
    """The words for each purpose.

    `introduction` has the places {pictures} and {arrows}, `task` the place {pick}; `none_fits`
    is the condition for the answer none.
    """

    introduction: Mapping[Purpose, str]
    task: Mapping[Purpose, str]
    none_fits: Mapping[Purpose, str]


_USUAL = Phrasing(
    introduction={
        Purpose.GROUND_WAYPOINT: (
            'You choose where a wheeled robot drives next. {pictures}'
            'Each numbered disc marks a place on the floor that the robot can drive to in one '
            'step; a disc stands where the robot would stop. {arrows}'
            'The robot rolls on the floor: it cannot pass through or over furniture, walls, '
            'people or other things, so never choose a place that is reached only through one.'
        ),
        Purpose.IMAGE_POINT: (
            'You point at things in a picture. Each numbered disc marks the spot at its centre. '
            '{arrows}Judge by what lies under and right around the disc.'
        ),
        Purpose.ARRIVAL: (
            'You judge whether a wheeled robot has arrived where an instruction sends it. '
            '{pictures}'
            'It has arrived when what the instruction leads to is in sight and so near that it '
            'stands right in front of it or beside it, within about a metre. To see it from '
            'farther away is not to have arrived. Nothing is drawn, and there is no number to '
            'choose.'
        ),
        Purpose.HAND_MOVE: (
            'You choose where the hand of a robot moves next, without turning. {pictures}'
            'Each numbered disc marks where the hand would be. {arrows}'
            'Colour and size tell how far from the camera that is: red and small is farther '
            'away than the hand is now, blue and large is nearer, purple about as far. The hand '
            'closes around things from the side that it points to: bring it to where its '
            'fingers would enclose the thing, and through nothing else.'
        ),
        Purpose.VIEW: (
            'You choose from where a wheeled robot looks next for what an instruction leads to. '
            'Each picture with a number in its upper left corner shows what the robot would see '
            'from another place that it can drive to. {pictures}'
        ),
    },
    task={
        Purpose.GROUND_WAYPOINT: 'Choose the {pick} that bring the robot furthest in following it',
        Purpose.IMAGE_POINT: 'Choose the {pick} that overlap most with the thing it describes',
        Purpose.HAND_MOVE: 'Choose the {pick} that bring the hand furthest in following it',
        Purpose.VIEW: (
            'Choose the {pick} that bring the robot soonest to what is wanted: one in which it '
            'is to be seen before all others, else one that most likely leads there or shows '
            'most of what nobody has looked at yet'
        ),
    },
    none_fits={
        Purpose.GROUND_WAYPOINT: 'If no disc helps to follow the instruction',
        Purpose.IMAGE_POINT: 'If no disc overlaps the described thing',
        Purpose.HAND_MOVE: 'If no move helps to follow the instruction',
        Purpose.VIEW: 'If no place is worth driving to',
    },
)

_OTHER = Phrasing(
    introduction={
        Purpose.GROUND_WAYPOINT: (
            'A robot on wheels asks you for its next stop. {pictures}'
            'The discs with numbers are the stops that it can reach now: each lies on the floor '
            'where the robot would come to stand. {arrows}'
            'Nothing that stands on the floor can be driven through or over, be it a wall, a '
            'person or a piece of furniture; leave out every stop that lies behind one.'
        ),
        Purpose.IMAGE_POINT: (
            'Find the spot in a picture that a description means. The discs with numbers are '
            'the spots to choose from, each at the centre of its disc. '
            '{arrows}What counts is what is seen under a disc and close around it.'
        ),
        Purpose.ARRIVAL: (
            'A robot on wheels wants to know whether its errand is done. {pictures}'
            'It is done when the robot stands directly before what it was sent to, or next to '
            'it, no more than about a metre away. If that is only to be seen in the distance, '
            'the errand is not done. There are no numbers to choose from.'
        ),
        Purpose.HAND_MOVE: (
            'The hand of a robot asks you for its next short move; it keeps its direction. '
            '{pictures}The discs with numbers are the places that it can move to. {arrows}'
            'A disc that is red and small lies farther from the camera than the hand does now, '
            'one that is blue and large lies nearer, a purple one about as far. Leave out moves '
            'through other things; what is to be held has to end between the fingers.'
        ),
        Purpose.VIEW: (
            'A robot on wheels searches for what it is asked for, and wants to know which view '
            'to go to. Every numbered picture is the view from a place within its reach; the '
            'number is drawn at the upper left. {pictures}'
        ),
    },
    task={
        Purpose.GROUND_WAYPOINT: 'Name the {pick} that bring the robot closest to what is asked',
        Purpose.IMAGE_POINT: 'Name the {pick} that overlap most with what is described',
        Purpose.HAND_MOVE: 'Name the {pick} that bring the hand closest to what is asked',
        Purpose.VIEW: (
            'Name the {pick} that bring the robot to what is asked for with the least search. '
            'Where it is in sight, that view comes first; where it is not, prefer what is likely '
            'to lead there and what was not looked over before'
        ),
    },
    none_fits={
        Purpose.GROUND_WAYPOINT: 'If none of the discs serves the instruction',
        Purpose.IMAGE_POINT: 'If nothing of what is described lies under a disc',
        Purpose.HAND_MOVE: 'If none of the moves serves the instruction',
        Purpose.VIEW: 'If going to any of the views is of no use',
    },
)

PHRASINGS: tuple[Phrasing, ...] = (_USUAL, _OTHER)
"""Which one a question is asked in says `Question.phrasing`, modulo their number."""


def phrasing_of(number: int) -> Phrasing:
    """Return the phrasing with a number from 0 on; after the last comes the first again."""
    return PHRASINGS[number % len(PHRASINGS)]
