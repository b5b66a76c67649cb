"""How a request is formed: what an endpoint turned out not to take is left out from then on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from vlm_nav.vlm.answer_schema import schema_name, strict_schema
from vlm_nav.vlm.picture_encoding import data_url
from vlm_nav.vlm.question import SentQuestion

ResponseFormat: TypeAlias = Literal['json_schema', 'json_schema_flat', 'json_object', 'text']
"""How the form of an answer is asked for, the strictest first; `text`: by words alone."""

_NEXT_FORMAT: dict[ResponseFormat, ResponseFormat] = {
    'json_schema': 'json_schema_flat',
    'json_schema_flat': 'json_object',
    'json_object': 'text',
}
_FORMAT_WORDS = ('response_format', 'schema', 'json_object', 'structured output', 'grammar')
_LIMIT_NAMES = ('max_tokens', 'max_completion_tokens')
_DETAIL = 'detail'
_FULL = re.compile(r'context[ _-]?(length|window|size)')


@dataclass(frozen=True)
class RequestShape:
    """The response format in use and the optional arguments that the endpoint refused."""

    response_format: ResponseFormat
    without: frozenset[str] = frozenset()

    def arguments(self, options: Mapping[str, Any], asks_seen: bool = False) -> dict[str, Any]:
        """Return what stands in the request's body for `options` (None means not set).

        A refused `max_tokens` goes under its newer name, `max_completion_tokens`, and the other
        way round; refused under both names it is left out.
        """
        taken = {name: value for name, value in options.items() if value is not None}
        for name, other in (_LIMIT_NAMES, _LIMIT_NAMES[::-1]):
            if name in options and name in taken and name in self.without:
                taken[other] = taken.pop(name)
        taken = {name: value for name, value in taken.items() if name not in self.without}
        form = _form(self.response_format, asks_seen)
        return {**taken, 'response_format': form} if form else taken

    def messages(self, sent: SentQuestion, detail: str) -> list[dict[str, Any]]:
        """Return a question as messages: each picture right after its words, the text last."""
        detailed = {} if _DETAIL in self.without else {_DETAIL: detail}
        parts: list[dict[str, Any]] = []
        for picture in sent.pictures:
            if picture.caption:
                parts.append({'type': 'text', 'text': picture.caption})
            shown = {'url': data_url(picture), **detailed}
            parts.append({'type': 'image_url', 'image_url': shown})
        return [
            {'role': 'system', 'content': sent.system},
            {'role': 'user', 'content': [*parts, {'type': 'text', 'text': sent.text}]},
        ]

    def after_refusal(
        self, complaint: str, sent: Mapping[str, Any], part: str = ''
    ) -> RequestShape | None:
        """Return the next shape to try after a refusal that names what was `sent`, else None.

        `part` is what the endpoint itself says is wrong, and goes before any words of its
        complaint: these may speak of much else.
        """
        complaint, part = complaint.lower(), part.lower()
        droppable = {*sent, _DETAIL} - self.without - {'response_format'}
        if _FULL.search(complaint):
            # Without its limit just as much would be too long, and the answer without an end.
            droppable -= {*_LIMIT_NAMES}
        following = _NEXT_FORMAT.get(self.response_format)
        named = _first_named(droppable, part)
        if named is None and not part.startswith('messages'):
            if following is not None and any(word in complaint for word in _FORMAT_WORDS):
                return replace(self, response_format=following)
            named = _first_named(droppable, complaint)
        return None if named is None else replace(self, without=self.without | {named})

    def taught(self, tried: RequestShape, following: RequestShape) -> RequestShape:
        """Return this shape with what is known since not `tried` but `following` was answered.

        Questions asked at the same time may have moved on already, or want another format.
        """
        known = replace(self, without=self.without | following.without)
        if tried.response_format == self.response_format:
            return replace(known, response_format=following.response_format)
        return known


def _first_named(arguments: Iterable[str], words: str) -> str | None:
    """Return the argument that is named first: it is wrong, a second one is what would do."""
    named = [(at.start(), name) for name in arguments if (at := _mention(name, words))]
    return min(named)[1] if named else None


def _mention(name: str, complaint: str) -> re.Match[str] | None:
    """Return where a complaint speaks of an argument."""
    # Many servers call every complaint `detail`.
    before = r'image_url\W{1,6}' if name == _DETAIL else r'(?<![a-z0-9_])'
    return re.search(rf'{before}{re.escape(name.lower())}(?![a-z0-9_])', complaint)


def _form(response_format: ResponseFormat, asks_seen: bool) -> dict[str, Any] | None:
    schema = strict_schema(asks_seen)
    match response_format:
        case 'json_schema':
            named = {'name': schema_name(asks_seen), 'strict': True, 'schema': schema}
            return {'type': 'json_schema', 'json_schema': named}
        case 'json_schema_flat':
            return {'type': 'json_schema', 'schema': schema}
        case 'json_object':
            return {'type': 'json_object'}
        case _:
            return None
