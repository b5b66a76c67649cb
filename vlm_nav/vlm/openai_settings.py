"""What must be known to ask a model behind an OpenAI-compatible endpoint."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

from vlm_nav.vlm.coordinates import Convention
from vlm_nav.vlm.request_shape import ResponseFormat

_NUMBERS = re.compile(r'[0-9]+(\.[0-9]+){3}')
_OWN_ARGUMENTS = frozenset({'model', 'messages', 'n', 'response_format', 'stream', 'tools'})


class OpenAiSettings(BaseModel):
    """The endpoint, the model and the form of the requests; None means the endpoint's own.

    Without `base_url` the `openai` package's default holds (its variable OPENAI_BASE_URL, else
    OpenAI itself). The key is no setting: it is read from the environment variable
    `api_key_variable` when the first question is asked, and never kept here. `coordinates` is
    how the model writes a place in a picture, None where nobody knows; `extra_body` goes into
    the body of each request as it is. After `hedge_after_s` a second request is sent. `views` says
    how pictures to choose from are shown: each by itself, or all on one sheet.
    """

    # A key that was put into a wrong place must not come back in an error.
    model_config = ConfigDict(extra='forbid', frozen=True, hide_input_in_errors=True)

    model: str = Field(min_length=1)
    base_url: str | None = Field(default=None, pattern=r'^https?://[^\s/]')
    api_key_variable: str = Field(default='OPENAI_API_KEY', pattern=r'^[A-Za-z_][A-Za-z0-9_]*$')
    detail: Literal['low', 'high', 'auto'] = 'high'
    jpeg_quality: int = Field(default=85, ge=80, le=100)
    max_picture_kb: int = Field(default=60, ge=0, le=10_000)
    max_image_side_px: int = Field(default=1024, ge=64, le=8192)
    max_pictures: int | None = Field(default=None, ge=1)
    max_tokens: int | None = Field(default=None, ge=1)
    max_tokens_argument: Literal['max_tokens', 'max_completion_tokens'] = 'max_tokens'
    temperature: float | None = Field(default=None, ge=0.0)
    seed: int | None = None
    reasoning_effort: str | None = Field(default=None, min_length=1)
    extra_body: dict[str, JsonValue] = Field(default_factory=dict)
    response_format: ResponseFormat = 'json_schema'
    coordinates: Convention | None = None
    attempt_limit: int = Field(default=3, ge=1, le=20)
    hedge_after_s: float | None = Field(default=None, gt=0.0)
    views: Literal['separate', 'sheet'] = 'separate'

    @field_validator('base_url')
    @classmethod
    def _is_an_address(cls, base_url: str | None) -> str | None:
        return None if base_url is None else checked_url(base_url)

    @field_validator('extra_body')
    @classmethod
    def _leaves_what_is_asked_alone(cls, extra_body: dict[str, JsonValue]) -> dict[str, JsonValue]:
        own = sorted(_OWN_ARGUMENTS & extra_body.keys())
        if own:
            raise ValueError(f'extra_body must not hold {", ".join(own)}: these are set here')
        return extra_body

    def options(self) -> dict[str, Any]:
        """Return the optional arguments of a request by their names there; None: not set."""
        return {
            self.max_tokens_argument: self.max_tokens,
            'temperature': self.temperature,
            'seed': self.seed,
            'reasoning_effort': self.reasoning_effort,
            **self.extra_body,
        }

    def endpoint(self) -> str:
        """Return the endpoint for people to read, without a user or password in its URL."""
        if self.base_url is None:
            return "the openai package's default endpoint"
        return without_password(self.base_url)

    def is_loopback(self) -> bool:
        """Return whether the endpoint is a plain HTTP server on this machine."""
        if self.base_url is None:
            return False
        parts = urlsplit(self.base_url)
        host = parts.hostname or ''
        return parts.scheme == 'http' and (host in ('localhost', '::1') or host.startswith('127.'))


def without_password(url: str) -> str:
    """Return a URL for people to read, without a user, a password or what follows a `?`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return 'a URL that cannot be read'
    return parts._replace(netloc=parts.netloc.rpartition('@')[2], query='').geturl()


def checked_url(url: str) -> str:
    """Return a URL that requests can go to; raises ValueError, which does not repeat it.

    A password may stand in it, and where it is malformed nobody can tell which part that is.
    """
    if not (url.isascii() and url.isprintable() and ' ' not in url):
        raise ValueError('a URL was wanted, there is a space or a character beyond ASCII in it')
    if '#' in url:
        raise ValueError('a URL was wanted without #, which in a password is written %23')
    if not _names_a_server(url):
        raise ValueError('a URL was wanted, as http://host:port/v1; its host or port is none')
    return url


def _names_a_server(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or '', parts.port
        if ':' in host or _NUMBERS.fullmatch(host):
            ipaddress.ip_address(host)
    except ValueError:
        return False
    return parts.scheme in ('http', 'https') and host != '' and port != 0
