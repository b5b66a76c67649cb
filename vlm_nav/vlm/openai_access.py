"""What the environment says of an endpoint: its key and, for OpenAI itself, its address."""

from __future__ import annotations

import os

from vlm_nav.vlm.errors import ModelRefused
from vlm_nav.vlm.openai_settings import OpenAiSettings, checked_url

NO_KEY = 'not-needed'
_URL_VARIABLE = 'OPENAI_BASE_URL'


def found_key(settings: OpenAiSettings) -> str:
    """Return the key, or a stand-in for an endpoint that may want none.

    Raises ModelRefused, which names the variable and never repeats what it holds.
    """
    variable = settings.api_key_variable
    key = os.environ.get(variable, '').strip()
    if key:
        # It goes into a header: whoever makes that would complain, with the key in the complaint.
        if not (key.isascii() and key.isprintable() and ' ' not in key):
            raise ModelRefused(
                f'wanted a key for model {settings.model!r}; what the environment variable '
                f'{variable} holds is none: a space, a line break or a character beyond ASCII '
                'stands in it'
            )
        return key
    if settings.base_url is not None:
        return NO_KEY
    raise ModelRefused(
        f'wanted a key for model {settings.model!r}; the environment variable '
        f'{variable} is not set; set it, or give base_url for a server that needs no key'
    )


def check_default_url(settings: OpenAiSettings) -> None:
    """Raise ModelRefused where the environment is to say the address, and says none."""
    url = os.environ.get(_URL_VARIABLE, '').strip()
    if settings.base_url is None and url:
        try:
            checked_url(url)
        except ValueError as error:
            raise ModelRefused(f'the environment variable {_URL_VARIABLE}: {error}') from None
