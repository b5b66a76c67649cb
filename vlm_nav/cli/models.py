"""Commands about models."""

from __future__ import annotations

from vlm_nav.cli.saying import say
from vlm_nav.vlm.specification import known_specifications


def models() -> None:
    """List the forms of a model's specification (parameter vlm.spec)."""
    for specification in known_specifications():
        say(specification)
