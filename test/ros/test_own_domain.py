"""A domain is claimed by one process at a time, and by none where somebody already is."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from vlm_nav.ros import own_domain as claiming
from vlm_nav.ros.own_domain import DOMAINS, NoDomainError, own_domain

CLAIM = """
import sys
from vlm_nav.ros import own_domain as claiming
claiming.DOMAINS = range(int(sys.argv[1]), int(sys.argv[1]) + 1)
with claiming.own_domain() as number:
    print(number, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> int:
    """Give the one domain that there is, free."""
    with own_domain() as number:
        pass
    monkeypatch.setattr(claiming, 'DOMAINS', range(number, number + 1))
    return number


def test_claims_that_last_side_by_side_are_of_different_domains() -> None:
    with own_domain() as one, own_domain() as two:
        assert one != two
        assert {one, two} <= set(DOMAINS)


def test_a_domain_is_free_again_when_its_claim_ends(only: int) -> None:
    for _ in range(2):
        with own_domain() as number:
            assert number == only
            with pytest.raises(NoDomainError, match='all are in use'), own_domain():
                pass


def test_another_process_has_its_domain_until_it_dies_however_it_does(only: int) -> None:
    with subprocess.Popen(
        [sys.executable, '-c', CLAIM, str(only)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert int(other.stdout.readline()) == only
        with pytest.raises(NoDomainError), own_domain():
            pass
        other.kill()
    with own_domain() as number:
        assert number == only


@pytest.mark.ros
def test_a_domain_where_nodes_are_is_not_given_though_nobody_claimed_it(
    ros_context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rclpy = pytest.importorskip('rclpy')
    with own_domain() as number:
        pass
    monkeypatch.setattr(claiming, 'DOMAINS', range(number, number + 1))
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=number)
    node = rclpy.create_node('somebody', context=context)
    with pytest.raises(NoDomainError), own_domain():
        pass
    node.destroy_node()
    rclpy.shutdown(context=context)
    with own_domain() as again:
        assert again == number
