"""Checks by the names that parameters give them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from vlm_nav.checks.check import Check
from vlm_nav.checks.mirrored import mirrored
from vlm_nav.checks.paraphrased import paraphrased
from vlm_nav.checks.shuffled import shuffled
from vlm_nav.core.errors import InvalidValueError

CHECKS: Mapping[str, Check] = MappingProxyType(
    {'mirrored': mirrored, 'paraphrased': paraphrased, 'shuffled': shuffled}
)


def checks_named(names: Iterable[str]) -> tuple[Check, ...]:
    """Return the checks of these names, in order; empty names are passed over.

    Raises InvalidValueError for a name that is not known, or given twice.
    """
    wanted = [name.strip() for name in names if name.strip()]
    unknown = [name for name in wanted if name not in CHECKS]
    if unknown or len(set(wanted)) < len(wanted):
        raise InvalidValueError(
            f'checks are among {", ".join(CHECKS)}, each at most once; got {", ".join(wanted)}'
        )
    return tuple(CHECKS[name] for name in wanted)
