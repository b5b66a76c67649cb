"""A DDS domain where nobody else is, for what runs on one machine and must not be heard.

A claim lasts as long as its process, and ends with it whatever ends it: it is the name of a socket
in Linux's abstract namespace, which is as wide as the network that DDS finds others in.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

from vlm_nav.core.errors import VlmNavError

DOMAINS = range(1, 102)
"""Domains to choose from: not 0, where everybody is, none whose ports Linux gives to anybody."""

# Of RTPS 2.2, 9.6.1.1: a domain's participants listen on every second port from the first on.
_FIRST_PORT, _PORTS_OF_A_DOMAIN = 7410, 250
_PARTICIPANTS = 10


class NoDomainError(VlmNavError):
    """Every domain is in use."""


@contextmanager
def own_domain() -> Iterator[int]:
    """Give a domain that is this process's own until the end; NoDomainError where none is free.

    Who claims none, as a robot's nodes, is met by no later claim either if they are already there.
    """
    middle = os.getpid() % len(DOMAINS)
    for number in (*DOMAINS[middle:], *DOMAINS[:middle]):
        claim = _bound(socket.AF_UNIX, f'\0vlm_nav/domain/{number}')
        if claim is None:
            continue
        with closing(claim):
            if _is_silent(number):
                yield number
                return
    raise NoDomainError(f'wanted one free domain of {DOMAINS[0]} to {DOMAINS[-1]}, all are in use')


def _is_silent(domain: int) -> bool:
    """Return whether nobody on this machine listens in a domain."""
    first = _FIRST_PORT + _PORTS_OF_A_DOMAIN * domain
    for port in range(first, first + 2 * _PARTICIPANTS, 2):
        bound = _bound(socket.AF_INET, ('', port))
        if bound is None:
            return False
        bound.close()
    return True


def _bound(family: socket.AddressFamily, address: object) -> socket.socket | None:
    """Return a socket of an address, None where another has it."""
    made = socket.socket(family, socket.SOCK_DGRAM)
    try:
        made.bind(address)  # type: ignore[arg-type]
    except OSError as error:
        made.close()
        if error.errno == errno.EADDRINUSE:
            return None
        raise
    return made
