"""Which topics of a bag are the camera, its depth, tf and the costmaps.

Types, encodings and frames decide, not names; where more than one would do, the choice is the
user's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any

from vlm_nav.bags.errors import BagError, BagMessageError
from vlm_nav.bags.reading import Bag
from vlm_nav.messages.images import encoding_of, is_depth

IMAGE_KINDS = ('sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage')
INFO_KIND = 'sensor_msgs/msg/CameraInfo'
TF_KIND = 'tf2_msgs/msg/TFMessage'
GRID_KIND = 'nav_msgs/msg/OccupancyGrid'
CLOCK_KIND = 'rosgraph_msgs/msg/Clock'
WITHOUT = 'none'
"""What is given as a topic where none is wanted."""

_GREY = ('mono8', '8UC1')
# A topic may begin with damaged messages.
_TRIED = 5


@dataclass(frozen=True)
class WantedTopics:
    """Topics as somebody gave them; None is to be found, `WITHOUT` is not wanted."""

    colour: str | None = None
    colour_info: str | None = None
    depth: str | None = None
    depth_info: str | None = None
    costmaps: tuple[str, ...] | None = None


@dataclass(frozen=True)
class BagTopics:
    """The topics that are looked through; `depth` is None on a robot without depth."""

    colour: str
    colour_info: str
    depth: str | None
    depth_info: str | None
    tf: tuple[str, ...]
    tf_static: tuple[str, ...]
    costmaps: tuple[str, ...] = ()
    clock: str | None = None

    @property
    def seen(self) -> tuple[str, ...]:
        """Return the topics that are looked at one message after the other."""
        found = (self.colour, self.colour_info, self.depth, self.clock, *self.costmaps)
        return tuple(topic for topic in found if topic is not None)

    @property
    def lasting(self) -> tuple[str, ...]:
        """Return the topics that are read beforehand: transforms and the depth's calibration."""
        infos = () if self.depth_info is None else (self.depth_info,)
        return (*self.tf, *self.tf_static, *infos)


@dataclass(frozen=True)
class _Seen:
    """A topic with a header: its name, frame, how it is stored and its picture's size."""

    name: str
    frame_id: str
    encoding: str = ''
    size: tuple[int, int] | None = None

    @property
    def is_depth(self) -> bool:
        return is_depth(self.encoding)

    @property
    def is_grey(self) -> bool:
        return self.encoding.startswith(_GREY)


def choose_topics(bag: Bag, wanted: WantedTopics = WantedTopics()) -> BagTopics:
    """Return the topics of one camera, of tf and of the costmaps.

    Raises BagError, which names what there is, where a topic is missing or several would do.
    """
    _require_known(bag, wanted)
    pictures = [seen for name in _names(bag, *IMAGE_KINDS) if (seen := _first(bag, name))]
    infos = [seen for name in _names(bag, INFO_KIND) if (seen := _first(bag, name))]
    colour = _colour(bag, pictures, wanted.colour)
    depth = _depth(pictures, colour, wanted.depth)
    colour_info = _info(infos, colour, wanted.colour_info, 'camera-info')
    depth_info = None
    # Depth that is registered to the picture needs no calibration of its own.
    if depth is not None and depth.frame_id == colour.frame_id:
        depth_info = wanted.depth_info or colour_info
    elif depth is not None:
        depth_info = _info(infos, depth, wanted.depth_info, 'depth-info')
    tf, tf_static = transform_topics(_names(bag, TF_KIND))
    return BagTopics(
        colour=colour.name,
        colour_info=colour_info,
        depth=None if depth is None else depth.name,
        depth_info=depth_info,
        tf=tf,
        tf_static=tf_static,
        costmaps=_costmaps(bag, wanted.costmaps),
        clock=next(iter(_names(bag, CLOCK_KIND)), None),
    )


def transform_topics(names: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the topics of type `TF_KIND` that tell of moving frames, and those of fixed ones."""
    moving: list[str] = []
    fixed: list[str] = []
    for name in names:
        (fixed if name.endswith('tf_static') else moving).append(name)
    return tuple(moving), tuple(fixed)


def _require_known(bag: Bag, wanted: WantedTopics) -> None:
    kinds: dict[str | None, tuple[str, ...]] = {
        wanted.colour: IMAGE_KINDS,
        wanted.depth: IMAGE_KINDS,
        wanted.colour_info: (INFO_KIND,),
        wanted.depth_info: (INFO_KIND,),
        **dict.fromkeys(wanted.costmaps or (), (GRID_KIND,)),
    }
    for name, known in kinds.items():
        if name not in (None, WITHOUT) and name not in _names(bag, *known):
            there = ', '.join(_names(bag, *known)) or 'none'
            types = ' or '.join(known)
            raise BagError(f'topic {name!r} of {types} was wanted, the bag has {there}')


def _colour(bag: Bag, pictures: Sequence[_Seen], name: str | None) -> _Seen:
    if name is not None:
        return _named(pictures, name)
    found = [seen for seen in pictures if not seen.is_depth]
    found = [seen for seen in found if not seen.is_grey] or found
    if not found:
        all_topics = ', '.join(f'{topic.name} ({topic.kind})' for topic in bag.topics)
        raise BagError(
            f'a topic of colour pictures was wanted, the bag has {all_topics or "none"}'
        )
    return _only(found, 'image')


def _depth(pictures: Sequence[_Seen], colour: _Seen, name: str | None) -> _Seen | None:
    if name == WITHOUT:
        return None
    if name is not None:
        return _named(pictures, name)
    found = [seen for seen in pictures if seen.is_depth and seen != colour]
    found = [seen for seen in found if seen.frame_id == colour.frame_id] or found
    return _only(found, 'depth') if found else None


def _info(infos: Sequence[_Seen], picture: _Seen, name: str | None, option: str) -> str:
    if name is not None:
        return name
    found = [seen for seen in infos if seen.frame_id == picture.frame_id]
    if picture.size is not None:
        found = [seen for seen in found if seen.size == picture.size] or found
    if not found:
        there = ', '.join(f'{seen.name} ({seen.frame_id!r})' for seen in infos) or 'none'
        raise BagError(
            f'a {INFO_KIND} in frame {picture.frame_id!r} of {picture.name} was wanted, the bag '
            f'has {there}'
        )
    # Aligned depth has the frame of the colour picture: the nearer name is its own.
    nearness = [_common_start(seen.name, picture.name) for seen in found]
    nearest = [seen for seen, near in zip(found, nearness, strict=True) if near == max(nearness)]
    return _only(nearest, option).name


def _costmaps(bag: Bag, wanted: tuple[str, ...] | None) -> tuple[str, ...]:
    if wanted is not None:
        return tuple(name for name in wanted if name != WITHOUT)
    # A map is an occupancy grid too, but has no margin for the robot's size.
    return tuple(name for name in _names(bag, GRID_KIND) if name.endswith('costmap'))


def _only(found: Sequence[_Seen], option: str) -> _Seen:
    """Return the only one, of one picture in two transports the raw one."""
    raw = [seen for seen in found if not _is_transport_of_another(seen, found)]
    if len(raw) > 1:
        names = ', '.join(f'{seen.name} ({seen.encoding or seen.frame_id})' for seen in raw)
        raise BagError(f'one topic was wanted, these would do: {names}; choose with --{option}')
    return raw[0]


def _is_transport_of_another(seen: _Seen, found: Sequence[_Seen]) -> bool:
    return any(other.name == seen.name.rpartition('/')[0] for other in found)


def _named(pictures: Sequence[_Seen], name: str) -> _Seen:
    for seen in pictures:
        if seen.name == name:
            return seen
    raise BagError(f'topic {name!r} has no message that can be read')


def _names(bag: Bag, *kinds: str) -> list[str]:
    return [topic.name for topic in bag.topics if topic.kind in kinds and topic.count]


def _first(bag: Bag, topic: str) -> _Seen | None:
    """Return what the first message of a topic tells of all of them."""
    for message in islice(bag.messages([topic]), _TRIED):
        try:
            read = message.read()
        except BagMessageError:
            continue
        size = _size_of(read)
        return _Seen(topic, read.header.frame_id, encoding_of(read), size)
    return None


def _size_of(message: Any) -> tuple[int, int] | None:
    width, height = getattr(message, 'width', None), getattr(message, 'height', None)
    return None if width is None or height is None else (width, height)


def _common_start(left: str, right: str) -> int:
    """Return how many parts of two names are the same from the beginning."""
    pairs = zip(left.split('/'), right.split('/'), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
