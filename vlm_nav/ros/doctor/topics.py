"""One topic as it is found: who publishes it, how, and what comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSCompatibility, QoSProfile, qos_check_compatible

from vlm_nav.ros.doctor.listening import Heard
from vlm_nav.vlm.doctor.findings import Finding, not_checked, not_ok, ok

_MOST_NAMED = 6
_CLOCKS_REMEDY = (
    'set the clocks of robot and computer by each other (chrony); with a simulator '
    'use_sim_time:=true; or raise maximum_age_s'
)
_LOST_REMEDY = (
    'over Fast DDS large pictures need the shared-memory profile of config/fastdds_shm.xml '
    '(docs/install.md), over a network compressed ones (image_transport:=compressed)'
)


@dataclass(frozen=True)
class Wanted:
    """A topic that the navigator reads.

    `argument` sets it, of a launch file or a parameter. Without `required` its absence is no
    fault. `oldest_s` is how old messages may be, None: any age. `words` tells what one holds.
    """

    subject: str
    argument: str
    topic: str
    message_type: type
    qos: QoSProfile
    words: Callable[[Any], str]
    required: bool = True
    oldest_s: float | None = None


def topic_finding(node: Node, wanted: Wanted, heard: Heard) -> Finding:
    """Return how a topic is after what came on it was counted for a while."""
    publishers = node.get_publishers_info_by_topic(wanted.topic)
    type_name = type_name_of(wanted.message_type)
    fitting = [one for one in publishers if one.topic_type == type_name]
    if not fitting:
        return _unpublished(node, wanted, type_name, publishers)
    unfit = _incompatibility(fitting, wanted.qos)
    if heard.count == 0:
        told = f'{wanted.topic} is published ({_offered(fitting)}), and nothing came'
        if unfit:
            return not_ok(wanted.subject, f'{told}: {unfit}', _qos_remedy(wanted.qos))
        return not_ok(wanted.subject, told, _LOST_REMEDY)
    rate_hz = heard.rate_hz
    often = 'once' if rate_hz is None else f'{rate_hz:.1f} Hz'
    told = f'{wanted.topic}: {wanted.words(heard.message)}, {often}, {_offered(fitting)}'
    if wanted.oldest_s is not None and not _is_young(heard.age_s, wanted.oldest_s):
        told = f'{told}, but {heard.age_s:.2f} s old; up to {wanted.oldest_s:g} s is allowed'
        return not_ok(wanted.subject, told, _CLOCKS_REMEDY)
    return ok(wanted.subject, told)


def type_name_of(message_type: type) -> str:
    """Return a message type's name as the graph has it: `sensor_msgs/msg/Image`."""
    return f'{message_type.__module__.partition(".")[0]}/msg/{message_type.__name__}'


def _unpublished(node: Node, wanted: Wanted, type_name: str, publishers: Sequence[Any]) -> Finding:
    found = sorted(
        name
        for name, types in node.get_topic_names_and_types()
        if type_name in types and node.count_publishers(name) and name != wanted.topic
    )
    named = ', '.join(found[:_MOST_NAMED]) + (', ...' if len(found) > _MOST_NAMED else '')
    remedy = f'start what publishes it, or set {wanted.argument}'
    if found:
        remedy = f'{wanted.argument}:=TOPIC names another one; there are {named}'
    if publishers:
        others = ', '.join(sorted({one.topic_type for one in publishers}))
        return not_ok(
            wanted.subject, f'{wanted.topic} carries {others}, wanted {type_name}', remedy
        )
    make = not_ok if wanted.required else not_checked
    return make(wanted.subject, f'nobody publishes {wanted.topic}', remedy)


def _incompatibility(publishers: Sequence[Any], qos: QoSProfile) -> str:
    """Return why no publisher's quality of service serves, empty where one does."""
    reasons = []
    for publisher in publishers:
        fit, reason = qos_check_compatible(publisher.qos_profile, qos)
        if fit != QoSCompatibility.ERROR:
            return ''
        reasons.append(reason.strip().rstrip(';'))
    return '; '.join(dict.fromkeys(reasons))


def _qos_remedy(qos: QoSProfile) -> str:
    return f'publish it {qos.reliability.name.lower()} and {qos.durability.name.lower()}'


def _offered(publishers: Sequence[Any]) -> str:
    """Return in words with which quality of service a topic is offered."""
    profiles = dict.fromkeys(
        f'{one.qos_profile.reliability.name}, {one.qos_profile.durability.name}'
        for one in publishers
    )
    return ' / '.join(profiles).lower().replace('_', ' ')


def _is_young(age_s: float, oldest_s: float) -> bool:
    # A stamp of the future is as wrong as one of the past.
    return -oldest_s <= age_s <= oldest_s
