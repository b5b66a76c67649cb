"""What an endpoint's failures mean: worth another try or not, and in which words."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

import openai

RETRIED_STATUS = frozenset({408, 409, 429})
LONGEST_WORDS = 400
_SHORTEST_SECRET = 8
_UNTRUSTED = 'CERTIFICATE_VERIFY_FAILED'
_TRUST_REMEDY = (
    "; install the system's CA certificates (package ca-certificates), or name the file with the "
    "server's own in the environment variable SSL_CERT_FILE"
)


def is_transient(error: openai.APIError) -> bool:
    """Return whether the same request may succeed a little later."""
    if isinstance(error, openai.APIStatusError):
        if error.status_code == 429:
            return not _is_out_of_quota(error)
        return error.status_code in RETRIED_STATUS or error.status_code >= 500
    return isinstance(error, openai.APIConnectionError) and not _is_untrusted(error)


def complaint(error: openai.APIStatusError) -> str:
    """Return the endpoint's own words with the parameter that it names."""
    return f'{error.message} {error.body or ""} {error.param or ""}'


def refused_part(error: openai.APIStatusError) -> str:
    """Return the part of the request that the endpoint says is wrong, '' where it says none."""
    # Gateways write Python's None out.
    return '' if error.param in (None, 'None') else str(error.param)


def asked_pause_s(error: openai.APIError) -> float | None:
    """Return the seconds that the endpoint asks to wait, None where it asks for nothing.

    A date is read as its distance from the answer's own date, so no wall clock is needed.
    """
    if not isinstance(error, openai.APIStatusError):
        return None
    headers = error.response.headers
    for name, unit_s in (('retry-after-ms', 0.001), ('retry-after', 1.0)):
        seconds = _number(headers.get(name))
        if seconds is not None:
            return seconds * unit_s
    return _between(headers.get('date'), headers.get('retry-after'))


def describe(error: openai.APIError, secret: str) -> str:
    """Return what happened in one line without `secret`: status, the endpoint's words, an id."""

    def told(words: object) -> str:
        # A key that was cut first would not be found any more.
        return scrubbed(str(words), secret)[:LONGEST_WORDS]

    if isinstance(error, openai.APIStatusError):
        identifier = f', request id {told(error.request_id)}' if error.request_id else ''
        return f'status {error.status_code}: {told(error.message)}{identifier}'
    cause = f' ({told(error.__cause__)})' if error.__cause__ else ''
    remedy = _TRUST_REMEDY if _is_untrusted(error) else ''
    return f'{told(error.message)}{cause}{remedy}'


def scrubbed(text: str, secret: str) -> str:
    """Return `text` without `secret`, even where JSON's escapes stand for letters of it.

    Stand-ins such as 'EMPTY' are too short to be a secret.
    """
    if len(secret) < _SHORTEST_SECRET:
        return text
    return re.sub(''.join(map(_written, secret)), '[key]', text)


def _written(letter: str) -> str:
    """Return a pattern of a letter as it is, or as an escape: an answer is read as JSON later."""
    return rf'(?:\\{{0,4}}{re.escape(letter)}|\\{{1,4}}u(?i:{ord(letter):04x}))'


def _is_untrusted(error: openai.APIError) -> bool:
    """Return whether nobody vouches for the endpoint's certificate."""
    return _UNTRUSTED in str(error.__cause__ or '')


def _is_out_of_quota(error: openai.APIStatusError) -> bool:
    return 'insufficient_quota' in f'{error.code} {error.type} {error.body}'


def _number(text: str | None) -> float | None:
    try:
        seconds = float(text or '')
    except ValueError:
        return None
    return seconds if 0.0 <= seconds < 1e9 else None


def _between(start: str | None, end: str | None) -> float | None:
    try:
        pause = parsedate_to_datetime(end or '') - parsedate_to_datetime(start or '')
    # A year beyond all numbers is an OverflowError, not a ValueError.
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, pause.total_seconds())
