"""Where the links of the robot's description are, each in the frame of the one before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, fromstring

import numpy as np
from transforms3d.axangles import axangle2mat

from vlm_nav.geometry.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class LinkPlace:
    """Where a link is: `parent_from_child` (4, 4)."""

    parent: str
    child: str
    parent_from_child: FloatArray


def link_places(urdf: str, positions: Mapping[str, float]) -> Iterator[LinkPlace]:
    """Return where each link is when joints are at `positions`, metres and radians by name.

    For a URDF as `robot_description` makes it, whose joints' origins are not turned. Joints that
    are not among the positions are at 0.
    """
    for joint in fromstring(urdf).iter('joint'):
        parent, child = (_attribute(joint, end, 'link') for end in ('parent', 'child'))
        place = np.eye(4)
        place[:3, 3] = _numbers(joint, 'origin')
        _move(place, joint, positions.get(joint.get('name', ''), 0.0))
        yield LinkPlace(parent, child, place)


def _move(place: FloatArray, joint: Element, position: float) -> None:
    kind = joint.get('type')
    if kind == 'prismatic':
        place[:3, 3] += position * _numbers(joint, 'axis')
    elif kind == 'revolute':
        place[:3, :3] = axangle2mat(_numbers(joint, 'axis'), position)


def _numbers(joint: Element, name: str) -> FloatArray:
    words = _attribute(joint, name, 'xyz').split()
    return np.array([float(word) for word in words])


def _attribute(joint: Element, name: str, attribute: str) -> str:
    found = joint.find(name)
    return '' if found is None else found.get(attribute, '')
